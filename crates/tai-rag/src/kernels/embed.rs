//! Texts to vectors.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tai_kernels::Tokens;

use super::load::Model;
use super::{Kernel, KernelOptions, Precision};
use crate::directory::{Family, Pooling, Sentence, load_config};
use crate::embedder::prefixes_of;
use crate::offload::offload;
use crate::{BoxedError, Embedder, Error, Identity, Role};

/// A model of the BERT family (all-MiniLM, mxbai-embed, bge, gte, e5) on the CPU, in a directory as sentence-transformers saves it; several times as fast there as
/// `CandleEmbedder`, which loads the same files.
///
/// The vector of a text does not depend on the texts beside it, to the bit.
pub struct KernelEmbedder {
    inner: Arc<Inner>,
}

struct Inner {
    identity: Identity,
    model: Model,
    pooling: Pooling,
}

impl KernelEmbedder {
    /// Loads the model in `directory`. `name` is what the caller knows it by; where the directory says nothing of prefixes, those of the models of this name
    /// are taken.
    ///
    /// # Errors
    ///
    /// When a file is missing, cut short, or describes another kind of model, or the processor lacks the kernel.
    pub fn load(directory: &Path, name: &str, options: &KernelOptions) -> Result<Self, Error> {
        let sentence = Sentence::read(directory)?;
        let model = Model::load(directory, sentence.max_tokens, options)?;
        let (query, document) = prefixes_of(name);
        let (pooling, max_tokens, (weights, tokenizer)) = (sentence.pooling, model.max_tokens, &model.sums);
        let pooled = format!("{pooling:?}").to_lowercase();
        let precision = model.encoder.precision();
        let identity = Identity {
            name: name.to_owned(),
            dimension: model.encoder.shape().hidden,
            max_tokens: Some(max_tokens),
            revision: format!("weights {weights}, tokenizer {tokenizer}, {pooled} of {max_tokens}, {precision}"),
            query_prefix: sentence.prompt(&["query"]).unwrap_or(query).to_owned(),
            document_prefix: sentence.prompt(&["document", "passage"]).unwrap_or(document).to_owned(),
        };
        Ok(Self { inner: Arc::new(Inner { identity, model, pooling }) })
    }

    /// Whether the model in `directory` is of the family, by its `config.json`.
    #[must_use]
    pub fn supports(directory: &Path) -> bool {
        load_config(directory).is_ok_and(|config| config.family == Family::Bert)
    }

    /// In what it computes, and with which instructions.
    #[must_use]
    pub fn computes(&self) -> (Precision, Kernel) {
        let encoder = &self.inner.model.encoder;
        (encoder.precision(), encoder.kernel())
    }
}

#[async_trait]
impl Embedder for KernelEmbedder {
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
        let encodings = self.model.encode(texts.into_iter().map(|text| prefix.to_owned() + &text).collect())?;
        let tokens: Vec<Tokens<'_>> =
            encodings.iter().map(|text| Tokens { ids: text.get_ids(), types: text.get_type_ids() }).collect();
        let pooling = match self.pooling {
            Pooling::Mean => tai_kernels::Pooling::Mean,
            Pooling::Cls => tai_kernels::Pooling::Cls,
        };
        Ok(self.model.encoder.embed(&tokens, pooling))
    }
}
