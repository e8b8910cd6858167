//! The capture directory: what was collected from a host, as files that can be replayed, mailed and evaluated.
//!
//! Schema `tai.capture/1`: `manifest.json` lists the commands in the order in which they ran, `outputs/` holds their standard output,
//! the bytes as they came. Only `schema` and each command's `command` and `file` are required on reading; unknown keys are ignored.
//!
//! A file of the manifest never leaves the capture, neither by `..`, nor by an absolute path, nor by a link. Sets of captures that share
//! outputs lie below a folder that holds a marker file `.tai-captures`: there a file may be anywhere below that folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::{CaptureError, Ending, Output, visible};

const SCHEMA: &str = "tai.capture/1";
const MARKER: &str = ".tai-captures";
/// Nothing reads an output past this; a collected one is far smaller, and one from elsewhere is marked as truncated.
const MAX_OUTPUT_BYTES: u64 = 256 << 20;

/// `manifest.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// `tai.capture/1`.
    pub schema: String,
    /// What the operator calls the host.
    #[serde(default)]
    pub host: Option<String>,
    /// When collecting began, RFC 3339.
    #[serde(default)]
    pub collected_at: Option<String>,
    /// The host's os-release(5), key to value.
    #[serde(default)]
    pub os_release: BTreeMap<String, String>,
    /// What ran, in order.
    pub commands: Vec<Entry>,
}

/// One command of a manifest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The command line.
    pub command: String,
    /// Where its standard output is, relative to the directory of the manifest.
    pub file: String,
    /// Absent or null when the command did not end by itself: then `failure` says why.
    #[serde(default)]
    pub exit_status: Option<i32>,
    /// Why there is no exit status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The beginning of standard error.
    #[serde(default)]
    pub stderr: String,
    /// The size of the file.
    #[serde(default)]
    pub bytes: u64,
    /// True when the command had more to say than its byte limit.
    #[serde(default)]
    pub truncated: bool,
    /// Wall-clock time.
    #[serde(default)]
    pub duration_ms: u64,
}

/// How a recorded command ended, when not by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    /// By a signal.
    Signalled {
        /// Its number.
        signal: i32,
    },
    /// Killed after its time limit.
    TimedOut,
    /// It could not be started.
    NotStarted {
        /// Why.
        reason: String,
    },
}

/// A capture that was opened for reading. Its manifest is read, and every path in it checked.
#[derive(Debug)]
pub struct Capture {
    manifest: Manifest,
    /// One for each command; `None` for a file that is not there.
    files: Vec<Option<PathBuf>>,
    name: String,
}

impl Capture {
    /// Opens the capture in `dir`.
    ///
    /// # Errors
    ///
    /// When the manifest is missing, malformed or of another schema, or names anything but a file inside. A file that is missing is no error here:
    /// its command reads as not started.
    pub fn open(dir: &Path) -> Result<Self, CaptureError> {
        let path = dir.join("manifest.json");
        let json = fs::read(&path).map_err(|source| CaptureError::NoManifest { dir: dir.to_owned(), source })?;
        let manifest = parse_manifest(&path, &json)?;
        let base = fs::canonicalize(dir).map_err(|source| CaptureError::NoManifest { dir: dir.to_owned(), source })?;
        let root = base.ancestors().find(|folder| folder.join(MARKER).is_file()).unwrap_or(&base).to_owned();
        let files = manifest.commands.iter().map(|entry| locate(&base, &root, entry)).collect::<Result<_, _>>()?;
        let folder = base.file_name().map_or_else(|| "capture".into(), |name| name.to_string_lossy());
        let name = visible(manifest.host.clone().unwrap_or_else(|| folder.into_owned()).into_bytes());
        Ok(Capture { manifest, files, name })
    }

    /// The manifest as it was read: untrusted text.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The manifest's host, made visible, or the name of the directory.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the output of the command at `index` of the manifest.
    ///
    /// # Panics
    ///
    /// When `index` is past the manifest's last command.
    pub fn output(&self, index: usize) -> Output {
        let entry = &self.manifest.commands[index];
        let read = match &self.files[index] {
            Some(path) => read_bounded(path).map_err(|error| format!("{} cannot be read: {error}", entry.file)),
            None => Err(format!("{} is missing from the capture", entry.file)),
        };
        let (stdout, longer) = match read {
            Ok(read) => read,
            Err(reason) => return Output::empty(Ending::NotStarted { reason }),
        };
        Output {
            stdout,
            stderr: entry.stderr.clone().into_bytes(),
            ending: entry.ending(),
            truncated: entry.truncated || longer,
            duration: Duration::from_millis(entry.duration_ms),
        }
    }
}

impl Entry {
    fn ending(&self) -> Ending {
        match (&self.failure, self.exit_status) {
            (Some(Failure::Signalled { signal }), _) => Ending::Signalled(*signal),
            (Some(Failure::TimedOut), _) => Ending::TimedOut,
            (Some(Failure::NotStarted { reason }), _) => Ending::NotStarted { reason: reason.clone() },
            (None, status) => Ending::Exited(status.unwrap_or(0)),
        }
    }
}

fn parse_manifest(path: &Path, json: &[u8]) -> Result<Manifest, CaptureError> {
    let malformed = |source| CaptureError::MalformedManifest { path: path.to_owned(), source };
    #[derive(Deserialize)]
    struct SchemaOnly {
        schema: String,
    }
    let SchemaOnly { schema } = serde_json::from_slice(json).map_err(malformed)?;
    if schema != SCHEMA {
        return Err(CaptureError::UnknownSchema { path: path.to_owned(), found: schema });
    }
    serde_json::from_slice(json).map_err(malformed)
}

/// The file of `entry`, resolved and below `root`; `None` when there is none.
fn locate(base: &Path, root: &Path, entry: &Entry) -> Result<Option<PathBuf>, CaptureError> {
    let outside = || CaptureError::OutsideCapture { file: entry.file.clone(), command: entry.command.clone() };
    let joined = base.join(&entry.file);
    if !lexically_normal(&joined).starts_with(root) {
        return Err(outside());
    }
    let Ok(path) = fs::canonicalize(&joined) else { return Ok(None) };
    if !path.starts_with(root) {
        return Err(outside());
    }
    if !path.is_file() {
        return Err(CaptureError::NotAFile { file: entry.file.clone(), command: entry.command.clone() });
    }
    Ok(Some(path))
}

/// The path without `.` and `..`, as text: no link is followed.
fn lexically_normal(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

fn read_bounded(path: &Path) -> io::Result<(Vec<u8>, bool)> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_OUTPUT_BYTES + 1).read_to_end(&mut bytes)?;
    let longer = bytes.len() as u64 > MAX_OUTPUT_BYTES;
    bytes.truncate(MAX_OUTPUT_BYTES as usize);
    Ok((bytes, longer))
}

/// Writes a capture. Nothing is at the target before [`finish`](CaptureWriter::finish), and a writer that is dropped before leaves nothing.
#[derive(Debug)]
pub struct CaptureWriter {
    target: PathBuf,
    staging: TempDir,
    commands: Vec<Entry>,
}

impl CaptureWriter {
    /// Prepares a capture in `dir`, which must be absent or empty. The directory will be readable by its owner alone: outputs of a host may hold
    /// anything.
    ///
    /// # Errors
    ///
    /// When `dir` is in use or its parent cannot be written to.
    pub fn create(dir: &Path) -> Result<Self, CaptureError> {
        if fs::symlink_metadata(dir).is_ok() && !fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none()) {
            return Err(CaptureError::AlreadyExists { dir: dir.to_owned() });
        }
        let parent = match dir.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let failed = |source| CaptureError::File { action: "create", path: dir.to_owned(), source };
        fs::create_dir_all(parent).map_err(failed)?;
        let staging = tempfile::Builder::new().prefix(".tai-capture-").tempdir_in(parent).map_err(failed)?;
        fs::create_dir(staging.path().join("outputs")).map_err(failed)?;
        Ok(CaptureWriter { target: dir.to_owned(), staging, commands: Vec::new() })
    }

    /// Adds a command and its output. One that is not in the capture it was asked of is left out, so that a copy of a capture answers as its
    /// original did.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn add(&mut self, command: &str, output: &Output) -> Result<(), CaptureError> {
        let (exit_status, failure) = match &output.ending {
            Ending::NotCaptured => return Ok(()),
            Ending::Exited(status) => (Some(*status), None),
            Ending::Signalled(signal) => (None, Some(Failure::Signalled { signal: *signal })),
            Ending::TimedOut => (None, Some(Failure::TimedOut)),
            Ending::NotStarted { reason } => (None, Some(Failure::NotStarted { reason: reason.clone() })),
        };
        let file = format!("outputs/{:04}.txt", self.commands.len() + 1);
        write_synced(&self.staging.path().join(&file), &output.stdout)?;
        self.commands.push(Entry {
            command: command.to_owned(),
            file,
            exit_status,
            failure,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            bytes: output.stdout.len() as u64,
            truncated: output.truncated,
            duration_ms: output.duration.as_millis() as u64,
        });
        Ok(())
    }

    /// Writes the manifest and moves the capture to its place.
    ///
    /// # Errors
    ///
    /// When a file cannot be written, or when something came to be at the target in the meantime.
    pub fn finish(
        self,
        host: &str,
        collected_at: Option<String>,
        os_release: BTreeMap<String, String>,
    ) -> Result<PathBuf, CaptureError> {
        let manifest = Manifest {
            schema: SCHEMA.to_owned(),
            host: Some(host.to_owned()),
            collected_at,
            os_release,
            commands: self.commands,
        };
        let path = self.staging.path().join("manifest.json");
        let mut json = serde_json::to_vec_pretty(&manifest)
            .map_err(|source| CaptureError::MalformedManifest { path: path.clone(), source })?;
        json.push(b'\n');
        write_synced(&path, &json)?;
        fs::rename(self.staging.path(), &self.target).map_err(|source| CaptureError::File {
            action: "create",
            path: self.target.clone(),
            source,
        })?;
        // The directory has moved: there is nothing left for the guard to remove.
        drop(self.staging.keep());
        Ok(self.target)
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
