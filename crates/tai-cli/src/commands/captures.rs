use std::fs;
use std::path::{Path, PathBuf};

use tai_collect::Report;
use tai_ssh::capture::CaptureWriter;

use crate::exit::{Exit, Failure};
use crate::fleet::Fleet;
use crate::progress::ProgressLine;
use crate::wire::Place;

/// Where the captures of a command are written. Folders that were made here and stay empty go away with this.
pub(crate) struct Captures {
    dir: Option<PathBuf>,
    several: bool,
    made: Vec<PathBuf>,
}

impl Captures {
    /// Of one place in `dir` itself, of several in a folder of its own for each.
    pub(crate) fn to(dir: Option<&Path>, fleet: &Fleet) -> Self {
        let several = fleet.only().is_none();
        let folders = dir.into_iter().filter(|_| several).flat_map(Path::ancestors);
        let made = folders.filter(|folder| *folder != Path::new("") && !folder.exists()).map(Path::to_owned).collect();
        Captures { dir: dir.map(Path::to_owned), several, made }
    }

    /// The writer for a place; nothing where no capture is wanted.
    pub(crate) fn writer(&self, place: &Place) -> Result<Option<CaptureWriter>, Failure> {
        let own = |dir: &PathBuf| if self.several { dir.join(place.name()) } else { dir.clone() };
        Ok(self.dir.as_ref().map(|dir| CaptureWriter::create(&own(dir))).transpose()?)
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
    match writer.finish(&report.host, report.collected_at.clone(), report.facts.os_release.clone()) {
        Ok(dir) => {
            line.note(&format!("capture saved in {}; nothing in it is redacted", dir.display()));
            Exit::Done
        }
        Err(error) => {
            let failure = Failure::from(error);
            line.note(&format!("no capture was saved\n{}", failure.message().trim_end()));
            failure.exit
        }
    }
}
