use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::change::{Change, Collection, fit};
use crate::lock::{Lock, OnWait};
use crate::place;
use crate::rank;
use crate::state::State;
use crate::{EmbedderId, Error, Hit, Precision, Record, Search, VectorStore};

/// A store in a directory: a journal that is synced before anything is acknowledged, and what is derived from it for queries.
///
/// Several processes may use one directory: each operation takes a lock, reads what others appended, and lets the lock go. A process that dies lets it go too.
#[derive(Clone, Debug)]
pub struct JournalStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    directory: PathBuf,
    lock: Lock,
    state: Mutex<State>,
}

/// With 100,000 a look at one byte a number takes 2 ms, and a graph a minute of two processors to build (crate README).
const GRAPH_FROM: usize = 500_000;

/// How a store is opened.
#[derive(Clone, Default)]
pub struct Options {
    /// What makes the vectors. With none the store is opened whatever they are made by.
    pub embedder: Option<EmbedderId>,
    /// How the vectors of a new store are kept; one that has an embedder keeps what it has.
    pub precision: Precision,
    /// Records with a vector from which on a process that goes on searching builds a graph in the background; 500,000 unless said.
    pub graph_from: Option<usize>,
    /// Called when another process has been at work on the store for a second.
    pub on_wait: Option<OnWait>,
}

/// What was found at the end of a journal when it was opened, and taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Bytes behind the last whole entry: of a write that was torn and never acknowledged, unless the disk damaged the last entry.
    pub bytes: usize,
    /// Where they were put aside.
    pub kept_in: PathBuf,
}

impl JournalStore {
    /// Opens the store in `directory`, or begins one. A torn write at its end is put aside, and told. Blocks while another process is at work on it.
    ///
    /// Opening does not read the records: damage among them is found when one is read, and by [`verify`](Self::verify).
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] where entries before the last changed: nothing is touched then, and [`repair`](Self::repair) saves what is whole.
    /// [`Error::OtherEmbedder`] where the vectors are those of another embedder. When the directory is not this user's alone to write to.
    pub fn open(directory: &Path, embedder: Option<&EmbedderId>) -> Result<(Self, Option<Recovered>), Error> {
        Self::open_with(directory, Options { embedder: embedder.cloned(), ..Options::default() })
    }

    /// As [`open`](Self::open), with more to choose.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_with(directory: &Path, options: Options) -> Result<(Self, Option<Recovered>), Error> {
        place::directory(directory)?;
        let lock = Lock::open(directory, options.on_wait)?;
        let held = lock.take()?;
        let (mut state, recovered) = State::open(directory, options.graph_from.unwrap_or(GRAPH_FROM))?;
        match (state.collection(), options.embedder) {
            (Some(theirs), Some(ours)) if theirs.embedder != ours => {
                return Err(Error::OtherEmbedder { theirs: theirs.embedder.to_string(), ours: ours.to_string() });
            }
            (None, Some(embedder)) => {
                state.change(&Change::Collection(Collection { embedder, precision: options.precision }))?;
            }
            _ => {}
        }
        place::sync(directory)?;
        drop(held);
        let inner = Inner { directory: directory.to_owned(), lock, state: Mutex::new(state) };
        Ok((JournalStore { inner: Arc::new(inner) }, recovered))
    }

    /// Where it is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.inner.directory
    }

    /// What made its vectors; nothing where there are none.
    #[must_use]
    pub fn embedder(&self) -> Option<EmbedderId> {
        let state = self.inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.collection().map(|collection| collection.embedder.clone())
    }

    /// Rewrites the journal with what is there now, so that what was deleted is in no file of the store any more. What was put aside by recoveries, repairs and
    /// migrations goes too.
    ///
    /// # Errors
    ///
    /// When the files cannot be written.
    pub async fn compact(&self) -> Result<(), Error> {
        self.with(|state| state.rewrite(state.collection().cloned(), |record| record)).await
    }

    /// Runs `work` on a thread for blocking work, with the lock held and everything read that others appended.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut State) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let inner = Arc::clone(&self.inner);
        let locked = move || {
            // After a panic what is derived may lack what the journal has; it is read anew below.
            let was_poisoned = inner.state.is_poisoned();
            let mut state = inner.state.lock().unwrap_or_else(PoisonError::into_inner);
            let _held = inner.lock.take()?;
            state.catch_up(was_poisoned)?;
            inner.state.clear_poison();
            work(&mut state)
        };
        tokio::task::spawn_blocking(locked).await.map_err(|source| Error::Abandoned { source })?
    }
}

#[async_trait]
impl VectorStore for JournalStore {
    async fn upsert(&self, mut records: Vec<Record>) -> Result<(), Error> {
        self.with(|state| {
            fit(state.collection(), &mut records)?;
            if records.is_empty() { Ok(()) } else { state.change(&Change::Upsert(records)) }
        })
        .await
    }

    async fn delete(&self, namespace: &str, ids: &[String]) -> Result<usize, Error> {
        let (namespace, ids) = (namespace.to_owned(), ids.to_vec());
        self.with(move |state| {
            let ids = state.present(&namespace, &ids);
            let count = ids.len();
            if count > 0 {
                state.change(&Change::Delete { namespace, ids })?;
            }
            Ok(count)
        })
        .await
    }

    async fn search(&self, search: &Search) -> Result<Vec<Hit>, Error> {
        let search = search.clone();
        self.with(move |state| rank::search(state, &search)).await
    }

    async fn get(&self, namespace: &str, id: &str) -> Result<Option<Record>, Error> {
        let (namespace, id) = (namespace.to_owned(), id.to_owned());
        self.with(move |state| state.get(&namespace, &id)).await
    }

    async fn records(&self, namespace: &str) -> Result<Vec<Record>, Error> {
        let namespace = namespace.to_owned();
        self.with(move |state| state.records(&namespace)).await
    }

    async fn count(&self, namespace: &str) -> Result<usize, Error> {
        let namespace = namespace.to_owned();
        self.with(move |state| Ok(state.count(&namespace))).await
    }

    async fn namespaces(&self) -> Result<Vec<String>, Error> {
        self.with(State::namespaces).await
    }
}
