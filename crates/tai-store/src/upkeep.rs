//! What an operator does to a store: look at its state, check it, repair it, give it other vectors.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::change::{Change, Collection, fit};
use crate::codec::renew;
use crate::journal::Journal;
use crate::lock::Lock;
use crate::place::{self, file_error, free_name};
use crate::postings::Postings;
use crate::rows::RowFile;
use crate::state::AT_ONCE;
use crate::{Contents, EmbedderId, Error, JournalStore, Precision};

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

/// What a check found. Nothing is changed by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Entries of the journal that are whole.
    pub entries: usize,
    /// Entries that are lost, as far as their numbers tell.
    pub lost: u64,
    /// Where the journal is damaged, in bytes.
    pub damage: Vec<Range<u64>>,
    /// Bytes of a torn write at its end: the next use puts them aside.
    pub torn: usize,
    /// The vector file.
    pub vectors: Derived,
    /// The index of words.
    pub words: Derived,
}

/// The state of a file that is derived from the journal: what is not sound is made anew by the next use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derived {
    /// It is what was derived, or the beginning of it.
    Sound,
    /// It is not there.
    Absent,
    /// It is damaged, or of another journal.
    Unsound,
}

/// What a store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Records of each namespace.
    pub namespaces: BTreeMap<String, usize>,
    /// Changes that other changes made void: what a compaction takes out.
    pub dead: usize,
    /// What made the vectors.
    pub embedder: Option<EmbedderId>,
    /// How they are kept.
    pub precision: Precision,
    /// Whether this process has a graph of near vectors.
    pub has_graph: bool,
    /// Bytes of each file, those of folders together.
    pub files: BTreeMap<String, u64>,
}

/// What came of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Records that were not there.
    pub added: usize,
    /// Those that took the place of older ones.
    pub changed: usize,
    /// Those that are there as new or newer.
    pub kept: usize,
}

/// A vector for a record's text.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// The record's namespace.
    pub namespace: String,
    /// Its id.
    pub id: String,
    /// The text that the vector is of.
    pub text: String,
    /// The vector.
    pub vector: Vec<f32>,
}

impl JournalStore {
    /// Makes a damaged store whole again: a new journal with every entry that its bytes still hold. The old one is put aside.
    ///
    /// # Errors
    ///
    /// When the files cannot be read or written, or another version wrote them.
    pub fn repair(directory: &Path) -> Result<Repaired, Error> {
        place::directory(directory)?;
        let lock = Lock::open(directory, None)?;
        let _held = lock.take()?;
        let path = directory.join("journal");
        let mut journal = Journal::open(&path)?;
        let scan = journal.read_on()?;
        let kept_in = free_name(directory, "journal.damaged");
        place::copy(&path, &kept_in)?;
        let version = |reason| Error::Version { path: path.clone(), reason };
        journal.rewrite(scan.entries().map(|(_, entry)| renew(entry).map_err(version)))?;
        Ok(Repaired { entries: scan.len(), lost: scan.missing, damage: scan.damage, kept_in })
    }

    /// Reads all of a store and compares it with its checksums. Not a byte is written, so that a copy which nobody may write to can be checked.
    ///
    /// # Errors
    ///
    /// When the files cannot be read, or another version wrote them.
    pub fn verify(directory: &Path) -> Result<Checked, Error> {
        place::check(directory)?;
        let lock = Lock::open_to_read(directory)?;
        let _held = lock.as_ref().map(Lock::take).transpose()?;
        let Some(mut journal) = Journal::open_to_read(&directory.join("journal"))? else {
            // A header that was torn: nothing was ever kept behind it.
            let (vectors, words) = (Derived::Absent, Derived::Absent);
            return Ok(Checked { entries: 0, lost: 0, damage: Vec::new(), torn: 0, vectors, words });
        };
        let vectors = match RowFile::open_to_read(&directory.join("vectors"), journal.id()) {
            Ok(Some(rows)) if journal.skip_to_after(rows.last_entry())? => Derived::Sound,
            Ok(None) if !directory.join("vectors").exists() => Derived::Absent,
            _ => Derived::Unsound,
        };
        let words = match Postings::new(&directory.join("words")).state(journal.id()) {
            None => Derived::Absent,
            Some(true) => Derived::Sound,
            Some(false) => Derived::Unsound,
        };
        journal.rewind();
        let scan = journal.read_on()?;
        let torn = scan.tail().len();
        Ok(Checked { entries: scan.len(), lost: scan.missing, damage: scan.damage, torn, vectors, words })
    }

    /// What the store holds, and what it takes on the disk.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn stats(&self) -> Result<Stats, Error> {
        self.with(|state| {
            let names = state.namespaces()?;
            let counted = names.into_iter().map(|name| (name.clone(), state.count(&name)));
            let collection = state.collection();
            Ok(Stats {
                namespaces: counted.collect(),
                dead: state.dead(),
                embedder: collection.map(|collection| collection.embedder.clone()),
                precision: collection.map_or(Precision::F32, |collection| collection.precision),
                has_graph: state.neighbours.is_ready(),
                files: files(&state.directory)?,
            })
        })
        .await
    }

    /// Gives all records the vectors of another embedder, in one step, and says how many have none now: those whose text is another than the one that was embedded,
    /// or that were kept since. The journal is written anew.
    ///
    /// # Errors
    ///
    /// When a vector does not fit, or the files cannot be written.
    pub async fn reindex(
        &self,
        embedder: EmbedderId,
        precision: Precision,
        vectors: Vec<Embedded>,
    ) -> Result<usize, Error> {
        let wrong = vectors.iter().find(|it| it.vector.len() != embedder.dimension);
        if let Some(wrong) = wrong {
            return Err(Error::Dimension { expected: embedder.dimension, actual: wrong.vector.len() });
        }
        let mut vectors: BTreeMap<(String, String), (String, Vec<f32>)> =
            vectors.into_iter().map(|it| ((it.namespace, it.id), (it.text, it.vector))).collect();
        self.with(move |state| {
            let mut without = 0;
            let collection = Collection { embedder, precision };
            state.rewrite(Some(collection), |mut record| {
                let vector = vectors.remove(&(record.namespace.clone(), record.id.clone()));
                record.vector = vector.filter(|(text, _)| *text == record.text).map(|(_, vector)| vector);
                without += usize::from(record.vector.is_none());
                record
            })?;
            Ok(without)
        })
        .await
    }

    /// All that it holds, of one moment.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn contents(&self) -> Result<Contents, Error> {
        self.with(|state| {
            let mut records = Vec::new();
            for namespace in state.namespaces()? {
                records.extend(state.records(&namespace)?);
            }
            let collection = state.collection().cloned();
            let precision = collection.as_ref().map_or(Precision::F32, |collection| collection.precision);
            Ok(Contents { embedder: collection.map(|collection| collection.embedder), precision, records })
        })
        .await
    }

    /// Puts these contents in the place of all that is there, in one step.
    ///
    /// # Errors
    ///
    /// When a vector does not fit, or the files cannot be written.
    pub async fn replace_all(&self, contents: Contents) -> Result<(), Error> {
        let Contents { embedder, precision, mut records } = contents;
        let collection = embedder.map(|embedder| Collection { embedder, precision });
        self.with(move |state| {
            fit(collection.as_ref(), &mut records)?;
            state.replace(collection, records)
        })
        .await
    }

    /// Keeps the records that are not there or were changed later than those that are, or only counts them. A store without an embedder takes that of the contents.
    ///
    /// # Errors
    ///
    /// [`Error::OtherEmbedder`] where there are vectors that cannot be compared with those of the store. When the records cannot be kept.
    pub async fn merge(&self, contents: Contents, only_count: bool) -> Result<Imported, Error> {
        let Contents { embedder, precision, records } = contents;
        let embedder = embedder.filter(|_| records.iter().any(|record| record.vector.is_some()));
        self.with(move |state| {
            match (state.collection(), embedder) {
                (Some(theirs), Some(ours)) if theirs.embedder != ours => {
                    return Err(Error::OtherEmbedder { theirs: theirs.embedder.to_string(), ours: ours.to_string() });
                }
                (None, Some(embedder)) if !only_count => {
                    state.change(&Change::Collection(Collection { embedder, precision }))?;
                }
                _ => {}
            }
            let mut imported = Imported::default();
            let mut wanted = Vec::new();
            for record in records {
                match state.get(&record.namespace, &record.id)? {
                    None => imported.added += 1,
                    Some(ours) if ours.updated_at < record.updated_at => imported.changed += 1,
                    Some(_) => {
                        imported.kept += 1;
                        continue;
                    }
                }
                wanted.push(record);
            }
            if !only_count && !wanted.is_empty() {
                fit(state.collection(), &mut wanted)?;
                for records in wanted.chunks(AT_ONCE) {
                    state.change(&Change::Upsert(records.to_vec()))?;
                }
            }
            Ok(imported)
        })
        .await
    }
}

pub(crate) fn files(directory: &Path) -> Result<BTreeMap<String, u64>, Error> {
    let failed = |source| file_error("read", directory, source);
    let mut sizes = BTreeMap::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let metadata = entry.metadata().map_err(failed)?;
        let bytes = if metadata.is_dir() { files(&entry.path())?.values().sum() } else { metadata.len() };
        sizes.insert(entry.file_name().to_string_lossy().into_owned(), bytes);
    }
    Ok(sizes)
}
