//! `cargo bench -p tai-store`: what a store of 10,000 records costs, each operation alone. `scripts/bench-store` compares whole runs with chromadb.

use std::path::Path;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tai_store::{By, EmbedderId, JournalStore, MemoryStore, Record, Search, VectorStore};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

const DIMENSION: usize = 384;
const RECORDS: usize = 10_000;
const AT_ONCE: usize = 100;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn upsert_100(bencher: Bencher<'_, '_>) {
    let (runtime, folder) = (runtime(), folder());
    let store = open(folder.path());
    let records: Vec<Record> = (0..AT_ONCE).map(record).collect();
    bencher
        .counter(ItemsCount::new(AT_ONCE))
        .with_inputs(|| records.clone())
        .bench_local_values(|records| runtime.block_on(store.upsert(records)).expect("kept"));
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn open_and_ask_once(bencher: Bencher<'_, '_>) {
    let (runtime, folder) = (runtime(), filled());
    bencher.bench_local(|| runtime.block_on(open(folder.path()).search(&by_vector(7))).expect("an answer"));
}

#[divan::bench(sample_count = 100, sample_size = 1)]
fn search_by_vector(bencher: Bencher<'_, '_>) {
    let (runtime, folder) = (runtime(), filled());
    let store = open(folder.path());
    bencher.bench_local(|| runtime.block_on(store.search(black_box(&by_vector(7)))).expect("an answer"));
}

#[divan::bench(sample_count = 100, sample_size = 1)]
fn search_by_words(bencher: Bencher<'_, '_>) {
    let (runtime, folder) = (runtime(), filled());
    let store = open(folder.path());
    let search = search(By::Words("unit17 failed after timeout".to_owned()));
    bencher.bench_local(|| runtime.block_on(store.search(black_box(&search))).expect("an answer"));
}

#[divan::bench(sample_count = 100, sample_size = 1)]
fn search_by_vector_in_memory(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let store = MemoryStore::new(Some(embedder()));
    runtime.block_on(store.upsert((0..RECORDS).map(record).collect())).expect("kept");
    bencher.bench_local(|| runtime.block_on(store.search(black_box(&by_vector(7)))).expect("an answer"));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn compact(bencher: Bencher<'_, '_>) {
    let (runtime, folder) = (runtime(), filled());
    let store = open(folder.path());
    bencher.bench_local(|| runtime.block_on(store.compact()).expect("written anew"));
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn filled() -> TempDir {
    let folder = folder();
    let records = (0..RECORDS).map(record).collect();
    runtime().block_on(open(folder.path()).upsert(records)).expect("kept");
    folder
}

fn open(folder: &Path) -> JournalStore {
    JournalStore::open(&folder.join("store"), Some(&embedder())).expect("a store").0
}

fn embedder() -> EmbedderId {
    EmbedderId { name: "bench".to_owned(), dimension: DIMENSION, revision: "1".to_owned() }
}

fn by_vector(number: usize) -> Search {
    search(By::Vector(vector(number)))
}

fn search(by: By) -> Search {
    Search { namespace: "n".to_owned(), by, filters: Vec::new(), limit: 10 }
}

fn record(number: usize) -> Record {
    Record {
        namespace: "n".to_owned(),
        id: format!("{number:07}"),
        text: format!("unit{} failed with status {} after timeout", number % 997, number % 13),
        vector: Some(vector(number)),
        metadata: [].into(),
        created_at: 0,
        updated_at: 0,
    }
}

/// Numbers without a pattern, the same in every run: the mixing of splitmix64.
fn vector(number: usize) -> Vec<f32> {
    let number_at = |at: usize| {
        let mixed = ((number * DIMENSION + at) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 27)) % 2048) as f32 / 1024.0 - 1.0
    };
    (0..DIMENSION).map(number_at).collect()
}
