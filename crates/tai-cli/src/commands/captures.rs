use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use tai_collect::Report;
use tai_ssh::capture::{CaptureWriter, pack};
use tai_ssh::{CaptureError, Host, HostError, Limits, Output, ReadOnlyCommand, Recorded};

use crate::exit::{Exit, Failure};
use crate::fleet::Fleet;
use crate::progress::{ProgressLine, Screen};
use crate::wire::{self, Place};

/// Where the captures of a command are written. Folders that were made here and stay empty go away with this.
pub(crate) struct Captures {
    dir: Option<PathBuf>,
    several: bool,
    raw: bool,
    archive: bool,
    made: Vec<PathBuf>,
}

impl Captures {
    /// Of one place in `dir` itself, of several in a folder of its own for each; with secrets when they are to be `raw`, as a file of the same name and
    /// `.tar.zst` when an `archive` is wanted.
    pub(crate) fn to(dir: Option<&Path>, raw: bool, archive: bool, fleet: &Fleet) -> Self {
        let several = fleet.only().is_none();
        let folders = dir.into_iter().filter(|_| several).flat_map(Path::ancestors);
        let made = folders.filter(|folder| *folder != Path::new("") && !folder.exists()).map(Path::to_owned).collect();
        Captures { dir: dir.map(Path::to_owned), several, raw, archive, made }
    }

    /// The writer for a place; nothing where no capture is wanted.
    pub(crate) fn writer(&self, place: &Place) -> Result<Option<CaptureWriter>, Failure> {
        let own = |dir: &PathBuf| if self.several { dir.join(place.name()) } else { dir.clone() };
        let Some(dir) = &self.dir else { return Ok(None) };
        let dir = own(dir);
        if self.archive && archive_of(&dir).exists() {
            return Err(CaptureError::AlreadyExists { dir: archive_of(&dir) }.into());
        }
        let writer = CaptureWriter::create(&dir)?;
        Ok(Some(if self.raw { writer } else { writer.redacted(wire::redactor()?) }))
    }

    /// Finishes a capture. When it could not be written the report is worth no less: that is said, and counts at the end.
    pub(crate) fn save(&self, writer: &mut CaptureWriter, report: &Report, line: &ProgressLine) -> Exit {
        let note = if writer.is_redacted() { "secrets are redacted" } else { "nothing in it is redacted" };
        let saved = writer.finish(&report.host, report.collected_at.clone(), report.facts.os_release.clone());
        match saved.map_err(Failure::from).and_then(|dir| if self.archive { packed(dir) } else { Ok(dir) }) {
            Ok(path) => {
                line.note(&format!("capture saved in {}; {note}", path.display()));
                Exit::Done
            }
            Err(failure) => {
                line.note(&format!("no capture was saved\n{}", failure.message().trim_end()));
                failure.exit
            }
        }
    }
}

/// A host of which a capture was saved: what a model asks for besides becomes part of it.
pub(crate) struct Saved {
    host: Box<dyn Host>,
    writer: Mutex<CaptureWriter>,
    collected_at: Option<String>,
    os_release: BTreeMap<String, String>,
    screen: Screen,
}

impl Saved {
    pub(crate) fn new(host: Box<dyn Host>, writer: CaptureWriter, report: &Report, screen: &Screen) -> Self {
        let (collected_at, os_release) = (report.collected_at.clone(), report.facts.os_release.clone());
        Saved { host, writer: Mutex::new(writer), collected_at, os_release, screen: screen.clone() }
    }
}

#[async_trait]
impl Host for Saved {
    fn name(&self) -> &str {
        self.host.name()
    }

    async fn run(&self, command: &ReadOnlyCommand, limits: &Limits) -> Result<Output, HostError> {
        let output = self.host.run(command, limits).await?;
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.add(&command.to_string(), &output);
        if let Err(error) = writer.finish(self.host.name(), self.collected_at.clone(), self.os_release.clone()) {
            self.screen.note(&format!("`{command}` is not in the capture: {error}"));
        }
        Ok(output)
    }

    fn has_own_session(&self) -> bool {
        self.host.has_own_session()
    }

    async fn recorded(&self) -> Result<Vec<Recorded>, HostError> {
        self.host.recorded().await
    }
}

/// Makes the directory an archive. It stays when that fails.
fn packed(dir: PathBuf) -> Result<PathBuf, Failure> {
    let archive = archive_of(&dir);
    let kept = || format!("the capture is in {}", dir.display());
    pack(&dir, &archive).map_err(|error| Failure::from(error).hint(kept()))?;
    // A directory that cannot be removed is the same capture once more.
    drop(fs::remove_dir_all(&dir));
    Ok(archive)
}

fn archive_of(dir: &Path) -> PathBuf {
    let mut name = dir.as_os_str().to_owned();
    name.push(".tar.zst");
    PathBuf::from(name)
}

impl Drop for Captures {
    fn drop(&mut self) {
        for folder in &self.made {
            // One that is not empty stays.
            drop(fs::remove_dir(folder));
        }
    }
}

#[cfg(test)]
mod tests {
    use tai_ssh::capture::Capture;
    use tai_ssh::{LocalHost, Policy};

    use super::*;

    #[tokio::test]
    async fn what_is_asked_for_later_becomes_part_of_the_capture() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = CaptureWriter::create(&dir.path().join("capture")).unwrap();
        let path = writer.finish("here", None, BTreeMap::new()).unwrap();
        let host = Saved {
            host: Box::new(LocalHost::new()),
            writer: Mutex::new(writer),
            collected_at: Some("2026-05-04T10:00:00Z".to_owned()),
            os_release: BTreeMap::new(),
            screen: Screen::new(crate::terminal::Look::PLAIN),
        };
        let policy = Policy::builtin();
        for command in ["uname -s", "uname -m"] {
            host.run(&policy.check(command).unwrap(), &Limits::default()).await.unwrap();
        }
        drop(host);
        let capture = Capture::open(&path).unwrap();
        let commands: Vec<&str> = capture.manifest().commands.iter().map(|entry| entry.command.as_str()).collect();
        assert_eq!(commands, ["uname -s", "uname -m"]);
        assert_eq!(capture.output(0).stdout, b"Linux\n");
    }
}
