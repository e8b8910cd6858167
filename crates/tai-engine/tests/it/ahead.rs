//! Embedding while commands run, over a recorded capture of a host that answers slowly.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tai_collect::{Background, Scope};
use tai_engine::{EmbedAhead, Investigation, Options, Start};
use tai_rag::{Embedder, Error, Identity, Role};
use tai_runbook::Library;
use tai_ssh::{Host, HostError, Limits, Output, Policy, ReadOnlyCommand, ReplayHost};

const ISSUE: &str = "the web shop shows an error since an hour";

/// A live host, which holds nothing by itself and takes its time for every command.
struct Live(ReplayHost, Duration);

#[async_trait]
impl Host for Live {
    fn name(&self) -> &str {
        self.0.name()
    }

    async fn run(&self, command: &ReadOnlyCommand, limits: &Limits) -> Result<Output, HostError> {
        tokio::time::sleep(self.1).await;
        self.0.run(command, limits).await
    }
}

/// Counts the words of a text by their hashes; and which texts it was given when.
struct Words {
    identity: Identity,
    given: Mutex<Vec<String>>,
    fails: bool,
}

impl Words {
    fn new(fails: bool) -> Arc<Self> {
        let identity = Identity {
            name: "words".to_owned(),
            dimension: 64,
            max_tokens: None,
            revision: String::new(),
            query_prefix: String::new(),
            document_prefix: String::new(),
        };
        Arc::new(Words { identity, given: Mutex::default(), fails })
    }

    fn given(&self) -> usize {
        self.given.lock().unwrap().len()
    }
}

#[async_trait]
impl Embedder for Words {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    async fn embed(&self, texts: &[String], role: Role) -> Result<Vec<Vec<f32>>, Error> {
        if self.fails {
            return Err(Error::Failed { name: "words".to_owned(), source: "no more words".into() });
        }
        if role == Role::Document {
            self.given.lock().unwrap().extend_from_slice(texts);
        }
        let vector = |text: &String| {
            let mut vector = vec![0.01f32; 64];
            for word in text.split(|c: char| !c.is_alphanumeric()) {
                let hash = word.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
                vector[hash as usize % 64] += 1.0;
            }
            let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
            vector.into_iter().map(|number| number / length).collect()
        };
        Ok(texts.iter().map(vector).collect())
    }
}

fn live(milliseconds: u64) -> Live {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/captures");
    let replay = ReplayHost::open(&captures.join("nginx-upstream-down")).unwrap();
    Live(replay, Duration::from_millis(milliseconds))
}

async fn investigation(host: &dyn Host) -> Investigation {
    let start = Start {
        host,
        policy: &Policy::builtin(),
        runbooks: Library::builtin(),
        issue: ISSUE,
        background: Background::default(),
        scope: Scope::default(),
        save: None,
        options: Options::default(),
    };
    Investigation::start(start, &|_| {}).await.unwrap()
}

async fn evidence(investigation: &mut Investigation, embedder: Arc<dyn Embedder>) -> String {
    investigation.embed(embedder, &|_| {}).await.unwrap();
    investigation.learn(ISSUE).await.unwrap();
    serde_json::to_string(&investigation.retrieve(ISSUE, 20)).unwrap()
}

#[tokio::test]
async fn what_is_embedded_ahead_is_not_embedded_at_the_end_and_changes_nothing() {
    let after = Words::new(false);
    let expect = evidence(&mut investigation(&live(0)).await, Arc::<Words>::clone(&after)).await;

    let (host, words) = (live(20), Words::new(false));
    // It comes when some outputs are there.
    let coming = Arc::<Words>::clone(&words) as Arc<dyn Embedder>;
    let later = coming.clone();
    let ahead = EmbedAhead::new(&host, async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Some(later)
    });
    let mut investigation = investigation(&ahead).await;
    let before = words.given();
    assert_eq!(evidence(&mut investigation, ahead.embedder(coming)).await, expect);
    let at_the_end = words.given() - before;
    assert!(before > 0 && 4 * at_the_end < after.given(), "{before} ahead, {at_the_end} of {} later", after.given());
    let mut given = words.given.lock().unwrap().clone();
    given.sort();
    assert!(given.is_sorted_by(|text, next| text < next), "a text was embedded twice");
}

#[tokio::test]
async fn an_embedder_that_fails_is_told_at_the_end() {
    let host = live(20);
    let words: Arc<dyn Embedder> = Words::new(true);
    let coming = Arc::clone(&words);
    let ahead = EmbedAhead::new(&host, async { Some(coming) });
    let mut investigation = investigation(&ahead).await;
    let error = investigation.embed(ahead.embedder(words), &|_| {}).await.unwrap_err();
    assert!(matches!(error, Error::Failed { .. }), "{error}");
    assert!(!investigation.retrieve(ISSUE, 5).is_empty());
}
