//! The capture directory: what was collected from a host, as files that can be replayed, mailed and evaluated.
//!
//! Schema `tai.capture/1`: `manifest.json` lists the commands in the order in which they ran, `outputs/` holds their standard output,
//! the bytes as they came, or with secrets taken out when `redacted` is true. Only `schema` and each command's `command` and `file` are required on reading; unknown keys are ignored.
//!
//! A file of the manifest never leaves the capture, neither by `..`, nor by an absolute path, nor by a link. Sets of captures that share
//! outputs lie below a folder that holds a marker file `.tai-captures`: there a file may be anywhere below that folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::mem;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{CaptureError, Ending, Output, visible_line};

const SCHEMA: &str = "tai.capture/1";
const MARKER: &str = ".tai-captures";
/// Nothing reads an output past this; a collected one is far smaller, and one from elsewhere is marked as truncated.
const MAX_OUTPUT_BYTES: u64 = 256 << 20;
const MAX_MANIFEST_BYTES: u64 = 64 << 20;

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
    /// Whether secrets were taken out of the outputs when they were written.
    #[serde(default)]
    pub redacted: bool,
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
    /// The connection was lost before its end.
    Lost {
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
        let missing = |source| CaptureError::NoManifest { dir: dir.to_owned(), source };
        let path = dir.join("manifest.json");
        let mut manifest = parse_manifest(&path, &read_manifest(&path).map_err(missing)?)?;
        let base = fs::canonicalize(dir).map_err(missing)?;
        let root = base.ancestors().find(|folder| is_shared_root(folder)).unwrap_or(&base).to_owned();
        let files = manifest.commands.iter().map(|entry| locate(&base, &root, entry)).collect::<Result<_, _>>()?;
        manifest.make_visible();
        let folder = base.file_name().map_or_else(|| "capture".into(), |name| name.to_string_lossy());
        let name = manifest.host.clone().unwrap_or_else(|| visible_line(folder.into_owned()));
        Ok(Capture { manifest, files, name })
    }

    /// The manifest. Its text is another's, and safe to show: each string but paths and standard error is one visible line.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The manifest's host, or the name of the directory.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The resolved file of the command at `index` of the manifest; `None` when it is missing.
    pub(crate) fn file(&self, index: usize) -> Option<&Path> {
        self.files[index].as_deref()
    }

    /// Reads the output of the command at `index` of the manifest.
    ///
    /// # Panics
    ///
    /// When `index` is past the manifest's last command.
    pub fn output(&self, index: usize) -> Output {
        let entry = &self.manifest.commands[index];
        let read = match &self.files[index] {
            Some(path) => read_bounded(path).map_err(|error| format!("its file cannot be read: {error}")),
            None => Err("its file is missing from the capture".to_owned()),
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
    /// The ending that was recorded.
    fn ending(&self) -> Ending {
        match (&self.failure, self.exit_status) {
            (Some(Failure::Signalled { signal }), _) => Ending::Signalled(*signal),
            (Some(Failure::TimedOut), _) => Ending::TimedOut,
            (Some(Failure::NotStarted { reason }), _) => Ending::NotStarted { reason: reason.clone() },
            (Some(Failure::Lost { reason }), _) => Ending::Lost { reason: reason.clone() },
            (None, status) => Ending::Exited(status.unwrap_or(0)),
        }
    }
}

impl Manifest {
    fn make_visible(&mut self) {
        let Manifest { host, collected_at, os_release, commands, .. } = self;
        for text in [host, collected_at].into_iter().flatten() {
            *text = visible_line(mem::take(text));
        }
        *os_release =
            mem::take(os_release).into_iter().map(|(key, value)| (visible_line(key), visible_line(value))).collect();
        for entry in commands {
            entry.command = visible_line(mem::take(&mut entry.command));
            if let Some(Failure::NotStarted { reason } | Failure::Lost { reason }) = &mut entry.failure {
                *reason = visible_line(mem::take(reason));
            }
        }
    }
}

/// Reads a manifest of a size that a manifest has, and nothing that would block, such as a pipe.
fn read_manifest(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if metadata.len() > MAX_MANIFEST_BYTES {
        return Err(io::Error::other("it is larger than 64 MiB"));
    }
    fs::read(path)
}

/// Whether `folder` holds the marker that lets captures below it share outputs. A folder that everybody may write to is no such folder: anybody could have put it there.
fn is_shared_root(folder: &Path) -> bool {
    folder.join(MARKER).is_file() && fs::metadata(folder).is_ok_and(|metadata| metadata.mode() & 0o002 == 0)
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

    /// Writes the manifest.
    ///
    /// # Errors
    ///
    /// When an output or the manifest could not be written. Then nothing is left.
    pub fn finish(
        mut self,
        host: &str,
        collected_at: Option<String>,
        os_release: BTreeMap<String, String>,
    ) -> Result<PathBuf, CaptureError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let commands = mem::take(&mut self.commands);
        let manifest = Manifest {
            schema: SCHEMA.to_owned(),
            host: Some(host.to_owned()),
            collected_at,
            os_release,
            redacted: self.is_redacted(),
            commands,
        };
        let (path, partial) = (self.dir.join("manifest.json"), self.dir.join("outputs/manifest.partial"));
        let mut json = serde_json::to_vec_pretty(&manifest)
            .map_err(|source| CaptureError::MalformedManifest { path: path.clone(), source })?;
        json.push(b'\n');
        write_synced(&partial, &json)?;
        fs::rename(&partial, &path).map_err(|source| CaptureError::File { action: "create", path, source })?;
        self.finished = true;
        Ok(mem::take(&mut self.dir))
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

impl Entry {
    fn new(command: &str, file: String, output: &Output) -> Self {
        let (exit_status, failure) = match &output.ending {
            Ending::Exited(status) => (Some(*status), None),
            Ending::Signalled(signal) => (None, Some(Failure::Signalled { signal: *signal })),
            Ending::TimedOut => (None, Some(Failure::TimedOut)),
            Ending::NotStarted { reason } => (None, Some(Failure::NotStarted { reason: reason.clone() })),
            Ending::Lost { reason } => (None, Some(Failure::Lost { reason: reason.clone() })),
            Ending::NotCaptured => (None, None),
        };
        Entry {
            command: command.to_owned(),
            file,
            exit_status,
            failure,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            bytes: output.stdout.len() as u64,
            truncated: output.truncated,
            duration_ms: output.duration.as_millis() as u64,
        }
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
