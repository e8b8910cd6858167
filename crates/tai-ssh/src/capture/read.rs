use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use tempfile::TempDir;

use super::manifest::{Entry, Manifest, SCHEMA};
use super::sos;
use crate::{CaptureError, Ending, Output, visible_line};

const MARKER: &str = ".tai-captures";
/// Nothing reads an output past this; a collected one is far smaller, and one from elsewhere is marked as truncated.
pub(super) const MAX_OUTPUT_BYTES: u64 = 256 << 20;
const MAX_MANIFEST_BYTES: u64 = 64 << 20;

/// A capture that was opened for reading. Its manifest is read, and every path in it checked.
#[derive(Debug)]
pub struct Capture {
    manifest: Manifest,
    /// One for each command; `None` for a file that is not there.
    files: Vec<Option<PathBuf>>,
    name: String,
    /// Where an archive was unpacked to.
    _unpacked: Option<TempDir>,
}

impl Capture {
    /// Opens the capture or the sosreport in `dir`.
    ///
    /// # Errors
    ///
    /// When the manifest is missing, malformed or of another schema, or names anything but a file inside. A file that is missing is no error here:
    /// its command reads as not started.
    pub fn open(dir: &Path) -> Result<Self, CaptureError> {
        let missing = |source| CaptureError::NoManifest { dir: dir.to_owned(), source };
        let path = dir.join("manifest.json");
        if sos::is_report(dir) && !path.exists() {
            let (manifest, files) = sos::read(dir)?;
            return Ok(Capture::new(manifest, files, dir));
        }
        let manifest = parse_manifest(&path, &read_manifest(&path).map_err(missing)?)?;
        let base = fs::canonicalize(dir).map_err(missing)?;
        let root = base.ancestors().find(|folder| is_shared_root(folder)).unwrap_or(&base).to_owned();
        let files = manifest.commands.iter().map(|entry| locate(&base, &root, entry)).collect::<Result<_, _>>()?;
        Ok(Capture::new(manifest, files, &base))
    }

    fn new(mut manifest: Manifest, files: Vec<Option<PathBuf>>, dir: &Path) -> Self {
        manifest.make_visible();
        let folder = dir.file_name().map_or_else(|| "capture".into(), |name| name.to_string_lossy());
        let name = manifest.host.clone().unwrap_or_else(|| visible_line(folder.into_owned()));
        Capture { manifest, files, name, _unpacked: None }
    }

    /// The capture, with the folder that an archive was unpacked to, which goes away with it.
    pub(super) fn unpacked(self, folder: TempDir) -> Self {
        Capture { _unpacked: Some(folder), ..self }
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
            Some(path) => read_bounded(path, entry.command.starts_with("zcat "))
                .map_err(|error| format!("its file cannot be read: {error}")),
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

/// The bytes of a file, and whether there are more. A sosreport has copies of packed logs: their output is what `zcat` would have made of them.
fn read_bounded(path: &Path, is_packed: bool) -> io::Result<(Vec<u8>, bool)> {
    let mut file = BufReader::new(File::open(path)?);
    let mut bytes = Vec::new();
    if is_packed && file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        // What comes before the damage of a damaged file is worth having.
        let end = MultiGzDecoder::new(file).take(MAX_OUTPUT_BYTES + 1).read_to_end(&mut bytes);
        end.or_else(|error| if bytes.is_empty() { Err(error) } else { Ok(0) })?;
    } else {
        file.take(MAX_OUTPUT_BYTES + 1).read_to_end(&mut bytes)?;
    }
    let longer = bytes.len() as u64 > MAX_OUTPUT_BYTES;
    bytes.truncate(MAX_OUTPUT_BYTES as usize);
    Ok((bytes, longer))
}
