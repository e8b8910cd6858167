//! Tokenizers that `SentencePiece` trained, as pair merges of the tokenizers crate.
//!
//! `SentencePiece` joins, again and again, the two neighbours whose joint piece has the highest score. The same comes of a list of merges that is
//! sorted by the scores of what they make. The conversion is that of `transformers`, `convert_slow_tokenizer.py`: `generate_merges`.

use std::collections::HashMap;

use serde_json::json;
use tokenizers::models::bpe::BPE;
use tokenizers::{DecoderWrapper, NormalizerWrapper, Tokenizer};

use super::file::GgufFile;
use super::vocabulary::{NORMAL, USER_DEFINED, Words, unusable};
use crate::Error;

/// What stands for a blank.
const BLANK: &str = "\u{2581}";

pub(super) fn tokenizer(file: &GgufFile, words: &Words) -> Result<Tokenizer, Error> {
    let scores = file.list("tokenizer.ggml.scores", |value| value.to_f32().ok());
    let scores = scores.filter(|scores| scores.len() == words.texts.len());
    let scores = scores.ok_or_else(|| file.invalid("its tokens have no scores"))?;
    let unknown = file.number("tokenizer.ggml.unknown_token_id").and_then(|id| words.texts.get(id));
    let vocabulary: Vec<(String, u32)> = words.texts.iter().cloned().zip(0..).collect();
    let mut model = BPE::builder()
        .vocab_and_merges(vocabulary.into_iter().collect::<tokenizers::models::bpe::Vocab>(), merges(words, &scores))
        .byte_fallback(true)
        .fuse_unk(true);
    if let Some(unknown) = unknown {
        model = model.unk_token(unknown.clone());
    }
    let mut tokenizer = Tokenizer::new(model.build().map_err(|source| unusable(&file.path, source))?);
    let prefixed = file.flag("tokenizer.ggml.add_space_prefix").unwrap_or(true);
    let mut normalizers = vec![json!({ "type": "Replace", "pattern": { "String": " " }, "content": BLANK })];
    let mut decoders = vec![
        json!({ "type": "Replace", "pattern": { "String": BLANK }, "content": " " }),
        json!({ "type": "ByteFallback" }),
        json!({ "type": "Fuse" }),
    ];
    if prefixed {
        normalizers.insert(0, json!({ "type": "Prepend", "prepend": BLANK }));
        decoders.push(json!({ "type": "Strip", "content": " ", "start": 1, "stop": 0 }));
    }
    let invalid = |source: serde_json::Error| unusable(&file.path, source.into());
    let normalizer = json!({ "type": "Sequence", "normalizers": normalizers });
    let normalizer: NormalizerWrapper = serde_json::from_value(normalizer).map_err(invalid)?;
    let decoder = json!({ "type": "Sequence", "decoders": decoders });
    let decoder: DecoderWrapper = serde_json::from_value(decoder).map_err(invalid)?;
    tokenizer.with_normalizer(Some(normalizer)).map_err(|source| unusable(&file.path, source))?;
    tokenizer.with_decoder(Some(decoder));
    Ok(tokenizer)
}

/// All ways to make a piece of two, those first that make what has the highest score.
fn merges(words: &Words, scores: &[f32]) -> Vec<(String, String)> {
    let is_text = |kind: usize| kind == NORMAL || kind == USER_DEFINED;
    let pieces = || words.texts.iter().zip(&words.kinds).enumerate().filter(|(_, (_, kind))| is_text(**kind));
    let known: HashMap<&str, usize> = pieces().map(|(id, (text, _))| (text.as_str(), id)).collect();
    let mut found: Vec<(usize, usize, usize)> = Vec::new();
    for (piece, (text, _)) in pieces() {
        for (cut, _) in text.char_indices().skip(1) {
            if let (Some(left), Some(right)) = (known.get(&text[..cut]), known.get(&text[cut..])) {
                found.push((piece, *left, *right));
            }
        }
    }
    found.sort_by(|a, b| scores[b.0].total_cmp(&scores[a.0]).then(a.cmp(b)));
    let text = |id: usize| words.texts[id].clone();
    found.into_iter().map(|(_, left, right)| (text(left), text(right))).collect()
}
