//! A store that is open: its journal, and what is derived from it. Whoever calls holds the store's lock.

use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::change::{Change, Collection, check_vector};
use crate::codec::{self, Decoded, decode, decode_record, encode};
use crate::graph::{Neighbours, Nodes, Wanted};
use crate::journal::{Journal, JournalId, Scan};
use crate::place::{self, free_name};
use crate::postings::{Postings, Texts};
use crate::rank::{Rows, Scored};
use crate::rows::{Building, Key, Kind, NewRows, Row, RowFile, key, namespace_number};
use crate::similarity::{cosine, length};
use crate::sketch::Sketch;
use crate::words::{Totals, bm25, terms};
use crate::{Error, Precision, Record, Recovered};

/// Records in an entry, where many are written.
pub(crate) const AT_ONCE: usize = 256;

/// How far the cosine of a vector rounded to f16 is from the true one: 2⁻¹¹ of each number, by Cauchy and Schwarz no more of the sum, and what f32 rounds.
const SLACK: f32 = 1.0 / 2048.0 + 1e-5;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) directory: PathBuf,
    pub(crate) journal: Journal,
    rows: RowFile,
    live: Live,
    postings: Postings,
    pub(crate) neighbours: Neighbours,
    sketch: Sketch,
    /// Records with a vector from which on a graph pays.
    graph_from: usize,
    /// The vector file may lack rows: a write to it failed.
    is_stale: bool,
}

/// Which rows stand for a record that is there.
#[derive(Debug, Default)]
struct Live {
    by_key: FxHashMap<Key, u32>,
    /// How many terms each row has; nothing where its record is gone or changed.
    terms: Vec<Option<u32>>,
    /// The namespace of each row whose record is there and has a vector.
    nodes: Vec<Option<u64>>,
    totals: FxHashMap<u64, Totals>,
    /// How many records have a vector.
    with_vector: usize,
}

impl State {
    /// Opens or begins the store. What an older version wrote is brought to this one, with a copy of the old beside it.
    pub(crate) fn open(directory: &Path, graph_from: usize) -> Result<(Self, Option<Recovered>), Error> {
        let mut journal = Journal::open(&directory.join("journal"))?;
        if journal.is_old() {
            migrate(directory, &mut journal)?;
        }
        let rows = match RowFile::open(&directory.join("vectors"), journal.id())? {
            Some(rows) if journal.skip_to_after(rows.last_entry())? => Some(rows),
            _ => None,
        };
        let (rows, tail) = match rows {
            Some(rows) => (rows, None),
            None => {
                let (rows, tail) = derive(directory, &mut journal)?;
                (rows, Some(tail))
            }
        };
        let postings = Postings::new(&directory.join("words"));
        let live = Live::of(&rows.rows);
        let (neighbours, sketch) = (Neighbours::default(), Sketch::default());
        let directory = directory.to_owned();
        let mut state =
            State { directory, journal, rows, live, postings, neighbours, sketch, graph_from, is_stale: false };
        let recovered = match tail {
            Some(tail) => state.put_aside(&tail)?,
            None => state.read_on()?,
        };
        Ok((state, recovered))
    }

    /// Reads what others appended; all of it anew where another journal has taken the place of this one.
    pub(crate) fn catch_up(&mut self, anew: bool) -> Result<(), Error> {
        if anew || self.is_stale || self.journal.is_replaced() {
            if self.is_stale {
                place::remove(&self.directory.join("vectors"))?;
            }
            *self = State::open(&self.directory, self.graph_from)?.0;
            return Ok(());
        }
        self.read_on().map(drop)
    }

    /// Journals a change, and derives from it what there is to derive.
    pub(crate) fn change(&mut self, change: &Change) -> Result<(), Error> {
        let precision = self.rows.collection.as_ref().map_or(Precision::F32, |collection| collection.precision);
        let (payload, places) = encode(change, precision);
        let entry = self.journal.append(&payload)?;
        if let Change::Collection(_) = change {
            return self.derive_anew();
        }
        let new = NewRows::of(entry, change, &payload, &places, self.rows.collection.as_ref());
        self.append(new);
        Ok(())
    }

    pub(crate) fn collection(&self) -> Option<&Collection> {
        self.rows.collection.as_ref()
    }

    pub(crate) fn get(&mut self, namespace: &str, id: &str) -> Result<Option<Record>, Error> {
        match self.live.by_key.get(&key(namespace, id)) {
            Some(&row) => self.record(row).map(Some),
            None => Ok(None),
        }
    }

    /// The ids that are there, each once.
    pub(crate) fn present(&self, namespace: &str, ids: &[String]) -> Vec<String> {
        let is_there = |id: &&String| self.live.by_key.contains_key(&key(namespace, id));
        let mut there: Vec<String> = ids.iter().filter(is_there).cloned().collect();
        there.sort();
        there.dedup();
        there
    }

    pub(crate) fn records(&mut self, namespace: &str) -> Result<Vec<Record>, Error> {
        let number = namespace_number(namespace);
        let rows: Vec<u32> = self.live_rows().filter(|(_, row)| row.namespace == number).map(|(nth, _)| nth).collect();
        let mut records = rows.into_iter().map(|row| self.record(row)).collect::<Result<Vec<_>, _>>()?;
        records.sort_by(|left, right| left.id.cmp(&right.id));
        Ok(records)
    }

    pub(crate) fn count(&self, namespace: &str) -> usize {
        self.totals(namespace).records as usize
    }

    pub(crate) fn namespaces(&mut self) -> Result<Vec<String>, Error> {
        let mut seen = FxHashSet::default();
        let firsts: Vec<u32> =
            self.live_rows().filter(|(_, row)| seen.insert(row.namespace)).map(|(nth, _)| nth).collect();
        let names = firsts.into_iter().map(|row| Ok(self.record(row)?.namespace));
        let mut names = names.collect::<Result<Vec<_>, Error>>()?;
        names.sort();
        Ok(names)
    }

    /// Rows of records that are there, in the order in which they were journalled.
    pub(crate) fn live_rows(&self) -> impl Iterator<Item = (u32, &Row)> {
        (0..).zip(&self.rows.rows).filter(|(nth, _)| self.live.terms[*nth as usize].is_some())
    }

    /// Rows of records that are not there any more, or changed since.
    pub(crate) fn dead(&self) -> usize {
        self.rows.rows.len() - self.live.by_key.len()
    }

    /// Writes the journal anew with what `change` makes of the records, and derives all from it. What was put aside goes.
    pub(crate) fn rewrite(
        &mut self,
        collection: Option<Collection>,
        mut change: impl FnMut(Record) -> Record,
    ) -> Result<(), Error> {
        let rows: Vec<Row> = self.live_rows().map(|(_, row)| *row).collect();
        // The one that is open goes on to be read while another takes its place.
        let mut journal = Journal::open(&self.directory.join("journal"))?;
        let batches = rows.chunks(AT_ONCE).map(|rows| {
            let records = rows.iter().map(|row| Ok(change(read_record(&self.journal, row)?)));
            records.collect::<Result<Vec<_>, Error>>()
        });
        journal.rewrite(entries(collection, batches))?;
        self.begin_anew()
    }

    /// Writes the journal anew with these records.
    pub(crate) fn replace(&mut self, collection: Option<Collection>, records: Vec<Record>) -> Result<(), Error> {
        let batches = records.chunks(AT_ONCE).map(|records| Ok(records.to_vec()));
        self.journal.rewrite(entries(collection, batches))?;
        self.begin_anew()
    }

    fn begin_anew(&mut self) -> Result<(), Error> {
        place::remove_where(&self.directory, |name| name.starts_with("journal."))?;
        self.postings.clear()?;
        self.catch_up(true)
    }

    fn read_on(&mut self) -> Result<Option<Recovered>, Error> {
        let scan = self.journal.read_on()?;
        refuse_damage(&self.directory, &scan)?;
        for (entry, payload) in scan.entries() {
            let Decoded { change, places } = decode(payload).map_err(|reason| version(&self.directory, reason))?;
            if matches!(&change, Change::Collection(new) if self.rows.collection.as_ref() != Some(new)) {
                self.derive_anew()?;
                break;
            }
            let new = NewRows::of(entry, &change, payload, &places, self.rows.collection.as_ref());
            self.append(new);
        }
        self.put_aside(scan.tail())
    }

    /// The journal holds it; where the vector file does not take it, that is derived anew before it is used again.
    fn append(&mut self, new: NewRows) {
        self.is_stale |= self.rows.append(new).is_err();
        self.live.catch_up(&self.rows.rows);
    }

    fn derive_anew(&mut self) -> Result<(), Error> {
        (self.rows, _) = derive(&self.directory, &mut self.journal)?;
        self.live = Live::of(&self.rows.rows);
        self.sketch = Sketch::default();
        self.postings.forget();
        Ok(())
    }

    /// Keeps the bytes behind the last whole entry in a file of their own, and cuts them off.
    fn put_aside(&mut self, tail: &[u8]) -> Result<Option<Recovered>, Error> {
        if tail.is_empty() {
            return Ok(None);
        }
        let kept_in = free_name(&self.directory, "journal.torn");
        place::write(&kept_in, tail)?;
        self.journal.cut_tail()?;
        Ok(Some(Recovered { bytes: tail.len(), kept_in }))
    }

    fn totals(&self, namespace: &str) -> Totals {
        self.live.totals.get(&namespace_number(namespace)).copied().unwrap_or_default()
    }
}

impl Rows for State {
    fn cosines(&mut self, namespace: &str, vector: &[f32], wanted: usize) -> Result<Scored, Error> {
        check_vector(self.collection(), "the query", vector)?;
        let Some(vectors) = self.rows.vectors()? else {
            return Ok(Scored { rows: Vec::new(), slack: 0.0, is_all: true });
        };
        let (own, number) = (length(vector), namespace_number(namespace));
        let live = &self.live;
        let fits = |nth: usize| live.nodes[nth] == Some(number);
        let nodes = Nodes {
            vectors: &vectors,
            rows: live.nodes.len(),
            count: live.with_vector,
            is_node: &|nth| live.nodes[nth].is_some(),
        };
        let wants = Wanted { count: self.totals(namespace).records as usize, fits: &fits };
        let score = |nth: usize, dot: f32| (cosine(dot, own, 1.0), nth as u32);
        let table = vectors.table();
        let wanted = wanted.saturating_mul(2);
        if let Some(near) = self.neighbours.near(&nodes, self.graph_from, vector, wanted, &wants) {
            self.sketch = Sketch::default();
            let scored = near.into_iter().map(|nth| score(nth, table.dot(vector, nth)));
            return Ok(Scored { rows: scored.collect(), slack: SLACK, is_all: false });
        }
        if let Some(near) = self.sketch.near(table, vector, wanted, fits) {
            let scored = near.rows.into_iter().map(|nth| score(nth, table.dot(vector, nth)));
            // Rounded, those that are not here have less than `at_least`.
            let rows = scored.filter(|(score, _)| *score >= near.at_least + 2.0 * SLACK).collect();
            return Ok(Scored { rows, slack: SLACK, is_all: false });
        }
        let dots = table.dots(vector).into_iter().enumerate().filter(|(nth, _)| fits(*nth));
        Ok(Scored { rows: dots.map(|(nth, dot)| score(nth, dot)).collect(), slack: SLACK, is_all: true })
    }

    fn bm25(&mut self, namespace: &str, words: &str) -> Result<Scored, Error> {
        let (question, number) = (terms(words), namespace_number(namespace));
        let State { postings, journal, rows, live, .. } = self;
        let asked: Vec<&str> = question.keys().map(String::as_str).collect();
        let lists = postings.find(number, &asked, &mut JournalTexts { journal, rows: &rows.rows, live })?;
        let rows = bm25(&question, &lists, self.totals(namespace), |row| *self.live.terms.get(row as usize)?);
        Ok(Scored { rows, slack: 0.0, is_all: true })
    }

    fn record(&mut self, row: u32) -> Result<Record, Error> {
        read_record(&self.journal, &self.rows.rows[row as usize])
    }
}

struct JournalTexts<'a> {
    journal: &'a Journal,
    rows: &'a [Row],
    live: &'a Live,
}

impl Texts for JournalTexts<'_> {
    fn journal(&self) -> JournalId {
        self.journal.id()
    }

    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn text(&mut self, row: u32) -> Result<Option<(u64, String)>, Error> {
        let nth = row as usize;
        if self.live.terms[nth].is_none() {
            return Ok(None);
        }
        Ok(Some((self.rows[nth].namespace, read_record(self.journal, &self.rows[nth])?.text)))
    }
}

impl Live {
    fn of(rows: &[Row]) -> Self {
        let mut live = Live::default();
        live.by_key.reserve(rows.len());
        live.terms.reserve(rows.len());
        live.nodes.reserve(rows.len());
        live.catch_up(rows);
        live
    }

    /// Takes the rows into account that came since.
    fn catch_up(&mut self, rows: &[Row]) {
        for (nth, row) in rows.iter().enumerate().skip(self.terms.len()) {
            let is_there = row.kind != Kind::Deleted;
            let before = if is_there { self.by_key.insert(row.key, nth as u32) } else { self.by_key.remove(&row.key) };
            self.terms.push(is_there.then_some(row.terms));
            self.nodes.push((row.kind == Kind::WithVector).then_some(row.namespace));
            self.with_vector += usize::from(row.kind == Kind::WithVector);
            let totals = self.totals.entry(row.namespace).or_default();
            if is_there {
                totals.records += 1;
                totals.terms += u64::from(row.terms);
            }
            let Some(before) = before.map(|before| before as usize) else { continue };
            self.terms[before] = None;
            self.nodes[before] = None;
            self.with_vector -= usize::from(rows[before].kind == Kind::WithVector);
            totals.records -= 1;
            totals.terms -= u64::from(rows[before].terms);
        }
    }
}

/// Makes the vector file anew out of the whole journal. With it comes what is behind the journal's last whole entry.
fn derive(directory: &Path, journal: &mut Journal) -> Result<(RowFile, Vec<u8>), Error> {
    journal.rewind();
    let scan = journal.read_on()?;
    refuse_damage(directory, &scan)?;
    let collection = scan.entries().filter_map(|(_, payload)| codec::collection(payload)).last();
    let written = |mut building: Building| {
        for (entry, payload) in scan.entries() {
            let Decoded { change, places } = decode(payload).map_err(|reason| version(directory, reason))?;
            building.push(NewRows::of(entry, &change, payload, &places, collection.as_ref()))?;
        }
        building.finish()
    };
    let path = directory.join("vectors");
    let rows = match RowFile::build(&path, journal.id(), collection.clone()).and_then(written) {
        // The disk is full, most likely. What the journal has can be read all the same.
        Err(Error::File { .. }) => {
            drop(place::remove(&path.with_extension("new")));
            written(RowFile::build_in_memory(&path, journal.id(), collection.clone())?)?
        }
        rows => rows?,
    };
    Ok((rows, scan.tail().to_vec()))
}

/// Writes a journal of an older version anew, after a copy of it was made.
fn migrate(directory: &Path, journal: &mut Journal) -> Result<(), Error> {
    let scan = journal.read_on()?;
    refuse_damage(directory, &scan)?;
    place::copy(&directory.join("journal"), &free_name(directory, "journal.v1"))?;
    journal
        .rewrite(scan.entries().map(|(_, entry)| codec::renew(entry).map_err(|reason| version(directory, reason))))?;
    journal.rewind();
    Ok(())
}

/// The entries of a journal that begins with a collection.
fn entries(
    collection: Option<Collection>,
    batches: impl Iterator<Item = Result<Vec<Record>, Error>>,
) -> impl Iterator<Item = Result<Vec<u8>, Error>> {
    let precision = collection.as_ref().map_or(Precision::F32, |collection| collection.precision);
    let first = collection.map(|collection| Ok(encode(&Change::Collection(collection), precision).0));
    first.into_iter().chain(batches.map(move |records| Ok(encode(&Change::Upsert(records?), precision).0)))
}

pub(crate) fn refuse_damage(directory: &Path, scan: &Scan) -> Result<(), Error> {
    if scan.damage.is_empty() {
        return Ok(());
    }
    Err(Error::Damaged { path: directory.join("journal"), damage: scan.damage.clone() })
}

fn read_record(journal: &Journal, row: &Row) -> Result<Record, Error> {
    let bytes = journal.read(row.at, row.bytes as usize, row.crc)?;
    decode_record(&bytes).map_err(|reason| Error::Version { path: journal.path().to_owned(), reason })
}

pub(crate) fn version(directory: &Path, reason: String) -> Error {
    Error::Version { path: directory.join("journal"), reason }
}
