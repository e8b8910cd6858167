//! Which rows have a word, for questions by words: in memory, or in sled where there are too many to read them all for one question.
//!
//! sled 0.34 opens truncated files without an error and with entries missing, and panics where bits flipped. So what is in it is derived, a stamp beside it holds the checksum of its
//! files, and they are thrown away unseen when they are not as they were left.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::Error;
use crate::journal::JournalId;
use crate::place::{self, file_error};
use crate::words::{Posting, Words, terms};

/// With fewer rows a question reads all texts, which is faster than to open sled.
pub(crate) const SMALL: usize = 4_000;
/// Questions from sled, until a process that goes on asking has them all in memory.
const FROM_SLED: u32 = 3;
/// Rows that are added to sled in one batch.
const AT_ONCE: usize = 20_000;

/// Where postings come from.
pub(crate) trait Texts {
    fn journal(&self) -> JournalId;
    fn rows(&self) -> usize;
    /// Namespace as a number, and text, of a row that is there.
    fn text(&mut self, row: u32) -> Result<Option<(u64, String)>, Error>;
}

#[derive(Debug)]
pub(crate) struct Postings {
    directory: PathBuf,
    words: Words,
    /// Rows that `words` knows.
    known: usize,
    asked: u32,
}

impl Postings {
    pub(crate) fn new(directory: &Path) -> Self {
        Postings { directory: directory.to_owned(), words: Words::default(), known: 0, asked: 0 }
    }

    /// The postings of terms in a namespace.
    pub(crate) fn find(
        &mut self,
        namespace: u64,
        terms: &[&str],
        texts: &mut impl Texts,
    ) -> Result<Vec<Vec<Posting>>, Error> {
        let rows = texts.rows();
        if rows > SMALL && self.known == 0 && self.asked < FROM_SLED {
            self.asked += 1;
            let found =
                self.in_sled(texts, |db| terms.iter().map(|term| lists(db, &prefix(namespace, term))).collect())?;
            if let Some(found) = found {
                return Ok(found);
            }
        }
        if rows > SMALL && self.known == 0 {
            let all = self.in_sled(texts, all_lists)?;
            if let Some(words) = all {
                (self.words, self.known) = (words, rows);
            }
        }
        for row in self.known..rows {
            if let Some((namespace, text)) = texts.text(row as u32)? {
                self.words.push(row as u32, namespace, &text);
            }
        }
        self.known = rows;
        Ok(terms.iter().map(|term| self.words.postings(namespace, term).to_vec()).collect())
    }

    /// Forgets what was derived from another journal.
    pub(crate) fn forget(&mut self) {
        (self.words, self.known) = (Words::default(), 0);
    }

    /// Removes what is on the disk.
    pub(crate) fn clear(&mut self) -> Result<(), Error> {
        self.forget();
        clear(&self.directory)
    }

    /// Whether what is on the disk is as it was left, for this journal; nothing where there is none.
    pub(crate) fn state(&self, journal: JournalId) -> Option<bool> {
        self.directory.exists().then(|| stamped(&self.directory, journal).is_some())
    }

    /// Brings sled up to date, and looks something up in it; made anew where it is not as it was left. Nothing where sled fails twice.
    fn in_sled<T>(
        &self,
        texts: &mut impl Texts,
        look: impl Fn(&sled::Db) -> sled::Result<T>,
    ) -> Result<Option<T>, Error> {
        for _ in 0..2 {
            let known = stamped(&self.directory, texts.journal());
            if known.is_none() {
                clear(&self.directory)?;
            }
            if place::directory(&self.directory).is_err() {
                return Ok(None);
            }
            let done = catch_unwind(AssertUnwindSafe(|| {
                let db = open(&self.directory)?;
                let added = add(&db, known.unwrap_or_default(), texts)?;
                let found = look(&db)?;
                db.flush()?;
                Ok::<_, sled::Error>((added, found))
            }));
            match done {
                Ok(Ok((added, found))) => {
                    added?;
                    // Without it sled is made anew, when the disk has space again.
                    drop(stamp(&self.directory, texts.journal(), texts.rows()));
                    return Ok(Some(found));
                }
                Ok(Err(_)) | Err(_) => clear(&self.directory)?,
            }
        }
        Ok(None)
    }
}

fn open(directory: &Path) -> sled::Result<sled::Db> {
    /// Its lock outlives a closed database for moments.
    const PATIENCE: Duration = Duration::from_secs(5);
    let begin = Instant::now();
    loop {
        let config = sled::Config::new().path(directory).cache_capacity(64 << 20).flush_every_ms(None);
        match config.open() {
            Err(sled::Error::Io(error)) if error.kind() == std::io::ErrorKind::Other && begin.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(5));
            }
            opened => return opened,
        }
    }
}

/// Adds the rows that sled does not know.
fn add(db: &sled::Db, known: usize, texts: &mut impl Texts) -> sled::Result<Result<(), Error>> {
    let rows = texts.rows();
    let mut begin = known;
    while begin < rows {
        let end = rows.min(begin + AT_ONCE);
        let mut lists: BTreeMap<Vec<u8>, Vec<Posting>> = BTreeMap::new();
        for row in begin..end {
            let (namespace, text) = match texts.text(row as u32) {
                Ok(Some(text)) => text,
                Ok(None) => continue,
                Err(error) => return Ok(Err(error)),
            };
            for (term, count) in terms(&text) {
                lists.entry(prefix(namespace, &term)).or_default().push(Posting { row: row as u32, count });
            }
        }
        let mut batch = sled::Batch::default();
        for (mut key, list) in lists {
            key.extend((begin as u32).to_be_bytes());
            batch.insert(key, pack(&list));
        }
        db.apply_batch(batch)?;
        begin = end;
    }
    Ok(Ok(()))
}

/// Namespace, term and a zero, before the first row of a list.
fn prefix(namespace: u64, term: &str) -> Vec<u8> {
    [&namespace.to_be_bytes()[..], term.as_bytes(), &[0]].concat()
}

fn lists(db: &sled::Db, prefix: &[u8]) -> sled::Result<Vec<Posting>> {
    let mut found = Vec::new();
    for item in db.scan_prefix(prefix) {
        unpack(&item?.1, &mut found);
    }
    Ok(found)
}

fn all_lists(db: &sled::Db) -> sled::Result<Words> {
    let mut words = Words::default();
    for item in db.iter() {
        let (key, list) = item?;
        let Some((namespace, rest)) = key.split_first_chunk() else { continue };
        let term = rest.get(..rest.len().saturating_sub(5)).and_then(|term| std::str::from_utf8(term).ok());
        if let Some(term) = term {
            unpack(&list, words.list(u64::from_be_bytes(*namespace), term));
        }
    }
    Ok(words)
}

/// Each row as the distance to the one before and its count, in LEB128.
fn pack(list: &[Posting]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(list.len() * 3);
    let mut last = 0;
    for Posting { row, count } in list {
        for mut number in [row - last, *count] {
            while number >= 0x80 {
                bytes.push(number as u8 | 0x80);
                number >>= 7;
            }
            bytes.push(number as u8);
        }
        last = *row;
    }
    bytes
}

fn unpack(bytes: &[u8], list: &mut Vec<Posting>) {
    let mut bytes = bytes.iter();
    let mut number = || {
        let mut number = 0u32;
        for shift in (0..32).step_by(7) {
            let byte = bytes.next()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    };
    let mut last = 0u32;
    while let (Some(distance), Some(count)) = (number(), number()) {
        last = last.wrapping_add(distance);
        list.push(Posting { row: last, count });
    }
}

const STAMP: &[u8; 8] = b"taiword1";

fn stamp_path(directory: &Path) -> PathBuf {
    directory.with_extension("stamp")
}

/// The rows of this journal that sled's files hold, if they are as they were left.
fn stamped(directory: &Path, journal: JournalId) -> Option<usize> {
    let stamp = fs::read(stamp_path(directory)).ok()?;
    let rows = u32::from_le_bytes(stamp.get(24..28)?.try_into().ok()?) as usize;
    (stamp == stamp_of(directory, journal, rows).ok()?).then_some(rows)
}

fn stamp(directory: &Path, journal: JournalId, rows: usize) -> Result<(), Error> {
    let mut files = BTreeMap::new();
    gather(directory, &mut files)?;
    for path in files.keys() {
        let private = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
        private.map_err(|source| file_error("write", path, source))?;
    }
    let stamp = stamp_of(directory, journal, rows)?;
    let path = stamp_path(directory);
    // Written beside and renamed: half a stamp is no stamp, and costs a rebuild.
    let new = path.with_extension("stamp-new");
    place::remove(&new)?;
    place::write(&new, &stamp)?;
    fs::rename(&new, &path).map_err(|source| file_error("replace", &path, source))
}

fn stamp_of(directory: &Path, journal: JournalId, rows: usize) -> Result<Vec<u8>, Error> {
    let mut files = BTreeMap::new();
    gather(directory, &mut files)?;
    let mut sum = crc32fast::Hasher::new();
    for (path, length) in files {
        sum.update(path.as_os_str().as_encoded_bytes());
        sum.update(&length.to_le_bytes());
        sum.update(&fs::read(&path).map_err(|source| file_error("read", &path, source))?);
    }
    Ok([&STAMP[..], &journal, &(rows as u32).to_le_bytes(), &sum.finalize().to_le_bytes()].concat())
}

fn gather(directory: &Path, files: &mut BTreeMap<PathBuf, u64>) -> Result<(), Error> {
    let failed = |source| file_error("read", directory, source);
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let metadata = entry.metadata().map_err(failed)?;
        if metadata.is_dir() {
            gather(&entry.path(), files)?;
        } else {
            files.insert(entry.path(), metadata.len());
        }
    }
    Ok(())
}

fn clear(directory: &Path) -> Result<(), Error> {
    place::remove(&stamp_path(directory))?;
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(file_error("remove", directory, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_survive_packing() {
        let list = [(0, 1), (1, 127), (200, 128), (70_000, 1), (u32::MAX, u32::MAX)];
        let list = list.map(|(row, count)| Posting { row, count });
        let mut unpacked = Vec::new();
        unpack(&pack(&list), &mut unpacked);
        assert_eq!(unpacked, list);
    }
}
