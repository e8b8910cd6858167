//! Runbooks that are kept: what changed is told, and only that is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use tai_store::{MemoryStore, Shelf, Synced};

use crate::support::embedder;

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn synced(added: &[&str], changed: &[&str], removed: &[&str], unchanged: usize) -> Synced {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Synced { added: names(added), changed: names(changed), removed: names(removed), unchanged }
}

#[tokio::test]
async fn only_what_changed_is_told_and_only_of_its_source() {
    let shelf = Shelf::new(Arc::new(MemoryStore::new(None)));
    let first = texts(&[("a.md", "1"), ("b.md", "1"), ("c.md", "1")]);
    assert_eq!(shelf.sync("/x", &first, &[], 1).await.unwrap(), synced(&["a.md", "b.md", "c.md"], &[], &[], 0));
    assert_eq!(shelf.sync("/x", &first, &[], 2).await.unwrap(), synced(&[], &[], &[], 3));
    assert_eq!(shelf.sync("/y", &texts(&[("a.md", "2")]), &[], 3).await.unwrap(), synced(&["a.md"], &[], &[], 0));
    let second = texts(&[("a.md", "1"), ("b.md", "2"), ("d.md", "1")]);
    let expect = synced(&["d.md"], &["b.md"], &["c.md"], 1);
    assert_eq!(shelf.sync("/x", &second, &[], 4).await.unwrap(), expect);
    let all = shelf.all().await.unwrap();
    let told: Vec<_> = all.iter().map(|kept| (kept.source.as_str(), kept.name.as_str(), kept.text.as_str())).collect();
    assert_eq!(told, [("/x", "a.md", "1"), ("/x", "b.md", "2"), ("/x", "d.md", "1"), ("/y", "a.md", "2")]);
    let sources: Vec<_> = shelf.sources().await.unwrap().into_iter().map(|it| (it.name, it.synced_at)).collect();
    assert_eq!(sources, [("/x".to_owned(), 4), ("/y".to_owned(), 3)]);
    // One that cannot be read now is no reason to forget it.
    let keep = ["d.md".to_owned()];
    assert_eq!(shelf.sync("/x", &texts(&[("a.md", "1")]), &keep, 5).await.unwrap(), synced(&[], &[], &["b.md"], 1));
}

#[tokio::test]
async fn one_is_added_beside_the_others() {
    let shelf = Shelf::new(Arc::new(MemoryStore::new(None)));
    assert_eq!(shelf.add("added", "a.md", "1", 1).await.unwrap(), synced(&["a.md"], &[], &[], 0));
    assert_eq!(shelf.add("added", "b.md", "1", 2).await.unwrap(), synced(&["b.md"], &[], &[], 0));
    assert_eq!(shelf.add("added", "a.md", "2", 3).await.unwrap(), synced(&[], &["a.md"], &[], 0));
    assert_eq!(shelf.all().await.unwrap().len(), 2);
}

#[tokio::test]
async fn sections_are_embedded_once_and_found_by_meaning() {
    let shelf = Shelf::new(Arc::new(MemoryStore::new(Some(embedder()))));
    let sections = texts(&[("a.md#one", "the disk is full"), ("a.md#two", "the clock is wrong")]);
    assert_eq!(shelf.without_vector(&sections).await.unwrap(), ["a.md#one", "a.md#two"]);
    let vectors = [("a.md#one", vec![1.0, 0.0]), ("a.md#two", vec![0.0, 1.0])];
    let vectors = vectors.map(|(citation, vector)| (citation.to_owned(), vector)).to_vec();
    shelf.keep_vectors(&sections, vectors, 1).await.unwrap();
    assert_eq!(shelf.without_vector(&sections).await.unwrap(), [""; 0]);
    let near = shelf.near(vec![0.0, 2.0]).await.unwrap();
    assert_eq!(near.into_iter().collect::<Vec<_>>(), [("a.md#one".to_owned(), 0.0), ("a.md#two".to_owned(), 1.0)]);
    // One has another text now, and one is gone.
    let sections = texts(&[("a.md#one", "no inode is left")]);
    assert_eq!(shelf.without_vector(&sections).await.unwrap(), ["a.md#one"]);
    shelf.keep_vectors(&sections, vec![("a.md#one".to_owned(), vec![0.6, 0.8])], 2).await.unwrap();
    assert_eq!(shelf.near(vec![0.6, 0.8]).await.unwrap().into_keys().collect::<Vec<_>>(), ["a.md#one"]);
    assert!(shelf.all().await.unwrap().is_empty(), "a section is no runbook");
}
