use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::{Error, Filter, Record, Value};

/// Keeps records and finds those that are close in meaning, or share words with a question.
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

    /// The records that fit best, best first; of equally good ones the smaller id comes first.
    ///
    /// # Errors
    ///
    /// When the vector does not fit, or the store cannot be read.
    async fn search(&self, search: &Search) -> Result<Vec<Hit>, Error>;

    /// The closest records: [`search`](Self::search) by vector, with a filter of equal values.
    ///
    /// # Errors
    ///
    /// When the vector does not fit, or the store cannot be read.
    async fn query(&self, query: &Query) -> Result<Vec<Hit>, Error> {
        self.search(&query.into()).await
    }

    /// The record of this id.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn get(&self, namespace: &str, id: &str) -> Result<Option<Record>, Error>;

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

    /// The namespaces that have records, sorted.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    async fn namespaces(&self) -> Result<Vec<String>, Error>;
}

/// What is looked for, by vector, by words, or by both.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// Where.
    pub namespace: String,
    /// By what.
    pub by: By,
    /// Only records that pass all of these.
    pub filters: Vec<Filter>,
    /// At most so many.
    pub limit: usize,
}

/// What a search goes by.
#[derive(Clone, Debug, PartialEq)]
pub enum By {
    /// The cosine with this vector. Records without a vector are not found.
    Vector(Vec<f32>),
    /// Okapi BM25 over the texts, in terms of tai-rag's tokenizer. Records that share no word are not found.
    Words(String),
    /// Both, fused by rank (RRF): what works with a vector where there is one, and finds records without one by their words.
    Both {
        /// The vector of the question.
        vector: Vec<f32>,
        /// The question.
        words: String,
    },
}

/// Close to a vector, among records with these values.
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

impl From<&Query> for Search {
    fn from(query: &Query) -> Self {
        let filters = query.filter.iter().map(|(key, value)| Filter::is(key, value.clone()));
        Search {
            namespace: query.namespace.clone(),
            by: By::Vector(query.vector.clone()),
            filters: filters.collect(),
            limit: query.limit,
        }
    }
}

/// A record that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The record.
    pub record: Record,
    /// What it was ranked by: the cosine (−1 to 1), BM25 (above 0), or the sum of 1 / (60 + rank) over both.
    pub score: f32,
    /// The cosine, where a vector was looked for and the record was among the closest.
    pub cosine: Option<f32>,
    /// BM25, where words were looked for and the record was among the best.
    pub bm25: Option<f32>,
}
