//! Vectors that are kept on disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use tai_rag::{CachedEmbedder, CandleEmbedder, Embedder, Error, Identity, Role};

use crate::embedding::model_directory;

/// The real model, and how many texts it was given.
struct Counted {
    inner: CandleEmbedder,
    texts: AtomicUsize,
}

#[async_trait]
impl Embedder for Counted {
    fn identity(&self) -> &Identity {
        self.inner.identity()
    }

    async fn embed(&self, texts: &[String], role: Role) -> Result<Vec<Vec<f32>>, Error> {
        self.texts.fetch_add(texts.len(), Ordering::Relaxed);
        self.inner.embed(texts, role).await
    }
}

fn counted() -> Arc<Counted> {
    Arc::new(Counted { inner: CandleEmbedder::load(&model_directory(), "m").unwrap(), texts: AtomicUsize::new(0) })
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("{name} failed")).collect()
}

fn packs(directory: &Path) -> Vec<PathBuf> {
    let identities = fs::read_dir(directory).into_iter().flatten().flatten();
    identities.flat_map(|identity| fs::read_dir(identity.path()).unwrap().flatten()).map(|pack| pack.path()).collect()
}

#[tokio::test]
async fn nothing_is_embedded_twice_and_vectors_stay_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let model = counted();
    let expect = model.inner.embed(&texts(&["a", "b", "c"]), Role::Document).await.unwrap();
    for (run, total) in [(0, 3), (1, 3)] {
        let cached = CachedEmbedder::new(model.clone(), &directory.path().join("new"));
        assert_eq!(cached.embed(&texts(&["a", "b"]), Role::Document).await.unwrap(), expect[..2], "{run}");
        assert_eq!(cached.embed(&texts(&["a", "b", "c"]), Role::Document).await.unwrap(), expect, "{run}");
        assert_eq!(model.texts.load(Ordering::Relaxed), total, "{run}");
    }
    let cached = CachedEmbedder::new(model.clone(), &directory.path().join("new"));
    cached.embed(&texts(&["a"]), Role::Query).await.unwrap();
    assert_eq!(model.texts.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn a_damaged_pack_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let model = counted();
    let expect = model.inner.embed(&texts(&["a"]), Role::Document).await.unwrap();
    let damages: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes[60] ^= 1,
        |bytes| bytes.truncate(bytes.len() / 2),
        Vec::clear,
        |bytes| bytes.extend_from_slice(b"more"),
    ];
    for (number, damage) in (1..).zip(damages) {
        let embed =
            async || CachedEmbedder::new(model.clone(), directory.path()).embed(&texts(&["a"]), Role::Document).await;
        assert_eq!(embed().await.unwrap(), expect);
        let [pack] = packs(directory.path()).try_into().unwrap();
        let mut bytes = fs::read(&pack).unwrap();
        damage(&mut bytes);
        fs::write(&pack, bytes).unwrap();
        assert_eq!(embed().await.unwrap(), expect);
        assert_eq!(model.texts.load(Ordering::Relaxed), 1 + number);
    }
}

#[tokio::test]
async fn many_packs_become_one_and_two_users_do_not_disturb_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let model = counted();
    let names: Vec<String> = (0..70).map(|number| format!("unit-{number}")).collect();
    let (one, other) =
        (CachedEmbedder::new(model.clone(), directory.path()), CachedEmbedder::new(model.clone(), directory.path()));
    for name in &names {
        let text = texts(&[name]);
        let (left, right) = tokio::join!(one.embed(&text, Role::Document), other.embed(&text, Role::Document));
        assert_eq!(left.unwrap(), right.unwrap());
    }
    assert_eq!(packs(directory.path()).len(), 70);
    let before = model.texts.load(Ordering::Relaxed);
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let third = CachedEmbedder::new(model.clone(), directory.path());
    third.embed(&texts(&all), Role::Document).await.unwrap();
    assert_eq!(packs(directory.path()).len(), 1);
    CachedEmbedder::new(model.clone(), directory.path()).embed(&texts(&all), Role::Document).await.unwrap();
    assert_eq!(model.texts.load(Ordering::Relaxed), before);
}

#[tokio::test]
async fn without_a_place_the_work_is_done_again() {
    let model = counted();
    let file = tempfile::NamedTempFile::new().unwrap();
    for number in 1..=2 {
        let cached = CachedEmbedder::new(model.clone(), &file.path().join("below-a-file"));
        cached.embed(&texts(&["a"]), Role::Document).await.unwrap();
        assert_eq!(model.texts.load(Ordering::Relaxed), number);
    }
}
