//! How the vectors of tokens become that of a text: the files of sentence-transformers beside a model.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::parse_if_there;
use crate::Error;

/// What is to be done around the encoder.
pub(crate) struct Sentence {
    pub(crate) pooling: Pooling,
    pub(crate) max_tokens: Option<usize>,
    prompts: BTreeMap<String, String>,
}

/// How the vectors of tokens become one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pooling {
    Mean,
    Cls,
}

/// `config_sentence_transformers.json`, as far as it is about texts.
#[derive(Default, Deserialize)]
struct Prompts {
    #[serde(default)]
    prompts: BTreeMap<String, Option<String>>,
}

/// `1_Pooling/config.json`.
#[derive(Default, Deserialize)]
struct PoolingConfig {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    /// As newer versions write it.
    pooling_mode: Option<String>,
}

/// `sentence_bert_config.json`.
#[derive(Default, Deserialize)]
struct Limits {
    max_seq_length: Option<usize>,
}

impl Sentence {
    pub(crate) fn read(directory: &Path) -> Result<Self, Error> {
        let limits: Limits = parse_if_there(directory.join("sentence_bert_config.json"))?.unwrap_or_default();
        let prompts: Prompts = parse_if_there(directory.join("config_sentence_transformers.json"))?.unwrap_or_default();
        Ok(Self {
            pooling: pooling(directory)?,
            max_tokens: limits.max_seq_length,
            prompts: prompts.prompts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect(),
        })
    }

    /// The first of these prompts that is there.
    pub(crate) fn prompt(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.prompts.get(*name)).map(String::as_str)
    }
}

impl Pooling {
    /// The vector of a text, of length 1: `states` are those of its tokens, rows of `width` numbers.
    pub(crate) fn pool(self, states: &[f32], width: usize) -> Vec<f32> {
        let mut vector = states[..width].to_vec();
        if let Self::Mean = self {
            // The sum has the direction of the mean.
            for row in states.chunks_exact(width).skip(1) {
                vector.iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
            }
        }
        let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt().max(1e-12);
        vector.iter_mut().for_each(|number| *number /= length);
        vector
    }
}

fn pooling(directory: &Path) -> Result<Pooling, Error> {
    let file = directory.join("1_Pooling/config.json");
    let Some(config) = parse_if_there::<PoolingConfig>(file.clone())? else { return Ok(Pooling::Mean) };
    match (config.pooling_mode_cls_token, config.pooling_mode_mean_tokens, config.pooling_mode.as_deref()) {
        (true, ..) | (_, _, Some("cls")) => Ok(Pooling::Cls),
        (_, true, _) | (_, _, Some("mean")) => Ok(Pooling::Mean),
        _ => Err(Error::Unsupported { file, problem: "its pooling is neither cls nor mean".to_owned() }),
    }
}
