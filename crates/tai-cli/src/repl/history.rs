//! The lines that were typed, kept in tai's folder without their secrets.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use rustyline::Config;
use rustyline::error::ReadlineError;
use rustyline::history::{FileHistory, History as _};
use tai_redact::Secrets;

use super::editor::MAX_LINES;
use crate::exit::{Attempt, Exit, Failure};
use crate::progress::Screen;
use crate::wire;

/// The file of lines, mode 0600.
pub(super) struct History {
    kept: FileHistory,
    path: PathBuf,
    secrets: Secrets,
}

impl History {
    /// Opens the file, or tells why it cannot be, and goes on without.
    pub(super) fn open(screen: &Screen) -> Option<Self> {
        opened().map_err(|failure| screen.note(&format!("lines are not kept\n{}", failure.message().trim_end()))).ok()
    }

    /// All of them, the oldest first, safe to show.
    pub(super) fn lines(&self) -> Vec<String> {
        self.kept.iter().map(|line| tai_ssh::visible(line.clone().into_bytes())).collect()
    }

    /// Keeps a line from here on. One that cannot be written is lost: an answer is worth more.
    pub(super) fn add(&mut self, line: &str) {
        let line = wire::redacted(&mut self.secrets, line);
        if self.kept.add_owned(line).unwrap_or(false) {
            drop(self.kept.append(&self.path));
        }
    }
}

fn opened() -> Result<History, Failure> {
    let path = wire::typed_lines()?;
    let unreadable = |source| {
        let attempt = format!("cannot read the lines of earlier sessions in {}", path.display());
        Failure::new(Exit::Store, Attempt { attempt, source })
    };
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unreadable)?;
    }
    let config = Config::builder().max_history_size(MAX_LINES).map_err(|error| Failure::new(Exit::Bug, error))?.build();
    let mut kept = FileHistory::with_config(&config);
    match kept.load(&path) {
        Ok(()) => {}
        Err(ReadlineError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(ReadlineError::Io(error)) => return Err(unreadable(error)),
        Err(error) => return Err(Failure::new(Exit::Store, error)),
    }
    let secrets = wire::secrets()?;
    Ok(History { kept, path, secrets })
}
