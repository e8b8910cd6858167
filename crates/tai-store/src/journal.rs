//! The truth: a file that only grows, each entry with its length, its number and a checksum.
//!
//! ```text
//! "taijrnl2" | id 16 bytes | CRC-32 u32                              once
//! F5 't' 'a' 'j' | length u32 | number u64 | CRC-32 u32 | bytes    each entry; numbers little-endian
//! ```
//! The id is made anew when a journal is written anew: what is derived from one says which. The checksum of an entry is over length, number and bytes. An entry is acknowledged
//! when the disk has it. A write that was torn is at the end, and nothing whole comes after it; anything else that is not whole is damage. The mark before each entry lets a reader find
//! the next one behind damage. Version 1 had no id; it is read, and not written any more.

use std::fs::{self, File};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::place::{self, file_error, open};

const MAGIC: &[u8; 7] = b"taijrnl";
const VERSION: u8 = b'2';
const OLDEST: u8 = b'1';
const OLD_HEADER_BYTES: usize = 8;
const HEADER_BYTES: usize = 28;
const MARK: [u8; 4] = [0xf5, b't', b'a', b'j'];
const HEAD_BYTES: usize = 20;
/// Of one entry.
pub(crate) const MAX_ENTRY_BYTES: usize = 256 << 20;

/// Which journal it is.
pub(crate) type JournalId = [u8; 16];

/// An open journal, read up to its end.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    header: Header,
    /// Where the next entry goes.
    end: u64,
    /// The number that it gets.
    next: u64,
}

#[derive(Clone, Debug)]
struct Header {
    id: JournalId,
    is_old: bool,
    is_damaged: bool,
}

/// Where an entry begins, and what identifies it there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EntryId {
    pub(crate) at: u64,
    pub(crate) number: u64,
    pub(crate) crc: u32,
}

impl EntryId {
    /// Where its bytes begin.
    pub(crate) fn payload(self) -> u64 {
        self.at + HEAD_BYTES as u64
    }
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    bytes: Vec<u8>,
    entries: Vec<(EntryId, Range<usize>)>,
    /// Bytes between whole entries, or numbers that are missing there.
    pub(crate) damage: Vec<Range<u64>>,
    /// Entries that the damage holds, as far as numbers tell.
    pub(crate) missing: u64,
    /// Bytes behind the last whole entry: a write that was torn, or a last entry that was damaged.
    tail: usize,
}

impl Scan {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (EntryId, &[u8])> {
        self.entries.iter().map(|(id, range)| (*id, &self.bytes[range.clone()]))
    }

    pub(crate) fn tail(&self) -> &[u8] {
        &self.bytes[self.bytes.len() - self.tail..]
    }
}

impl Journal {
    /// Opens or begins the journal in `path`, and reads nothing of it. Nothing is changed but that one without a whole header, in which nothing was ever kept, gets its header.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let file = open(path)?;
        if let Some(header) = read_header(&file, path)? {
            return Ok(Journal::new(path, file, header));
        }
        let mut journal = Journal::new(path, file, Header::new()?);
        journal.write_at(0, &journal.header.bytes())?;
        Ok(journal)
    }

    /// Opens the journal in `path` for reading alone; nothing where it has no whole header.
    pub(crate) fn open_to_read(path: &Path) -> Result<Option<Self>, Error> {
        let file = place::open_to_read(path)?;
        Ok(read_header(&file, path)?.map(|header| Journal::new(path, file, header)))
    }

    fn new(path: &Path, file: File, header: Header) -> Self {
        Journal { path: path.to_owned(), file, end: header.length(), header, next: 1 }
    }

    pub(crate) fn id(&self) -> JournalId {
        self.header.id
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether an older version wrote it.
    pub(crate) fn is_old(&self) -> bool {
        self.header.is_old
    }

    /// Goes to behind this entry, if it is there.
    pub(crate) fn skip_to_after(&mut self, entry: EntryId) -> Result<bool, Error> {
        if entry.number == 0 {
            return Ok(true);
        }
        let mut head = [0; HEAD_BYTES];
        match self.file.read_exact_at(&mut head, entry.at) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(false),
            read => read.map_err(|source| file_error("read", &self.path, source))?,
        }
        let length = u32::from_le_bytes(head[4..8].try_into().unwrap_or_default());
        let is_it =
            head[..4] == MARK && head[8..16] == entry.number.to_le_bytes() && head[16..] == entry.crc.to_le_bytes();
        let end = entry.at + HEAD_BYTES as u64 + u64::from(length);
        if !is_it || end > self.length()? {
            return Ok(false);
        }
        (self.end, self.next) = (end, entry.number + 1);
        Ok(true)
    }

    /// Goes back to the beginning.
    pub(crate) fn rewind(&mut self) {
        (self.end, self.next) = (self.header.length(), 1);
    }

    /// Reads what was appended since, by this or another process.
    pub(crate) fn read_on(&mut self) -> Result<Scan, Error> {
        let length = self.length()?;
        let mut damage = Vec::new();
        if self.header.is_damaged && self.end == self.header.length() {
            damage.push(0..self.end);
        }
        if length == self.end {
            return Ok(Scan { damage, ..Scan::default() });
        }
        if length < self.end {
            // What was read is not there any more.
            return Err(Error::damaged(&self.path, length..self.end));
        }
        let mut bytes = vec![0; usize::try_from(length - self.end).unwrap_or(usize::MAX)];
        self.file.read_exact_at(&mut bytes, self.end).map_err(|source| file_error("read", &self.path, source))?;
        let (mut scan, end, next) = scan(bytes, self.end, self.next);
        (self.end, self.next) = (end, next);
        scan.damage.splice(0..0, damage);
        Ok(scan)
    }

    /// Appends an entry. When this returns the disk has it; when it fails the journal is as it was.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<EntryId, Error> {
        let (id, head) = head(self.end, self.next, bytes)?;
        let entry = [&head[..], bytes].concat();
        if let Err(error) = self.write_at(self.end, &entry) {
            // Half an entry would be taken for a torn write, which it is: but space is short.
            drop(self.file.set_len(self.end));
            return Err(error);
        }
        self.end += entry.len() as u64;
        self.next += 1;
        Ok(id)
    }

    /// Reads bytes whose checksum is known.
    pub(crate) fn read(&self, at: u64, length: usize, crc: u32) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; length];
        let range = at..at + length as u64;
        match self.file.read_exact_at(&mut bytes, at) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                return Err(Error::damaged(&self.path, range));
            }
            read => read.map_err(|source| file_error("read", &self.path, source))?,
        }
        if crc32fast::hash(&bytes) == crc { Ok(bytes) } else { Err(Error::damaged(&self.path, range)) }
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
    pub(crate) fn rewrite(&mut self, entries: impl Iterator<Item = Result<Vec<u8>, Error>>) -> Result<(), Error> {
        let path = self.path.with_extension("new");
        place::remove(&path)?;
        let header = Header::new()?;
        let mut new = Journal { path: path.clone(), file: open(&path)?, end: header.length(), header, next: 1 };
        let failed = |source| file_error("write", &path, source);
        let mut writer = BufWriter::with_capacity(1 << 20, &new.file);
        writer.write_all(&new.header.bytes()).map_err(failed)?;
        for bytes in entries {
            let bytes = bytes?;
            let (_, head) = head(new.end, new.next, &bytes)?;
            writer.write_all(&head).and_then(|()| writer.write_all(&bytes)).map_err(failed)?;
            new.end += (HEAD_BYTES + bytes.len()) as u64;
            new.next += 1;
        }
        writer.flush().map_err(failed)?;
        drop(writer);
        new.file.sync_all().map_err(failed)?;
        fs::rename(&path, &self.path).map_err(|source| file_error("replace", &self.path, source))?;
        new.path.clone_from(&self.path);
        *self = new;
        place::sync(self.path.parent().unwrap_or(Path::new(".")))
    }

    pub(crate) fn length(&self) -> Result<u64, Error> {
        self.file.metadata().map(|it| it.len()).map_err(|source| file_error("read", &self.path, source))
    }

    fn write_at(&mut self, place: u64, bytes: &[u8]) -> Result<(), Error> {
        let written = self.file.seek(SeekFrom::Start(place)).and_then(|_| self.file.write_all(bytes));
        let synced = written.and_then(|()| self.file.sync_data());
        synced.map_err(|source| file_error("write", &self.path, source))
    }
}

impl Header {
    fn new() -> Result<Self, Error> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|source| file_error("read", Path::new("the random source"), source.into()))?;
        Ok(Header { id, is_old: false, is_damaged: false })
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = [&MAGIC[..], &[VERSION], &self.id].concat();
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    fn length(&self) -> u64 {
        (if self.is_old { OLD_HEADER_BYTES } else { HEADER_BYTES }) as u64
    }
}

fn read_header(file: &File, path: &Path) -> Result<Option<Header>, Error> {
    let failed = |source| file_error("read", path, source);
    let mut bytes = [0; HEADER_BYTES];
    let length = file.metadata().map_err(failed)?.len();
    let there = usize::try_from(length).unwrap_or(usize::MAX).min(HEADER_BYTES);
    file.read_exact_at(&mut bytes[..there], 0).map_err(failed)?;
    header(&bytes[..there]).map_err(|reason| Error::Version { path: path.to_owned(), reason })
}

/// The header that a file begins with; nothing where it is torn.
fn header(bytes: &[u8]) -> Result<Option<Header>, String> {
    let Some((magic, rest)) = bytes.split_first_chunk::<7>() else { return Ok(None) };
    if magic != MAGIC {
        return Err("it does not begin as one".to_owned());
    }
    match rest.first() {
        None => Ok(None),
        Some(&OLDEST) => Ok(Some(Header { id: JournalId::default(), is_old: true, is_damaged: false })),
        Some(&VERSION) if bytes.len() < HEADER_BYTES => Ok(None),
        Some(&VERSION) => {
            let is_damaged = crc32fast::hash(&bytes[..24]).to_le_bytes() != bytes[24..28];
            Ok(Some(Header { id: bytes[8..24].try_into().unwrap_or_default(), is_old: false, is_damaged }))
        }
        Some(other) => Err(format!("its version is {:?}, this program knows '1' and '2'", char::from(*other))),
    }
}

fn head(at: u64, number: u64, bytes: &[u8]) -> Result<(EntryId, Vec<u8>), Error> {
    if bytes.len() > MAX_ENTRY_BYTES {
        return Err(Error::TooLarge { bytes: bytes.len(), limit: MAX_ENTRY_BYTES });
    }
    let length = (bytes.len() as u32).to_le_bytes();
    let crc = checksum(&length, &number.to_le_bytes(), bytes);
    Ok((EntryId { at, number, crc }, [&MARK[..], &length, &number.to_le_bytes(), &crc.to_le_bytes()].concat()))
}

fn checksum(length: &[u8], number: &[u8], bytes: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    [length, number, bytes].into_iter().for_each(|part| sum.update(part));
    sum.finalize()
}

/// Reads entries from `bytes`, which begin at `at` of the file with the entry `next`. With it come the end of the last whole one, and the number after it.
fn scan(bytes: Vec<u8>, at: u64, mut next: u64) -> (Scan, u64, u64) {
    let mut scan = Scan::default();
    let mut place = 0;
    while place < bytes.len() {
        let found = (place..bytes.len()).find_map(|place| Some((place, whole_entry(&bytes[place..], next)?)));
        let Some((begin, (number, crc, length))) = found else { break };
        if begin > place || number > next {
            scan.damage.push(at + place as u64..at + begin as u64);
            scan.missing += number - next;
        }
        place = begin + HEAD_BYTES + length;
        let id = EntryId { at: at + begin as u64, number, crc };
        scan.entries.push((id, begin + HEAD_BYTES..place));
        next = number + 1;
    }
    scan.tail = bytes.len() - place;
    scan.bytes = bytes;
    (scan, at + place as u64, next)
}

/// Number, checksum and length of the entry that `bytes` begin with, if it is whole and its number is not below `next`.
fn whole_entry(bytes: &[u8], next: u64) -> Option<(u64, u32, usize)> {
    let head = bytes.get(..HEAD_BYTES).filter(|head| head[..4] == MARK)?;
    let (length, number) = (&head[4..8], &head[8..16]);
    let size = u32::from_le_bytes(length.try_into().ok()?) as usize;
    let payload = bytes.get(HEAD_BYTES..HEAD_BYTES.checked_add(size)?).filter(|_| size <= MAX_ENTRY_BYTES)?;
    let crc = u32::from_le_bytes(head[16..20].try_into().ok()?);
    let is_whole = checksum(length, number, payload) == crc;
    let number = u64::from_le_bytes(number.try_into().ok()?);
    (is_whole && number >= next).then_some((number, crc, size))
}
