//! Records in memory, and the exact search over them: what both stores are made of.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::{EmbedderId, Error, Hit, Query, Record};

/// A change, as it is journalled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    Upsert(Vec<Record>),
    Delete {
        namespace: String,
        ids: Vec<String>,
    },
    /// From here on vectors are this embedder's.
    Embedder(EmbedderId),
}

#[derive(Debug, Default)]
pub(crate) struct Table {
    namespaces: BTreeMap<String, BTreeMap<String, Record>>,
    pub(crate) embedder: Option<EmbedderId>,
}

impl Table {
    pub(crate) fn new(embedder: Option<EmbedderId>) -> Self {
        Table { embedder, ..Table::default() }
    }

    /// Whether records fit into the store: checked before anything is kept.
    pub(crate) fn check(&self, records: &[Record]) -> Result<(), Error> {
        let with_vector = records.iter().filter_map(|record| Some((&record.id, record.vector.as_ref()?)));
        for (id, vector) in with_vector {
            self.check_vector(id, vector)?;
        }
        Ok(())
    }

    fn check_vector(&self, id: &str, vector: &[f32]) -> Result<(), Error> {
        let expected = self.embedder.as_ref().map_or(0, |embedder| embedder.dimension);
        if vector.len() != expected {
            return Err(Error::Dimension { expected, actual: vector.len() });
        }
        let is_finite = vector.iter().all(|number| number.is_finite());
        if is_finite { Ok(()) } else { Err(Error::NotFinite { id: id.to_owned() }) }
    }

    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::Upsert(records) => {
                for record in records {
                    self.namespaces.entry(record.namespace.clone()).or_default().insert(record.id.clone(), record);
                }
            }
            Change::Delete { namespace, ids } => {
                if let Some(records) = self.namespaces.get_mut(&namespace) {
                    ids.iter().for_each(|id| drop(records.remove(id)));
                    if records.is_empty() {
                        self.namespaces.remove(&namespace);
                    }
                }
            }
            Change::Embedder(embedder) => self.embedder = Some(embedder),
        }
    }

    /// The ids that are there, each once.
    pub(crate) fn present(&self, namespace: &str, ids: &[String]) -> Vec<String> {
        let Some(records) = self.namespaces.get(namespace) else { return Vec::new() };
        let mut there: Vec<String> = ids.iter().filter(|id| records.contains_key(*id)).cloned().collect();
        there.sort();
        there.dedup();
        there
    }

    pub(crate) fn records(&self, namespace: &str) -> Vec<Record> {
        self.namespaces.get(namespace).map(|records| records.values().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn count(&self, namespace: &str) -> usize {
        self.namespaces.get(namespace).map_or(0, BTreeMap::len)
    }

    /// Everything, as the changes that would make it anew.
    pub(crate) fn changes(&self) -> impl Iterator<Item = Change> {
        const AT_ONCE: usize = 256;
        let embedder = self.embedder.clone().map(Change::Embedder);
        let records = self.namespaces.values().flat_map(|records| {
            let all: Vec<&Record> = records.values().collect();
            let batches: Vec<Vec<Record>> =
                all.chunks(AT_ONCE).map(|batch| batch.iter().map(|record| (*record).clone()).collect()).collect();
            batches
        });
        embedder.into_iter().chain(records.map(Change::Upsert))
    }

    pub(crate) fn query(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        self.check_vector("the query", &query.vector)?;
        let Some(records) = self.namespaces.get(&query.namespace) else { return Ok(Vec::new()) };
        let fits = |record: &&Record| query.filter.iter().all(|(key, value)| record.metadata.get(key) == Some(value));
        let length = length(&query.vector);
        let score = |record: &'_ Record| Some(cosine(&query.vector, length, record.vector.as_ref()?));
        let mut scored: Vec<(f32, &Record)> =
            records.values().filter(fits).filter_map(|record| Some((score(record)?, record))).collect();
        // Stable, and records come by id: of equal scores the smaller id stays first.
        scored.sort_by(|(left, _), (right, _)| right.partial_cmp(left).unwrap_or(Ordering::Equal));
        scored.truncate(query.limit);
        Ok(scored.into_iter().map(|(score, record)| Hit { record: record.clone(), score }).collect())
    }
}

/// 0 where one of them has no direction.
fn cosine(left: &[f32], left_length: f32, right: &[f32]) -> f32 {
    let dot: f32 = left.iter().zip(right).map(|(left, right)| left * right).sum();
    let lengths = left_length * length(right);
    if lengths > 0.0 && lengths.is_finite() { (dot / lengths).clamp(-1.0, 1.0) } else { 0.0 }
}

fn length(vector: &[f32]) -> f32 {
    vector.iter().map(|number| number * number).sum::<f32>().sqrt()
}
