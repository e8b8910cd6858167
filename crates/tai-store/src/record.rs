use std::collections::BTreeMap;
use std::fmt;

/// What is kept: a text with its vector and what is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The part of the store that it is in; ids are unique in a namespace.
    pub namespace: String,
    /// Its id.
    pub id: String,
    /// The text.
    pub text: String,
    /// The text's vector, of the store's dimension; `None` where there was no embedder.
    pub vector: Option<Vec<f32>>,
    /// What queries filter by.
    pub metadata: BTreeMap<String, Value>,
    /// Milliseconds since 1970 at which it was first kept, by the caller's clock.
    pub created_at: i64,
    /// Milliseconds since 1970 at which it was last changed.
    pub updated_at: i64,
}

/// A value of metadata. Values of different kinds are never equal.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Yes or no.
    Flag(bool),
}

/// What made the vectors of a store: those of another cannot be compared with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbedderId {
    /// The model's name.
    pub name: String,
    /// Numbers in a vector.
    pub dimension: usize,
    /// What makes vectors differ beside the name: pooling, checksums of weights and tokenizer.
    pub revision: String,
}

impl fmt::Display for EmbedderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} numbers, {})", self.name, self.dimension, self.revision)
    }
}

/// How numbers of vectors are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// As they are.
    #[default]
    F32,
    /// Rounded to half the bytes: the cosine changes by about a thousandth.
    F16,
}
