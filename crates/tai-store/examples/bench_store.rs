//! Measures a store, for `scripts/bench-store`: `bench_store MODE DIRECTORY N`, one JSON object on standard output. Modes: `fill`, `fill-f16`, `cold`, `words`, `warm`, `warm-graph`.
//!
//! The vectors are those of `scripts/bench-store`, read from `DIRECTORY/../vectors.f32` and `questions.f32`, 384 numbers each.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example that measures")]

use std::path::Path;
use std::time::{Duration, Instant};

use tai_store::{By, EmbedderId, JournalStore, Options, Precision, Record, Search, Value, VectorStore};

const DIMENSION: usize = 384;
const AT_ONCE: usize = 1000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, mode, directory, count] = &arguments[..] else { panic!("bench_store MODE DIRECTORY N") };
    let (directory, count): (&Path, usize) = (Path::new(directory), count.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        match mode.as_str() {
            "fill" => fill(directory, count, Precision::F32).await,
            "fill-f16" => fill(directory, count, Precision::F16).await,
            "cold" => once(directory, &|question| By::Vector(question.to_vec())).await,
            "words" => once(directory, &|_| By::Words("unit17 failed after timeout".to_owned())).await,
            "warm" => warm(directory, false).await,
            "warm-graph" => warm(directory, true).await,
            other => panic!("no mode {other}"),
        }
    });
}

fn open(directory: &Path, precision: Precision) -> JournalStore {
    open_with(directory, Options { precision, ..Options::default() })
}

fn open_with(directory: &Path, options: Options) -> JournalStore {
    let embedder = EmbedderId { name: "bench".to_owned(), dimension: DIMENSION, revision: "1".to_owned() };
    let options = Options { embedder: Some(embedder), ..options };
    JournalStore::open_with(directory, options).unwrap().0
}

/// The bytes of a file of vectors: as little as the other side has of them in memory.
fn bytes(directory: &Path, name: &str) -> Vec<u8> {
    std::fs::read(directory.parent().unwrap().join(name)).unwrap()
}

fn vector(bytes: &[u8], nth: usize) -> Vec<f32> {
    let numbers = &bytes.as_chunks::<4>().0[nth * DIMENSION..(nth + 1) * DIMENSION];
    numbers.iter().map(|number| f32::from_le_bytes(*number)).collect()
}

fn questions(directory: &Path) -> Vec<Vec<f32>> {
    let bytes = bytes(directory, "questions.f32");
    (0..bytes.len() / 4 / DIMENSION).map(|nth| vector(&bytes, nth)).collect()
}

async fn fill(directory: &Path, count: usize, precision: Precision) {
    let vectors = bytes(directory, "vectors.f32");
    let begin = Instant::now();
    let store = open(directory, precision);
    for first in (0..count).step_by(AT_ONCE) {
        let record = |number: usize| Record {
            namespace: "n".to_owned(),
            id: format!("{number:07}"),
            text: text(number),
            vector: Some(vector(&vectors, number)),
            metadata: [("host".to_owned(), Value::Text(format!("web{}", number % 50)))].into(),
            created_at: 0,
            updated_at: 0,
        };
        store.upsert((first..count.min(first + AT_ONCE)).map(record).collect()).await.unwrap();
    }
    println!("{{\"seconds\":{},\"peak_kb\":{}}}", begin.elapsed().as_secs_f64(), peak_kb());
}

/// The texts of `scripts/bench-store` as well.
fn text(number: usize) -> String {
    format!(
        "unit{} failed with status {} on web{}: the process {} was killed after timeout {} while it waited for disk{}",
        number % 997,
        number % 13,
        number % 50,
        number % 31_337,
        number % 600,
        number % 24
    )
}

async fn once(directory: &Path, by: &dyn Fn(&[f32]) -> By) {
    let question = questions(directory).swap_remove(0);
    let begin = Instant::now();
    let store = open(directory, Precision::F32);
    let hits = store.search(&search(by(&question))).await.unwrap();
    let ms = begin.elapsed().as_secs_f64() * 1e3;
    println!("{{\"ms\":{ms},\"hits\":{},\"peak_kb\":{}}}", hits.len(), peak_kb());
}

/// After three questions that are not timed, as on the other side.
async fn warm(directory: &Path, wait: bool) {
    let questions = questions(directory);
    let store = open_with(directory, Options { graph_from: wait.then_some(1), ..Options::default() });
    let begin = Instant::now();
    // A graph is begun when so many have asked, and taken over by the next who asks.
    for question in questions.iter().take(if wait { 40 } else { 3 }) {
        store.search(&search(By::Vector(question.clone()))).await.unwrap();
    }
    while wait && !store.stats().await.unwrap().has_graph && begin.elapsed() < Duration::from_secs(900) {
        std::thread::sleep(Duration::from_millis(200));
        store.search(&search(By::Vector(questions[0].clone()))).await.unwrap();
    }
    let built = begin.elapsed().as_secs_f64();
    let mut times = Vec::new();
    let mut ids = Vec::new();
    for question in &questions {
        let search = search(By::Vector(question.clone()));
        let begin = Instant::now();
        let hits = store.search(&search).await.unwrap();
        times.push(begin.elapsed().as_secs_f64() * 1e3);
        ids.push(hits.into_iter().map(|hit| hit.record.id).collect::<Vec<_>>());
    }
    let has_graph = store.stats().await.unwrap().has_graph;
    let peak = peak_kb();
    println!("{{\"ms\":{times:?},\"ids\":{ids:?},\"graph\":{has_graph},\"built_s\":{built},\"peak_kb\":{peak}}}");
}

fn search(by: By) -> Search {
    Search { namespace: "n".to_owned(), by, filters: Vec::new(), limit: 10 }
}

/// The most memory that this process had, as the kernel counts it.
fn peak_kb() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.split_whitespace().next().unwrap().parse().unwrap()
}
