//! The files of a model's directory, as sentence-transformers writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tokenizers::{Tokenizer, TruncationParams};

use super::bert::{Bert, BertConfig};
use crate::Error;

/// Everything that is read, the weights as bytes.
pub(super) struct Files {
    pub(super) config: BertConfig,
    pub(super) tokenizer: Tokenizer,
    pub(super) pooling: Pooling,
    pub(super) prefixes: Prefixes,
    pub(super) max_tokens: usize,
    tokenizer_sum: String,
    weights: Vec<u8>,
    weights_file: PathBuf,
}

/// How the vectors of tokens become that of the text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pooling {
    Mean,
    Cls,
}

/// `config_sentence_transformers.json`, as far as it is about texts.
#[derive(Default, Deserialize)]
pub(super) struct Prefixes {
    #[serde(default)]
    prompts: BTreeMap<String, String>,
}

/// `1_Pooling/config.json`.
#[derive(Default, Deserialize)]
struct PoolingConfig {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
}

/// `sentence_bert_config.json`.
#[derive(Default, Deserialize)]
struct SentenceConfig {
    max_seq_length: Option<usize>,
}

impl Files {
    pub(super) fn read(directory: &Path) -> Result<Self, Error> {
        let config_file = directory.join("config.json");
        let config: BertConfig = parse(&config_file, &read(&config_file)?)?;
        if let Some(problem) = config.problem() {
            return Err(Error::Unsupported { file: config_file, problem });
        }
        let sentence: SentenceConfig =
            parse_if_there(&directory.join("sentence_bert_config.json"))?.unwrap_or_default();
        let max_tokens = sentence.max_seq_length.unwrap_or(usize::MAX).min(config.max_position_embeddings);
        let (tokenizer, tokenizer_sum) = load_tokenizer(directory.join("tokenizer.json"), &config, max_tokens)?;
        let weights_file = directory.join("model.safetensors");
        Ok(Self {
            pooling: pooling(directory.join("1_Pooling/config.json"))?,
            prefixes: parse_if_there(&directory.join("config_sentence_transformers.json"))?.unwrap_or_default(),
            weights: read(&weights_file)?,
            weights_file,
            config,
            tokenizer,
            tokenizer_sum,
            max_tokens,
        })
    }

    /// What tells these vectors from those of another model of the same name.
    pub(super) fn revision(&self) -> String {
        let Self { pooling, max_tokens, tokenizer_sum, .. } = self;
        let weights = hex(&self.weights);
        format!("weights {weights}, tokenizer {tokenizer_sum}, {pooling:?} of {max_tokens}").to_lowercase()
    }

    pub(super) fn model(&self) -> Result<Bert, Error> {
        let load = || {
            let vb = VarBuilder::from_slice_safetensors(&self.weights, DType::F32, &Device::Cpu)?;
            // Models that were saved with a head have the encoder one level deeper.
            let root = if vb.contains_tensor("embeddings.word_embeddings.weight") { vb } else { vb.pp("bert") };
            Bert::load(&root, &self.config)
        };
        let failed =
            |source: candle_core::Error| Error::Weights { file: self.weights_file.clone(), source: source.into() };
        load().map_err(failed)
    }
}

impl Prefixes {
    pub(super) fn query(&self) -> String {
        self.first(&["query"])
    }

    pub(super) fn document(&self) -> String {
        self.first(&["document", "passage"])
    }

    fn first(&self, names: &[&str]) -> String {
        names.iter().find_map(|name| self.prompts.get(*name)).cloned().unwrap_or_default()
    }
}

fn pooling(file: PathBuf) -> Result<Pooling, Error> {
    match parse_if_there::<PoolingConfig>(&file)? {
        Some(PoolingConfig { pooling_mode_cls_token: true, .. }) => Ok(Pooling::Cls),
        Some(PoolingConfig { pooling_mode_mean_tokens: true, .. }) | None => Ok(Pooling::Mean),
        Some(_) => Err(Error::Unsupported { file, problem: "its pooling is neither cls nor mean".to_owned() }),
    }
}

fn load_tokenizer(file: PathBuf, config: &BertConfig, max_tokens: usize) -> Result<(Tokenizer, String), Error> {
    let bytes = read(&file)?;
    let load = || {
        let mut tokenizer = Tokenizer::from_bytes(&bytes)?;
        // The file of all-MiniLM-L6-v2 pads every text to 128 tokens and cuts it there; the model was trained to 256.
        let truncation = TruncationParams { max_length: max_tokens, ..TruncationParams::default() };
        tokenizer.with_padding(None).with_truncation(Some(truncation))?;
        Ok(tokenizer)
    };
    let tokenizer = load().map_err(|source| Error::Tokenizer { file: file.clone(), source })?;
    let words = tokenizer.get_vocab_size(true);
    if words > config.vocab_size {
        let problem = format!("it has {words} words, and the model {}", config.vocab_size);
        return Err(Error::Unsupported { file, problem });
    }
    Ok((tokenizer, hex(&bytes)))
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    fs::read(file).map_err(|source| Error::Read { file: file.to_owned(), source })
}

fn parse<T: DeserializeOwned>(file: &Path, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|source| Error::Malformed { file: file.to_owned(), source })
}

fn parse_if_there<T: DeserializeOwned>(file: &Path) -> Result<Option<T>, Error> {
    match read(file) {
        Ok(bytes) => parse(file, &bytes).map(Some),
        Err(Error::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
