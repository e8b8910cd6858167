//! The vectors of a real model, beside those that sentence-transformers makes with it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tai_rag::{CandleEmbedder, Embedder, Error, Role};

/// `tests/data/all-MiniLM-L6-v2.json`, made by `scripts/embedding-reference.py`.
#[derive(Deserialize)]
struct Reference {
    text: String,
    vector: Vec<f32>,
}

/// Fetched by `scripts/fetch-model`: a missing model fails the tests, so that they are never left out unseen.
pub(crate) fn model_directory() -> PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/models/all-MiniLM-L6-v2");
    assert!(directory.is_dir(), "the embedding model is not there: run scripts/fetch-model");
    directory
}

fn load() -> CandleEmbedder {
    CandleEmbedder::load(&model_directory(), "all-minilm-l6-v2").unwrap()
}

fn dot(left: &[f32], right: &[f32]) -> f64 {
    left.iter().zip(right).map(|(left, right)| f64::from(*left) * f64::from(*right)).sum()
}

#[tokio::test]
async fn vectors_are_those_of_sentence_transformers() {
    let embedder = load();
    let json = include_str!("../data/all-MiniLM-L6-v2.json");
    let reference: Vec<Reference> = serde_json::from_str(json).unwrap();
    let texts: Vec<String> = reference.iter().map(|row| row.text.clone()).collect();
    let vectors = embedder.embed(&texts, Role::Document).await.unwrap();
    assert_eq!(vectors.len(), 20);
    for (row, vector) in reference.iter().zip(&vectors) {
        assert_eq!(vector.len(), embedder.identity().dimension);
        assert!((dot(vector, vector) - 1.0).abs() < 1e-5, "{:?}", row.text);
        let cosine = dot(&row.vector, vector);
        assert!(cosine >= 0.99999, "{cosine}: {:?}", row.text);
    }
}

#[tokio::test]
async fn a_vector_depends_on_its_text_alone() {
    let embedder = load();
    let texts: Vec<String> =
        (0..60).map(|n| format!("{} worker {n} exited with status {n}", "again and ".repeat(n * n % 97))).collect();
    let together = embedder.embed(&texts, Role::Document).await.unwrap();
    let by_threes = texts.chunks(3).map(<[String]>::to_vec).collect::<Vec<_>>();
    for (texts, vectors) in by_threes.iter().zip(together.chunks(3)) {
        assert_eq!(embedder.embed(texts, Role::Document).await.unwrap(), vectors, "{texts:?}");
    }
    for (text, vector) in texts.iter().zip(together) {
        let alone = embedder.embed(std::slice::from_ref(text), Role::Document).await.unwrap();
        assert_eq!(alone, [vector], "{text:?}");
    }
    assert_eq!(embedder.embed(&[], Role::Query).await.unwrap(), Vec::<Vec<f32>>::new());
}

#[tokio::test]
async fn meaning_is_nearer_than_words() {
    let embedder = load();
    let texts = ["users cannot log in", "authentication failure", "users of the disk quota"].map(str::to_owned);
    let vectors = embedder.embed(&texts, Role::Query).await.unwrap();
    assert!(dot(&vectors[0], &vectors[1]) > dot(&vectors[0], &vectors[2]));
}

/// A copy of the model's directory with one file changed; `None` takes it away.
fn spoilt(file: &str, change: impl Fn(Vec<u8>) -> Option<Vec<u8>>) -> Error {
    let copy = tempfile::tempdir().unwrap();
    for name in
        ["config.json", "tokenizer.json", "model.safetensors", "1_Pooling/config.json", "sentence_bert_config.json"]
    {
        let (from, to) = (model_directory().join(name), copy.path().join(name));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        if name == file {
            if let Some(bytes) = change(fs::read(from).unwrap()) {
                fs::write(to, bytes).unwrap();
            }
        } else {
            std::os::unix::fs::symlink(from, to).unwrap();
        }
    }
    CandleEmbedder::load(copy.path(), "spoilt").err().unwrap()
}

fn replace(from: &'static str, to: &'static str) -> impl Fn(Vec<u8>) -> Option<Vec<u8>> {
    move |bytes| {
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(from), "{from}");
        Some(text.replace(from, to).into_bytes())
    }
}

#[test]
fn a_spoilt_directory_is_named() {
    let cut = |bytes: Vec<u8>| Some(bytes[..bytes.len() / 2].to_vec());
    let empty = |_| Some(Vec::new());
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let error = spoilt(name, |_| None);
        assert!(matches!(&error, Error::Read { file, .. } if file.ends_with(name)), "{error}");
    }
    for change in [&cut as &dyn Fn(Vec<u8>) -> Option<Vec<u8>>, &empty] {
        assert!(matches!(spoilt("config.json", change), Error::Malformed { .. }));
        assert!(matches!(spoilt("tokenizer.json", change), Error::Tokenizer { .. }));
        assert!(matches!(spoilt("model.safetensors", change), Error::Weights { .. }));
        assert!(matches!(spoilt("1_Pooling/config.json", change), Error::Malformed { .. }));
    }
    let other_shape = spoilt("config.json", replace("\"hidden_size\": 384", "\"hidden_size\": 768"));
    assert!(matches!(other_shape, Error::Weights { .. }), "{other_shape}");
    let few_words = spoilt("config.json", replace("\"vocab_size\": 30522", "\"vocab_size\": 1000"));
    assert!(matches!(few_words, Error::Unsupported { .. }), "{few_words}");
    for (from, to) in [("\"bert\"", "\"roberta\""), ("\"gelu\"", "\"silu\""), ("\"absolute\"", "\"relative_key\"")] {
        let error = spoilt("config.json", replace(from, to));
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    }
    let max = spoilt(
        "1_Pooling/config.json",
        replace("\"pooling_mode_mean_tokens\": true", "\"pooling_mode_mean_tokens\": false"),
    );
    assert!(matches!(max, Error::Unsupported { .. }), "{max}");
}
