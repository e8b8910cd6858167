//! Models computed in this process, by candle.

mod attention;
mod device;
mod encoder;
mod math;
mod model;
mod ops;
mod rerank;
mod workers;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use self::model::Model;
pub use self::rerank::CandleReranker;
use crate::directory::{Pooling, Sentence};
use crate::embedder::prefixes_of;
use crate::offload::offload;
use crate::{BoxedError, Embedder, Error, Identity, Role};

/// A model of the BERT family (all-MiniLM, mxbai-embed, bge, gte, e5) or nomic-embed-text, in a directory as sentence-transformers saves it: `config.json`, `tokenizer.json`,
/// `model.safetensors`, and where they are there `1_Pooling/config.json`, `sentence_bert_config.json` and `config_sentence_transformers.json`.
///
/// It runs on the CPU, one worker for each core, or with the features `cuda` and `metal` on a GPU. On a CPU, the vector of a text does not depend on the texts beside it, to the bit.
pub struct CandleEmbedder {
    inner: Arc<Inner>,
}

struct Inner {
    identity: Identity,
    model: Model,
    pooling: Pooling,
}

impl CandleEmbedder {
    /// Loads the model in `directory`. `name` is what the caller knows it by; where the directory says nothing of prefixes, those of the models of this name
    /// are taken.
    ///
    /// # Errors
    ///
    /// When a file is missing, cut short, or describes another kind of model.
    pub fn load(directory: &Path, name: &str) -> Result<Self, Error> {
        let sentence = Sentence::read(directory)?;
        let (model, ()) = Model::load(directory, sentence.max_tokens, |_, _| Ok(()))?;
        let (query, document) = prefixes_of(name);
        let (pooling, max_tokens, (weights, tokenizer)) = (sentence.pooling, model.max_tokens(), &model.sums);
        let revision = format!("weights {weights}, tokenizer {tokenizer}, {pooling:?} of {max_tokens}").to_lowercase();
        let identity = Identity {
            name: name.to_owned(),
            dimension: model.config.hidden,
            max_tokens: Some(max_tokens),
            revision,
            query_prefix: sentence.prompt(&["query"]).unwrap_or(query).to_owned(),
            document_prefix: sentence.prompt(&["document", "passage"]).unwrap_or(document).to_owned(),
        };
        Ok(Self { inner: Arc::new(Inner { identity, model, pooling }) })
    }
}

impl CandleEmbedder {
    /// Whether there is a GPU that it would compute on.
    #[must_use]
    pub fn has_gpu() -> bool {
        !device::pick().0.is_cpu()
    }

    /// Where it computes, in words; `None` for the CPU where nothing else could be.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        Some(self.inner.model.device.as_str()).filter(|device| *device != device::CPU)
    }
}

#[async_trait]
impl Embedder for CandleEmbedder {
    fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    async fn embed(&self, texts: &[String], role: Role) -> Result<Vec<Vec<f32>>, Error> {
        let (inner, texts) = (Arc::clone(&self.inner), texts.to_vec());
        offload(&self.inner.identity.name, move || inner.embed(texts, role)).await
    }
}

impl Inner {
    fn embed(&self, texts: Vec<String>, role: Role) -> Result<Vec<Vec<f32>>, BoxedError> {
        let prefix = self.identity.prefix(role);
        let inputs: Vec<String> = texts.into_iter().map(|text| prefix.to_owned() + &text).collect();
        let encodings = self.model.tokenizer.encode_batch_fast(inputs, true)?;
        let width = self.model.config.hidden;
        let mut vectors = self.model.run(&encodings, |states| self.pooling.pool(states, width))?;
        // A text without a token has no direction.
        vectors.iter_mut().for_each(|vector| vector.resize(width, 0.0));
        Ok(vectors)
    }
}
