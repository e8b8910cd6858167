//! A cross-encoder: question and text through one encoder.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use tai_kernels::Tokens;

use super::KernelOptions;
use super::load::Model;
use crate::offload::offload;
use crate::{BoxedError, Error, Reranker};

/// A `BertForSequenceClassification` with one label, such as ms-marco-MiniLM-L-6, in a directory as transformers saves it: `config.json`, `tokenizer.json` and `model.safetensors`.
///
/// Of question and text together, as many tokens count as the model has positions for. A score depends on its question and text alone, to the bit.
pub struct KernelReranker {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    model: Model,
}

impl KernelReranker {
    /// Loads the model in `directory`. `name` is what the caller knows it by.
    ///
    /// # Errors
    ///
    /// When a file is missing, cut short, or describes another kind of model, or the processor lacks the kernel.
    pub fn load(directory: &Path, name: &str, options: &KernelOptions) -> Result<Self, Error> {
        let model = Model::load(directory, None, options)?;
        if !model.encoder.scores() {
            let (file, source) = (directory.join("model.safetensors"), "there is no classifier of one label".into());
            return Err(Error::Weights { file, source });
        }
        Ok(Self { inner: Arc::new(Inner { name: name.to_owned(), model }) })
    }
}

#[async_trait]
impl Reranker for KernelReranker {
    fn name(&self) -> &str {
        &self.inner.name
    }

    async fn score(&self, question: &str, texts: &[String]) -> Result<Vec<f32>, Error> {
        let inner = Arc::clone(&self.inner);
        let pairs: Vec<(String, String)> = texts.iter().map(|text| (question.to_owned(), text.clone())).collect();
        offload(&self.inner.name, move || inner.score(pairs)).await
    }
}

impl Inner {
    fn score(&self, pairs: Vec<(String, String)>) -> Result<Vec<f32>, BoxedError> {
        let encodings = self.model.encode(pairs)?;
        let tokens: Vec<Tokens<'_>> =
            encodings.iter().map(|text| Tokens { ids: text.get_ids(), types: text.get_type_ids() }).collect();
        Ok(self.model.encoder.score(&tokens).unwrap_or_default())
    }
}
