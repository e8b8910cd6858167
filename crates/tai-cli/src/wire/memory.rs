//! Where past sessions and runbooks are kept, and whether anything is kept at all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tai_rag::Embedder;
use tai_runbook::{BUILTIN, Library, Runbook};
use tai_store::{EmbedderId, Error, JournalStore, MemoryStore, Sessions, Shelf, StoredRunbook, VectorStore};

use super::{embedder_id, environment, home, open_store, store_directory};
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

/// An error where nothing is to be kept, for what does nothing else.
pub(crate) fn must_persist() -> Result<(), Failure> {
    match persists() {
        true => Ok(()),
        false => Err(Failure::usage("TAI_NO_PERSIST is set, so nothing is kept")),
    }
}

/// tai's folder, where there must be one.
pub(crate) fn tai_home() -> Result<PathBuf, Failure> {
    home().ok_or_else(|| {
        Failure::usage("the user who runs tai has no home").hint("TAI_HOME names the folder that holds what tai keeps")
    })
}

/// What may be done to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// It is made where there is none.
    Make,
    /// It is used where there is one.
    Use,
    /// It is read, and not a byte is written.
    Look,
}

impl Keep {
    /// For what only reads: as the environment says.
    pub(crate) fn by_environment() -> Self {
        if persists() { Keep::Use } else { Keep::Look }
    }

    /// For what may be the first to keep something.
    pub(crate) fn if_it(persists: bool) -> Self {
        if persists { Keep::Make } else { Keep::Look }
    }
}

/// The file of the lines that were typed in conversations.
pub(crate) fn typed_lines() -> Result<PathBuf, Failure> {
    Ok(tai_home()?.join("typed/lines"))
}

/// Past sessions, and what compares them with a question.
pub(crate) struct Remembered {
    pub(crate) sessions: Sessions,
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
    /// The store on disk; none where nothing is kept, or only looked at.
    pub(crate) journal: Option<JournalStore>,
}

/// Runbooks that are kept, and what compares their sections with a question.
pub(crate) struct Shelved {
    pub(crate) shelf: Shelf,
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
}

/// Opens the sessions of tai's folder. Where there are none, and none are to be made, they are empty.
pub(crate) fn sessions(embedder: Option<Arc<dyn Embedder>>, keep: Keep) -> Result<Remembered, Failure> {
    let Kept { store, embedder, journal } = kept("sessions", embedder, keep)?;
    Ok(Remembered { sessions: Sessions::new(store), embedder, journal })
}

/// Opens the runbooks of tai's folder. Where there are none, and none are to be made, they are empty.
pub(crate) fn shelf(embedder: Option<Arc<dyn Embedder>>, keep: Keep) -> Result<Shelved, Failure> {
    let Kept { store, embedder, .. } = kept("runbooks", embedder, keep)?;
    Ok(Shelved { shelf: Shelf::new(store), embedder })
}

/// A store of tai's folder, and the embedder where its vectors can be compared with those of the store.
struct Kept {
    store: Arc<dyn VectorStore>,
    embedder: Option<Arc<dyn Embedder>>,
    journal: Option<JournalStore>,
}

fn kept(name: &str, embedder: Option<Arc<dyn Embedder>>, keep: Keep) -> Result<Kept, Failure> {
    let directory = store_directory(name)?;
    if keep != Keep::Make && !directory.join("journal").exists() {
        return Ok(Kept { store: Arc::new(MemoryStore::default()), embedder: None, journal: None });
    }
    let id = embedder.as_deref().map(embedder_id);
    let is_same = |theirs: Option<EmbedderId>| id.is_some() && theirs == id;
    if keep == Keep::Look {
        let store = MemoryStore::snapshot(&directory)?;
        let embedder = embedder.filter(|_| is_same(store.embedder()));
        return Ok(Kept { store: Arc::new(store), embedder, journal: None });
    }
    // A store that has no embedder yet gets one written into it.
    let journal = match open_store(&directory, id.clone().filter(|_| keep == Keep::Make)) {
        // Words do all the same.
        Err(Error::OtherEmbedder { .. }) => open_store(&directory, None)?,
        opened => opened?,
    };
    let embedder = embedder.filter(|_| is_same(journal.embedder()));
    Ok(Kept { store: Arc::new(journal.clone()), embedder, journal: Some(journal) })
}

/// The runbooks to use: those built in, and over them those that the operator added. The first run with a place to keep them takes note of those built in. A runbook
/// that cannot be used is told; one that was kept was readable once.
pub(crate) async fn library(persists: bool, screen: &Screen) -> Library {
    let mut library = Library::builtin();
    let kept = async {
        let Shelved { shelf, .. } = shelf(None, Keep::if_it(persists))?;
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
