//! `cargo bench -p tai-rag`: cutting and indexing, a search over 10,000 chunks, a question embedded. The outputs are those of the captures in `fixtures`, as often as it
//! takes; the model is the one that `scripts/fetch-model` fetches.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tai_rag::{CandleEmbedder, ChunkOptions, Document, Embedder, Index, Role};
use tokio::runtime::Builder;

const QUESTION: &str = "the web shop is slow since this morning, and some users get a timeout when they log in";

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn cut_and_index(bencher: Bencher<'_, '_>) {
    let documents = documents(20_000_000);
    let bytes: usize = documents.iter().map(|document| document.text.len()).sum();
    bencher
        .counter(BytesCount::new(bytes))
        .with_inputs(|| documents.clone())
        .bench_local_values(|documents| Index::build(documents, &ChunkOptions::default()));
}

#[divan::bench(sample_count = 50, sample_size = 1)]
fn search_10_000_chunks(bencher: Bencher<'_, '_>) {
    let mut bytes = 8_000_000;
    let index = loop {
        let index = Index::build(documents(bytes), &ChunkOptions::default());
        if index.chunks().len() >= 10_000 {
            break index;
        }
        bytes *= 2;
    };
    bencher.bench_local(|| index.search(black_box(QUESTION), 10));
}

#[divan::bench(sample_count = 50, sample_size = 1)]
fn embed_a_question(bencher: Bencher<'_, '_>) {
    let embedder = CandleEmbedder::load(&root().join("target/models/all-MiniLM-L6-v2"), "all-minilm-l6-v2")
        .expect("scripts/fetch-model fetches the model");
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let texts = [QUESTION.to_owned()];
    bencher.bench_local(|| runtime.block_on(embedder.embed(black_box(&texts), Role::Query)).expect("a vector"));
}

/// The outputs of all captures, again and again until there are `bytes`.
fn documents(bytes: usize) -> Vec<Document> {
    let mut texts: Vec<(PathBuf, Arc<str>)> = Vec::new();
    read(&root().join("fixtures/captures"), &mut texts);
    let (mut documents, mut total) = (Vec::new(), 0);
    for (path, text) in texts.iter().cycle() {
        if total >= bytes {
            break;
        }
        total += text.len();
        let command = format!("cat /var/log/{}.log", path.file_stem().unwrap_or_default().to_string_lossy());
        documents.push(Document { command, about: String::new(), text: Arc::clone(text) });
    }
    documents
}

fn read(directory: &Path, texts: &mut Vec<(PathBuf, Arc<str>)>) {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            let text = String::from_utf8_lossy(&std::fs::read(&path).expect("a file")).into();
            texts.push((path, text));
        }
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
