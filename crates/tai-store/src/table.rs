//! Records in memory: what [`MemoryStore`](crate::MemoryStore) is made of.

use std::collections::BTreeMap;
use std::convert::Infallible;

use crate::change::{Change, check, check_vector};
use crate::rank::{self, Rows, Scored};
use crate::similarity::{cosine, dot, length};
use crate::words::{Totals, Words, bm25};
use crate::{EmbedderId, Error, Hit, Record, Search};

/// Then rows of records that are gone are dropped, if they are half of all.
const MANY_DEAD: usize = 1000;

#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Rows by namespace and id.
    namespaces: BTreeMap<String, BTreeMap<String, u32>>,
    rows: Vec<Option<Row>>,
    words: Words,
    pub(crate) embedder: Option<EmbedderId>,
}

#[derive(Debug)]
struct Row {
    record: Record,
    terms: u32,
}

impl Table {
    pub(crate) fn new(embedder: Option<EmbedderId>) -> Self {
        Table { embedder, ..Table::default() }
    }

    /// Whether records fit into the store: checked before anything is kept.
    pub(crate) fn check(&self, records: &[Record]) -> Result<(), Error> {
        check(self.embedder.as_ref(), records)
    }

    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Upsert(records) => records.into_iter().for_each(|record| self.insert(record)),
            Change::Delete { namespace, ids } => {
                if let Some(records) = self.namespaces.get_mut(&namespace) {
                    for row in ids.iter().filter_map(|id| records.remove(id)) {
                        self.rows[row as usize] = None;
                    }
                    if records.is_empty() {
                        self.namespaces.remove(&namespace);
                    }
                }
            }
            Change::Embedder(embedder) => self.embedder = Some(embedder),
        }
        self.drop_the_dead();
    }

    /// The ids that are there, each once.
    pub(crate) fn present(&self, namespace: &str, ids: &[String]) -> Vec<String> {
        let Some(records) = self.namespaces.get(namespace) else { return Vec::new() };
        let mut there: Vec<String> = ids.iter().filter(|id| records.contains_key(*id)).cloned().collect();
        there.sort();
        there.dedup();
        there
    }

    pub(crate) fn get(&self, namespace: &str, id: &str) -> Option<Record> {
        Some(self.row(*self.namespaces.get(namespace)?.get(id)?)?.record.clone())
    }

    pub(crate) fn records(&self, namespace: &str) -> Vec<Record> {
        let rows = self.namespaces.get(namespace).into_iter().flat_map(BTreeMap::values);
        rows.filter_map(|row| Some(self.row(*row)?.record.clone())).collect()
    }

    pub(crate) fn count(&self, namespace: &str) -> usize {
        self.namespaces.get(namespace).map_or(0, BTreeMap::len)
    }

    pub(crate) fn namespaces(&self) -> Vec<String> {
        self.namespaces.keys().cloned().collect()
    }

    /// Everything, as the changes that would make it anew.
    pub(crate) fn changes(&self) -> impl Iterator<Item = Change> {
        const AT_ONCE: usize = 256;
        let embedder = self.embedder.clone().map(Change::Embedder);
        let all: Vec<u32> = self.namespaces.values().flat_map(BTreeMap::values).copied().collect();
        let records = |rows: &[u32]| rows.iter().filter_map(|row| Some(self.row(*row)?.record.clone())).collect();
        let batches: Vec<Change> = all.chunks(AT_ONCE).map(|rows| Change::Upsert(records(rows))).collect();
        embedder.into_iter().chain(batches)
    }

    pub(crate) fn search(&mut self, search: &Search) -> Result<Vec<Hit>, Error> {
        rank::search(self, search)
    }

    fn row(&self, row: u32) -> Option<&Row> {
        self.rows.get(row as usize)?.as_ref()
    }

    fn insert(&mut self, record: Record) {
        let row = self.rows.len() as u32;
        let terms = self.words.push(row, &record.namespace, &record.text);
        let before = self.namespaces.entry(record.namespace.clone()).or_default().insert(record.id.clone(), row);
        if let Some(before) = before {
            self.rows[before as usize] = None;
        }
        self.rows.push(Some(Row { record, terms }));
    }

    fn drop_the_dead(&mut self) {
        let alive: usize = self.namespaces.values().map(BTreeMap::len).sum();
        let dead = self.rows.len() - alive;
        if dead > MANY_DEAD && dead > alive {
            let all = std::mem::take(self);
            self.embedder = all.embedder;
            all.rows.into_iter().flatten().for_each(|row| self.insert(row.record));
        }
    }
}

impl Rows for Table {
    fn cosines(&mut self, namespace: &str, vector: &[f32], _: usize) -> Result<Scored, Error> {
        check_vector(self.embedder.as_ref(), "the query", vector)?;
        let own = length(vector);
        let rows = self.namespaces.get(namespace).into_iter().flat_map(BTreeMap::values);
        let score = |&row: &u32| {
            let other = self.row(row)?.record.vector.as_ref()?;
            Some((cosine(dot(vector, other), own * length(other)), row))
        };
        Ok(Scored { rows: rows.filter_map(score).collect(), is_all: true })
    }

    fn bm25(&mut self, namespace: &str, words: &str) -> Result<Scored, Error> {
        let records = self.namespaces.get(namespace).into_iter().flat_map(BTreeMap::values);
        let totals = records.filter_map(|row| self.row(*row)).fold(Totals::default(), |totals, row| Totals {
            records: totals.records + 1,
            terms: totals.terms + u64::from(row.terms),
        });
        let postings = |term: &str| Ok::<_, Infallible>(self.words.postings(namespace, term).to_vec());
        let Ok(rows) = bm25(words, totals, postings, |row| Some(self.row(row)?.terms));
        Ok(Scored { rows, is_all: true })
    }

    fn record(&mut self, row: u32) -> Result<Record, Error> {
        Ok(self.row(row).expect("rows that were scored are there").record.clone())
    }
}
