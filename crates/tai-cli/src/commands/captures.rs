use std::fs;
use std::path::{Path, PathBuf};

use tai_collect::Report;
use tai_ssh::capture::CaptureWriter;

use crate::exit::{Exit, Failure};
use crate::fleet::Fleet;
use crate::progress::ProgressLine;
use crate::wire::{self, Place};

/// Where the captures of a command are written. Folders that were made here and stay empty go away with this.
pub(crate) struct Captures {
    dir: Option<PathBuf>,
    several: bool,
    raw: bool,
    made: Vec<PathBuf>,
}

impl Captures {
    /// Of one place in `dir` itself, of several in a folder of its own for each; with secrets when they are to be `raw`.
    pub(crate) fn to(dir: Option<&Path>, raw: bool, fleet: &Fleet) -> Self {
        let several = fleet.only().is_none();
        let folders = dir.into_iter().filter(|_| several).flat_map(Path::ancestors);
        let made = folders.filter(|folder| *folder != Path::new("") && !folder.exists()).map(Path::to_owned).collect();
        Captures { dir: dir.map(Path::to_owned), several, raw, made }
    }

    /// The writer for a place; nothing where no capture is wanted.
    pub(crate) fn writer(&self, place: &Place) -> Result<Option<CaptureWriter>, Failure> {
        let own = |dir: &PathBuf| if self.several { dir.join(place.name()) } else { dir.clone() };
        let Some(dir) = &self.dir else { return Ok(None) };
        let writer = CaptureWriter::create(&own(dir))?;
        Ok(Some(if self.raw { writer } else { writer.redacted(wire::redactor()) }))
    }
}

impl Drop for Captures {
    fn drop(&mut self) {
        for folder in &self.made {
            // One that is not empty stays.
            drop(fs::remove_dir(folder));
        }
    }
}

/// Finishes a capture. When it could not be written the report is worth no less: that is said, and counts at the end.
pub(crate) fn save(writer: CaptureWriter, report: &Report, line: &ProgressLine) -> Exit {
    let note = if writer.is_redacted() { "secrets are redacted" } else { "nothing in it is redacted" };
    match writer.finish(&report.host, report.collected_at.clone(), report.facts.os_release.clone()) {
        Ok(dir) => {
            line.note(&format!("capture saved in {}; {note}", dir.display()));
            Exit::Done
        }
        Err(error) => {
            let failure = Failure::from(error);
            line.note(&format!("no capture was saved\n{}", failure.message().trim_end()));
            failure.exit
        }
    }
}
