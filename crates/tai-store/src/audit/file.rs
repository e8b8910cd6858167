//! The file of a log: one process at a time changes it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::place::{self, file_error};

/// More than any line has: texts of an entry are cut.
const TAIL: u64 = 256 << 10;

/// The open file, with the lock held.
pub(super) struct Locked {
    path: PathBuf,
    file: File,
    /// The lock goes with it.
    _lock: File,
}

impl Locked {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        place::directory(path.parent().unwrap_or(Path::new(".")))?;
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        // Beside the file, which another may take the place of.
        let lock = place::open(Path::new(&name as &OsString))?;
        lock.lock().map_err(|source| file_error("lock", path, source))?;
        Ok(Locked { path: path.to_owned(), file: place::open(path)?, _lock: lock })
    }

    /// Cuts off what a crash left of a line, and says how many bytes that were.
    pub(super) fn cut_torn_end(&mut self) -> Result<u64, Error> {
        let (tail, begin) = self.tail()?;
        let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let torn = (tail.len() - whole) as u64;
        if torn > 0 {
            self.file.set_len(begin + whole as u64).map_err(|source| file_error("write", &self.path, source))?;
        }
        Ok(torn)
    }

    pub(super) fn last_line(&mut self) -> Result<String, Error> {
        let (tail, _) = self.tail()?;
        let text = String::from_utf8_lossy(&tail);
        Ok(text.lines().last().unwrap_or_default().to_owned())
    }

    pub(super) fn first_line(&mut self) -> Result<String, Error> {
        let mut begin = vec![0; 512];
        let read = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.read(&mut begin));
        let read = read.map_err(|source| file_error("read", &self.path, source))?;
        Ok(String::from_utf8_lossy(&begin[..read]).lines().next().unwrap_or_default().to_owned())
    }

    pub(super) fn lines(&self) -> Result<String, Error> {
        read(&self.path)
    }

    pub(super) fn append(&mut self, text: &str) -> Result<(), Error> {
        let written = self.file.seek(SeekFrom::End(0)).and_then(|_| self.file.write_all(text.as_bytes()));
        written.map_err(|source| file_error("write", &self.path, source))
    }

    /// Puts a new file in the place of this one, in one step.
    pub(super) fn replace(&mut self, text: &str) -> Result<(), Error> {
        let new = self.path.with_extension("new");
        let failed = |source| file_error("write", &new, source);
        let mut file = place::open(&new)?;
        file.set_len(0)
            .and_then(|()| file.write_all(text.as_bytes()))
            .and_then(|()| file.sync_all())
            .map_err(failed)?;
        fs::rename(&new, &self.path).map_err(|source| file_error("replace", &self.path, source))?;
        self.file = file;
        place::sync(self.path.parent().unwrap_or(Path::new(".")))
    }

    fn tail(&mut self) -> Result<(Vec<u8>, u64), Error> {
        let mut tail = Vec::new();
        let read = self.file.seek(SeekFrom::End(0)).and_then(|length| {
            let begin = self.file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
            self.file.read_to_end(&mut tail).map(|_| begin)
        });
        let begin = read.map_err(|source| file_error("read", &self.path, source))?;
        Ok((tail, begin))
    }
}

/// All of it; nothing where there is no file.
pub(super) fn read(path: &Path) -> Result<String, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(file_error("read", path, source)),
    }
}
