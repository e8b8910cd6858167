//! Near vectors by a graph: what it finds, and that changes since are seen.

use std::path::Path;
use std::time::{Duration, Instant};

use tai_store::{By, EmbedderId, Filter, JournalStore, Options, Record, Search, Value, VectorStore};

use crate::support::{embedder, record};

const DIMENSION: usize = 24;
const RECORDS: usize = 1_500;

fn open(directory: &Path, graph_from: usize) -> JournalStore {
    let embedder = EmbedderId { dimension: DIMENSION, ..embedder() };
    let options = Options { embedder: Some(embedder), graph_from: Some(graph_from), ..Options::default() };
    JournalStore::open_with(directory, options).unwrap().0
}

/// Around one of forty centres, as texts about forty things are.
fn vector(number: usize) -> Vec<f32> {
    let noise = |seed: usize| {
        // The mixing of splitmix64.
        let mixed = (seed as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 31)) % 1000) as f32 / 1000.0 - 0.5
    };
    (0..DIMENSION).map(|at| noise(number % 40 * 100 + at) + 0.5 * noise(1_000_000 + number * 100 + at)).collect()
}

fn numbered(number: usize) -> Record {
    let mut record = Record { vector: Some(vector(number)), ..record(&format!("{number:05}"), [0.0; 2]) };
    record.metadata.insert("number".to_owned(), Value::Integer(number as i64));
    record
}

fn search(vector: Vec<f32>) -> Search {
    Search { namespace: "n".to_owned(), by: By::Vector(vector), filters: Vec::new(), limit: 10 }
}

async fn ids(store: &JournalStore, search: &Search) -> Vec<String> {
    store.search(search).await.unwrap().into_iter().map(|hit| hit.record.id).collect()
}

#[tokio::test]
async fn a_graph_finds_what_a_look_at_all_finds_and_sees_changes() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    let store = open(&directory, 1_000);
    store.upsert((0..RECORDS).map(numbered).collect()).await.unwrap();
    let exact = open(&directory, usize::MAX);
    let begin = Instant::now();
    while !store.stats().await.unwrap().has_graph {
        assert!(begin.elapsed() < Duration::from_secs(120), "no graph was built");
        store.search(&search(vector(1))).await.unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(!exact.stats().await.unwrap().has_graph);
    let mut found = 0;
    for number in 0..50 {
        let search = search(vector(number * 31 + 5_000));
        let (near, all) = (store.search(&search).await.unwrap(), exact.search(&search).await.unwrap());
        assert_eq!(near.len(), 10);
        assert!(
            near.iter().filter(|hit| all.iter().any(|it| it.record.id == hit.record.id)).all(|hit| all.contains(hit)),
            "scores are the same"
        );
        found += near.iter().filter(|hit| hit.score >= all[9].score).count();
    }
    assert!(found >= 490, "{found} of 500 nearest");
    // What came, went and changed since is seen at once.
    exact.upsert(vec![Record { vector: Some(vector(77)), ..numbered(9_000) }]).await.unwrap();
    exact.delete("n", &["00077".to_owned()]).await.unwrap();
    let near = ids(&store, &search(vector(77))).await;
    assert_eq!(near[0], "09000");
    assert!(!near.contains(&"00077".to_owned()));
    // A filter that hardly any record passes.
    let rare = Search { filters: vec![Filter::is("number", Value::Integer(1_333))], ..search(vector(2)) };
    assert_eq!(ids(&store, &rare).await, ["01333"]);
    assert!(store.stats().await.unwrap().has_graph);
}
