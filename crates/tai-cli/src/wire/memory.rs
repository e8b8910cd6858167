//! Where past sessions and runbooks are kept, and whether anything is kept at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tai_rag::Embedder;
use tai_runbook::{BUILTIN, Library, Runbook};
use tai_store::{EmbedderId, Error, JournalStore, MemoryStore, Options, Sessions, Shelf, StoredRunbook, VectorStore};

use super::store::{embedder_id, waiting};
use super::{environment, home};
use crate::args::HostFlags;
use crate::exit::{Attempt, Failure};
use crate::progress::Screen;

/// The source of the runbooks that are compiled in.
pub(crate) const BUILT_IN: &str = "built in";
/// The source of those that were added one by one.
pub(crate) const ADDED: &str = "added";

/// The flags, with what the environment adds to them.
pub(crate) fn with_environment(mut flags: HostFlags) -> HostFlags {
    flags.no_persist |= !persists();
    flags
}

/// Whether the environment lets anything be kept.
pub(crate) fn persists() -> bool {
    environment("TAI_NO_PERSIST").is_none_or(|value| value == "0")
}

/// tai's folder, where there must be one.
pub(crate) fn tai_home() -> Result<PathBuf, Failure> {
    home().ok_or_else(|| {
        Failure::usage("the user who runs tai has no home").hint("TAI_HOME names the folder that holds what tai keeps")
    })
}

/// Past sessions, and whether vectors of this embedder can be compared with theirs.
pub(crate) struct Remembered {
    pub(crate) sessions: Sessions,
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
    /// The store on disk; none where nothing is kept.
    pub(crate) journal: Option<JournalStore>,
}

/// Opens the sessions of tai's folder. Where they are not to be `made`, and there are none, they are empty.
pub(crate) fn sessions(embedder: Option<Arc<dyn Embedder>>, made: bool) -> Result<Remembered, Failure> {
    let directory = tai_home()?.join("sessions");
    if !made && !directory.join("journal").exists() {
        return Ok(Remembered {
            sessions: Sessions::new(Arc::new(MemoryStore::new(None))),
            embedder: None,
            journal: None,
        });
    }
    let id = embedder.as_deref().map(embedder_id);
    // A store that has no embedder yet gets one written into it.
    let journal = match opened(&directory, id.clone().filter(|_| made)) {
        // Words compare sessions all the same.
        Err(Error::OtherEmbedder { .. }) => opened(&directory, None)?,
        opened => opened?,
    };
    let embedder = embedder.filter(|_| id.is_some() && journal.embedder() == id);
    Ok(Remembered { sessions: Sessions::new(Arc::new(journal.clone())), embedder, journal: Some(journal) })
}

fn opened(directory: &Path, embedder: Option<EmbedderId>) -> Result<JournalStore, Error> {
    let options = Options { embedder, on_wait: Some(waiting()), ..Options::default() };
    JournalStore::open_with(directory, options).map(|(store, _)| store)
}

/// Opens the runbooks of tai's folder. Where they are not to be `made`, and there are none, they are empty.
pub(crate) fn shelf(made: bool) -> Result<Shelf, Failure> {
    let directory = tai_home()?.join("runbooks");
    if !made && !directory.join("journal").exists() {
        return Ok(Shelf::new(Arc::new(MemoryStore::new(None))));
    }
    let store: Arc<dyn VectorStore> = Arc::new(opened(&directory, None)?);
    Ok(Shelf::new(store))
}

/// The runbooks to use: those built in, and over them those that the operator added. The first run with a place to keep them takes note of those built in. A runbook
/// that cannot be used is told; one that was kept was readable once.
pub(crate) async fn library(persists: bool, screen: &Screen) -> Library {
    let mut library = Library::builtin();
    let kept = async {
        let shelf = shelf(persists)?;
        if persists {
            sync_built_in(&shelf).await?;
        }
        Ok::<_, Failure>(shelf.all().await?)
    };
    match kept.await {
        Ok(runbooks) => {
            for error in add_to(&mut library, &runbooks) {
                screen.note(&format!("a runbook is left out\n{}", Failure::usage(error).message().trim_end()));
            }
        }
        // The folder may be another's, or not writable: the built-in ones do.
        Err(failure) if persists => {
            screen.note(&format!("only built-in runbooks are used\n{}", failure.message().trim_end()));
        }
        Err(_) => {}
    }
    library
}

/// Adds runbooks to the library: those of directories in the order of their names, then those that were added one by one. Of the same name the last counts.
fn add_to(library: &mut Library, runbooks: &[StoredRunbook]) -> Vec<tai_runbook::Error> {
    let mut errors = Vec::new();
    let (added, synced): (Vec<_>, Vec<_>) =
        runbooks.iter().filter(|runbook| runbook.source != BUILT_IN).partition(|runbook| runbook.source == ADDED);
    for stored in synced.into_iter().chain(added) {
        match Runbook::parse(&stored.name, &stored.text) {
            Ok(runbook) => library.add(runbook),
            Err(error) => errors.push(error),
        }
    }
    errors
}

/// Takes note of the runbooks that this program has.
pub(crate) async fn sync_built_in(shelf: &Shelf) -> Result<tai_store::Synced, Error> {
    let texts = BUILTIN.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    shelf.sync(BUILT_IN, &texts, &[], now()).await
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Reads a file that the operator named.
pub(crate) fn read_named(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|source| Failure::usage(Attempt { attempt: format!("cannot read {}", path.display()), source }))
}
