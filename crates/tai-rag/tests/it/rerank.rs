//! A small cross-encoder with random weights, beside what transformers makes of it.

use std::fs;

use serde::Deserialize;
use tai_rag::{CandleReranker, Error, Reranker};

use crate::families::models;

#[derive(Deserialize)]
struct Reference {
    pairs: Vec<[String; 2]>,
    scores: Vec<f32>,
}

#[tokio::test]
async fn scores_are_those_of_transformers_and_depend_on_their_pair_alone() {
    let directory = models().join("cross-encoder");
    let reference: Reference = serde_json::from_slice(&fs::read(directory.join("reference.json")).unwrap()).unwrap();
    let reranker = CandleReranker::load(&directory, "small").unwrap();
    let first = &reference.pairs[0][0];
    let texts: Vec<String> =
        reference.pairs.iter().take_while(|[question, _]| question == first).map(|[_, text]| text.clone()).collect();
    let together = reranker.score(first, &texts).await.unwrap();
    assert!(together.len() > 5);
    for (place, ([question, text], expect)) in reference.pairs.iter().zip(&reference.scores).enumerate() {
        let alone = reranker.score(question, std::slice::from_ref(text)).await.unwrap();
        assert!((alone[0] - expect).abs() < 5e-6, "{question:?}, {text:?}: {} and not {expect}", alone[0]);
        assert!(together.get(place).is_none_or(|score| *score == alone[0]), "{text:?}");
    }
    assert_eq!(reranker.score("nothing", &[]).await.unwrap(), [] as [f32; 0]);
}

#[test]
fn another_kind_of_model_is_refused() {
    for (model, of_config) in [("bert", false), ("nomic", false), ("nowhere", true)] {
        let error = CandleReranker::load(&models().join(model), "small").err().unwrap();
        assert!(matches!((&error, of_config), (Error::Weights { .. }, false) | (Error::Read { .. }, true)), "{error}");
    }
}
