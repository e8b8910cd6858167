//! Stores in one file, to carry over or to keep: what is in it is everything that their journals are for.
//!
//! zstd over lines of JSON. The first is the manifest, with the number of records of each store and the SHA-256 of their lines; then come those of each store, one record a line,
//! stores in the order of the manifest. Vectors are base64 of f32, little-endian.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::place::{self, file_error};
use crate::{EmbedderId, Error, Precision, Record, Value};

const SCHEMA: &str = "tai.store-export/1";
/// A longer line is none of ours, and must not become memory.
const MAX_LINE_BYTES: u64 = 512 << 20;

/// What an exported file holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ExportManifest {
    schema: String,
    /// The program that wrote it, and its version.
    pub program: String,
    /// When, as RFC 3339.
    pub created_at: String,
    /// The stores, by name.
    pub stores: BTreeMap<String, ExportedStore>,
}

/// A store in an exported file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ExportedStore {
    /// How many records it has.
    pub records: u64,
    /// Of their lines.
    pub sha256: String,
    embedder: Option<ExportedEmbedder>,
    half_precision: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
struct ExportedEmbedder {
    name: String,
    dimension: usize,
    revision: String,
}

/// All that a store holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// What made the vectors.
    pub embedder: Option<EmbedderId>,
    /// How they are kept.
    pub precision: Precision,
    /// The records.
    pub records: Vec<Record>,
}

#[derive(Deserialize, Serialize)]
struct Line {
    namespace: String,
    id: String,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vector: Option<String>,
    metadata: BTreeMap<String, LineValue>,
    created_at: i64,
    updated_at: i64,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum LineValue {
    Text(String),
    Integer(i64),
    Real(f64),
    Flag(bool),
}

/// Writes stores to a new file that only the user can read. When this fails there is none.
///
/// # Errors
///
/// When there is a file already, or it cannot be written.
pub fn export(
    path: &Path,
    program: &str,
    created_at: &str,
    stores: &BTreeMap<String, Contents>,
) -> Result<ExportManifest, Error> {
    let manifest = ExportManifest {
        schema: SCHEMA.to_owned(),
        program: program.to_owned(),
        created_at: created_at.to_owned(),
        stores: stores.iter().map(|(name, contents)| (name.clone(), ExportedStore::of(contents))).collect(),
    };
    if std::fs::symlink_metadata(path).is_ok() {
        let there = std::io::Error::new(std::io::ErrorKind::AlreadyExists, "there is a file already");
        return Err(file_error("create", path, there));
    }
    let file = place::open(path)?;
    write(&file, &manifest, stores).map_err(|source| {
        // Half a file is worse than none.
        drop(std::fs::remove_file(path));
        file_error("write", path, source)
    })?;
    Ok(manifest)
}

/// Reads an exported file, all of which is checked before anything is returned.
///
/// # Errors
///
/// [`Error::Export`] where it is damaged, cut off, or none.
pub fn read_export(path: &Path) -> Result<(ExportManifest, BTreeMap<String, Contents>), Error> {
    let wrong = |reason: String| Error::Export { path: path.to_owned(), reason };
    let file = File::open(path).map_err(|source| file_error("open", path, source))?;
    let decoder = zstd::stream::read::Decoder::new(file).map_err(|source| file_error("read", path, source))?;
    let mut lines = BufReader::new(decoder);
    let mut next = || {
        let mut line = Vec::new();
        let read = (&mut lines).take(MAX_LINE_BYTES).read_until(b'\n', &mut line);
        read.map_err(|error| wrong(error.to_string()))?;
        if line.last() == Some(&b'\n') { Ok(line) } else { Err(wrong("it ends too early".to_owned())) }
    };
    let first = next()?;
    let named: Schema = serde_json::from_slice(&first).map_err(|_| wrong("it does not begin as one".to_owned()))?;
    if named.schema != SCHEMA {
        return Err(wrong(format!("its schema is {:?}, this program knows {SCHEMA:?}", named.schema)));
    }
    let manifest: ExportManifest = serde_json::from_slice(&first).map_err(|error| wrong(error.to_string()))?;
    let mut stores = BTreeMap::new();
    for (name, told) in &manifest.stores {
        let mut sum = Sha256::new();
        let mut records = Vec::new();
        for _ in 0..told.records {
            let line = next()?;
            sum.update(&line);
            let line: Line = serde_json::from_slice(&line).map_err(|error| wrong(error.to_string()))?;
            records.push(line.into_record().ok_or_else(|| wrong("a vector is none".to_owned()))?);
        }
        if hex(&sum.finalize()) != told.sha256 {
            return Err(wrong(format!("records of {name:?} changed since they were written")));
        }
        stores.insert(name.clone(), Contents { embedder: told.embedder(), precision: told.precision(), records });
    }
    Ok((manifest, stores))
}

#[derive(Deserialize)]
struct Schema {
    schema: String,
}

impl ExportedStore {
    fn of(contents: &Contents) -> Self {
        let mut sum = Sha256::new();
        for record in &contents.records {
            sum.update(Line::of(record).bytes());
        }
        let embedder = contents.embedder.clone();
        ExportedStore {
            records: contents.records.len() as u64,
            sha256: hex(&sum.finalize()),
            embedder: embedder.map(|EmbedderId { name, dimension, revision }| ExportedEmbedder {
                name,
                dimension,
                revision,
            }),
            half_precision: contents.precision == Precision::F16,
        }
    }

    fn embedder(&self) -> Option<EmbedderId> {
        let ExportedEmbedder { name, dimension, revision } = self.embedder.clone()?;
        Some(EmbedderId { name, dimension, revision })
    }

    fn precision(&self) -> Precision {
        if self.half_precision { Precision::F16 } else { Precision::F32 }
    }
}

impl Line {
    fn of(record: &Record) -> Self {
        let value = |value: &Value| match value {
            Value::Text(text) => LineValue::Text(text.clone()),
            Value::Integer(number) => LineValue::Integer(*number),
            Value::Real(number) => LineValue::Real(*number),
            Value::Flag(flag) => LineValue::Flag(*flag),
        };
        let base64 = |vector: &Vec<f32>| {
            BASE64_STANDARD.encode(vector.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
        };
        Line {
            namespace: record.namespace.clone(),
            id: record.id.clone(),
            text: record.text.clone(),
            vector: record.vector.as_ref().map(base64),
            metadata: record.metadata.iter().map(|(key, it)| (key.clone(), value(it))).collect(),
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("texts and numbers always encode");
        bytes.push(b'\n');
        bytes
    }

    fn into_record(self) -> Option<Record> {
        let value = |value| match value {
            LineValue::Text(text) => Value::Text(text),
            LineValue::Integer(number) => Value::Integer(number),
            LineValue::Real(number) => Value::Real(number),
            LineValue::Flag(flag) => Value::Flag(flag),
        };
        let numbers = |base64: String| {
            let bytes = BASE64_STANDARD.decode(base64).ok()?;
            let (numbers, rest) = bytes.as_chunks::<4>();
            rest.is_empty().then(|| numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
        };
        Some(Record {
            namespace: self.namespace,
            id: self.id,
            text: self.text,
            vector: match self.vector {
                None => None,
                Some(base64) => Some(numbers(base64)?),
            },
            metadata: self.metadata.into_iter().map(|(key, it)| (key, value(it))).collect(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

fn write(file: &File, manifest: &ExportManifest, stores: &BTreeMap<String, Contents>) -> std::io::Result<()> {
    let mut encoder = zstd::stream::write::Encoder::new(file, 0)?;
    encoder.include_checksum(true)?;
    let mut first = serde_json::to_vec(manifest)?;
    first.push(b'\n');
    encoder.write_all(&first)?;
    for record in stores.values().flat_map(|contents| &contents.records) {
        encoder.write_all(&Line::of(record).bytes())?;
    }
    encoder.finish()?;
    file.sync_all()
}
