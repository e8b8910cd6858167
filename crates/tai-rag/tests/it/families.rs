//! Small models with random weights, beside what transformers makes of them: `scripts/embedding-models.py` writes both.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tai_rag::{CandleEmbedder, Embedder, Error, Role};

#[derive(Deserialize)]
struct Reference {
    texts: Vec<String>,
    mean: Vec<Vec<f32>>,
    cls: Vec<Vec<f32>>,
}

pub(crate) fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/models")
}

fn reference(model: &str) -> Reference {
    serde_json::from_slice(&fs::read(models().join(model).join("reference.json")).unwrap()).unwrap()
}

/// A copy of a model's directory with these files added.
fn with_files(model: &str, files: &[(&str, &str)]) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(models().join(model)).unwrap().flatten() {
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    for (name, text) in files {
        let file = copy.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    copy
}

fn assert_near(found: &[Vec<f32>], expect: &[Vec<f32>]) {
    assert_eq!(found.len(), expect.len());
    for (text, (found, expect)) in found.iter().zip(expect).enumerate() {
        assert_eq!(found.len(), expect.len());
        let apart = found.iter().zip(expect).map(|(left, right)| (left - right).abs()).fold(0.0, f32::max);
        assert!(apart < 2e-6, "text {text}: {apart}");
    }
}

#[tokio::test]
async fn vectors_are_those_of_transformers() {
    let cls = ("1_Pooling/config.json", r#"{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false}"#);
    let new_cls = ("1_Pooling/config.json", r#"{"pooling_mode":"cls"}"#);
    for model in ["bert", "nomic"] {
        let reference = reference(model);
        for (files, expect) in [(vec![], &reference.mean), (vec![cls], &reference.cls), (vec![new_cls], &reference.cls)]
        {
            let directory = with_files(model, &files);
            let embedder = CandleEmbedder::load(directory.path(), "small").unwrap();
            assert_near(&embedder.embed(&reference.texts, Role::Document).await.unwrap(), expect);
        }
    }
}

#[tokio::test]
async fn a_long_text_is_cut_where_the_model_ends() {
    let limits = ("sentence_bert_config.json", r#"{"max_seq_length":10}"#);
    for (files, max_tokens) in [(vec![], 64), (vec![limits], 10)] {
        let directory = with_files("nomic", &files);
        let embedder = CandleEmbedder::load(directory.path(), "small").unwrap();
        assert_eq!(embedder.identity().max_tokens, Some(max_tokens));
        let texts = [max_tokens - 2, 500].map(|words| "disk ".repeat(words));
        let vectors = embedder.embed(&texts, Role::Document).await.unwrap();
        assert_eq!(vectors[0], vectors[1]);
    }
}

#[tokio::test]
async fn prefixes_are_those_of_the_directory_or_of_the_name() {
    let prompts = ("config_sentence_transformers.json", r#"{"prompts":{"query":"find: ","passage":"","other":null}}"#);
    let cases = [
        ("bert", vec![], "all-minilm-l6-v2", ["", ""]),
        ("bert", vec![], "e5-small-v2", ["query: ", "passage: "]),
        ("bert", vec![], "bge-base-en-v1.5", ["Represent this sentence for searching relevant passages: ", ""]),
        ("nomic", vec![], "nomic-embed-text-v1.5", ["search_query: ", "search_document: "]),
        ("nomic", vec![prompts], "nomic-embed-text-v1.5", ["find: ", ""]),
    ];
    for (model, files, name, [query, document]) in cases {
        let directory = with_files(model, &files);
        let embedder = CandleEmbedder::load(directory.path(), name).unwrap();
        let identity = embedder.identity();
        assert_eq!([identity.prefix(Role::Query), identity.prefix(Role::Document)], [query, document], "{name}");
        let plain = CandleEmbedder::load(&models().join(model), "small").unwrap();
        let text = ["disk full".to_owned()];
        for (role, prefix) in [(Role::Query, query), (Role::Document, document)] {
            let prefixed = [format!("{prefix}disk full")];
            let expect = plain.embed(&prefixed, Role::Document).await.unwrap();
            assert_eq!(embedder.embed(&text, role).await.unwrap(), expect, "{name}");
        }
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let config = fs::read_to_string(models().join("nomic/config.json")).unwrap();
    for (from, to) in [
        ("\"swiglu\"", "\"gelu\""),
        ("\"prenorm\": false", "\"prenorm\": true"),
        ("\"rotary_emb_fraction\": 1.0", "\"rotary_emb_fraction\": 0.5"),
        ("\"n_head\": 3", "\"n_head\": 5"),
        ("\"n_layer\": 2", "\"n_layer\": 0"),
        ("\"n_embd\": 24, ", ""),
    ] {
        assert!(config.contains(from), "{from}");
        let directory = with_files("nomic", &[("config.json", &config.replace(from, to))]);
        let error = CandleEmbedder::load(directory.path(), "small").err().unwrap();
        assert!(matches!(error, Error::Unsupported { .. }), "{to}: {error}");
    }
    let another = fs::read_to_string(models().join("bert/config.json")).unwrap();
    let directory = with_files("nomic", &[("config.json", &another)]);
    let error = CandleEmbedder::load(directory.path(), "small").err().unwrap();
    assert!(matches!(error, Error::Weights { .. }), "{error}");
}
