//! What every model in a directory has: an encoder and a tokenizer.

use std::path::Path;

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use tokenizers::{Encoding, Tokenizer};

use super::device;
use super::encoder::{Encoder, Tokens};
use super::workers::Workers;
use crate::directory::{Config, load_config, load_tokenizer, read, sum};
use crate::{BoxedError, Error};

pub(super) struct Model {
    pub(super) config: Config,
    pub(super) tokenizer: Tokenizer,
    pub(super) encoder: Encoder,
    /// SHA-256 of the weights and of the tokenizer.
    pub(super) sums: (String, String),
    /// Where it computes, in words.
    pub(super) device: String,
    workers: Workers,
}

impl Model {
    /// Loads `config.json`, `tokenizer.json` and `model.safetensors` of a directory. Of a text, `max_tokens` count, or as many as the model has positions for. `head` reads
    /// further weights.
    pub(super) fn load<T: Send>(
        directory: &Path,
        max_tokens: Option<usize>,
        head: impl FnOnce(&VarBuilder<'_>, &Config) -> candle_core::Result<T> + Send,
    ) -> Result<(Self, T), Error> {
        let config = load_config(directory)?;
        let (tokenizer_file, weights_file) = (directory.join("tokenizer.json"), directory.join("model.safetensors"));
        let (tokenizer_json, weights) = (read(&tokenizer_file)?, read(&weights_file)?);
        let limit = max_tokens.unwrap_or(usize::MAX).min(config.positions);
        let (device, device_name) = device::pick();
        // The weights are a hundred megabytes: what takes its time is done side by side.
        let (tokenizer, sums, loaded) = std::thread::scope(|scope| {
            let side = scope.spawn(|| {
                let tokenizer = load_tokenizer(&tokenizer_file, &tokenizer_json, &config, limit);
                (tokenizer, (sum(&weights), sum(&tokenizer_json)))
            });
            let loaded = load_weights(&weights, &device, &config, head);
            let (tokenizer, sums) = side.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            (tokenizer, sums, loaded)
        });
        let tokenizer = tokenizer?;
        let (encoder, head) = loaded.map_err(|source| Error::Weights { file: weights_file, source: source.into() })?;
        let name = || directory.display().to_string();
        let workers = Workers::new(&device).map_err(|source| Error::Failed { name: name(), source: source.into() })?;
        Ok((Self { config, tokenizer, encoder, sums, device: device_name, workers }, head))
    }

    /// Tokens of a text that count.
    pub(super) fn max_tokens(&self) -> usize {
        self.tokenizer.get_truncation().map_or(self.config.positions, |truncation| truncation.max_length)
    }

    /// What `head` makes of the hidden states of each text, which are rows of [`Config::hidden`] numbers; of a text without a token a default.
    pub(super) fn run<T: Clone + Default + Send>(
        &self,
        texts: &[Encoding],
        head: impl Fn(&[f32]) -> T + Sync,
    ) -> Result<Vec<T>, BoxedError> {
        let tokens = |text: &Encoding| (text.get_ids().to_vec(), text.get_type_ids().to_vec());
        let tokens: Vec<(Vec<u32>, Vec<u32>)> = texts.iter().map(tokens).collect();
        let tokens: Vec<Tokens<'_>> = tokens.iter().map(|(ids, types)| Tokens { ids, types }).collect();
        let work = |batch: &[Tokens<'_>]| {
            let states: Vec<f32> = self.encoder.forward(batch)?.flatten_all()?.to_vec1()?;
            let mut rest = states.as_slice();
            let own = |text: &Tokens<'_>| {
                let (own, others) = rest.split_at(text.ids.len() * self.config.hidden);
                rest = others;
                head(own)
            };
            Ok(batch.iter().map(own).collect())
        };
        Ok(self.workers.run(&tokens, work)?)
    }
}

fn load_weights<T>(
    weights: &[u8],
    device: &Device,
    config: &Config,
    head: impl FnOnce(&VarBuilder<'_>, &Config) -> candle_core::Result<T>,
) -> candle_core::Result<(Encoder, T)> {
    let vb = VarBuilder::from_slice_safetensors(weights, DType::F32, device)?;
    // Models that were saved with a head have the encoder one level deeper.
    let is_root = vb.contains_tensor("embeddings.word_embeddings.weight");
    let root = if is_root { vb.clone() } else { vb.pp("bert") };
    Ok((Encoder::load(&root, config)?, head(&vb, config)?))
}
