//! Vectors, where there is a model. Many captures share texts, so those that are known are kept.

use std::error::Error;
use std::path::Path;

use tai_rag::{Index, Passage};

/// What stands for a chunk when meaning is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Unit {
    /// Notable messages and beginnings of short outputs, as tai does.
    #[default]
    Passages,
    /// The whole chunk with its command line, as far as the model reads.
    Chunks,
    /// As well, in two halves of which the nearer counts.
    Halves,
    /// As well, in its lines of which the nearest counts.
    Lines,
}

impl Unit {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let named =
            [("passages", Self::Passages), ("chunks", Self::Chunks), ("halves", Self::Halves), ("lines", Self::Lines)];
        named.into_iter().find(|(known, _)| *known == name).map(|(_, unit)| unit)
    }

    /// The texts to embed. Chunks, of which a host has thousands, are only those that the other rankers have among the first hundred of a question.
    fn passages(self, index: &Index, questions: &[&str]) -> Vec<Passage> {
        if self == Self::Passages {
            return index.passages(128 << 10);
        }
        let mut chunks = std::collections::BTreeSet::new();
        for question in questions {
            for found in index.search(question, 100) {
                let is_it = |chunk: &tai_rag::Chunk| {
                    chunk.document == found.document
                        && chunk.start_line == found.start_line
                        && chunk.end_line == found.end_line
                };
                chunks.extend(index.chunks().iter().position(is_it));
            }
        }
        chunks.into_iter().flat_map(|chunk| self.of_chunk(index, chunk)).collect()
    }

    fn of_chunk(self, index: &Index, number: usize) -> Vec<Passage> {
        let chunk = &index.chunks()[number];
        let document = &index.documents()[chunk.document];
        let text = chunk.text(&document.text);
        let lines: Vec<&str> = text.lines().collect();
        let parts = match self {
            Self::Passages | Self::Chunks => vec![lines.as_slice()],
            Self::Halves => lines.chunks(lines.len().div_ceil(2).max(1)).collect(),
            Self::Lines => lines.chunks(1).collect(),
        };
        let passage = |lines: &[&str]| Passage {
            text: format!("{}: {}", document.command, lines.join(" ")),
            chunks: vec![number],
        };
        parts.into_iter().map(passage).collect()
    }
}

#[cfg(feature = "candle")]
pub(crate) struct Meaning {
    embedder: Option<Box<dyn tai_rag::Embedder>>,
    unit: Unit,
    runtime: tokio::runtime::Runtime,
    known: std::collections::BTreeMap<String, Vec<f32>>,
}

#[cfg(feature = "candle")]
impl Meaning {
    /// `precision` is one of tai-kernels, or `candle`.
    pub(crate) fn open(model: Option<&Path>, precision: &str, unit: Unit) -> Result<Self, Box<dyn Error>> {
        use tai_rag::{CandleEmbedder, Embedder, KernelEmbedder, KernelOptions};
        let load = |model: &Path| -> Result<Box<dyn Embedder>, Box<dyn Error>> {
            if precision == "candle" {
                return Ok(Box::new(CandleEmbedder::load(model, "model")?));
            }
            let options = KernelOptions { precision: precision.parse()?, ..KernelOptions::default() };
            Ok(Box::new(KernelEmbedder::load(model, "model", &options)?))
        };
        let embedder = model.map(load).transpose()?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(Self { embedder, unit, runtime, known: std::collections::BTreeMap::new() })
    }

    /// Gives `index` its vectors; chunks are those that `questions` may be answered by.
    pub(crate) fn give(&mut self, index: &mut Index, questions: &[&str]) -> Result<(), Box<dyn Error>> {
        use tai_rag::Role;
        let Some(embedder) = &self.embedder else { return Ok(()) };
        let passages = self.unit.passages(index, questions);
        let texts = passages.iter().map(|passage| passage.text.clone());
        let new: Vec<String> = texts.filter(|text| !self.known.contains_key(text)).collect();
        let vectors = self.runtime.block_on(embedder.embed(&new, Role::Document))?;
        self.known.extend(new.into_iter().zip(vectors));
        let vector = |passage: Passage| (passage.clone(), self.known[&passage.text].clone());
        index.set_vectors(passages.into_iter().map(vector).collect());
        Ok(())
    }

    pub(crate) fn of(&self, query: &str) -> Result<Option<Vec<f32>>, Box<dyn Error>> {
        use tai_rag::Role;
        let Some(embedder) = &self.embedder else { return Ok(None) };
        Ok(self.runtime.block_on(embedder.embed(&[query.to_owned()], Role::Query))?.pop())
    }
}

/// Without candle there is no model.
#[cfg(not(feature = "candle"))]
pub(crate) struct Meaning;

#[cfg(not(feature = "candle"))]
impl Meaning {
    pub(crate) fn open(model: Option<&Path>, _: &str, _: Unit) -> Result<Self, Box<dyn Error>> {
        model.map_or(Ok(Self), |_| Err("this was built without candle".into()))
    }

    pub(crate) fn give(&mut self, index: &mut Index, questions: &[&str]) -> Result<(), Box<dyn Error>> {
        Unit::default().passages(index, questions);
        Ok(())
    }

    pub(crate) fn of(&self, _: &str) -> Result<Option<Vec<f32>>, Box<dyn Error>> {
        Ok(None)
    }
}
