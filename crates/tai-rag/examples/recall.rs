//! Recall and MRR of the index over a directory of evaluation cases, and its speed.
//!
//! `cargo run --release -p tai-rag --example recall -- CASES_DIRECTORY`

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Deserialize;
use tai_rag::{ChunkOptions, Document, Index};

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
    let directory = std::env::args().nth(1).ok_or("usage: recall DIRECTORY")?;
    let mut cases: Vec<_> =
        fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    cases.sort();
    let (mut issue, mut named, mut speed) = (Ranks::default(), Ranks::default(), Speed::default());
    for path in cases {
        let case: Case = serde_json::from_slice(&fs::read(path.join("case.json"))?)?;
        let documents = documents(&path)?;
        let bytes: usize = documents.iter().map(|document| document.text.len()).sum();
        let start = Instant::now();
        let index = Index::build(documents, &ChunkOptions::default());
        speed.built(bytes, index.chunks().len(), start);
        issue.add(&index, &case.issue, &case.evidence, &mut speed);
        if let Some(query) = &case.issue_named {
            named.add(&index, query, &case.evidence, &mut speed);
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

/// The rank of the first hit of every query; a hit holds one of the needles.
#[derive(Default)]
struct Ranks(Vec<Option<usize>>);

impl Ranks {
    fn add(&mut self, index: &Index, query: &str, needles: &[Needle], speed: &mut Speed) {
        let start = Instant::now();
        let found = index.search(query, 1000);
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
