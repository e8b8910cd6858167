//! Recall and MRR of the index over a directory of evaluation cases, and its speed.
//!
//! `cargo run --release -p tai-rag --example recall -- CASES_DIRECTORY [MODEL_DIRECTORY]`

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Deserialize;
use tai_rag::{CandleEmbedder, ChunkOptions, Document, Embedder, Index, Passage, Role};
use tokio::runtime::{Builder, Runtime};

#[derive(Deserialize)]
struct Case {
    issue: String,
    issue_named: Option<String>,
    #[serde(default)]
    evidence: Vec<Needle>,
}

#[derive(Deserialize)]
struct Needle {
    contains: String,
}

#[derive(Deserialize)]
struct Manifest {
    commands: Vec<Output>,
}

#[derive(Deserialize)]
struct Output {
    command: String,
    file: PathBuf,
}

#[expect(clippy::print_stdout, reason = "an example reports on stdout")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("usage: recall CASES_DIRECTORY [MODEL_DIRECTORY]")?;
    let embedder = arguments.next().map(|model| CandleEmbedder::load(Path::new(&model), "model")).transpose()?;
    let mut meaning = Meaning { embedder, runtime: Builder::new_current_thread().build()?, known: BTreeMap::new() };
    let mut cases: Vec<_> =
        fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    cases.sort();
    let (mut issue, mut named, mut speed) = (Ranks::default(), Ranks::default(), Speed::default());
    for path in cases {
        let case: Case = serde_json::from_slice(&fs::read(path.join("case.json"))?)?;
        let documents = documents(&path)?;
        let bytes: usize = documents.iter().map(|document| document.text.len()).sum();
        let start = Instant::now();
        let mut index = Index::build(documents, &ChunkOptions::default());
        speed.built(bytes, index.chunks().len(), start);
        meaning.give(&mut index)?;
        issue.add(&index, &case.issue, meaning.of(&case.issue)?, &case.evidence, &mut speed);
        if let Some(query) = &case.issue_named {
            named.add(&index, query, meaning.of(query)?, &case.evidence, &mut speed);
        }
    }
    println!("query        R@5  R@10 R@20 MRR   (n)");
    println!("issue       {issue}");
    println!("issue_named {named}");
    println!("{speed}");
    Ok(())
}

fn documents(case: &Path) -> Result<Vec<Document>, Box<dyn Error>> {
    let manifest: Manifest = serde_json::from_slice(&fs::read(case.join("manifest.json"))?)?;
    let mut documents = Vec::new();
    for Output { command, file } in manifest.commands {
        let bytes = fs::read(case.join(file))?;
        let text = String::from_utf8_lossy(&bytes).into();
        documents.push(Document { command, about: String::new(), text });
    }
    Ok(documents)
}

/// Vectors, where there is a model. Many cases share their outputs, so they are kept.
struct Meaning {
    embedder: Option<CandleEmbedder>,
    runtime: Runtime,
    known: BTreeMap<String, Vec<f32>>,
}

impl Meaning {
    fn give(&mut self, index: &mut Index) -> Result<(), Box<dyn Error>> {
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

    fn of(&self, query: &str) -> Result<Option<Vec<f32>>, Box<dyn Error>> {
        let Some(embedder) = &self.embedder else { return Ok(None) };
        Ok(self.runtime.block_on(embedder.embed(&[query.to_owned()], Role::Query))?.pop())
    }
}

/// The rank of the first hit of every query; a hit holds one of the needles.
#[derive(Default)]
struct Ranks(Vec<Option<usize>>);

impl Ranks {
    fn add(&mut self, index: &Index, query: &str, vector: Option<Vec<f32>>, needles: &[Needle], speed: &mut Speed) {
        let start = Instant::now();
        let found = index.search_with(query, vector.as_deref(), 1000);
        speed.slowest_search = speed.slowest_search.max(start.elapsed().as_secs_f64());
        let hit = found.iter().find(|evidence| {
            let mut needles = needles.iter();
            needles.any(|needle| evidence.text.contains(&needle.contains))
        });
        self.0.push(hit.map(|evidence| evidence.rank));
    }

    fn mean(&self, value: impl Fn(usize) -> f64) -> f64 {
        let values = self.0.iter().map(|rank| rank.map_or(0.0, &value));
        values.sum::<f64>() / self.0.len().max(1) as f64
    }
}

impl std::fmt::Display for Ranks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for k in [5, 10, 20] {
            write!(f, " {:.3}", self.mean(|rank| f64::from(u8::from(rank <= k))))?;
        }
        let mrr = self.mean(|rank| 1.0 / rank as f64);
        write!(f, " {mrr:.3} ({})", self.0.len())
    }
}

#[derive(Default)]
struct Speed {
    bytes: usize,
    chunks: usize,
    seconds: f64,
    slowest_search: f64,
}

impl Speed {
    fn built(&mut self, bytes: usize, chunks: usize, start: Instant) {
        self.bytes += bytes;
        self.chunks += chunks;
        self.seconds += start.elapsed().as_secs_f64();
    }
}

impl std::fmt::Display for Speed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "chunk and index: {:.1} MB/s, {} chunks; slowest search {:.2} ms",
            self.bytes as f64 / 1e6 / self.seconds,
            self.chunks,
            self.slowest_search * 1e3
        )
    }
}
