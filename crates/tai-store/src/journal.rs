//! The truth: a file that only grows, each entry with its length, its number and a checksum.
//!
//! ```text
//! "taijrnl1"                                              once
//! F5 't' 'a' 'j' | length u32 | number u64 | CRC-32 u32 | bytes    each entry; numbers little-endian
//! ```
//! The checksum is over length, number and bytes. An entry is acknowledged when the disk has it. A write that was torn is at the end, and nothing whole comes after it;
//! anything else that is not whole is damage. The mark before each entry lets a reader find the next one behind damage.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::place::{self, file_error, open};

const HEADER: &[u8; 8] = b"taijrnl1";
const MARK: [u8; 4] = [0xf5, b't', b'a', b'j'];
const HEAD_BYTES: usize = 20;
/// Of one entry.
pub(crate) const MAX_ENTRY_BYTES: usize = 256 << 20;

/// An open journal, read up to its end.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    /// Where the next entry goes.
    end: u64,
    /// The number that it gets.
    next: u64,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) entries: Vec<Vec<u8>>,
    /// Bytes between whole entries, or numbers that are missing there.
    pub(crate) damage: Vec<Range<u64>>,
    /// Entries that the damage holds, as far as numbers tell.
    pub(crate) missing: u64,
    /// Where the last whole entry ends.
    pub(crate) end: u64,
    /// Bytes behind it: a write that was torn, or a last entry that was damaged.
    pub(crate) tail: Vec<u8>,
    next: u64,
}

impl Journal {
    /// Opens or begins the journal in `path`. Nothing is changed but that an empty file gets its header.
    pub(crate) fn open(path: &Path) -> Result<(Self, Scan), Error> {
        let mut journal = Journal { path: path.to_owned(), file: open(path)?, end: 0, next: 1 };
        let scan = journal.read_on()?;
        Ok((journal, scan))
    }

    /// Reads what was appended since, by this or another process.
    pub(crate) fn read_on(&mut self) -> Result<Scan, Error> {
        let failed = |source| file_error("read", &self.path, source);
        let length = self.file.metadata().map_err(failed)?.len();
        if length == self.end && self.end > 0 {
            return Ok(Scan { end: self.end, next: self.next, ..Scan::default() });
        }
        let path = self.path.clone();
        let failed = |action| move |source| file_error(action, &path, source);
        let mut bytes = Vec::new();
        self.file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.read_to_end(&mut bytes))
            .map_err(failed("read"))?;
        let header = if self.end == 0 { HEADER.len() } else { 0 };
        if header > 0 {
            let is_begun = bytes.len() >= header;
            if is_begun && bytes[..7] != HEADER[..7] {
                return Err(Error::Version { path: self.path.clone(), reason: "it does not begin as one".to_owned() });
            }
            if is_begun && bytes[7] != HEADER[7] {
                let reason = format!("its version is {:?}", char::from(bytes[7]));
                return Err(Error::Version { path: self.path.clone(), reason });
            }
            if !is_begun {
                // The header itself was torn, so nothing was ever acknowledged.
                self.write_at(0, HEADER)?;
                (self.end, self.next) = (HEADER.len() as u64, 1);
                return Ok(Scan { end: self.end, next: 1, ..Scan::default() });
            }
        }
        let scan = scan(&bytes[header..], self.end + header as u64, self.next);
        (self.end, self.next) = (scan.end, scan.next);
        Ok(scan)
    }

    /// Appends an entry. When this returns the disk has it; when it fails the journal is as it was.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let entry = entry(self.next, bytes)?;
        if let Err(error) = self.write_at(self.end, &entry) {
            // Half an entry would be taken for a torn write, which it is: but space is short.
            drop(self.file.set_len(self.end));
            return Err(error);
        }
        self.end += entry.len() as u64;
        self.next += 1;
        Ok(())
    }

    /// Whether another file has taken the place of the one that is open.
    pub(crate) fn is_replaced(&self) -> bool {
        match (self.file.metadata(), fs::metadata(&self.path)) {
            (Ok(open), Ok(there)) => (open.dev(), open.ino()) != (there.dev(), there.ino()),
            _ => true,
        }
    }

    /// Cuts off what is behind the last whole entry.
    pub(crate) fn cut_tail(&mut self) -> Result<(), Error> {
        let cut = self.file.set_len(self.end).and_then(|()| self.file.sync_all());
        cut.map_err(|source| file_error("write", &self.path, source))
    }

    /// Writes a new journal with these entries and puts it in the place of this one, in one step.
    pub(crate) fn rewrite(&mut self, entries: impl Iterator<Item = Vec<u8>>) -> Result<(), Error> {
        let path = self.path.with_extension("new");
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(file_error("remove", &path, error));
            }
            _ => {}
        }
        let mut new = Journal { path: path.clone(), file: open(&path)?, end: HEADER.len() as u64, next: 1 };
        let mut text = HEADER.to_vec();
        for bytes in entries {
            text.extend(entry(new.next, &bytes)?);
            new.next += 1;
        }
        new.write_at(0, &text)?;
        new.end = text.len() as u64;
        fs::rename(&path, &self.path).map_err(|source| file_error("replace", &self.path, source))?;
        new.path.clone_from(&self.path);
        *self = new;
        place::sync(self.path.parent().unwrap_or(Path::new(".")))
    }

    fn write_at(&mut self, place: u64, bytes: &[u8]) -> Result<(), Error> {
        let written = self.file.seek(SeekFrom::Start(place)).and_then(|_| self.file.write_all(bytes));
        let synced = written.and_then(|()| self.file.sync_data());
        synced.map_err(|source| file_error("write", &self.path, source))
    }
}

fn entry(number: u64, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    if bytes.len() > MAX_ENTRY_BYTES {
        return Err(Error::TooLarge { bytes: bytes.len(), limit: MAX_ENTRY_BYTES });
    }
    let length = (bytes.len() as u32).to_le_bytes();
    let number = number.to_le_bytes();
    let sum = checksum(&length, &number, bytes).to_le_bytes();
    Ok([&MARK[..], &length, &number, &sum, bytes].concat())
}

fn checksum(length: &[u8], number: &[u8], bytes: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    [length, number, bytes].into_iter().for_each(|part| sum.update(part));
    sum.finalize()
}

/// Reads entries from `bytes`, which begin at `at` of the file with the entry `next`.
fn scan(bytes: &[u8], at: u64, next: u64) -> Scan {
    let mut scan = Scan { end: at, next, ..Scan::default() };
    let mut place = 0;
    while place < bytes.len() {
        let found = (place..bytes.len()).find_map(|place| Some((place, whole_entry(&bytes[place..], scan.next)?)));
        let Some((begin, (number, payload))) = found else { break };
        if begin > place || number > scan.next {
            scan.damage.push(at + place as u64..at + begin as u64);
            scan.missing += number - scan.next;
        }
        place = begin + HEAD_BYTES + payload.len();
        scan.entries.push(payload.to_vec());
        scan.next = number + 1;
        scan.end = at + place as u64;
    }
    scan.tail = bytes[place..].to_vec();
    scan
}

/// The entry that `bytes` begin with, if it is whole and its number is not below `next`.
fn whole_entry(bytes: &[u8], next: u64) -> Option<(u64, &[u8])> {
    let head = bytes.get(..HEAD_BYTES).filter(|head| head[..4] == MARK)?;
    let (length, number) = (&head[4..8], &head[8..16]);
    let size = u32::from_le_bytes(length.try_into().ok()?) as usize;
    let payload = bytes.get(HEAD_BYTES..HEAD_BYTES.checked_add(size)?).filter(|_| size <= MAX_ENTRY_BYTES)?;
    let is_whole = checksum(length, number, payload) == u32::from_le_bytes(head[16..20].try_into().ok()?);
    let number = u64::from_le_bytes(number.try_into().ok()?);
    (is_whole && number >= next).then_some((number, payload))
}
