//! What every store must do, over every store.

use std::collections::BTreeMap;

use tai_store::{By, Error, Filter, JournalStore, MemoryStore, Query, Record, Search, Test, Value, VectorStore};

use crate::support::{embedder, record};

/// One of each, and the directory that goes with them.
fn stores() -> (Vec<Box<dyn VectorStore>>, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = JournalStore::open(&dir.path().join("store"), Some(&embedder())).unwrap();
    (vec![Box::new(MemoryStore::new(Some(embedder()))), Box::new(journal)], dir)
}

fn query(vector: [f32; 2], limit: usize) -> Query {
    Query { namespace: "n".to_owned(), vector: vector.to_vec(), filter: BTreeMap::new(), limit }
}

async fn ids(store: &dyn VectorStore, query: &Query) -> Vec<String> {
    store.query(query).await.unwrap().into_iter().map(|hit| hit.record.id).collect()
}

fn words(words: &str) -> By {
    By::Words(words.to_owned())
}

fn search(by: By) -> Search {
    Search { namespace: "n".to_owned(), by, filters: Vec::new(), limit: 9 }
}

async fn found(store: &dyn VectorStore, by: By) -> Vec<String> {
    store.search(&search(by)).await.unwrap().into_iter().map(|hit| hit.record.id).collect()
}

fn with_text(id: &str, text: &str) -> Record {
    Record { text: text.to_owned(), ..record(id, [1.0, 0.0]) }
}

#[tokio::test]
async fn what_is_kept_is_found_and_what_is_removed_is_not() {
    for store in stores().0 {
        let records = vec![record("b", [1.0, 0.0]), record("a", [0.0, 1.0]), record("c", [1.0, 1.0])];
        store.upsert(records.clone()).await.unwrap();
        assert_eq!(store.count("n").await.unwrap(), 3);
        let mut by_id = records;
        by_id.sort_by(|left, right| left.id.cmp(&right.id));
        assert_eq!(store.records("n").await.unwrap(), by_id);
        assert_eq!(ids(&*store, &query([1.0, 0.1], 2)).await, ["b", "c"]);
        store.upsert(vec![record("b", [-1.0, 0.0])]).await.unwrap();
        assert_eq!(ids(&*store, &query([1.0, 0.1], 9)).await, ["c", "a", "b"]);
        let gone = ["c", "c", "never"].map(str::to_owned);
        assert_eq!(store.delete("n", &gone).await.unwrap(), 1);
        assert_eq!(store.delete("n", &gone).await.unwrap(), 0);
        assert_eq!(store.delete("other", &gone).await.unwrap(), 0);
        assert_eq!(store.count("n").await.unwrap(), 2);
        assert_eq!(store.count("other").await.unwrap(), 0);
        assert_eq!(ids(&*store, &query([1.0, 1.0], 0)).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn scores_are_cosines_and_ties_go_by_id() {
    for store in stores().0 {
        store.upsert(vec![record("b", [2.0, 0.0]), record("a", [1.0, 0.0]), record("z", [0.0, 0.0])]).await.unwrap();
        let hits = store.query(&query([3.0, 0.0], 9)).await.unwrap();
        let found: Vec<_> = hits.iter().map(|hit| (hit.record.id.as_str(), hit.score)).collect();
        assert_eq!(found, [("a", 1.0), ("b", 1.0), ("z", 0.0)]);
    }
}

#[tokio::test]
async fn filters_compare_values_and_kinds() {
    for store in stores().0 {
        let mut other = record("b", [1.0, 0.0]);
        other.metadata = [("host".to_owned(), Value::Integer(1)), ("ok".to_owned(), Value::Flag(true))].into();
        store.upsert(vec![record("a", [1.0, 0.0]), other]).await.unwrap();
        let filtered = |key: &str, value| Query { filter: [(key.to_owned(), value)].into(), ..query([1.0, 0.0], 9) };
        assert_eq!(ids(&*store, &filtered("host", Value::Text("web1".to_owned()))).await, ["a"]);
        assert_eq!(ids(&*store, &filtered("ok", Value::Flag(true))).await, ["b"]);
        assert_eq!(ids(&*store, &filtered("host", Value::Real(1.0))).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn words_find_texts_and_rare_words_weigh_more() {
    for store in stores().0 {
        let texts = ["the disk is full", "the disk was replaced", "nginx restarted, disk checked", "sshd is slow"];
        let records = texts.into_iter().enumerate().map(|(number, text)| with_text(&number.to_string(), text));
        let mut elsewhere = with_text("9", "full full full");
        elsewhere.namespace = "other".to_owned();
        store.upsert(records.chain([elsewhere]).collect()).await.unwrap();
        assert_eq!(found(&*store, words("is the disk full?")).await, ["0", "1", "2"]);
        assert_eq!(found(&*store, words("restarting nginx")).await, ["2"]);
        assert_eq!(found(&*store, words("is the of")).await, Vec::<String>::new());
        store.upsert(vec![with_text("2", "nothing of it")]).await.unwrap();
        assert_eq!(found(&*store, words("restarting nginx")).await, Vec::<String>::new());
        store.delete("n", &["0".to_owned()]).await.unwrap();
        assert_eq!(found(&*store, words("disk full")).await, ["1"]);
        let hits = store.search(&search(words("replaced"))).await.unwrap();
        assert!(hits[0].bm25 == Some(hits[0].score) && hits[0].score > 0.0 && hits[0].cosine.is_none());
    }
}

#[tokio::test]
async fn both_rankings_are_fused_and_records_without_a_vector_are_found_by_words() {
    for store in stores().0 {
        let mut without = with_text("c", "the quota is used up");
        without.vector = None;
        let records = vec![record("a", [1.0, 0.0]), record("b", [0.9, 0.1]), without];
        store.upsert(records).await.unwrap();
        let both = By::Both { vector: vec![1.0, 0.0], words: "quota, and text of b".to_owned() };
        let hits = store.search(&search(both)).await.unwrap();
        let ids: Vec<_> = hits.iter().map(|hit| hit.record.id.as_str()).collect();
        assert_eq!(ids, ["b", "a", "c"]);
        assert_eq!(hits[0].score, 1.0 / 61.0 + 1.0 / 62.0);
        assert!(hits[2].cosine.is_none() && hits[2].bm25.is_some());
    }
}

#[tokio::test]
async fn filters_test_values_in_every_kind_of_search() {
    for store in stores().0 {
        let records = (0..40).map(|number| {
            let mut record = record(&format!("{number:02}"), [1.0, 0.0]);
            record.metadata.insert("day".to_owned(), Value::Integer(number));
            record.metadata.insert("load".to_owned(), Value::Real(number as f64 / 2.0));
            if number % 2 == 0 {
                record.metadata.insert("fixed".to_owned(), Value::Flag(number % 4 == 0));
            }
            record
        });
        store.upsert(records.collect()).await.unwrap();
        let filter = |key: &str, test| Filter { key: key.to_owned(), test };
        let cases = [
            (vec![filter("day", Test::AtLeast(Value::Integer(38)))], vec!["38", "39"]),
            (vec![filter("load", Test::AtMost(Value::Real(0.5)))], vec!["00", "01"]),
            (vec![filter("load", Test::AtMost(Value::Integer(9)))], vec![]),
            (vec![filter("day", Test::OneOf(vec![Value::Integer(7), Value::Text("8".to_owned())]))], vec!["07"]),
            (
                vec![Filter::is("fixed", Value::Flag(true)), filter("day", Test::AtMost(Value::Integer(4)))],
                vec!["00", "04"],
            ),
            (
                vec![filter("fixed", Test::IsNot(Value::Flag(true))), filter("day", Test::AtMost(Value::Integer(2)))],
                vec!["01", "02"],
            ),
        ];
        let both = By::Both { vector: vec![1.0, 0.0], words: "text".to_owned() };
        for by in [By::Vector(vec![1.0, 0.0]), words("text"), both] {
            for (filters, expect) in &cases {
                let search = Search { filters: filters.clone(), limit: 2, ..search(by.clone()) };
                let hits = store.search(&search).await.unwrap();
                let ids: Vec<_> = hits.iter().map(|hit| hit.record.id.as_str()).collect();
                assert_eq!(ids, *expect, "{search:?}");
            }
        }
    }
}

#[tokio::test]
async fn one_record_and_the_namespaces_are_there() {
    for store in stores().0 {
        let mut other = record("a", [1.0, 0.0]);
        other.namespace = "m".to_owned();
        store.upsert(vec![record("a", [0.0, 1.0]), other.clone()]).await.unwrap();
        assert_eq!(store.get("m", "a").await.unwrap(), Some(other));
        assert_eq!(store.get("m", "b").await.unwrap(), None);
        assert_eq!(store.namespaces().await.unwrap(), ["m", "n"]);
        store.delete("m", &["a".to_owned()]).await.unwrap();
        assert_eq!(store.namespaces().await.unwrap(), ["n"]);
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused_as_a_whole() {
    for store in stores().0 {
        let mut long = record("long", [1.0, 0.0]);
        long.vector = Some(vec![1.0; 3]);
        let error = store.upsert(vec![record("a", [1.0, 0.0]), long]).await.unwrap_err();
        assert!(matches!(error, Error::Dimension { expected: 2, actual: 3 }), "{error}");
        let error = store.upsert(vec![record("nan", [f32::NAN, 0.0])]).await.unwrap_err();
        assert!(matches!(error, Error::NotFinite { .. }), "{error}");
        assert_eq!(store.count("n").await.unwrap(), 0);
        assert!(store.query(&Query { vector: vec![1.0], ..query([0.0; 2], 1) }).await.is_err());
        let mut without = record("without", [0.0; 2]);
        without.vector = None;
        store.upsert(vec![without]).await.unwrap();
        assert_eq!(ids(&*store, &query([1.0, 0.0], 9)).await, Vec::<String>::new());
        assert_eq!(store.count("n").await.unwrap(), 1);
    }
}

/// The two do the same for any sequence of operations, and the one on disk does it again after it is opened anew.
#[tokio::test]
async fn the_twins_are_alike() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    let memory = MemoryStore::new(Some(embedder()));
    let mut number = 7u32;
    let mut random = move |below: u32| {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (number >> 8) % below
    };
    for round in 0..60 {
        let (journal, recovered) = JournalStore::open(&path, Some(&embedder())).unwrap();
        assert_eq!(recovered, None);
        let id = format!("{}", random(12));
        let vector = [random(5) as f32 - 2.0, random(5) as f32 - 2.0];
        match random(4) {
            0 => {
                let (left, right) =
                    (memory.delete("n", std::slice::from_ref(&id)).await, journal.delete("n", &[id]).await);
                assert_eq!(left.unwrap(), right.unwrap());
            }
            1 if round % 7 == 0 => journal.compact().await.unwrap(),
            _ => {
                memory.upsert(vec![record(&id, vector)]).await.unwrap();
                journal.upsert(vec![record(&id, vector)]).await.unwrap();
            }
        }
        assert_eq!(memory.records("n").await.unwrap(), journal.records("n").await.unwrap());
        let query = query(vector, 5);
        assert_eq!(memory.query(&query).await.unwrap(), journal.query(&query).await.unwrap());
        let both = search(By::Both { vector: vector.to_vec(), words: format!("text of {}", random(12)) });
        assert_eq!(memory.search(&both).await.unwrap(), journal.search(&both).await.unwrap());
    }
}

#[tokio::test]
async fn two_handles_see_what_the_other_keeps() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    let (left, _) = JournalStore::open(&path, Some(&embedder())).unwrap();
    let (right, _) = JournalStore::open(&path, None).unwrap();
    left.upsert(vec![record("a", [1.0, 0.0])]).await.unwrap();
    assert_eq!(right.count("n").await.unwrap(), 1);
    right.upsert(vec![record("b", [1.0, 0.0])]).await.unwrap();
    left.compact().await.unwrap();
    right.upsert(vec![record("c", [1.0, 0.0])]).await.unwrap();
    assert_eq!(left.count("n").await.unwrap(), 3);
}

#[tokio::test]
async fn vectors_of_two_embedders_do_not_mix() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    drop(JournalStore::open(&path, Some(&embedder())).unwrap());
    let mut other = embedder();
    other.revision = "2".to_owned();
    let error = JournalStore::open(&path, Some(&other)).unwrap_err().to_string();
    assert_eq!(
        error,
        "the store holds vectors of test (2 numbers, 1), and test (2 numbers, 2) cannot be compared with them"
    );
    JournalStore::open(&path, Some(&embedder())).unwrap();
}

#[tokio::test]
async fn what_is_deleted_is_in_no_file_after_compaction() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    let (store, _) = JournalStore::open(&path, Some(&embedder())).unwrap();
    let mut secret = record("s", [1.0, 0.0]);
    secret.text = "needle-in-the-journal".to_owned();
    store.upsert(vec![secret, record("kept", [0.0, 1.0])]).await.unwrap();
    std::fs::write(path.join("journal.torn.1"), "needle-in-the-journal").unwrap();
    store.delete("n", &["s".to_owned()]).await.unwrap();
    let holds = || {
        let files = std::fs::read_dir(&path).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
        files.filter(|bytes| bytes.windows(21).any(|part| part == b"needle-in-the-journal")).count()
    };
    assert_eq!(holds(), 2);
    store.compact().await.unwrap();
    assert_eq!(holds(), 0);
    assert_eq!(store.records("n").await.unwrap(), [record("kept", [0.0, 1.0])]);
}
