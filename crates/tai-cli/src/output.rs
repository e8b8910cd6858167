//! Where a report goes: standard output, or a file.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::exit::{Attempt, Failure};
use crate::progress::Screen;
use crate::terminal::note;

pub(crate) enum Output<'a> {
    Stdout,
    File(OutputFile<'a>),
}

impl Output<'_> {
    /// Standard output, or the file where there is one. What cannot be written is said before minutes are spent on it.
    pub(crate) fn to(file: Option<&Path>) -> Result<Output<'_>, Failure> {
        Ok(match file {
            None => Output::Stdout,
            Some(path) => Output::File(OutputFile::create(path)?),
        })
    }

    pub(crate) fn write(&mut self, text: &str, screen: &Screen) -> Result<(), Failure> {
        match self {
            Output::Stdout => screen.print(text),
            Output::File(file) => {
                file.text += text;
                Ok(())
            }
        }
    }

    /// Puts the file in its place.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Output::Stdout => Ok(()),
            Output::File(file) => file.finish(),
        }
    }
}

/// A file that is there whole or not at all, for its owner alone to read: a report may quote secrets. What is no regular file (a pipe, `/dev/stdout`) is written to as it is.
pub(crate) struct OutputFile<'a> {
    path: &'a Path,
    text: String,
    staged: Option<(NamedTempFile, PathBuf)>,
}

impl<'a> OutputFile<'a> {
    fn create(path: &'a Path) -> Result<Self, Failure> {
        let existing = fs::metadata(path).ok();
        if existing.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(Failure::usage(format!("{} is a directory", path.display())).hint("--output-file names a file"));
        }
        if existing.as_ref().is_some_and(|metadata| !metadata.is_file()) {
            return Ok(OutputFile { path, text: String::new(), staged: None });
        }
        // The file behind a link is what is replaced, not the link.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = target.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        let permissions = existing.map_or_else(|| Permissions::from_mode(0o600), |metadata| metadata.permissions());
        let staged = tempfile::Builder::new().permissions(permissions).tempfile_in(folder);
        // Only the kind: the error itself names the file that stands in for the report.
        let staged = staged.map_err(|error| unwritable(path, error.kind().into()))?;
        Ok(OutputFile { path, text: String::new(), staged: Some((staged, target)) })
    }

    fn finish(self) -> Result<(), Failure> {
        let written = match self.staged {
            None => fs::OpenOptions::new()
                .write(true)
                .open(self.path)
                .and_then(|mut file| file.write_all(self.text.as_bytes())),
            Some((mut staged, target)) => staged
                .write_all(self.text.as_bytes())
                .and_then(|()| staged.persist(target).map(drop).map_err(|error| error.error)),
        };
        written.map_err(|error| unwritable(self.path, error))?;
        note(&format!("written to {}", self.path.display()));
        Ok(())
    }
}

fn unwritable(path: &Path, source: io::Error) -> Failure {
    let attempt = format!("cannot write the report to {}", path.display());
    Failure::usage(Attempt { attempt, source }).hint("the folder must be there and writable, on a disk with space")
}
