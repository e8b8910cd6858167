use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::{Error, Record, Value};

/// Keeps records and finds those whose vectors are close.
///
/// The implementations behave alike: `tests/it/contract.rs` holds them to it.
#[async_trait]
pub trait VectorStore: Send + Sync {
    /// Keeps all of these, in place of those of the same namespace and id. When it returns they are kept; when it fails none of them is.
    ///
    /// # Errors
    ///
    /// When a vector does not fit, or the records cannot be kept.
    async fn upsert(&self, records: Vec<Record>) -> Result<(), Error>;

    /// Removes records by id, all or none, and says how many there were.
    ///
    /// # Errors
    ///
    /// When that cannot be kept.
    async fn delete(&self, namespace: &str, ids: &[String]) -> Result<usize, Error>;

    /// The closest records, best first; of equally close ones the smaller id comes first.
    ///
    /// # Errors
    ///
    /// When the vector does not fit, or the store cannot be read.
    async fn query(&self, query: &Query) -> Result<Vec<Hit>, Error>;

    /// All records of a namespace, by id.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn records(&self, namespace: &str) -> Result<Vec<Record>, Error>;

    /// How many records a namespace has.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn count(&self, namespace: &str) -> Result<usize, Error>;
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Where.
    pub namespace: String,
    /// Close to this.
    pub vector: Vec<f32>,
    /// Only records with all of these values.
    pub filter: BTreeMap<String, Value>,
    /// At most so many.
    pub limit: usize,
}

/// A record that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The record.
    pub record: Record,
    /// The cosine of its vector and the query's, −1 to 1.
    pub score: f32,
}
