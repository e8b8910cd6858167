//! What is derived from the journal: damaged, missing, behind, or of an older version.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tai_store::{
    By, Derived, Embedded, EmbedderId, Filter, Hit, JournalStore, MemoryStore, Options, Precision, Record, Search,
    Value, VectorStore,
};

use crate::support::{embedder, record};

/// So many that words are looked up in sled.
const MANY: usize = 4_300;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn open(directory: &Path) -> JournalStore {
    let (store, recovered) = JournalStore::open(directory, Some(&embedder())).unwrap();
    assert_eq!(recovered, None);
    store
}

fn search(by: By) -> Search {
    Search { namespace: "n".to_owned(), by, filters: Vec::new(), limit: 5 }
}

fn both(number: usize) -> Search {
    search(By::Both { vector: vec![1.0, number as f32], words: format!("unit{} failed", number % 97) })
}

fn many(range: std::ops::Range<usize>) -> Vec<Record> {
    let text = |number: usize| format!("unit{} failed with status {}", number % 97, number % 13);
    range.map(|number| Record { text: text(number), ..record(&format!("{number:05}"), [1.0, number as f32]) }).collect()
}

fn found(store: &JournalStore, number: usize) -> Vec<Hit> {
    block_on(store.search(&both(number))).unwrap()
}

fn expected(records: Vec<Record>, number: usize) -> Vec<Hit> {
    let memory = MemoryStore::new(Some(embedder()));
    block_on(memory.upsert(records)).unwrap();
    block_on(memory.search(&both(number))).unwrap()
}

#[test]
fn many_words_are_found_in_sled_as_in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    block_on(open(&directory).upsert(many(0..MANY))).unwrap();
    // One process, first from sled and then from memory.
    let store = open(&directory);
    for number in [3, 96, 5, 77, 12] {
        assert_eq!(found(&store, number), expected(many(0..MANY), number));
    }
    assert_eq!(JournalStore::verify(&directory).unwrap().words, Derived::Sound);
    let before = fs::metadata(directory.join("words.stamp")).unwrap().modified().unwrap();
    // More records, and some that go: what sled lacks is added.
    block_on(open(&directory).upsert(many(MANY..MANY + 50))).unwrap();
    block_on(open(&directory).delete("n", &["00003".to_owned()])).unwrap();
    let mut records = many(0..MANY + 50);
    records.remove(3);
    assert_eq!(found(&open(&directory), 3), expected(records, 3));
    assert!(fs::metadata(directory.join("words.stamp")).unwrap().modified().unwrap() > before);
    // Compaction leaves no word behind.
    block_on(open(&directory).compact()).unwrap();
    assert_eq!(JournalStore::verify(&directory).unwrap().words, Derived::Absent);
}

#[test]
fn sled_that_is_not_as_it_was_left_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    block_on(open(&directory).upsert(many(0..MANY))).unwrap();
    let expect = expected(many(0..MANY), 8);
    assert_eq!(found(&open(&directory), 8), expect);
    let file = directory.join("words/db");
    let whole = fs::read(&file).unwrap();
    let flipped = |place: usize| {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x40;
        bytes
    };
    let cut = |length: usize| whole[..length].to_vec();
    for bytes in [flipped(whole.len() / 3), flipped(20), cut(whole.len() / 2), cut(0)] {
        fs::write(&file, bytes).unwrap();
        assert_eq!(JournalStore::verify(&directory).unwrap().words, Derived::Unsound);
        assert_eq!(found(&open(&directory), 8), expect);
        assert_eq!(JournalStore::verify(&directory).unwrap().words, Derived::Sound);
    }
    // As bad, with a stamp that does not tell: sled itself must cope, or be thrown away.
    fs::remove_dir_all(directory.join("words")).unwrap();
    fs::write(directory.join("words"), "no directory").unwrap();
    assert!(block_on(open(&directory).search(&both(8))).is_err(), "what is in the way is told");
}

#[test]
fn a_vector_file_that_is_missing_or_of_another_store_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (directory, other) = (dir.path().join("store"), dir.path().join("other"));
    block_on(open(&directory).upsert(many(0..40))).unwrap();
    block_on(open(&other).upsert(many(10..90))).unwrap();
    let expect = expected(many(0..40), 7);
    let before = fs::read(directory.join("vectors")).unwrap();
    fs::remove_file(directory.join("vectors")).unwrap();
    assert_eq!(JournalStore::verify(&directory).unwrap().vectors, Derived::Absent);
    assert_eq!(found(&open(&directory), 7), expect);
    assert_eq!(fs::read(directory.join("vectors")).unwrap(), before, "the same journal gives the same file");
    fs::copy(other.join("vectors"), directory.join("vectors")).unwrap();
    assert_eq!(JournalStore::verify(&directory).unwrap().vectors, Derived::Unsound);
    assert_eq!(found(&open(&directory), 7), expect);
    // A journal that was put back from an older copy.
    let journal = fs::read(directory.join("journal")).unwrap();
    block_on(open(&directory).upsert(many(40..50))).unwrap();
    fs::write(directory.join("journal"), journal).unwrap();
    assert_eq!(found(&open(&directory), 7), expect);
}

#[test]
fn half_precision_takes_half_and_says_what_it_rounded_to() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    let embedder = EmbedderId { dimension: 64, ..embedder() };
    let options = Options { embedder: Some(embedder.clone()), precision: Precision::F16, ..Options::default() };
    let records: Vec<Record> = (0..50usize)
        .map(|number| {
            let vector = (0..64).map(|at| ((number * 31 + at * 17) % 101) as f32 / 101.0 - 0.5).collect();
            Record { vector: Some(vector), ..record(&number.to_string(), [0.0; 2]) }
        })
        .collect();
    let memory = MemoryStore::with_precision(Some(embedder.clone()), Precision::F16);
    let (store, _) = JournalStore::open_with(&directory, options).unwrap();
    block_on(store.upsert(records.clone())).unwrap();
    block_on(memory.upsert(records.clone())).unwrap();
    // Opened anew it keeps what it has.
    let (store, _) = JournalStore::open(&directory, Some(&embedder)).unwrap();
    block_on(store.upsert(records[..5].to_vec())).unwrap();
    let by = search(By::Vector(records[7].vector.clone().unwrap()));
    let hits = block_on(store.search(&by)).unwrap();
    assert_eq!(hits, block_on(memory.search(&by)).unwrap());
    assert_eq!(hits[0].record.id, "7");
    assert!(hits[0].score > 0.9999);
    let too_much = Record { vector: Some(vec![1e6; 64]), ..record("x", [0.0; 2]) };
    assert!(block_on(store.upsert(vec![too_much])).is_err(), "beyond what fits into two bytes");
}

/// Written by version 1, and kept as it was.
#[test]
fn a_journal_of_version_1_is_brought_to_this_one_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    let old: &[u8] = include_bytes!("../golden/v1.journal");
    let embedder = EmbedderId { name: "all-minilm-l6-v2".to_owned(), dimension: 2, revision: "mean".to_owned() };
    drop(JournalStore::open(&directory, None).unwrap());
    fs::write(directory.join("journal"), old).unwrap();
    let (store, recovered) = JournalStore::open(&directory, Some(&embedder)).unwrap();
    assert_eq!(recovered, None);
    check_golden(&store);
    assert_eq!(fs::read(directory.join("journal.v1.1")).unwrap(), old);
    assert_eq!(fs::read(directory.join("journal")).unwrap()[..8], *b"taijrnl2");
    block_on(store.compact()).unwrap();
    assert!(!directory.join("journal.v1.1").exists(), "compaction keeps no old copies");
    // A damaged one is refused, and nothing is touched.
    let mut damaged = old.to_vec();
    damaged[40] ^= 1;
    fs::write(directory.join("journal"), &damaged).unwrap();
    JournalStore::open(&directory, None).unwrap_err();
    assert_eq!(fs::read(directory.join("journal")).unwrap(), damaged);
    JournalStore::repair(&directory).unwrap();
    check_golden(&JournalStore::open(&directory, None).unwrap().0);
}

#[test]
fn a_journal_of_version_2_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    drop(JournalStore::open(&directory, None).unwrap());
    fs::write(directory.join("journal"), include_bytes!("../golden/v2.journal")).unwrap();
    check_golden(&JournalStore::open(&directory, None).unwrap().0);
}

fn check_golden(store: &JournalStore) {
    let a = Record {
        namespace: "sessions".to_owned(),
        id: "a".to_owned(),
        text: "the disk was full: é".to_owned(),
        vector: Some(vec![1.0, -0.5]),
        metadata: [("age".to_owned(), Value::Real(0.5)), ("host".to_owned(), Value::Text("web1".to_owned()))].into(),
        created_at: 1,
        updated_at: 2,
    };
    let c = Record {
        namespace: "runbooks".to_owned(),
        id: "c".to_owned(),
        text: "no vector".to_owned(),
        vector: None,
        metadata: [("n".to_owned(), Value::Integer(-7)), ("ok".to_owned(), Value::Flag(true))].into(),
        created_at: 4,
        updated_at: -5,
    };
    assert_eq!(block_on(store.namespaces()).unwrap(), ["runbooks", "sessions"]);
    assert_eq!(block_on(store.records("sessions")).unwrap(), [a]);
    assert_eq!(block_on(store.records("runbooks")).unwrap(), [c]);
}

#[test]
fn another_embedder_takes_over_in_one_step() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    let store = open(&directory);
    block_on(store.upsert(many(0..3))).unwrap();
    let other = EmbedderId { dimension: 3, ..embedder() };
    let embedded = |number: usize, text: &str| Embedded {
        namespace: "n".to_owned(),
        id: format!("{number:05}"),
        text: text.to_owned(),
        vector: vec![0.0, 1.0, number as f32],
    };
    let texts: Vec<String> = many(0..3).into_iter().map(|record| record.text).collect();
    let vectors = vec![embedded(0, &texts[0]), embedded(1, "changed since"), embedded(2, &texts[2])];
    let without = block_on(store.reindex(other.clone(), Precision::F32, vectors)).unwrap();
    assert_eq!(without, 1);
    assert_eq!(store.embedder(), Some(other.clone()));
    let hits = block_on(store.search(&search(By::Vector(vec![0.0, 0.0, 1.0])))).unwrap();
    assert_eq!(hits.iter().map(|hit| hit.record.id.as_str()).collect::<Vec<_>>(), ["00002", "00000"]);
    JournalStore::open(&directory, Some(&embedder())).unwrap_err();
    JournalStore::open(&directory, Some(&other)).unwrap();
}

#[test]
fn who_only_looks_sees_the_same_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    let store = open(&directory);
    block_on(store.upsert(many(0..10))).unwrap();
    block_on(store.upsert(many(0..4))).unwrap();
    block_on(store.delete("n", &["00009".to_owned()])).unwrap();
    let (stats, contents) = JournalStore::look(&directory).unwrap();
    assert_eq!((stats, contents), (block_on(store.stats()).unwrap(), block_on(store.contents()).unwrap()));
    drop(store);
    // What is derived is missing, and nobody may make it.
    fs::remove_file(directory.join("vectors")).unwrap();
    fs::remove_file(directory.join("lock")).unwrap();
    let names = || fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
    assert_eq!(names(), ["journal"]);
    assert_eq!(JournalStore::look(&directory).unwrap().1.records.len(), 9);
    assert_eq!(JournalStore::verify(&directory).unwrap().vectors, Derived::Absent);
    assert_eq!(names(), ["journal"]);
}

/// A process that goes on asking looks at one byte for each number first.
#[test]
fn who_goes_on_asking_is_told_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let embedder = EmbedderId { dimension: 24, ..embedder() };
    let (store, _) = JournalStore::open(&dir.path().join("store"), Some(&embedder)).unwrap();
    let memory = MemoryStore::new(Some(embedder));
    let vector = |number: usize| -> Vec<f32> {
        (0..24)
            .map(|at| ((number % 40 * 31 + at * 17) % 23) as f32 + ((number * 7 + at * at) % 29) as f32 / 9.0)
            .collect()
    };
    let numbered = |number: usize| Record {
        vector: Some(vector(number)),
        metadata: [("rest".to_owned(), Value::Integer((number % 3) as i64))].into(),
        ..record(&format!("{number:05}"), [0.0; 2])
    };
    let ask = |number: usize| {
        let filters = if number.is_multiple_of(2) { vec![] } else { vec![Filter::is("rest", Value::Integer(1))] };
        let search = Search { filters, ..search(By::Vector(vector(number * 13 + 90_000))) };
        assert_eq!(block_on(store.search(&search)).unwrap(), block_on(memory.search(&search)).unwrap(), "{number}");
    };
    for (from, to) in [(0, MANY), (MANY, MANY + 300)] {
        let records: Vec<Record> = (from..to).map(numbered).collect();
        block_on(store.upsert(records.clone())).unwrap();
        block_on(memory.upsert(records)).unwrap();
        (from..from + 12).for_each(ask);
        let gone: Vec<String> = (0..200).map(|number| format!("{:05}", from + number)).collect();
        block_on(store.delete("n", &gone)).unwrap();
        block_on(memory.delete("n", &gone)).unwrap();
        (from..from + 12).for_each(ask);
    }
}

#[test]
fn what_a_store_holds_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    let store = open(&directory);
    block_on(store.upsert(many(0..10))).unwrap();
    block_on(store.upsert(many(0..4))).unwrap();
    block_on(store.delete("n", &["00009".to_owned()])).unwrap();
    let stats = block_on(store.stats()).unwrap();
    assert_eq!((stats.namespaces["n"], stats.dead), (9, 6));
    assert_eq!(stats.files["journal"], fs::metadata(directory.join("journal")).unwrap().len());
    block_on(store.compact()).unwrap();
    assert_eq!(block_on(store.stats()).unwrap().dead, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever happens to the vector file, the answers are those of the journal.
    #[test]
    fn a_damaged_vector_file_is_never_believed(changes in proptest::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..4), cut in any::<Option<prop::sample::Index>>()) {
        let dir = tempfile::tempdir().unwrap();
        let directory = dir.path().join("store");
        for record in many(0..20) {
            block_on(open(&directory).upsert(vec![record])).unwrap();
        }
        let expect = expected(many(0..20), 4);
        let mut bytes = fs::read(directory.join("vectors")).unwrap();
        for (place, flip) in changes {
            let place = place.index(bytes.len());
            bytes[place] ^= flip;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        fs::write(directory.join("vectors"), bytes).unwrap();
        prop_assert_eq!(found(&open(&directory), 4), expect);
    }
}
