use crate::{EmbedderId, Error, Record};

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

/// Whether records fit into a store of this embedder.
pub(crate) fn check(embedder: Option<&EmbedderId>, records: &[Record]) -> Result<(), Error> {
    let mut with_vector = records.iter().filter_map(|record| Some((&record.id, record.vector.as_ref()?)));
    with_vector.try_for_each(|(id, vector)| check_vector(embedder, id, vector))
}

pub(crate) fn check_vector(embedder: Option<&EmbedderId>, id: &str, vector: &[f32]) -> Result<(), Error> {
    let expected = embedder.map_or(0, |embedder| embedder.dimension);
    if vector.len() != expected {
        return Err(Error::Dimension { expected, actual: vector.len() });
    }
    let is_finite = vector.iter().all(|number| number.is_finite());
    if is_finite { Ok(()) } else { Err(Error::NotFinite { id: id.to_owned() }) }
}
