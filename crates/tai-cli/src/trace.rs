//! `--debug`: what happens, and how long it takes.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tai_collect::Progress;
use tai_engine::Event;
use tai_redact::Secrets;
use tracing::{Level, debug};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::exit::{Attempt, Failure};
use crate::wire;

/// Begins to trace, to the file if there is one, else to standard error. Secrets are taken out of each line, and control characters made visible.
pub(crate) fn start(to_stderr: bool, file: Option<&Path>) -> Result<(), Failure> {
    let to: Box<dyn Write + Send> = match file {
        None if !to_stderr => return Ok(()),
        None => Box::new(io::stderr()),
        Some(path) => {
            let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
            let attempt = || format!("cannot write the trace to {}", path.display());
            Box::new(opened.map_err(|source| Failure::usage(Attempt { attempt: attempt(), source }))?)
        }
    };
    // A configuration that is wrong is an error of the command itself.
    let clean = Clean { to, secrets: wire::secrets().unwrap_or_default(), keys: wire::keys() };
    let layer = fmt::layer()
        .with_writer(Lines(Arc::new(Mutex::new(clean))))
        .with_ansi(false)
        .with_timer(fmt::time::uptime())
        .with_target(false)
        .with_filter(Targets::new().with_target("tai_cli", Level::DEBUG));
    // A second call, as a test makes it, changes nothing.
    drop(tracing_subscriber::registry().with(layer).try_init());
    debug!(version = env!("CARGO_PKG_VERSION"), "tai");
    Ok(())
}

/// Tells of an event of an investigation.
pub(crate) fn event(event: &Event) {
    match event {
        Event::Collecting(Progress::Planned(more)) => debug!(commands = more, "planned"),
        Event::Collecting(_) | Event::Answering { .. } => {}
        Event::Indexing { bytes } => debug!(bytes, "indexing"),
        Event::Embedding { done, of } if done == of => debug!(texts = of, "embedded"),
        Event::Embedding { done, of } if *done == 0 => debug!(texts = of, "embedding"),
        Event::Embedding { .. } => {}
        other => debug!(event = ?other, "investigation"),
    }
}

struct Clean {
    to: Box<dyn Write + Send>,
    secrets: Secrets,
    /// Keys of models, which need not look like any.
    keys: Vec<String>,
}

impl Clean {
    fn write(&mut self, line: &[u8]) {
        let mut line = String::from_utf8_lossy(line).into_owned();
        for key in &self.keys {
            line = line.replace(key.as_str(), "[REDACTED:key]");
        }
        let line = tai_ssh::visible(wire::redacted(&mut self.secrets, &line).into_bytes());
        // With the reader gone there is nobody to tell.
        drop(self.to.write_all(line.as_bytes()).and_then(|()| self.to.flush()));
    }
}

struct Lines(Arc<Mutex<Clean>>);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { to: Arc::clone(&self.0), bytes: Vec::new() }
    }
}

/// One event, which is written as a whole: a secret in two pieces would not be found.
struct Line {
    to: Arc<Mutex<Clean>>,
    bytes: Vec<u8>,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.to.lock().unwrap_or_else(PoisonError::into_inner).write(&self.bytes);
    }
}
