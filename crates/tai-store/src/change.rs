use half::f16;

use crate::{EmbedderId, Error, Precision, Record};

/// A change, as it is journalled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    Upsert(Vec<Record>),
    Delete {
        namespace: String,
        ids: Vec<String>,
    },
    /// From here on vectors are like this.
    Collection(Collection),
}

/// What the vectors of a store are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Collection {
    pub(crate) embedder: EmbedderId,
    pub(crate) precision: Precision,
}

/// Checks that records fit into a store, and rounds their vectors to its precision. Done before anything is kept.
pub(crate) fn fit(collection: Option<&Collection>, records: &mut [Record]) -> Result<(), Error> {
    let is_half = collection.is_some_and(|collection| collection.precision == Precision::F16);
    for record in records {
        let Some(vector) = &mut record.vector else { continue };
        if is_half {
            vector.iter_mut().for_each(|number| *number = f16::from_f32(*number).to_f32());
        }
        check_vector(collection, &record.id, vector)?;
    }
    Ok(())
}

pub(crate) fn check_vector(collection: Option<&Collection>, id: &str, vector: &[f32]) -> Result<(), Error> {
    let expected = collection.map_or(0, |collection| collection.embedder.dimension);
    if vector.len() != expected {
        return Err(Error::Dimension { expected, actual: vector.len() });
    }
    let is_finite = vector.iter().all(|number| number.is_finite());
    if is_finite { Ok(()) } else { Err(Error::NotFinite { id: id.to_owned() }) }
}
