//! Changes to bytes and back: the only place that names bincode. Types here are what is on disk, and nothing else's.
//!
//! An entry is the version of its types, two bytes little-endian, then bincode's standard encoding of one [`Stored`].

use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::journal::MAX_ENTRY_BYTES;

use crate::{EmbedderId, Record, Value};

const VERSION: u16 = 1;
/// The limit keeps a length that is no length from becoming memory.
const CONFIG: bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Varint,
    bincode::config::Limit<MAX_ENTRY_BYTES>,
> = bincode::config::standard().with_limit::<MAX_ENTRY_BYTES>();

#[derive(Deserialize, Serialize)]
enum Stored {
    Upsert(Vec<StoredRecord>),
    Delete { namespace: String, ids: Vec<String> },
    Embedder { name: String, dimension: u64, revision: String },
}

#[derive(Deserialize, Serialize)]
struct StoredRecord {
    namespace: String,
    id: String,
    text: String,
    vector: Option<Vec<f32>>,
    metadata: Vec<(String, StoredValue)>,
    created_at: i64,
    updated_at: i64,
}

#[derive(Deserialize, Serialize)]
enum StoredValue {
    Text(String),
    Integer(i64),
    Real(f64),
    Flag(bool),
}

pub(crate) fn encode(change: &Change) -> Vec<u8> {
    let stored = match change {
        Change::Upsert(records) => Stored::Upsert(records.iter().map(StoredRecord::of).collect()),
        Change::Delete { namespace, ids } => Stored::Delete { namespace: namespace.clone(), ids: ids.clone() },
        Change::Embedder(EmbedderId { name, dimension, revision }) => {
            Stored::Embedder { name: name.clone(), dimension: *dimension as u64, revision: revision.clone() }
        }
    };
    let mut bytes = VERSION.to_le_bytes().to_vec();
    let encoded = bincode::serde::encode_to_vec(&stored, CONFIG);
    bytes.extend(encoded.expect("texts and numbers always encode"));
    bytes
}

/// The change, or what is wrong with the bytes. They passed a checksum, so what is wrong is that another version wrote them.
pub(crate) fn decode(bytes: &[u8]) -> Result<Change, String> {
    let Some((version, body)) = bytes.split_first_chunk() else { return Err("an entry is empty".to_owned()) };
    let version = u16::from_le_bytes(*version);
    if version != VERSION {
        return Err(format!("an entry has version {version}, this program knows {VERSION}"));
    }
    let (stored, read): (Stored, usize) =
        bincode::serde::decode_from_slice(body, CONFIG).map_err(|error| error.to_string())?;
    if read != body.len() {
        return Err("an entry is longer than what it says".to_owned());
    }
    Ok(match stored {
        Stored::Upsert(records) => Change::Upsert(records.into_iter().map(StoredRecord::into_record).collect()),
        Stored::Delete { namespace, ids } => Change::Delete { namespace, ids },
        Stored::Embedder { name, dimension, revision } => {
            let dimension = usize::try_from(dimension).map_err(|error| error.to_string())?;
            Change::Embedder(EmbedderId { name, dimension, revision })
        }
    })
}

impl StoredRecord {
    fn of(record: &Record) -> Self {
        let value = |value: &Value| match value {
            Value::Text(text) => StoredValue::Text(text.clone()),
            Value::Integer(number) => StoredValue::Integer(*number),
            Value::Real(number) => StoredValue::Real(*number),
            Value::Flag(flag) => StoredValue::Flag(*flag),
        };
        StoredRecord {
            namespace: record.namespace.clone(),
            id: record.id.clone(),
            text: record.text.clone(),
            vector: record.vector.clone(),
            metadata: record.metadata.iter().map(|(key, it)| (key.clone(), value(it))).collect(),
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }

    fn into_record(self) -> Record {
        let value = |value| match value {
            StoredValue::Text(text) => Value::Text(text),
            StoredValue::Integer(number) => Value::Integer(number),
            StoredValue::Real(number) => Value::Real(number),
            StoredValue::Flag(flag) => Value::Flag(flag),
        };
        Record {
            namespace: self.namespace,
            id: self.id,
            text: self.text,
            vector: self.vector,
            metadata: self.metadata.into_iter().map(|(key, it)| (key, value(it))).collect(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What version 1 wrote must be read by every version: these bytes never change.
    #[test]
    fn version_1_is_read() {
        let change = Change::Upsert(vec![Record {
            namespace: "n".to_owned(),
            id: "1".to_owned(),
            text: "é".to_owned(),
            vector: Some(vec![1.0, -0.5]),
            metadata: [("host".to_owned(), Value::Text("web1".to_owned())), ("ok".to_owned(), Value::Flag(true))]
                .into(),
            created_at: 1,
            updated_at: -1,
        }]);
        let bytes: &[u8] = b"\x01\0\0\x01\x01n\x011\x02\xc3\xa9\x01\x02\0\0\x80\x3f\0\0\0\xbf\x02\x04host\0\x04web1\x02ok\x03\x01\x02\x01";
        assert_eq!(encode(&change), bytes);
        assert_eq!(decode(bytes).unwrap(), change);
    }

    #[test]
    fn another_version_is_told() {
        assert_eq!(decode(b"\x02\0x").unwrap_err(), "an entry has version 2, this program knows 1");
        decode(b"").unwrap_err();
        decode(b"\x01\0").unwrap_err();
    }

    proptest! {
        #[test]
        fn rubbish_is_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            drop(decode(&[&[1, 0], &bytes[..]].concat()));
        }
    }
}
