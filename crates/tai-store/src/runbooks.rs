//! Runbooks that somebody added: their texts, where they came from, and what changed since.
//!
//! What a runbook says is not looked at here: a text is a text.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::{Error, Query, Record, Value, VectorStore};

/// The namespace that runbooks have in a store.
pub const RUNBOOKS: &str = "runbooks";
/// The namespace of their sections, with vectors.
pub const SECTIONS: &str = "runbook-sections";
/// The namespace of where they came from.
pub const SOURCES: &str = "runbook-sources";
const SCHEMA: &str = "tai.runbook/1";

/// A runbook that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredRunbook {
    /// Where it came from: a directory, or a name for what came one by one.
    pub source: String,
    /// What it is cited by, unique in its source: `nginx.md`.
    pub name: String,
    /// Its text.
    #[serde(skip)]
    pub text: String,
    /// SHA-256 of the text, hexadecimal.
    pub hash: String,
}

/// Where runbooks came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// A directory, or a name.
    pub name: String,
    /// When it was last looked at, in milliseconds since 1970.
    pub synced_at: i64,
}

/// What a [`Shelf::sync`] did to one source, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Synced {
    /// New ones.
    pub added: Vec<String>,
    /// Those with another text than before.
    pub changed: Vec<String>,
    /// Those that are gone.
    pub removed: Vec<String>,
    /// Those with the same text.
    pub unchanged: usize,
}

/// Runbooks in a store.
#[derive(Clone)]
pub struct Shelf {
    store: Arc<dyn VectorStore>,
}

impl Shelf {
    /// Those that `store` keeps under [`RUNBOOKS`].
    pub fn new(store: Arc<dyn VectorStore>) -> Self {
        Shelf { store }
    }

    /// All of them, by source and name.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or a newer version wrote a runbook.
    pub async fn all(&self) -> Result<Vec<StoredRunbook>, Error> {
        let records = self.store.records(RUNBOOKS).await?;
        let mut runbooks: Vec<StoredRunbook> = records.into_iter().map(runbook).collect::<Result<_, _>>()?;
        runbooks.sort_by(|a, b| (&a.source, &a.name).cmp(&(&b.source, &b.name)));
        Ok(runbooks)
    }

    /// Where they came from, by name. One that has no runbook any more is still among them.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn sources(&self) -> Result<Vec<Source>, Error> {
        let records = self.store.records(SOURCES).await?;
        Ok(records.into_iter().map(|record| Source { name: record.id, synced_at: record.updated_at }).collect())
    }

    /// Makes what is kept of a source these names and texts: what is new or changed is written, what is not among them is removed. Names in `keep` stay as they are.
    /// `now` is in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or written.
    pub async fn sync(
        &self,
        source: &str,
        texts: &BTreeMap<String, String>,
        keep: &[String],
        now: i64,
    ) -> Result<Synced, Error> {
        let all = self.all().await?;
        let before: BTreeMap<&str, &StoredRunbook> =
            all.iter().filter(|known| known.source == source).map(|known| (known.name.as_str(), known)).collect();
        let mut synced = Synced::default();
        for (name, text) in texts {
            match before.get(name.as_str()) {
                None => synced.added.push(name.clone()),
                Some(known) if known.hash == hash(text) => synced.unchanged += 1,
                Some(_) => synced.changed.push(name.clone()),
            }
        }
        let is_gone = |name: &&str| !texts.contains_key(*name) && !keep.iter().any(|kept| kept == name);
        synced.removed = before.keys().filter(|name| is_gone(name)).map(|name| (*name).to_owned()).collect();
        let is_written = |(name, _): &(&String, &String)| synced.added.contains(name) || synced.changed.contains(name);
        let records = texts.iter().filter(is_written).map(|(name, text)| record(source, name, text, now));
        self.store.upsert(records.chain([source_record(source, now)]).collect()).await?;
        let ids: Vec<String> = synced.removed.iter().map(|name| id(source, name)).collect();
        if !ids.is_empty() {
            self.store.delete(RUNBOOKS, &ids).await?;
        }
        Ok(synced)
    }

    /// Those of these sections, by what they are cited by, whose texts have no vector yet.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub async fn without_vector(&self, sections: &BTreeMap<String, String>) -> Result<Vec<String>, Error> {
        let known: BTreeMap<String, Record> = self.sections().await?;
        let has_vector = |citation: &str, text: &str| {
            known.get(citation).is_some_and(|known| known.vector.is_some() && known.text == text)
        };
        let lacking = sections.iter().filter(|(citation, text)| !has_vector(citation, text));
        Ok(lacking.map(|(citation, _)| citation.clone()).collect())
    }

    /// Keeps vectors of some of these sections, and forgets sections that are not among them. `now` is in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// When a vector does not fit, or the store cannot be read or written.
    pub async fn keep_vectors(
        &self,
        sections: &BTreeMap<String, String>,
        vectors: Vec<(String, Vec<f32>)>,
        now: i64,
    ) -> Result<(), Error> {
        let records = vectors.into_iter().filter_map(|(citation, vector)| {
            let text = sections.get(&citation)?.clone();
            let (created_at, updated_at) = (now, now);
            let (namespace, vector, metadata) = (SECTIONS.to_owned(), Some(vector), BTreeMap::new());
            Some(Record { namespace, id: citation, text, vector, metadata, created_at, updated_at })
        });
        self.store.upsert(records.collect()).await?;
        let known = self.sections().await?.into_keys();
        let gone: Vec<String> = known.filter(|citation| !sections.contains_key(citation)).collect();
        if !gone.is_empty() {
            self.store.delete(SECTIONS, &gone).await?;
        }
        Ok(())
    }

    /// How near each section is to a question of this vector: cosines, by what the sections are cited by.
    ///
    /// # Errors
    ///
    /// When the vector does not fit, or the store cannot be read.
    pub async fn near(&self, question: Vec<f32>) -> Result<BTreeMap<String, f32>, Error> {
        let limit = self.store.count(SECTIONS).await?;
        let query = Query { namespace: SECTIONS.to_owned(), vector: question, filter: BTreeMap::new(), limit };
        let hits = self.store.query(&query).await?;
        Ok(hits.into_iter().map(|hit| (hit.record.id, hit.score)).collect())
    }

    async fn sections(&self) -> Result<BTreeMap<String, Record>, Error> {
        let records = self.store.records(SECTIONS).await?;
        Ok(records.into_iter().map(|record| (record.id.clone(), record)).collect())
    }

    /// Keeps one runbook beside those of its source, and says whether that changed anything.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or written.
    pub async fn add(&self, source: &str, name: &str, text: &str, now: i64) -> Result<Synced, Error> {
        let others: Vec<String> =
            self.all().await?.into_iter().filter(|known| known.source == source).map(|known| known.name).collect();
        self.sync(source, &BTreeMap::from([(name.to_owned(), text.to_owned())]), &others, now).await
    }
}

fn record(source: &str, name: &str, text: &str, now: i64) -> Record {
    let text_of = |key: &str, value: &str| (key.to_owned(), Value::Text(value.to_owned()));
    let metadata =
        [text_of("schema", SCHEMA), text_of("source", source), text_of("name", name), text_of("hash", &hash(text))];
    Record {
        namespace: RUNBOOKS.to_owned(),
        id: id(source, name),
        text: text.to_owned(),
        vector: None,
        metadata: metadata.into(),
        created_at: now,
        updated_at: now,
    }
}

fn source_record(source: &str, now: i64) -> Record {
    Record {
        namespace: SOURCES.to_owned(),
        id: source.to_owned(),
        text: String::new(),
        vector: None,
        metadata: BTreeMap::new(),
        created_at: now,
        updated_at: now,
    }
}

fn runbook(record: Record) -> Result<StoredRunbook, Error> {
    let text = |key: &str| match record.metadata.get(key) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let schema = text("schema");
    if schema != SCHEMA {
        return Err(Error::OtherSchema { what: format!("runbook {}", record.id), schema });
    }
    let (source, name, hash) = (text("source"), text("name"), text("hash"));
    Ok(StoredRunbook { source, name, hash, text: record.text })
}

fn id(source: &str, name: &str) -> String {
    format!("{source}\n{name}")
}

fn hash(text: &str) -> String {
    hex(&Sha256::digest(text))
}
