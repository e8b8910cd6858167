//! `tokenizer.json`: texts to the numbers of word pieces.

use std::path::Path;

use tokenizers::{Tokenizer, TruncationParams};

use super::Config;
use crate::Error;

/// The tokenizer in `json`, which cuts texts behind `max_tokens` and pads none. `file` is where it came from.
pub(crate) fn load_tokenizer(file: &Path, json: &[u8], config: &Config, max_tokens: usize) -> Result<Tokenizer, Error> {
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
