//! Vectors, where there is a model. Many captures share texts, so those that are known are kept.

use std::error::Error;
use std::path::Path;

use tai_rag::Index;

#[cfg(feature = "candle")]
pub(crate) struct Meaning {
    embedder: Option<tai_rag::CandleEmbedder>,
    runtime: tokio::runtime::Runtime,
    known: std::collections::BTreeMap<String, Vec<f32>>,
}

#[cfg(feature = "candle")]
impl Meaning {
    pub(crate) fn open(model: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        let embedder = model.map(|model| tai_rag::CandleEmbedder::load(model, "model")).transpose()?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(Self { embedder, runtime, known: std::collections::BTreeMap::new() })
    }

    pub(crate) fn give(&mut self, index: &mut Index) -> Result<(), Box<dyn Error>> {
        use tai_rag::{Embedder, Passage, Role};
        let Some(embedder) = &self.embedder else { return Ok(()) };
        let passages = index.passages(128 << 10);
        let texts = passages.iter().map(|passage| passage.text.clone());
        let new: Vec<String> = texts.filter(|text| !self.known.contains_key(text)).collect();
        let vectors = self.runtime.block_on(embedder.embed(&new, Role::Document))?;
        self.known.extend(new.into_iter().zip(vectors));
        let vector = |passage: Passage| (passage.clone(), self.known[&passage.text].clone());
        index.set_vectors(passages.into_iter().map(vector).collect());
        Ok(())
    }

    pub(crate) fn of(&self, query: &str) -> Result<Option<Vec<f32>>, Box<dyn Error>> {
        use tai_rag::{Embedder, Role};
        let Some(embedder) = &self.embedder else { return Ok(None) };
        Ok(self.runtime.block_on(embedder.embed(&[query.to_owned()], Role::Query))?.pop())
    }
}

/// Without candle there is no model.
#[cfg(not(feature = "candle"))]
pub(crate) struct Meaning;

#[cfg(not(feature = "candle"))]
impl Meaning {
    pub(crate) fn open(model: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        model.map_or(Ok(Self), |_| Err("this was built without candle".into()))
    }

    pub(crate) fn give(&mut self, _: &mut Index) -> Result<(), Box<dyn Error>> {
        Ok(())
    }

    pub(crate) fn of(&self, _: &str) -> Result<Option<Vec<f32>>, Box<dyn Error>> {
        Ok(None)
    }
}
