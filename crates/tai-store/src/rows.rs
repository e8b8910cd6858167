//! The vector file: every record of the journal as a row of fixed size, so that a search reads the records alone that may be among the nearest.
//!
//! ```text
//! "taivec1\0" | journal id 16 | header length u32 | row length u32 | CRC-32 u32 of this and what follows | collection, zeros     once
//! CRC-32 u32 of what follows | kind u32 | key 16 | namespace u64 | at u64 | entry at u64 | entry number u64
//!   | bytes u32 | their CRC-32 u32 | terms u32 | entry CRC-32 u32 | more u32 | vector of length 1 as f16                        each row
//! ```
//! Numbers are little-endian. Derived from the journal, never synced, rebuilt when it is missing, behind or damaged. A row stands for one change of one record: a later row of the same key takes its place.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use half::f16;
use sha2::{Digest, Sha256};

use crate::change::{Change, Collection};
use crate::codec::{self, encode};
use crate::journal::{EntryId, JournalId};
use crate::mmap::Map;
use crate::place::{self, file_error};
use crate::similarity::{Table, unit};
use crate::words::count_terms;
use crate::{Error, Record};

const MAGIC: &[u8; 8] = b"taivec1\0";
/// Magic, journal, lengths, checksum.
const FIXED_BYTES: usize = 36;
const HEAD_BYTES: usize = 76;

/// A record of a namespace: 16 bytes of a SHA-256, so that two are never equal.
pub(crate) type Key = [u8; 16];

pub(crate) fn key(namespace: &str, id: &str) -> Key {
    let mut sum = Sha256::new();
    sum.update((namespace.len() as u64).to_le_bytes());
    sum.update(namespace);
    sum.update(id);
    sum.finalize().first_chunk().copied().unwrap_or_default()
}

/// A namespace, as rows name it.
pub(crate) fn namespace_number(namespace: &str) -> u64 {
    u64::from_le_bytes(Sha256::digest(namespace).first_chunk().copied().unwrap_or_default())
}

/// What a row knows beside its vector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) key: Key,
    pub(crate) namespace: u64,
    /// Where the record is in the journal, its length and checksum.
    pub(crate) at: u64,
    pub(crate) bytes: u32,
    pub(crate) crc: u32,
    /// How many terms its text has.
    pub(crate) terms: u32,
    pub(crate) kind: Kind,
    /// The entry that it came with, and how many rows of the same entry follow.
    entry: EntryId,
    more: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    WithVector,
    WithoutVector,
    /// The record is gone.
    Deleted,
}

/// The rows of one entry, and their numbers as they lie in the file.
#[derive(Debug, Default)]
pub(crate) struct NewRows {
    pub(crate) rows: Vec<Row>,
    bytes: Vec<u8>,
}

impl NewRows {
    /// The rows of a change, of whose entry these are the bytes, and in which its records are in these places. None where it changes no record.
    pub(crate) fn of(
        entry: EntryId,
        change: &Change,
        payload: &[u8],
        places: &[Range<usize>],
        collection: Option<&Collection>,
    ) -> Self {
        match change {
            Change::Upsert(records) => {
                let places = places.iter().map(|place| (entry.payload() + place.start as u64, &payload[place.clone()]));
                NewRows::of_records(entry, records, places.collect(), collection)
            }
            Change::Delete { namespace, ids } => NewRows::of_deleted(entry, namespace, ids, collection),
            Change::Collection(_) => NewRows::default(),
        }
    }

    fn of_records(
        entry: EntryId,
        records: &[Record],
        places: Vec<(u64, &[u8])>,
        collection: Option<&Collection>,
    ) -> Self {
        let mut new = NewRows::default();
        for (nth, (record, (at, bytes))) in records.iter().zip(places).enumerate() {
            // A vector of another embedder is not compared; a reindexing may have been interrupted by an older version.
            let dimension = collection.map_or(0, |collection| collection.embedder.dimension);
            let vector = record.vector.as_deref().filter(|vector| vector.len() == dimension);
            let row = Row {
                key: key(&record.namespace, &record.id),
                namespace: namespace_number(&record.namespace),
                at,
                bytes: bytes.len() as u32,
                crc: crc32fast::hash(bytes),
                terms: count_terms(&record.text),
                kind: if vector.is_some() { Kind::WithVector } else { Kind::WithoutVector },
                entry,
                more: (records.len() - nth - 1) as u32,
            };
            new.push(row, vector, collection);
        }
        new
    }

    fn of_deleted(entry: EntryId, namespace: &str, ids: &[String], collection: Option<&Collection>) -> Self {
        let mut new = NewRows::default();
        for (nth, id) in ids.iter().enumerate() {
            let row = Row {
                key: key(namespace, id),
                namespace: namespace_number(namespace),
                at: 0,
                bytes: 0,
                crc: 0,
                terms: 0,
                kind: Kind::Deleted,
                entry,
                more: (ids.len() - nth - 1) as u32,
            };
            new.push(row, None, collection);
        }
        new
    }

    fn push(&mut self, row: Row, vector: Option<&[f32]>, collection: Option<&Collection>) {
        let begin = self.bytes.len();
        row.write(&mut self.bytes);
        let end = begin + row_bytes(collection);
        if let Some(vector) = vector {
            let numbers = unit(vector.to_vec()).into_iter();
            self.bytes.extend(numbers.flat_map(|number| f16::from_f32(number).to_le_bytes()));
        }
        self.bytes.resize(end, 0);
        let crc = crc32fast::hash(&self.bytes[begin + 4..end]);
        self.bytes[begin..begin + 4].copy_from_slice(&crc.to_le_bytes());
        self.rows.push(row);
    }
}

impl Row {
    /// The checksum of the row comes first, and is filled in when the row is whole.
    fn write(&self, bytes: &mut Vec<u8>) {
        let kind = match self.kind {
            Kind::WithVector => 0u32,
            Kind::WithoutVector => 1,
            Kind::Deleted => 2,
        };
        bytes.extend([0; 4]);
        bytes.extend(kind.to_le_bytes());
        bytes.extend(self.key);
        [self.namespace, self.at, self.entry.at, self.entry.number].iter().for_each(|n| bytes.extend(n.to_le_bytes()));
        [self.bytes, self.crc, self.terms, self.entry.crc, self.more]
            .iter()
            .for_each(|n| bytes.extend(n.to_le_bytes()));
    }

    /// The row that these bytes are, if their checksum says so.
    fn read(bytes: &[u8]) -> Option<Self> {
        let u32_at = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let u64_at = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
        if u32_at(0)? != crc32fast::hash(bytes.get(4..)?) {
            return None;
        }
        Some(Row {
            kind: match u32_at(4)? {
                0 => Kind::WithVector,
                1 => Kind::WithoutVector,
                2 => Kind::Deleted,
                _ => return None,
            },
            key: bytes.get(8..24)?.try_into().ok()?,
            namespace: u64_at(24)?,
            at: u64_at(32)?,
            entry: EntryId { at: u64_at(40)?, number: u64_at(48)?, crc: u32_at(68)? },
            bytes: u32_at(56)?,
            crc: u32_at(60)?,
            terms: u32_at(64)?,
            more: u32_at(72)?,
        })
    }
}

/// The open file.
#[derive(Debug)]
pub(crate) struct RowFile {
    path: PathBuf,
    file: File,
    header_bytes: usize,
    pub(crate) collection: Option<Collection>,
    /// In the order of the file.
    pub(crate) rows: Vec<Row>,
    map: Option<Arc<Map>>,
}

impl RowFile {
    /// Opens the file that was derived from this journal, and checks all of it; nothing where there is none or where it is not sound.
    pub(crate) fn open(path: &Path, journal: JournalId) -> Result<Option<Self>, Error> {
        RowFile::opened(path, journal, place::open)
    }

    /// The same for who only looks.
    pub(crate) fn open_to_read(path: &Path, journal: JournalId) -> Result<Option<Self>, Error> {
        RowFile::opened(path, journal, place::open_to_read)
    }

    fn opened(
        path: &Path,
        journal: JournalId,
        open: impl Fn(&Path) -> Result<File, Error>,
    ) -> Result<Option<Self>, Error> {
        if fs::symlink_metadata(path).is_err() {
            return Ok(None);
        }
        let file = open(path)?;
        let failed = |source| file_error("read", path, source);
        let length = usize::try_from(file.metadata().map_err(failed)?.len()).unwrap_or(usize::MAX);
        let map = Map::new(&file, length).map_err(failed)?;
        let Some((header_bytes, collection)) = header(&map, journal) else { return Ok(None) };
        let Some(rows) = read_rows(&map[header_bytes..], row_bytes(collection.as_ref())) else { return Ok(None) };
        let mut rows =
            RowFile { path: path.to_owned(), file, header_bytes, collection, rows, map: Some(Arc::new(map)) };
        rows.drop_half_an_entry();
        Ok(Some(rows))
    }

    /// Begins the file anew, beside the old one, which it replaces when [`finish`](Building::finish) is called.
    pub(crate) fn build(path: &Path, journal: JournalId, collection: Option<Collection>) -> Result<Building, Error> {
        let new = path.with_extension("new");
        place::remove(&new)?;
        let file = place::open(&new)?;
        RowFile::build_in(file, path, Some(new), journal, collection)
    }

    /// The same in memory alone, for where the disk takes none.
    pub(crate) fn build_in_memory(
        path: &Path,
        journal: JournalId,
        collection: Option<Collection>,
    ) -> Result<Building, Error> {
        let file = memory_file().map_err(|source| file_error("create", path, source))?;
        RowFile::build_in(file, path, None, journal, collection)
    }

    fn build_in(
        file: File,
        path: &Path,
        new: Option<PathBuf>,
        journal: JournalId,
        collection: Option<Collection>,
    ) -> Result<Building, Error> {
        let header = new_header(journal, collection.as_ref());
        let writer = BufWriter::with_capacity(1 << 20, file);
        let mut building =
            Building { path: path.to_owned(), new, writer, header_bytes: header.len(), collection, rows: Vec::new() };
        building.write(&header)?;
        Ok(building)
    }

    /// The last entry that is in it.
    pub(crate) fn last_entry(&self) -> EntryId {
        self.rows.last().map_or(EntryId::default(), |row| row.entry)
    }

    pub(crate) fn append(&mut self, new: NewRows) -> Result<(), Error> {
        let at = (self.header_bytes + self.rows.len() * self.row_bytes()) as u64;
        self.file.write_all_at(&new.bytes, at).map_err(|source| file_error("write", &self.path, source))?;
        self.rows.extend(new.rows);
        Ok(())
    }

    fn row_bytes(&self) -> usize {
        row_bytes(self.collection.as_ref())
    }

    /// The vectors of all rows; nothing where there is no embedder.
    pub(crate) fn vectors(&mut self) -> Result<Option<Vectors>, Error> {
        let end = self.header_bytes + self.rows.len() * self.row_bytes();
        let Some(Collection { embedder, .. }) = &self.collection else { return Ok(None) };
        let map = match self.map.take().filter(|map| map.len() >= end) {
            Some(map) => map,
            None => Arc::new(Map::new(&self.file, end).map_err(|source| file_error("read", &self.path, source))?),
        };
        self.map = Some(Arc::clone(&map));
        let (begin, row_bytes) = (self.header_bytes, self.row_bytes());
        Ok(Some(Vectors { map, begin, end, row_bytes, dimension: embedder.dimension }))
    }

    /// A writer may have died in the middle of an entry: what it wrote of it is written again.
    fn drop_half_an_entry(&mut self) {
        let number = self.last_entry().number;
        if self.rows.last().is_some_and(|row| row.more > 0) {
            let whole = self.rows.iter().rposition(|row| row.entry.number != number).map_or(0, |last| last + 1);
            self.rows.truncate(whole);
        }
    }
}

/// The vectors of a file, for any thread.
#[derive(Clone, Debug)]
pub(crate) struct Vectors {
    map: Arc<Map>,
    begin: usize,
    end: usize,
    row_bytes: usize,
    dimension: usize,
}

impl Vectors {
    pub(crate) fn table(&self) -> Table<'_> {
        let bytes = &self.map[self.begin..self.end];
        Table { bytes, row_bytes: self.row_bytes, vector_at: HEAD_BYTES }
    }

    pub(crate) fn vector(&self, row: usize) -> Vec<f32> {
        self.table().vector(row, self.dimension)
    }
}

/// A vector file that grows.
pub(crate) struct Building {
    path: PathBuf,
    /// Where it grows, if not in memory.
    new: Option<PathBuf>,
    writer: BufWriter<File>,
    header_bytes: usize,
    collection: Option<Collection>,
    rows: Vec<Row>,
}

impl Building {
    pub(crate) fn push(&mut self, new: NewRows) -> Result<(), Error> {
        self.write(&new.bytes)?;
        self.rows.extend(new.rows);
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<RowFile, Error> {
        let file = self.writer.into_inner().map_err(|error| file_error("write", &self.path, error.into_error()))?;
        if let Some(new) = &self.new {
            fs::rename(new, &self.path).map_err(|source| file_error("replace", &self.path, source))?;
        }
        let Building { path, header_bytes, collection, rows, .. } = self;
        Ok(RowFile { path, file, header_bytes, collection, rows, map: None })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.writer.write_all(bytes).map_err(|source| file_error("write", &self.path, source))
    }
}

/// A file that is on no disk.
#[cfg(target_os = "linux")]
fn memory_file() -> io::Result<File> {
    Ok(rustix::fs::memfd_create("tai-vectors", rustix::fs::MemfdFlags::CLOEXEC)?.into())
}

#[cfg(not(target_os = "linux"))]
fn memory_file() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

fn row_bytes(collection: Option<&Collection>) -> usize {
    // Rows begin where a number of four bytes may.
    let vector = collection.map_or(0, |collection| collection.embedder.dimension.saturating_mul(2));
    HEAD_BYTES + vector.next_multiple_of(4)
}

fn new_header(journal: JournalId, collection: Option<&Collection>) -> Vec<u8> {
    let told = collection.map_or_else(Vec::new, |it| encode(&Change::Collection(it.clone()), it.precision).0);
    let length = (FIXED_BYTES + told.len()).next_multiple_of(64);
    let lengths = [length as u32, row_bytes(collection) as u32].map(u32::to_le_bytes).concat();
    let mut body = told;
    body.resize(length - FIXED_BYTES, 0);
    let crc = crc32fast::hash(&[&MAGIC[..], &journal, &lengths, &body].concat());
    [&MAGIC[..], &journal, &lengths, &crc.to_le_bytes(), &body].concat()
}

/// The length of the header, and the collection that it tells of, if it is whole and of this journal.
fn header(bytes: &[u8], journal: JournalId) -> Option<(usize, Option<Collection>)> {
    let length = u32::from_le_bytes(bytes.get(24..28)?.try_into().ok()?) as usize;
    let header = bytes.get(..length).filter(|header| header.len() > FIXED_BYTES)?;
    let collection = codec::collection(&header[FIXED_BYTES..]);
    (new_header(journal, collection.as_ref()) == header).then_some((length, collection))
}

/// All whole rows; nothing where one in the middle is damaged.
fn read_rows(bytes: &[u8], row_bytes: usize) -> Option<Vec<Row>> {
    /// Below that one thread is as fast.
    const FOR_ONE_THREAD: usize = 32 << 20;
    let count = bytes.len() / row_bytes;
    let read = |bytes: &[u8]| bytes.chunks_exact(row_bytes).map(Row::read).collect::<Option<Vec<Row>>>();
    if bytes.len() < FOR_ONE_THREAD {
        return read(bytes);
    }
    let (left, right) = bytes.split_at(count / 2 * row_bytes);
    let (left, right) = std::thread::scope(|scope| {
        let left = scope.spawn(|| read(left));
        let right = read(right);
        (left.join().unwrap_or_default(), right)
    });
    let mut rows = left?;
    rows.extend(right?);
    Some(rows)
}
