use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Why a store did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory cannot be read or written. What was not acknowledged is not in the store.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was attempted, such as `read`.
        action: &'static str,
        /// What it was attempted on.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },

    /// The store belongs to somebody else, or others may write to it.
    #[error("{} is not safe to use: {reason}", path.display())]
    Unsafe {
        /// The directory or file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// The file is no journal of this program, or one of a newer version.
    #[error("{} is no journal that this version can read: {reason}", path.display())]
    Version {
        /// The journal.
        path: PathBuf,
        /// What was found.
        reason: String,
    },

    /// Bytes of the journal changed after they were written. Nothing was touched.
    #[error("{} is damaged in {} of its parts, first at byte {}", path.display(), damage.len(), first(damage))]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// Where, in bytes.
        damage: Vec<Range<u64>>,
    },

    /// A file is no export, or was changed since it was written. Nothing of it was taken.
    #[error("{} is no export that this version can read: {reason}", path.display())]
    Export {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },

    /// The store holds vectors of another embedder.
    #[error("the store holds vectors of {theirs}, and {ours} cannot be compared with them")]
    OtherEmbedder {
        /// The embedder of the store.
        theirs: String,
        /// The one that it was opened with.
        ours: String,
    },

    /// A vector has another dimension than the store.
    #[error("a vector of {actual} numbers does not fit into a store of {expected}")]
    Dimension {
        /// Numbers in a vector of the store.
        expected: usize,
        /// Numbers in this one.
        actual: usize,
    },

    /// A vector holds a number that is none, or an infinite one.
    #[error("the vector of {id} holds a number that is not finite")]
    NotFinite {
        /// The record, or `the query`.
        id: String,
    },

    /// A batch is larger than one entry of the journal may be.
    #[error("a batch of {bytes} bytes is larger than {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },

    /// What is kept is not what this program keeps.
    #[error("{what} is not readable")]
    Malformed {
        /// What it is.
        what: String,
        /// Where and why.
        source: serde_json::Error,
    },

    /// What is kept has a version of its own that this program does not know.
    #[error("{what} is of version {schema:?}, which this version does not read")]
    OtherSchema {
        /// What it is.
        what: String,
        /// Its version.
        schema: String,
    },

    /// No session has this id, or several have ids that begin so.
    #[error("{} {id:?}", if *matching == 0 { "there is no session" } else { "several sessions have ids that begin with" })]
    NoSession {
        /// The id that was looked for.
        id: String,
        /// How many begin with it.
        matching: usize,
    },

    /// The thread that worked on it ended early: a panic, or the runtime shut down.
    #[error("the work on the store was abandoned")]
    Abandoned {
        /// How the thread ended.
        source: tokio::task::JoinError,
    },
}

impl Error {
    pub(crate) fn damaged(path: &Path, range: Range<u64>) -> Self {
        Error::Damaged { path: path.to_owned(), damage: std::iter::once(range).collect() }
    }
}

fn first(damage: &[Range<u64>]) -> u64 {
    damage.first().map_or(0, |range| range.start)
}
