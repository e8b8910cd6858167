//! Captures and sosreports as one file: `.tar.zst`, `.tar.xz`, `.tar.gz` or plain tar.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tempfile::{Builder, NamedTempFile, TempDir};

use super::read::{Capture, MAX_OUTPUT_BYTES};
use super::sos;
use crate::CaptureError;

/// What an archive may grow to: a sosreport of a large host is a tenth of that.
const MAX_UNPACKED_BYTES: u64 = 8 << 30;
const MAX_FILES: usize = 200_000;
/// Between two chances to stop.
const STEP: u64 = 1 << 20;

impl Capture {
    /// Unpacks the archive in `path` to a new folder in `scratch`, which goes away with the capture, and opens the capture or the sosreport in it. `shown` is told
    /// how many bytes were unpacked. Dropping the future stops it, soon, and removes what was unpacked.
    ///
    /// Files keep the names that they have below the archive's top folder; nothing is written outside the new folder, and a link that leads elsewhere does not exist.
    ///
    /// # Errors
    ///
    /// When the file is no archive, is damaged, or unpacks to more than 8 GiB or 200,000 files; as for [`Capture::open`] when it holds no capture.
    pub async fn unpack(
        path: &Path,
        scratch: &Path,
        shown: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Self, CaptureError> {
        let scratch_failed =
            |source| CaptureError::File { action: "create a folder in", path: scratch.to_owned(), source };
        let dir = Builder::new().prefix("tai-capture-").tempdir_in(scratch).map_err(scratch_failed)?;
        let count = Arc::new(Count::default());
        let stop = Stop(Arc::clone(&count));
        let archive = path.to_owned();
        let mut task = tokio::task::spawn_blocking(move || unpack(&archive, dir, &count));
        let capture = loop {
            tokio::select! {
                done = &mut task => break done.map_err(io::Error::other).unwrap_or_else(|error| Err(damaged(path, error))),
                () = tokio::time::sleep(Duration::from_millis(200)) => shown(stop.0.bytes.load(Ordering::Relaxed)),
            }
        };
        drop(stop);
        capture
    }
}

/// How far unpacking has come, and whether it is still wanted.
#[derive(Debug, Default)]
struct Count {
    bytes: AtomicU64,
    is_over: AtomicBool,
}

/// Says that unpacking is no longer wanted, when it is dropped.
struct Stop(Arc<Count>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

fn damaged(path: &Path, source: io::Error) -> CaptureError {
    CaptureError::Archive { path: path.to_owned(), source }
}

fn unpack(path: &Path, dir: TempDir, count: &Count) -> Result<Capture, CaptureError> {
    decompressed(path)
        .and_then(|reader| unpack_all(reader, dir.path(), count))
        .map_err(|error| damaged(path, error))?;
    let top = top_folder(dir.path()).ok_or_else(|| CaptureError::EmptyArchive { path: path.to_owned() })?;
    Ok(Capture::open(&top)?.unpacked(dir))
}

/// What the bytes say the file is; its name may say anything.
fn decompressed(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut start = Vec::new();
    (&mut file).take(512).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    let file = BufReader::with_capacity(128 << 10, file);
    match start.as_slice() {
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Ok(Box::new(zstd::Decoder::with_buffer(file)?)),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Ok(Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(file))),
        [0x1f, 0x8b, ..] => Ok(Box::new(flate2::bufread::MultiGzDecoder::new(file))),
        _ if start.get(257..262) == Some(b"ustar") => Ok(Box::new(file)),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it is no tar archive packed by zstd, xz or gzip")),
    }
}

/// Unpacks regular files, and those links that sosreports use for the ends of long logs. Everything else (devices, hard links, other links) is left out.
fn unpack_all(reader: Box<dyn Read>, dir: &Path, count: &Count) -> io::Result<()> {
    let mut archive = tar::Archive::new(reader);
    let (mut files, mut links) = (0, Vec::new());
    for entry in archive.entries()? {
        let entry = entry?;
        files += 1;
        if files > MAX_FILES {
            return Err(io::Error::other("it holds more than 200,000 files"));
        }
        let kind = entry.header().entry_type();
        let Some(path) = inside(&entry.path()?) else {
            return Err(io::Error::other("a name in it leads outside"));
        };
        if kind.is_symlink() {
            let target = entry.link_name()?.map(std::borrow::Cow::into_owned).unwrap_or_default();
            links.push((path, target));
        } else if kind.is_file() {
            let path = dir.join(path);
            fs::create_dir_all(path.parent().unwrap_or(dir))?;
            let mut file = BufWriter::new(File::create_new(&path).or_else(|error| replaced(&path, error))?);
            let mut entry = entry.take(MAX_OUTPUT_BYTES + 1);
            loop {
                let copied = io::copy(&mut entry.by_ref().take(STEP), &mut file)?;
                if count.bytes.fetch_add(copied, Ordering::Relaxed) > MAX_UNPACKED_BYTES {
                    return Err(io::Error::other("it unpacks to more than 8 GiB"));
                }
                if count.is_over.load(Ordering::Relaxed) {
                    return Err(io::ErrorKind::Interrupted.into());
                }
                if copied == 0 {
                    break;
                }
            }
            file.flush()?;
        }
    }
    // After the files, so that none is written through a link.
    for (path, target) in links.iter().filter(|(path, target)| sos::is_link_to_end(path, target)) {
        let path = dir.join(path);
        if path.parent().is_some_and(Path::is_dir) && !path.exists() {
            symlink(target, path)?;
        }
    }
    Ok(())
}

/// tar's rule: of two files of one name the later one counts.
fn replaced(path: &Path, error: io::Error) -> io::Result<File> {
    if error.kind() == io::ErrorKind::AlreadyExists && path.is_file() { File::create(path) } else { Err(error) }
}

/// The path, when it stays below where it begins.
pub(super) fn inside(path: &Path) -> Option<PathBuf> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.map(|part| matches!(part, Component::Normal(_)).then_some(part)).collect()
}

/// The folder that holds the capture: the archive's own, or the only one in it.
fn top_folder(dir: &Path) -> Option<PathBuf> {
    let holds = |dir: &Path| dir.join("manifest.json").is_file() || sos::is_report(dir);
    if holds(dir) {
        return Some(dir.to_owned());
    }
    let inner: Vec<PathBuf> = fs::read_dir(dir).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let mut inner = inner.into_iter().filter(|path| holds(path));
    inner.next().filter(|_| inner.next().is_none())
}

/// Packs the capture in `dir` to the new file `to` (`.tar.zst`), readable by its owner alone. The same capture gives the same bytes.
///
/// # Errors
///
/// When `to` exists, or a file cannot be read or written. Then `to` is not there, or as it was.
pub fn pack(dir: &Path, to: &Path) -> Result<(), CaptureError> {
    let failed = |source| CaptureError::File { action: "write", path: to.to_owned(), source };
    if to.exists() {
        return Err(CaptureError::AlreadyExists { dir: to.to_owned() });
    }
    let folder = to.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    // Readable by its owner alone, and removed when something fails.
    let mut file = NamedTempFile::new_in(folder).map_err(failed)?;
    write_archive(dir, file.as_file_mut()).map_err(failed)?;
    file.as_file().sync_data().map_err(failed)?;
    file.persist_noclobber(to).map_err(|error| failed(error.error))?;
    Ok(())
}

fn write_archive(dir: &Path, file: &mut File) -> io::Result<()> {
    let top = dir.file_name().map_or_else(|| PathBuf::from("capture"), PathBuf::from);
    let mut archive = tar::Builder::new(zstd::Encoder::new(BufWriter::new(file), 10)?);
    archive.mode(tar::HeaderMode::Deterministic);
    let mut names: Vec<PathBuf> = vec!["manifest.json".into()];
    for entry in fs::read_dir(dir.join("outputs"))? {
        names.push(Path::new("outputs").join(entry?.file_name()));
    }
    names.sort();
    for name in names {
        archive.append_path_with_name(dir.join(&name), top.join(&name))?;
    }
    archive.into_inner()?.finish()?.flush()
}
