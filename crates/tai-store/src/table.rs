//! Records in memory: what [`MemoryStore`](crate::MemoryStore) is made of.

use std::collections::BTreeMap;

use crate::change::{Change, Collection, check_vector, fit};
use crate::rank::{self, Rows, Scored};
use crate::rows::namespace_number;
use crate::similarity::{cosine, dot, length};
use crate::words::{Totals, Words, bm25, count_terms, terms};
use crate::{EmbedderId, Error, Hit, Record, Search};

/// Then rows of records that are gone are dropped, if they are half of all.
const MANY_DEAD: usize = 1000;

#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Rows by namespace and id.
    namespaces: BTreeMap<String, BTreeMap<String, u32>>,
    rows: Vec<Option<Row>>,
    words: Words,
    collection: Option<Collection>,
}

#[derive(Debug)]
struct Row {
    record: Record,
    terms: u32,
}

impl Table {
    pub(crate) fn new(collection: Option<Collection>) -> Self {
        Table { collection, ..Table::default() }
    }

    pub(crate) fn collection(&self) -> Option<&Collection> {
        self.collection.as_ref()
    }

    pub(crate) fn embedder(&self) -> Option<EmbedderId> {
        self.collection().map(|collection| collection.embedder.clone())
    }

    /// Checks that records fit into the store, and rounds their vectors to its precision.
    pub(crate) fn fit(&self, records: &mut [Record]) -> Result<(), Error> {
        fit(self.collection.as_ref(), records)
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
            Change::Collection(collection) => self.collection = Some(collection),
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

    pub(crate) fn search(&mut self, search: &Search) -> Result<Vec<Hit>, Error> {
        rank::search(self, search)
    }

    fn row(&self, row: u32) -> Option<&Row> {
        self.rows.get(row as usize)?.as_ref()
    }

    fn insert(&mut self, record: Record) {
        let row = self.rows.len() as u32;
        let terms = count_terms(&record.text);
        self.words.push(row, namespace_number(&record.namespace), &record.text);
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
            self.collection = all.collection;
            all.rows.into_iter().flatten().for_each(|row| self.insert(row.record));
        }
    }
}

impl Rows for Table {
    fn cosines(&mut self, namespace: &str, vector: &[f32], _: usize) -> Result<Scored, Error> {
        check_vector(self.collection.as_ref(), "the query", vector)?;
        let own = length(vector);
        let rows = self.namespaces.get(namespace).into_iter().flat_map(BTreeMap::values);
        let score = |&row: &u32| {
            let other = self.row(row)?.record.vector.as_ref()?;
            Some((cosine(dot(vector, other), own, length(other)), row))
        };
        Ok(Scored { rows: rows.filter_map(score).collect(), slack: 0.0, is_all: true })
    }

    fn bm25(&mut self, namespace: &str, words: &str) -> Result<Scored, Error> {
        let records = self.namespaces.get(namespace).into_iter().flat_map(BTreeMap::values);
        let totals = records.filter_map(|row| self.row(*row)).fold(Totals::default(), |totals, row| Totals {
            records: totals.records + 1,
            terms: totals.terms + u64::from(row.terms),
        });
        let (question, number) = (terms(words), namespace_number(namespace));
        let lists: Vec<_> = question.keys().map(|term| self.words.postings(number, term).to_vec()).collect();
        let rows = bm25(&question, &lists, totals, |row| Some(self.row(row)?.terms));
        Ok(Scored { rows, slack: 0.0, is_all: true })
    }

    fn record(&mut self, row: u32) -> Result<Record, Error> {
        Ok(self.row(row).expect("rows that were scored are there").record.clone())
    }
}
