//! From text to a model's tokens and back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value as Json;
use tokenizers::{AddedToken, Tokenizer};

use super::file::{GgufFile, number};
use super::template::Part;
use super::{bytes, sentences};
use crate::Error;

/// The kinds of tokens, as `docs/gguf.md` numbers them.
pub(super) const NORMAL: usize = 1;
const CONTROL: usize = 3;
pub(super) const USER_DEFINED: usize = 4;

/// What ends an answer, by the names that model families have for it.
const ENDS: [&str; 8] =
    ["<end_of_turn>", "<|im_end|>", "<|eot_id|>", "<|end|>", "<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>"];

const UNTRIMMED: [&str; 3] = ["<s>", "<unk>", "<|endoftext|>"];

/// The tokens of a model.
pub(super) struct Vocabulary {
    /// Without control tokens: no text of a host becomes one.
    pub(super) tokenizer: Tokenizer,
    /// Control tokens by their text, and the longest text of them.
    control: BTreeMap<String, u32>,
    longest: usize,
    begin: Option<u32>,
    /// Tokens that end an answer.
    ends: BTreeSet<u32>,
    /// Blanks after a control token are not the model's to see, but after those of [`UNTRIMMED`].
    trims: bool,
}

/// The words of a model file, which its tokenizer is built of.
pub(super) struct Words {
    pub(super) texts: Vec<String>,
    pub(super) kinds: Vec<usize>,
}

impl Vocabulary {
    /// That of `file`, with the tokenizer of `tokenizer.json` beside it where there is one.
    pub(super) fn of(file: &GgufFile) -> Result<Self, Error> {
        let texts = file.list("tokenizer.ggml.tokens", |value| value.to_string().ok().cloned());
        let texts = texts.ok_or_else(|| file.invalid("it has no list of tokens"))?;
        let kinds = file.list("tokenizer.ggml.token_type", number).unwrap_or_else(|| vec![NORMAL; texts.len()]);
        if kinds.len() != texts.len() || u32::try_from(texts.len()).is_err() {
            return Err(file.invalid("its lists of tokens and of their kinds differ in length"));
        }
        let words = Words { texts, kinds };
        let beside = file.path.with_file_name("tokenizer.json");
        let (tokenizer, special) = match beside.is_file() {
            true => from_json(&beside, &words)?,
            false => (built(file, &words)?, BTreeMap::new()),
        };
        let mut control: BTreeMap<String, u32> = special;
        let words_of = (0..).zip(&words.texts).zip(&words.kinds);
        let of_control = words_of.filter(|((_, text), kind)| **kind == CONTROL && !text.is_empty());
        control.extend(of_control.map(|((id, text), _)| (text.clone(), id)));
        let id = |key: &str| file.number(key).and_then(|id| u32::try_from(id).ok());
        let begin = id("tokenizer.ggml.bos_token_id");
        let mut ends: BTreeSet<u32> = ENDS.iter().filter_map(|end| control.get(*end).copied()).collect();
        ends.extend(["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"].into_iter().filter_map(id));
        let is_sentences = file.text("tokenizer.ggml.model") == Some("llama");
        let adds = file.flag("tokenizer.ggml.add_bos_token").unwrap_or(is_sentences);
        Ok(Vocabulary {
            tokenizer,
            longest: control.keys().map(String::len).max().unwrap_or(0),
            control,
            begin: begin.filter(|_| adds),
            ends,
            // As llama.cpp does it, by the name: the GGUF format does not say it of a token.
            trims: file.text("general.name").is_some_and(|name| {
                let name = name.to_lowercase();
                ["phi-3", "phi3"].iter().any(|phi| name.contains(phi))
            }),
        })
    }

    /// The tokens of a rendered conversation. Control tokens come of its markup alone.
    pub(super) fn encode(&self, parts: &[Part<'_>]) -> Result<Vec<u32>, tokenizers::Error> {
        let mut tokens = Vec::new();
        let mut plain = String::new();
        for part in parts {
            match part {
                Part::Said(text) => plain.push_str(text),
                Part::Markup(markup) => {
                    let mut rest = markup.as_str();
                    while let Some((at, text, id)) = self.first_control(rest) {
                        plain.push_str(&rest[..at]);
                        self.flush(&mut plain, &mut tokens)?;
                        tokens.push(id);
                        rest = &rest[at + text.len()..];
                    }
                    plain.push_str(rest);
                }
            }
        }
        self.flush(&mut plain, &mut tokens)?;
        let begins = self.begin.filter(|begin| tokens.first() != Some(begin));
        Ok(begins.into_iter().chain(tokens).collect())
    }

    /// The texts of the tokens that begin and end a text, as a template writes them; empty where there are none.
    pub(super) fn around(&self, file: &GgufFile) -> (String, String) {
        let text = |key: &str| {
            let id = file.number(key).and_then(|id| u32::try_from(id).ok());
            let found = self.control.iter().find(|(_, control)| Some(**control) == id);
            found.map(|(text, _)| text.clone()).unwrap_or_default()
        };
        (text("tokenizer.ggml.bos_token_id"), text("tokenizer.ggml.eos_token_id"))
    }

    /// Whether this token ends an answer.
    pub(super) fn is_end(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// Whether this token has no text that is meant for a reader.
    pub(super) fn is_control(&self, token: u32) -> bool {
        self.control.values().any(|control| *control == token)
    }

    fn flush(&self, plain: &mut String, tokens: &mut Vec<u32>) -> Result<(), tokenizers::Error> {
        let is_trimmed = |last: &u32| UNTRIMMED.iter().all(|text| self.control.get(*text) != Some(last));
        let trims = self.trims && tokens.last().is_some_and(is_trimmed);
        let text = if trims { plain.trim_start() } else { plain.as_str() };
        if !text.is_empty() {
            tokens.extend(self.tokenizer.encode_fast(text, false)?.get_ids());
        }
        plain.clear();
        Ok(())
    }

    /// The first control token in `text`, the longest of those that begin there.
    fn first_control<'a>(&self, text: &'a str) -> Option<(usize, &'a str, u32)> {
        text.char_indices().find_map(|(at, _)| {
            let rest = &text[at..];
            let ends = rest.char_indices().map(|(end, c)| end + c.len_utf8()).take_while(|end| *end <= self.longest);
            let found = ends.filter_map(|end| Some((at, &rest[..end], *self.control.get(&rest[..end])?)));
            found.last()
        })
    }
}

/// A tokenizer of what the file itself says.
fn built(file: &GgufFile, words: &Words) -> Result<Tokenizer, Error> {
    let mut tokenizer = match file.text("tokenizer.ggml.model").unwrap_or_default() {
        "gpt2" => bytes::tokenizer(file, words)?,
        "llama" => sentences::tokenizer(file, words)?,
        other => return Err(file.unsupported("tokenizer", other)),
    };
    let defined =
        words.texts.iter().zip(&words.kinds).filter(|(text, kind)| **kind == USER_DEFINED && !text.is_empty());
    let defined: Vec<AddedToken> =
        defined.map(|(text, _)| AddedToken::from(text.clone(), false).normalized(false)).collect();
    tokenizer.add_tokens(defined).map_err(|source| unusable(&file.path, source))?;
    Ok(tokenizer)
}

/// A tokenizer of the format of the tokenizers crate, and its control tokens, which it does not find in a text any more.
fn from_json(path: &Path, words: &Words) -> Result<(Tokenizer, BTreeMap<String, u32>), Error> {
    let unreadable = |source| unusable(path, source);
    let text = std::fs::read(path).map_err(|source| unreadable(source.into()))?;
    let mut json: Json = serde_json::from_slice(&text).map_err(|source| unreadable(source.into()))?;
    let mut control = BTreeMap::new();
    if let Some(Json::Array(added)) = json.get_mut("added_tokens") {
        added.retain(|token| {
            let is_special = token.get("special") == Some(&Json::Bool(true));
            let content = token.get("content").and_then(Json::as_str);
            let id = token.get("id").and_then(Json::as_u64).and_then(|id| u32::try_from(id).ok());
            if let (true, Some(content), Some(id)) = (is_special, content, id) {
                control.insert(content.to_owned(), id);
            }
            !is_special
        });
    }
    if let Some(json) = json.as_object_mut() {
        json.insert("post_processor".to_owned(), Json::Null);
    }
    let tokenizer = Tokenizer::from_bytes(json.to_string()).map_err(unreadable)?;
    let is_same = |(id, text): (u32, &String)| {
        tokenizer
            .id_to_token(id)
            .or_else(|| control.iter().find(|(_, own)| **own == id).map(|(own, _)| own.clone()))
            .is_none_or(|own| own == *text)
    };
    let step = (words.texts.len() / 256).max(1);
    let normal = (0..).zip(&words.texts).zip(&words.kinds).filter(|(_, kind)| **kind == NORMAL).map(|(word, _)| word);
    if normal.step_by(step).all(is_same) {
        return Ok((tokenizer, control));
    }
    Err(Error::InvalidModelFile {
        path: path.to_owned(),
        reason: "it is the tokenizer of another model than the GGUF file beside it",
        source: None,
    })
}

/// The error that no tokenizer can be made of what `path` says.
pub(super) fn unusable(path: &Path, source: tokenizers::Error) -> Error {
    Error::InvalidModelFile { path: path.to_owned(), reason: "no tokenizer can be made of it", source: Some(source) }
}
