use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::manifest::{Entry, Manifest, SCHEMA};
use crate::{CaptureError, Ending, Output};

/// Takes secrets out of a text.
type Redact = Box<dyn FnMut(&[u8]) -> Vec<u8> + Send + Sync>;

/// Writes a capture. Its manifest comes last, so a directory that was left half-written is no capture; and a writer that is dropped before
/// [`finish`](CaptureWriter::finish) removes what it made.
pub struct CaptureWriter {
    dir: PathBuf,
    /// The directory and its parents, as far as they were made here, innermost first.
    made: Vec<PathBuf>,
    commands: Vec<Entry>,
    redact: Option<Redact>,
    /// The first failure. It ends the saving, not the collecting, and `finish` tells it.
    failure: Option<CaptureError>,
    finished: bool,
}

impl CaptureWriter {
    /// Prepares a capture in `dir`, which must be absent or empty. A directory that is made here is readable by its owner alone: outputs of a host may hold
    /// anything.
    ///
    /// # Errors
    ///
    /// When `dir` is in use or cannot be written to.
    pub fn create(dir: &Path) -> Result<Self, CaptureError> {
        // An empty path is the folder that one is in: nothing to make.
        let absent = dir.ancestors().filter(|folder| *folder != Path::new("") && !folder.exists());
        let made: Vec<PathBuf> = absent.map(Path::to_owned).collect();
        prepare(dir).inspect_err(|_| remove_empty(&made))?;
        Ok(CaptureWriter {
            dir: dir.to_owned(),
            made,
            commands: Vec::new(),
            redact: None,
            failure: None,
            finished: false,
        })
    }

    /// Passes everything that a command printed through `redact` before it is written, and says so in the manifest.
    #[must_use]
    pub fn redacted(mut self, redact: impl FnMut(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        self.redact = Some(Box::new(redact));
        self
    }

    /// Whether outputs are redacted.
    pub fn is_redacted(&self) -> bool {
        self.redact.is_some()
    }

    /// Adds a command and its output. One that is not in the capture it was asked of is left out, so that a copy of a capture answers as its
    /// original did. A failure to write is told by [`finish`](CaptureWriter::finish).
    pub fn add(&mut self, command: &str, output: &Output) {
        if self.failure.is_some() || output.ending == Ending::NotCaptured {
            return;
        }
        let redacted = self.redact.as_mut().map(|redact| Output {
            stdout: redact(&output.stdout),
            stderr: redact(&output.stderr),
            ending: output.ending.clone(),
            ..*output
        });
        let output = redacted.as_ref().unwrap_or(output);
        let file = format!("outputs/{:04}.txt", self.commands.len() + 1);
        match write_synced(&self.dir.join(&file), &output.stdout) {
            Ok(()) => self.commands.push(Entry::new(command, file, output)),
            Err(failure) => self.failure = Some(failure),
        }
    }

    /// Writes the manifest. More may be added after that, which another `finish` makes part of the capture.
    ///
    /// # Errors
    ///
    /// When an output or the manifest could not be written. Then the capture is what it was before: nothing, or what the last `finish` wrote.
    pub fn finish(
        &mut self,
        host: &str,
        collected_at: Option<String>,
        os_release: BTreeMap<String, String>,
    ) -> Result<PathBuf, CaptureError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let manifest = Manifest {
            schema: SCHEMA.to_owned(),
            host: Some(host.to_owned()),
            collected_at,
            os_release,
            redacted: self.is_redacted(),
            commands: self.commands.clone(),
        };
        let (path, partial) = (self.dir.join("manifest.json"), self.dir.join("outputs/manifest.partial"));
        let mut json = serde_json::to_vec_pretty(&manifest)
            .map_err(|source| CaptureError::MalformedManifest { path: path.clone(), source })?;
        json.push(b'\n');
        write_synced(&partial, &json)?;
        fs::rename(&partial, &path).map_err(|source| CaptureError::File { action: "create", path, source })?;
        self.finished = true;
        Ok(self.dir.clone())
    }
}

impl std::fmt::Debug for CaptureWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaptureWriter")
            .field("dir", &self.dir)
            .field("commands", &self.commands)
            .field("redacted", &self.is_redacted())
            .finish_non_exhaustive()
    }
}

impl Drop for CaptureWriter {
    fn drop(&mut self) {
        if !self.finished {
            // As far as it can be done: there is nobody left to tell.
            drop(fs::remove_dir_all(self.dir.join("outputs")));
            remove_empty(&self.made);
        }
    }
}

/// Makes the directory and its `outputs`, which says that somebody writes here.
fn prepare(dir: &Path) -> Result<(), CaptureError> {
    let failed = |source| CaptureError::File { action: "create", path: dir.to_owned(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    if fs::read_dir(dir).map_err(failed)?.next().is_some() {
        return Err(CaptureError::AlreadyExists { dir: dir.to_owned() });
    }
    match fs::create_dir(dir.join("outputs")) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(CaptureError::AlreadyExists { dir: dir.to_owned() })
        }
        other => other.map_err(failed),
    }
}

/// Removes those of the folders that are empty.
fn remove_empty(folders: &[PathBuf]) {
    for folder in folders {
        drop(fs::remove_dir(folder));
    }
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), CaptureError> {
    let write = || -> io::Result<()> {
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_data()
    };
    write().map_err(|source| CaptureError::File { action: "write", path: path.to_owned(), source })
}
