use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::change::Change;
use crate::codec::{decode, encode};
use crate::journal::{Journal, Scan};
use crate::place::{self, file_error};
use crate::table::Table;
use crate::{EmbedderId, Error, Hit, Record, Search, VectorStore};

/// A store in a directory: a journal that is synced before anything is acknowledged, and its records in memory.
///
/// Several processes may use one directory: each operation takes a lock, reads what others appended, and lets the lock go. A process that dies lets it go too.
#[derive(Clone, Debug)]
pub struct JournalStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    lock: File,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Open {
    journal: Journal,
    table: Table,
}

/// What was found at the end of a journal when it was opened, and taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Bytes behind the last whole entry: of a write that was torn and never acknowledged, unless the disk damaged the last entry.
    pub bytes: usize,
    /// Where they were put aside.
    pub kept_in: PathBuf,
}

/// What a repair did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// Entries that are whole, and are kept.
    pub entries: usize,
    /// Entries that are lost, as far as their numbers tell: behind the last whole one nothing tells.
    pub lost: u64,
    /// Where the journal was damaged, in bytes.
    pub damage: Vec<Range<u64>>,
    /// Where the journal was put aside as it was.
    pub kept_in: PathBuf,
}

impl JournalStore {
    /// Opens the store in `directory`, or begins one. A torn write at its end is put aside, and told. Blocks while another process is at work on it.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] where entries before the last changed: nothing is touched then, and [`JournalStore::repair`] saves what is whole.
    /// [`Error::OtherEmbedder`] where the vectors are those of another embedder. When the directory is not this user's alone to write to.
    pub fn open(directory: &Path, embedder: Option<&EmbedderId>) -> Result<(Self, Option<Recovered>), Error> {
        place::directory(directory)?;
        let lock = place::open(&directory.join("lock"))?;
        let held = Held::take(&lock, directory)?;
        let path = directory.join("journal");
        let (mut journal, scan) = Journal::open(&path)?;
        let tail = scan.tail.clone();
        let mut table = Table::default();
        replay(&mut table, scan, &path)?;
        let recovered = if tail.is_empty() { None } else { Some(put_aside(directory, &tail, &mut journal)?) };
        match (&table.embedder, embedder) {
            (Some(theirs), Some(ours)) if theirs != ours => {
                return Err(Error::OtherEmbedder { theirs: told(theirs), ours: told(ours) });
            }
            (None, Some(ours)) => {
                let change = Change::Embedder(ours.clone());
                journal.append(&encode(&change))?;
                table.apply(change);
            }
            _ => {}
        }
        place::sync(directory)?;
        let open = Mutex::new(Open { journal, table });
        drop(held);
        Ok((JournalStore { inner: Arc::new(Inner { directory: directory.to_owned(), lock, open }) }, recovered))
    }

    /// Makes a damaged store whole again: a new journal with every entry that its bytes still hold. The old one is put aside.
    ///
    /// # Errors
    ///
    /// When the files cannot be read or written, or another version wrote them.
    pub fn repair(directory: &Path) -> Result<Repaired, Error> {
        place::directory(directory)?;
        let lock = place::open(&directory.join("lock"))?;
        let _held = Held::take(&lock, directory)?;
        let path = directory.join("journal");
        let (mut journal, scan) = Journal::open(&path)?;
        let kept_in = free_name(directory, "journal.damaged");
        fs::copy(&path, &kept_in).map_err(|source| file_error("copy", &path, source))?;
        let Scan { entries, damage, missing, .. } = scan;
        let count = entries.len();
        journal.rewrite(entries.into_iter())?;
        Ok(Repaired { entries: count, lost: missing, damage, kept_in })
    }

    /// Rewrites the journal with what is there now, so that what was deleted is in no file of the store any more. What was put aside by recoveries and repairs goes too.
    ///
    /// # Errors
    ///
    /// When the files cannot be written.
    pub async fn compact(&self) -> Result<(), Error> {
        self.with(|open, directory| {
            let entries: Vec<_> = open.table.changes().map(|change| encode(&change)).collect();
            open.journal.rewrite(entries.into_iter())?;
            let failed = |source| file_error("read", directory, source);
            for entry in fs::read_dir(directory).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("journal.")) {
                    fs::remove_file(&path).map_err(|source| file_error("remove", &path, source))?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Runs `work` on a thread for blocking work, with the lock held and everything read that others appended.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Open, &Path) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let inner = Arc::clone(&self.inner);
        let locked = move || {
            // After a panic the table may lack what the journal has, never the other way round; it is read anew below.
            let was_poisoned = inner.open.is_poisoned();
            let mut open = inner.open.lock().unwrap_or_else(PoisonError::into_inner);
            let _held = Held::take(&inner.lock, &inner.directory)?;
            open.catch_up(&inner.directory, was_poisoned)?;
            inner.open.clear_poison();
            work(&mut open, &inner.directory)
        };
        tokio::task::spawn_blocking(locked).await.map_err(|source| Error::Abandoned { source })?
    }

    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Table) -> Result<(Option<Change>, T), Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.with(|open, _| {
            let (change, result) = change(&open.table)?;
            if let Some(change) = change {
                open.journal.append(&encode(&change))?;
                open.table.apply(change);
            }
            Ok(result)
        })
        .await
    }
}

impl Open {
    /// Reads what others appended; all of it anew where another journal has taken the place of this one.
    fn catch_up(&mut self, directory: &Path, anew: bool) -> Result<(), Error> {
        let path = directory.join("journal");
        if anew || self.journal.is_replaced() {
            let (journal, scan) = Journal::open(&path)?;
            self.journal = journal;
            self.table = Table::default();
            return self.take(scan, directory);
        }
        let scan = self.journal.read_on()?;
        self.take(scan, directory)
    }

    fn take(&mut self, scan: Scan, directory: &Path) -> Result<(), Error> {
        let tail = scan.tail.clone();
        replay(&mut self.table, scan, &directory.join("journal"))?;
        if !tail.is_empty() {
            // Another process died in a write.
            put_aside(directory, &tail, &mut self.journal)?;
        }
        Ok(())
    }
}

#[async_trait]
impl VectorStore for JournalStore {
    async fn upsert(&self, records: Vec<Record>) -> Result<(), Error> {
        self.change(|table| {
            table.check(&records)?;
            Ok(((!records.is_empty()).then_some(Change::Upsert(records)), ()))
        })
        .await
    }

    async fn delete(&self, namespace: &str, ids: &[String]) -> Result<usize, Error> {
        let (namespace, ids) = (namespace.to_owned(), ids.to_vec());
        self.change(move |table| {
            let ids = table.present(&namespace, &ids);
            let count = ids.len();
            Ok(((count > 0).then_some(Change::Delete { namespace, ids }), count))
        })
        .await
    }

    async fn search(&self, search: &Search) -> Result<Vec<Hit>, Error> {
        let search = search.clone();
        self.with(move |open, _| open.table.search(&search)).await
    }

    async fn get(&self, namespace: &str, id: &str) -> Result<Option<Record>, Error> {
        let (namespace, id) = (namespace.to_owned(), id.to_owned());
        self.with(move |open, _| Ok(open.table.get(&namespace, &id))).await
    }

    async fn records(&self, namespace: &str) -> Result<Vec<Record>, Error> {
        let namespace = namespace.to_owned();
        self.with(move |open, _| Ok(open.table.records(&namespace))).await
    }

    async fn count(&self, namespace: &str) -> Result<usize, Error> {
        let namespace = namespace.to_owned();
        self.with(move |open, _| Ok(open.table.count(&namespace))).await
    }

    async fn namespaces(&self) -> Result<Vec<String>, Error> {
        self.with(move |open, _| Ok(open.table.namespaces())).await
    }
}

/// A lock that is let go with this.
struct Held<'a>(&'a File);

impl<'a> Held<'a> {
    fn take(lock: &'a File, directory: &Path) -> Result<Self, Error> {
        lock.lock().map_err(|source| file_error("lock", directory, source))?;
        Ok(Held(lock))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // It goes with the process at the latest.
        drop(self.0.unlock());
    }
}

fn replay(table: &mut Table, scan: Scan, path: &Path) -> Result<(), Error> {
    if !scan.damage.is_empty() {
        return Err(Error::Damaged { path: path.to_owned(), damage: scan.damage });
    }
    for entry in &scan.entries {
        table.apply(decode(entry).map_err(|reason| Error::Version { path: path.to_owned(), reason })?);
    }
    Ok(())
}

/// Keeps the bytes behind the last whole entry in a file of their own, and cuts them off.
fn put_aside(directory: &Path, tail: &[u8], journal: &mut Journal) -> Result<Recovered, Error> {
    let kept_in = free_name(directory, "journal.torn");
    let kept = place::open(&kept_in).and_then(|mut file| {
        let written = std::io::Write::write_all(&mut file, tail).and_then(|()| file.sync_all());
        written.map_err(|source| file_error("write", &kept_in, source))
    });
    kept?;
    journal.cut_tail()?;
    Ok(Recovered { bytes: tail.len(), kept_in })
}

fn free_name(directory: &Path, name: &str) -> PathBuf {
    let numbered = (1..).map(|number: u32| directory.join(format!("{name}.{number}")));
    numbered.into_iter().find(|path| fs::symlink_metadata(path).is_err()).unwrap_or_else(|| directory.join(name))
}

fn told(embedder: &EmbedderId) -> String {
    let EmbedderId { name, dimension, revision } = embedder;
    format!("{name} ({dimension} numbers, {revision})")
}
