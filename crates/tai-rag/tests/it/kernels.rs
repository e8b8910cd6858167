//! What tai-kernels makes of the models that candle computes in the other tests.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use tai_rag::{
    CandleEmbedder, Embedder, Error, Kernel, KernelEmbedder, KernelOptions, KernelReranker, Precision, Reranker, Role,
    pack,
};

use crate::embedding::model_directory;
use crate::families::models;

#[derive(Deserialize)]
struct Small {
    texts: Vec<String>,
    mean: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Pairs {
    pairs: Vec<[String; 2]>,
    scores: Vec<f32>,
}

#[derive(Deserialize)]
struct Real {
    text: String,
    vector: Vec<f32>,
}

fn load(directory: &Path, precision: Precision) -> KernelEmbedder {
    KernelEmbedder::load(directory, "m", &KernelOptions { precision, ..KernelOptions::default() }).unwrap()
}

fn cosine(left: &[f32], right: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(left, right) / (dot(left, left) * dot(right, right)).sqrt()
}

#[tokio::test]
async fn vectors_are_those_of_sentence_transformers() {
    let rows: Vec<Real> = serde_json::from_str(include_str!("../data/all-MiniLM-L6-v2.json")).unwrap();
    let texts: Vec<String> = rows.iter().map(|row| row.text.clone()).collect();
    for (precision, least) in [(Precision::F32, 0.999_999), (Precision::Bf16, 0.9999), (Precision::Int8, 0.99)] {
        let embedder = load(&model_directory(), precision);
        let vectors = embedder.embed(&texts, Role::Document).await.unwrap();
        for (row, vector) in rows.iter().zip(&vectors) {
            let cosine = cosine(&row.vector, vector);
            assert!(cosine >= least, "{precision}: {cosine}: {:?}", row.text);
        }
        let alone = embedder.embed(&texts[3..4], Role::Document).await.unwrap();
        assert_eq!(alone[0], vectors[3], "{precision}");
    }
}

#[tokio::test]
async fn small_models_give_what_transformers_gives() {
    let bert: Small = serde_json::from_slice(&fs::read(models().join("bert/reference.json")).unwrap()).unwrap();
    let pairs: Pairs =
        serde_json::from_slice(&fs::read(models().join("cross-encoder/reference.json")).unwrap()).unwrap();
    for kernel in Kernel::ALL.into_iter().filter(|kernel| kernel.is_available()) {
        let options = KernelOptions { kernel: Some(kernel), ..KernelOptions::default() };
        let embedder = KernelEmbedder::load(&models().join("bert"), "small", &options).unwrap();
        assert_eq!(embedder.computes(), (Precision::F32, kernel));
        let found = embedder.embed(&bert.texts, Role::Document).await.unwrap();
        for (found, expect) in found.iter().zip(&bert.mean) {
            let apart = found.iter().zip(expect).map(|(left, right)| (left - right).abs()).fold(0.0, f32::max);
            assert!(found.len() == expect.len() && apart < 2e-6, "{kernel}: {apart}");
        }
        let reranker = KernelReranker::load(&models().join("cross-encoder"), "small", &options).unwrap();
        for ([question, text], expect) in pairs.pairs.iter().zip(&pairs.scores) {
            let score = reranker.score(question, std::slice::from_ref(text)).await.unwrap()[0];
            assert!((score - expect).abs() < 5e-6, "{kernel}: {question:?}, {text:?}: {score} and not {expect}");
        }
        assert_eq!(reranker.score("nothing", &[]).await.unwrap(), [] as [f32; 0]);
    }
}

#[test]
fn each_precision_is_another_identity() {
    let directory = models().join("bert");
    let mut revisions: Vec<String> =
        Precision::ALL.iter().map(|precision| load(&directory, *precision).identity().revision.clone()).collect();
    revisions.push(CandleEmbedder::load(&directory, "m").unwrap().identity().revision.clone());
    revisions.dedup();
    assert_eq!(revisions.len(), 4, "{revisions:?}");
}

#[tokio::test]
async fn packed_weights_are_used_where_they_fit_and_change_nothing() {
    let (copy, texts) = (tempfile::tempdir().unwrap(), ["the disk is full".to_owned()]);
    for entry in fs::read_dir(models().join("bert")).unwrap().flatten() {
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let file = copy.path().join("packed");
    for precision in Precision::ALL {
        let options = KernelOptions { precision, packed: Some(file.clone()), ..KernelOptions::default() };
        let plain = load(copy.path(), precision);
        let expect = plain.embed(&texts, Role::Query).await.unwrap();
        // What is there is of another precision, at first nothing at all.
        for is_packed in [false, true] {
            if is_packed {
                let length = pack(copy.path(), &options, &file).unwrap();
                assert_eq!(length, fs::metadata(&file).unwrap().len());
            }
            let embedder = KernelEmbedder::load(copy.path(), "m", &options).unwrap();
            assert_eq!(embedder.identity(), plain.identity());
            assert_eq!(embedder.embed(&texts, Role::Query).await.unwrap(), expect);
        }
        // Then the model itself need not be read: what stands there may be anything of the same length and age.
        let (weights, kept) = (copy.path().join("model.safetensors"), copy.path().join("kept"));
        fs::rename(&weights, &kept).unwrap();
        let blank = fs::File::create(&weights).unwrap();
        blank.set_len(fs::metadata(&kept).unwrap().len()).unwrap();
        let old = fs::metadata(&kept).unwrap().modified().unwrap();
        blank.set_modified(old).unwrap();
        let embedder = KernelEmbedder::load(copy.path(), "m", &options).unwrap();
        assert_eq!(embedder.embed(&texts, Role::Query).await.unwrap(), expect);
        // A model that is newer than they are is read.
        blank.set_modified(std::time::SystemTime::now() + std::time::Duration::from_secs(5)).unwrap();
        assert!(matches!(KernelEmbedder::load(copy.path(), "m", &options), Err(Error::Weights { .. })));
        fs::rename(&kept, &weights).unwrap();
    }
}

#[test]
fn another_kind_of_model_is_refused() {
    let options = KernelOptions::default();
    let nomic = KernelEmbedder::load(&models().join("nomic"), "m", &options);
    assert!(matches!(nomic, Err(Error::Unsupported { .. })));
    assert!(!KernelEmbedder::supports(&models().join("nomic")) && KernelEmbedder::supports(&models().join("bert")));
    let headless = KernelReranker::load(&models().join("bert"), "m", &options);
    assert!(matches!(headless, Err(Error::Weights { .. })));
    let nowhere = KernelEmbedder::load(&models().join("nowhere"), "m", &options);
    assert!(matches!(nowhere, Err(Error::Read { .. })));
}
