//! What every model in a directory has: an encoder and a tokenizer.

use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tokenizers::{Encoding, Tokenizer, TruncationParams};

use super::config::Config;
use super::device;
use super::encoder::{Encoder, Tokens};
use super::workers::Workers;
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
        let config_file = directory.join("config.json");
        let json = parse(&config_file, &read(&config_file)?)?;
        let config = Config::parse(&json).map_err(|problem| Error::Unsupported { file: config_file, problem })?;
        let (tokenizer_file, weights_file) = (directory.join("tokenizer.json"), directory.join("model.safetensors"));
        let (tokenizer_json, weights) = (read(&tokenizer_file)?, read(&weights_file)?);
        let limit = max_tokens.unwrap_or(usize::MAX).min(config.positions);
        let (device, device_name) = device::pick();
        // The weights are a hundred megabytes: what takes its time is done side by side.
        let (tokenizer, sums, loaded) = std::thread::scope(|scope| {
            let side = scope.spawn(|| {
                let tokenizer = load_tokenizer(&tokenizer_file, &tokenizer_json, &config, limit);
                (tokenizer, (hex(&weights), hex(&tokenizer_json)))
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

fn load_tokenizer(file: &Path, json: &[u8], config: &Config, max_tokens: usize) -> Result<Tokenizer, Error> {
    let load = || {
        let mut tokenizer = Tokenizer::from_bytes(json)?;
        // The file of all-MiniLM-L6-v2 pads every text to 128 tokens and cuts it there; the model was trained to 256.
        let truncation = TruncationParams { max_length: max_tokens, ..TruncationParams::default() };
        tokenizer.with_padding(None).with_truncation(Some(truncation))?;
        Ok(tokenizer)
    };
    let tokenizer = load().map_err(|source| Error::Tokenizer { file: file.to_owned(), source })?;
    // Ids may have gaps, so it is the greatest that counts.
    let greatest = tokenizer.get_vocab(true).into_values().max().map_or(0, |id| id as usize);
    if greatest >= config.vocabulary {
        let problem = format!("it has the word {greatest}, and the model {} words", config.vocabulary);
        return Err(Error::Unsupported { file: file.to_owned(), problem });
    }
    Ok(tokenizer)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn read(file: &Path) -> Result<Vec<u8>, Error> {
    fs::read(file).map_err(|source| Error::Read { file: file.to_owned(), source })
}

pub(super) fn parse<T: DeserializeOwned>(file: &Path, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|source| Error::Malformed { file: file.to_owned(), source })
}

pub(super) fn parse_if_there<T: DeserializeOwned>(file: PathBuf) -> Result<Option<T>, Error> {
    match read(&file) {
        Ok(bytes) => parse(&file, &bytes).map(Some),
        Err(Error::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
