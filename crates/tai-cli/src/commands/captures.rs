use std::fs;
use std::path::{Path, PathBuf};

use tai_collect::Report;
use tai_ssh::CaptureError;
use tai_ssh::capture::{CaptureWriter, pack};

use crate::exit::{Exit, Failure};
use crate::fleet::Fleet;
use crate::progress::ProgressLine;
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
    pub(crate) fn save(&self, writer: CaptureWriter, report: &Report, line: &ProgressLine) -> Exit {
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
