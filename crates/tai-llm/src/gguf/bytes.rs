//! Tokenizers of pair merges over bytes, as GPT-2's and those after it.
//!
//! How a text is cut into words before anything is merged differs from family to family: the file names the way, and the expressions are those of the
//! families' own `tokenizer.json`. A name that is not known here is refused: cut in another way, a text becomes tokens that the model never saw together.

use serde_json::{Value as Json, json};
use tokenizers::models::bpe::BPE;
use tokenizers::{DecoderWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

use super::file::GgufFile;
use super::vocabulary::{Words, unusable};
use crate::Error;

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const O200K: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// How a family cuts texts.
struct Way {
    expression: &'static str,
    /// Each digit is a word, before anything else.
    single_digits: bool,
    /// A word that is a token is not merged together.
    ignores_merges: bool,
    /// Texts are composed (NFC) first.
    composes: bool,
}

fn way(name: &str) -> Option<Way> {
    let way = |expression| Way { expression, single_digits: false, ignores_merges: false, composes: false };
    Some(match name {
        "gpt-2" | "default" | "mpt" | "olmo" | "phi-2" => way(GPT2),
        "smollm" | "codeshell" | "starcoder" => Way { single_digits: true, ..way(GPT2) },
        "llama-bpe" | "llama3" | "llama-v3" | "falcon3" => Way { ignores_merges: true, ..way(LLAMA3) },
        "smaug-bpe" | "dbrx" => way(LLAMA3),
        "qwen2" | "deepseek-r1-qwen" => Way { composes: true, ..way(QWEN2) },
        "gpt-4o" => way(O200K),
        _ => return None,
    })
}

pub(super) fn tokenizer(file: &GgufFile, words: &Words) -> Result<Tokenizer, Error> {
    let name = file.text("tokenizer.ggml.pre").unwrap_or("default");
    let way = way(name).ok_or_else(|| file.unsupported("way to cut text into words", name))?;
    let merges = file.list("tokenizer.ggml.merges", |value| {
        let (left, right) = value.to_string().ok()?.split_once(' ')?;
        Some((left.to_owned(), right.to_owned()))
    });
    let merges = merges.ok_or_else(|| file.invalid("it has no list of merges"))?;
    let vocabulary: tokenizers::models::bpe::Vocab = words.texts.iter().cloned().zip(0..).collect();
    let model = BPE::builder().vocab_and_merges(vocabulary, merges).ignore_merges(way.ignores_merges).build();
    let mut tokenizer = Tokenizer::new(model.map_err(|source| unusable(&file.path, source))?);

    let level = json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false });
    let split =
        json!({ "type": "Split", "pattern": { "Regex": way.expression }, "behavior": "Isolated", "invert": false });
    let digits = way.single_digits.then(|| json!({ "type": "Digits", "individual_digits": true }));
    let steps: Vec<Json> = digits.into_iter().chain([split, level.clone()]).collect();
    let invalid = |source: serde_json::Error| unusable(&file.path, source.into());
    let cut = json!({ "type": "Sequence", "pretokenizers": steps });
    let cut: PreTokenizerWrapper = serde_json::from_value(cut).map_err(invalid)?;
    tokenizer.with_pre_tokenizer(Some(cut));
    let decoder: DecoderWrapper = serde_json::from_value(level).map_err(invalid)?;
    tokenizer.with_decoder(Some(decoder));
    if way.composes {
        let composed: NormalizerWrapper = serde_json::from_value(json!({ "type": "NFC" })).map_err(invalid)?;
        tokenizer.with_normalizer(Some(composed)).map_err(|source| unusable(&file.path, source))?;
    }
    Ok(tokenizer)
}
