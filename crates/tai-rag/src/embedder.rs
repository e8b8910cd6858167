//! Texts to vectors.

use async_trait::async_trait;

use crate::Error;

/// Makes vectors of texts. Texts that mean something alike have vectors with a large dot product.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// What its vectors are.
    fn identity(&self) -> &Identity;

    /// One vector for each text, in order, of [`Identity::dimension`] numbers and length 1. Of a text with more than [`Identity::max_tokens`] tokens
    /// only the beginning counts.
    ///
    /// # Errors
    ///
    /// When the model or the endpoint fails; then there are no vectors at all.
    async fn embed(&self, texts: &[String], role: Role) -> Result<Vec<Vec<f32>>, Error>;
}

/// What a text is for. Some models want to be told, by a prefix: [`Identity::prefix`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is searched for.
    Query,
    /// It is found.
    Document,
}

/// What vectors are made by: only vectors of one identity can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name of the model.
    pub name: String,
    /// Numbers in a vector.
    pub dimension: usize,
    /// Tokens of a text that count; `None` where only an endpoint knows.
    pub max_tokens: Option<usize>,
    /// What makes vectors differ beside the name: the pooling and the checksums of weights and tokenizer, or the endpoint.
    pub revision: String,
    /// Put before a query.
    pub query_prefix: String,
    /// Put before a document.
    pub document_prefix: String,
}

impl Identity {
    /// What is put before a text for this role.
    #[must_use]
    pub fn prefix(&self, role: Role) -> &str {
        match role {
            Role::Query => &self.query_prefix,
            Role::Document => &self.document_prefix,
        }
    }

    /// Checks that there are `texts` vectors, all of the dimension.
    ///
    /// # Errors
    ///
    /// [`Error::Mismatch`] where there are not.
    pub fn check(&self, vectors: &[Vec<f32>], texts: usize) -> Result<(), Error> {
        let mismatch = |what, expected| Err(Error::Mismatch { name: self.name.clone(), what, expected });
        if vectors.len() != texts {
            return mismatch(format!("{} vectors", vectors.len()), texts);
        }
        match vectors.iter().find(|vector| vector.len() != self.dimension) {
            Some(wrong) => mismatch(format!("a vector of {} numbers", wrong.len()), self.dimension),
            None => Ok(()),
        }
    }
}

/// What models want before a query and before a document, by a part of their names: as their makers say on the models' pages.
const PREFIXES: &[(&str, &str, &str)] = &[
    ("nomic-embed-text", "search_query: ", "search_document: "),
    ("mxbai-embed-large", "Represent this sentence for searching relevant passages: ", ""),
    ("bge-small-en", "Represent this sentence for searching relevant passages: ", ""),
    ("bge-base-en", "Represent this sentence for searching relevant passages: ", ""),
    ("bge-large-en", "Represent this sentence for searching relevant passages: ", ""),
    ("e5-small", "query: ", "passage: "),
    ("e5-base", "query: ", "passage: "),
    ("e5-large", "query: ", "passage: "),
];

/// What a model of this name wants before a query and before a document, where nothing else tells.
#[must_use]
pub fn prefixes_of(model: &str) -> (&'static str, &'static str) {
    let known = PREFIXES.iter().find(|(name, ..)| model.to_ascii_lowercase().contains(name));
    known.map_or(("", ""), |(_, query, document)| (*query, *document))
}

/// The cosine of two vectors of length 1, −1 to 1.
pub(crate) fn cosine(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(left, right)| left * right).sum::<f32>().clamp(-1.0, 1.0)
}
