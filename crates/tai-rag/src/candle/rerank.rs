//! A cross-encoder: question and text through one encoder.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use candle_nn::VarBuilder;

use super::model::Model;
use crate::directory::{Config, Family};
use crate::offload::offload;
use crate::{BoxedError, Error, Reranker};

/// A `BertForSequenceClassification` with one label, such as ms-marco-MiniLM-L-6, in a directory as transformers saves it: `config.json`, `tokenizer.json` and `model.safetensors`.
///
/// Of question and text together, as many tokens count as the model has positions for. A score depends on its question and text alone, to the bit.
pub struct CandleReranker {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    model: Model,
    head: Head,
}

/// What makes a number of the first token's state.
struct Head {
    /// Row after row, one for each output.
    pooler: Vec<f32>,
    pooler_bias: Vec<f32>,
    classifier: Vec<f32>,
    classifier_bias: f32,
}

impl CandleReranker {
    /// Loads the model in `directory`. `name` is what the caller knows it by.
    ///
    /// # Errors
    ///
    /// When a file is missing, cut short, or describes another kind of model.
    pub fn load(directory: &Path, name: &str) -> Result<Self, Error> {
        let (model, head) = Model::load(directory, None, Head::load)?;
        if model.config.family != Family::Bert {
            let (file, problem) = (directory.join("config.json"), "it is no BertForSequenceClassification".to_owned());
            return Err(Error::Unsupported { file, problem });
        }
        Ok(Self { inner: Arc::new(Inner { name: name.to_owned(), model, head }) })
    }
}

#[async_trait]
impl Reranker for CandleReranker {
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
        let encodings = self.model.tokenizer.encode_batch_fast(pairs, true)?;
        self.model.run(&encodings, |states| self.head.score(states))
    }
}

impl Head {
    fn load(vb: &VarBuilder<'_>, config: &Config) -> candle_core::Result<Self> {
        let hidden = config.hidden;
        let (pooler, classifier) = (vb.pp("bert.pooler.dense"), vb.pp("classifier"));
        Ok(Self {
            pooler: pooler.get((hidden, hidden), "weight")?.flatten_all()?.to_vec1()?,
            pooler_bias: pooler.get(hidden, "bias")?.to_vec1()?,
            classifier: classifier.get((1, hidden), "weight")?.flatten_all()?.to_vec1()?,
            classifier_bias: classifier.get(1, "bias")?.to_vec1()?[0],
        })
    }

    /// The logit of a text whose tokens have these states.
    fn score(&self, states: &[f32]) -> f32 {
        let hidden = self.pooler_bias.len();
        let dot = |weights: &[f32]| weights.iter().zip(states).map(|(weight, state)| weight * state).sum::<f32>();
        let pooled =
            self.pooler.chunks_exact(hidden).zip(&self.pooler_bias).map(|(row, bias)| (dot(row) + bias).tanh());
        pooled.zip(&self.classifier).map(|(value, weight)| value * weight).sum::<f32>() + self.classifier_bias
    }
}
