//! Changes to bytes and back: the only place that names bincode. Types here are what is on disk, and nothing else's.
//!
//! An entry is the version of its types, two bytes little-endian, then in bincode's standard encoding a number that says what it is, and that. Records lie in it one
//! behind the other, so that each can be read alone. Version 1 had vectors of f32 alone; it is read, and not written any more.

use std::ops::Range;

use half::f16;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::change::{Change, Collection};
use crate::journal::MAX_ENTRY_BYTES;
use crate::{EmbedderId, Precision, Record, Value};

const VERSION: u16 = 2;
const OLDEST: u16 = 1;
const UPSERT: u32 = 0;
const DELETE: u32 = 1;
const EMBEDDER: u32 = 2;
/// The limit keeps a length that is no length from becoming memory.
const CONFIG: bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Varint,
    bincode::config::Limit<MAX_ENTRY_BYTES>,
> = bincode::config::standard().with_limit::<MAX_ENTRY_BYTES>();

/// A change, and where in its entry each of its records lies.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) change: Change,
    pub(crate) places: Vec<Range<usize>>,
}

#[derive(Deserialize, Serialize)]
struct StoredRecord<V> {
    namespace: String,
    id: String,
    text: String,
    vector: Option<V>,
    metadata: Vec<(String, StoredValue)>,
    created_at: i64,
    updated_at: i64,
}

#[derive(Deserialize, Serialize)]
enum StoredVector {
    F32(Vec<f32>),
    F16(Vec<[u8; 2]>),
}

#[derive(Deserialize, Serialize)]
enum StoredValue {
    Text(String),
    Integer(i64),
    Real(f64),
    Flag(bool),
}

/// The entry of a change, and where in it each of its records lies. Vectors are kept with this precision.
pub(crate) fn encode(change: &Change, precision: Precision) -> (Vec<u8>, Vec<Range<usize>>) {
    let mut bytes = VERSION.to_le_bytes().to_vec();
    let mut places = Vec::new();
    match change {
        Change::Upsert(records) => {
            put(&mut bytes, &(UPSERT, records.len() as u64));
            for record in records {
                let begin = bytes.len();
                put(&mut bytes, &StoredRecord::of(record, precision));
                places.push(begin..bytes.len());
            }
        }
        Change::Delete { namespace, ids } => put(&mut bytes, &(DELETE, namespace, ids)),
        Change::Collection(Collection { embedder: EmbedderId { name, dimension, revision }, precision }) => {
            put(&mut bytes, &(EMBEDDER, name, *dimension as u64, revision, *precision == Precision::F16));
        }
    }
    (bytes, places)
}

/// What an entry says, or what is wrong with it. It passed a checksum, so what is wrong is that another version wrote it.
pub(crate) fn decode(bytes: &[u8]) -> Result<Decoded, String> {
    let Some(version) = bytes.first_chunk() else { return Err("an entry is empty".to_owned()) };
    let version = u16::from_le_bytes(*version);
    if !(OLDEST..=VERSION).contains(&version) {
        return Err(format!("an entry has version {version}, this program knows {OLDEST} to {VERSION}"));
    }
    let mut reader = Reader { bytes, place: 2 };
    let mut places = Vec::new();
    let change = match reader.take::<u32>()? {
        UPSERT => {
            let count: u64 = reader.take()?;
            let mut records = Vec::new();
            for _ in 0..count {
                let begin = reader.place;
                let record = if version == 1 {
                    reader.take::<StoredRecord<Vec<f32>>>()?.into_record(|vector| vector)
                } else {
                    reader.take::<StoredRecord<StoredVector>>()?.into_record(StoredVector::numbers)
                };
                records.push(record);
                places.push(begin..reader.place);
            }
            Change::Upsert(records)
        }
        DELETE => {
            let (namespace, ids) = reader.take()?;
            Change::Delete { namespace, ids }
        }
        EMBEDDER => Change::Collection(reader.collection(version)?),
        other => return Err(format!("an entry is of the unknown kind {other}")),
    };
    if reader.place != bytes.len() {
        return Err("an entry is longer than what it says".to_owned());
    }
    Ok(Decoded { change, places })
}

/// An entry as this version writes it.
pub(crate) fn renew(bytes: &[u8]) -> Result<Vec<u8>, String> {
    match bytes.first_chunk() {
        Some(version) if u16::from_le_bytes(*version) == VERSION => Ok(bytes.to_vec()),
        // Older ones know no other precision.
        _ => Ok(encode(&decode(bytes)?.change, Precision::F32).0),
    }
}

/// The collection that an entry tells of, whatever comes after it; nothing where it tells of something else.
pub(crate) fn collection(bytes: &[u8]) -> Option<Collection> {
    let (version, kind) = (u16::from_le_bytes(*bytes.first_chunk()?), *bytes.get(2)?);
    let is_one = (OLDEST..=VERSION).contains(&version) && u32::from(kind) == EMBEDDER;
    is_one.then(|| Reader { bytes, place: 3 }.collection(version).ok())?
}

/// One record of an entry of this version, from its place.
pub(crate) fn decode_record(bytes: &[u8]) -> Result<Record, String> {
    let mut reader = Reader { bytes, place: 0 };
    let record = reader.take::<StoredRecord<StoredVector>>()?;
    Ok(record.into_record(StoredVector::numbers))
}

struct Reader<'a> {
    bytes: &'a [u8],
    place: usize,
}

impl Reader<'_> {
    fn take<T: DeserializeOwned>(&mut self) -> Result<T, String> {
        let decoded = bincode::serde::decode_from_slice(&self.bytes[self.place..], CONFIG);
        let (value, read) = decoded.map_err(|error| error.to_string())?;
        self.place += read;
        Ok(value)
    }

    fn collection(&mut self, version: u16) -> Result<Collection, String> {
        let (name, dimension, revision): (_, u64, _) = self.take()?;
        let is_half = version > 1 && self.take()?;
        let dimension = usize::try_from(dimension).map_err(|error| error.to_string())?;
        let precision = if is_half { Precision::F16 } else { Precision::F32 };
        Ok(Collection { embedder: EmbedderId { name, dimension, revision }, precision })
    }
}

fn put(bytes: &mut Vec<u8>, value: &impl Serialize) {
    bincode::serde::encode_into_std_write(value, bytes, CONFIG).expect("texts and numbers always encode");
}

impl StoredVector {
    fn of(numbers: &[f32], precision: Precision) -> Self {
        match precision {
            Precision::F32 => StoredVector::F32(numbers.to_vec()),
            Precision::F16 => StoredVector::F16(numbers.iter().map(|n| f16::from_f32(*n).to_le_bytes()).collect()),
        }
    }

    fn numbers(self) -> Vec<f32> {
        match self {
            StoredVector::F32(numbers) => numbers,
            StoredVector::F16(numbers) => numbers.into_iter().map(|n| f16::from_le_bytes(n).to_f32()).collect(),
        }
    }
}

impl StoredRecord<StoredVector> {
    fn of(record: &Record, precision: Precision) -> Self {
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
            vector: record.vector.as_ref().map(|vector| StoredVector::of(vector, precision)),
            metadata: record.metadata.iter().map(|(key, it)| (key.clone(), value(it))).collect(),
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl<V> StoredRecord<V> {
    fn into_record(self, vector: impl Fn(V) -> Vec<f32>) -> Record {
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
            vector: self.vector.map(vector),
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

    fn change() -> Change {
        Change::Upsert(vec![Record {
            namespace: "n".to_owned(),
            id: "1".to_owned(),
            text: "é".to_owned(),
            vector: Some(vec![1.0, -0.5]),
            metadata: [("host".to_owned(), Value::Text("web1".to_owned())), ("ok".to_owned(), Value::Flag(true))]
                .into(),
            created_at: 1,
            updated_at: -1,
        }])
    }

    /// What a version wrote must be read by every later one: these bytes never change.
    #[test]
    fn every_version_is_read() {
        let version_1: &[u8] = b"\x01\0\0\x01\x01n\x011\x02\xc3\xa9\x01\x02\0\0\x80\x3f\0\0\0\xbf\x02\x04host\0\x04web1\x02ok\x03\x01\x02\x01";
        let version_2: &[u8] = b"\x02\0\0\x01\x01n\x011\x02\xc3\xa9\x01\0\x02\0\0\x80\x3f\0\0\0\xbf\x02\x04host\0\x04web1\x02ok\x03\x01\x02\x01";
        let half: &[u8] =
            b"\x02\0\0\x01\x01n\x011\x02\xc3\xa9\x01\x01\x02\0\x3c\0\xb8\x02\x04host\0\x04web1\x02ok\x03\x01\x02\x01";
        assert_eq!(encode(&change(), Precision::F32).0, version_2);
        assert_eq!(encode(&change(), Precision::F16).0, half);
        for bytes in [version_1, version_2, half] {
            let decoded = decode(bytes).unwrap();
            assert_eq!(decoded.change, change());
            assert_eq!(decoded.places.first(), Some(&(4..bytes.len())));
        }
    }

    #[test]
    fn a_record_is_read_alone() {
        let (bytes, places) = encode(&change(), Precision::F16);
        let Change::Upsert(records) = change() else { unreachable!() };
        assert_eq!(decode_record(&bytes[places[0].clone()]).unwrap(), records[0]);
    }

    #[test]
    fn another_version_is_told() {
        assert_eq!(decode(b"\x03\0x").unwrap_err(), "an entry has version 3, this program knows 1 to 2");
        decode(b"").unwrap_err();
        decode(b"\x01\0").unwrap_err();
    }

    proptest! {
        #[test]
        fn rubbish_is_no_panic(version in 1u8..3, bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            drop(decode(&[&[version, 0], &bytes[..]].concat()));
        }
    }
}
