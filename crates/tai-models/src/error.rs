use std::io;
use std::path::{Path, PathBuf};

use crate::Damage;

/// Why a model was not pulled, imported or read.
///
/// Text that came from a server or out of an archive is one line with its control characters made visible. No variant holds a token, nor the credentials or
/// the query of a URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that can be no directory here, or a repository that is none.
    #[error("{name:?} cannot be used: {reason}")]
    InvalidName {
        /// As it was given.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// No catalogue knows the name.
    #[error("no model is called {name:?}; known are {}", known.join(", "))]
    UnknownModel {
        /// As it was given.
        name: String,
        /// The names of the catalogue.
        known: Vec<String>,
    },

    /// The model is not in the registry.
    #[error("there is no model {name} in {}", root.display())]
    NotThere {
        /// Its name.
        name: String,
        /// The registry's directory.
        root: PathBuf,
    },

    /// A model of this name is there already.
    #[error("there is a model {name} already, in {}", path.display())]
    AlreadyThere {
        /// Its name.
        name: String,
        /// Its directory.
        path: PathBuf,
    },

    /// The directory has no manifest, so nothing says what ought to be in it.
    #[error("{} has no manifest: somebody put it there by hand", path.display())]
    Unmanaged {
        /// The directory.
        path: PathBuf,
    },

    /// Another process works on the model.
    #[error("another process is at work on {name}")]
    Busy {
        /// The model's name.
        name: String,
    },

    /// [`Cancel`](crate::Cancel) was called.
    #[error("cancelled")]
    Cancelled,

    /// The hub was to be asked, and must not be.
    #[error("the hub is not asked in offline mode")]
    Offline,

    /// A file or directory cannot be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was attempted, such as `read`.
        action: &'static str,
        /// What it was attempted on.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },

    /// There is not enough space, or a quota is used up.
    #[error("not enough space for {}{}", path.display(), of_space(*needed, *free))]
    NoSpace {
        /// Where it was to be written.
        path: PathBuf,
        /// Bytes that are needed; `None` where the system does not say.
        needed: Option<u64>,
        /// Bytes that are free; `None` where a quota may be what is used up.
        free: Option<u64>,
    },

    /// An endpoint, a token or a proxy cannot be used.
    #[error("invalid {what}: {reason}")]
    InvalidOption {
        /// Which.
        what: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// No connection to a server, TLS included.
    #[error("cannot connect to `{url}`")]
    Connect {
        /// What was asked for.
        url: String,
        /// Why.
        source: io::Error,
    },

    /// The connection broke, or nothing came any more.
    #[error("lost the connection to `{url}`")]
    ConnectionLost {
        /// What was asked for.
        url: String,
        /// How it broke.
        source: io::Error,
    },

    /// The server answered with an error.
    #[error("HTTP status {code} from `{url}`{}", after_colon(message))]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status code.
        code: u16,
        /// What the server said, possibly nothing.
        message: String,
    },

    /// A redirect that is not followed.
    #[error("`{url}` redirects to `{location}`, which is not followed: {reason}")]
    Redirect {
        /// What was asked for.
        url: String,
        /// Where to.
        location: String,
        /// Why not.
        reason: &'static str,
    },

    /// The answer is not what the hub's protocol says.
    #[error("no valid answer from `{url}`: {reason}")]
    Answer {
        /// What was asked for.
        url: String,
        /// What is wrong with it.
        reason: String,
    },

    /// The repository does not hold a file of the model.
    #[error("{repo} has no file {file}{}", has(there))]
    MissingFile {
        /// The repository.
        repo: String,
        /// The file.
        file: String,
        /// Files that it does have, those that could be meant.
        there: Vec<String>,
    },

    /// A file is not the one that it should be.
    #[error("{file} is not what it should be: sha {actual} instead of {expected}")]
    Checksum {
        /// The file.
        file: String,
        /// The checksum that it should have.
        expected: String,
        /// The one it has.
        actual: String,
    },

    /// A file has not the size that it should have.
    #[error("{file} has {actual} bytes instead of {expected}")]
    Size {
        /// The file.
        file: String,
        /// Bytes it should have.
        expected: u64,
        /// Bytes it has.
        actual: u64,
    },

    /// A model in the registry is not as its manifest says.
    #[error("{name} is damaged: {}", listed(damage))]
    Damaged {
        /// The model.
        name: String,
        /// What is damaged.
        damage: Vec<Damage>,
    },

    /// An archive cannot be read.
    #[error("cannot unpack {}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },

    /// An archive or a directory holds something that would lead out of the model's directory.
    #[error("{} is refused: {entry:?} in it {reason}", path.display())]
    Unsafe {
        /// The archive or directory.
        path: PathBuf,
        /// The entry.
        entry: String,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// An archive unpacks to more than there may be.
    #[error("{} holds more than {limit}", path.display())]
    TooLarge {
        /// The archive or directory.
        path: PathBuf,
        /// The limit, with its unit.
        limit: String,
    },

    /// There is no model in what was to be imported.
    #[error("{} is no model: {reason}", path.display())]
    NotAModel {
        /// What was looked at.
        path: PathBuf,
        /// What is missing or wrong.
        reason: String,
    },

    /// A manifest is malformed or of a version that is not known.
    #[error("cannot read the manifest {}: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// A catalogue is malformed.
    #[error("cannot read {origin}")]
    Catalogue {
        /// Which catalogue.
        origin: String,
        /// Where it breaks.
        source: Box<toml::de::Error>,
    },

    /// There is no `pip` to ask for a package.
    #[error("cannot run `{program} -m pip`, which would fetch the Python package {package}")]
    NoPip {
        /// The program that was tried.
        program: String,
        /// The package.
        package: String,
        /// Why it did not start.
        source: io::Error,
    },

    /// `pip` failed.
    #[error("pip could not fetch the Python package {package}{}", after_colon(message))]
    Package {
        /// The package.
        package: String,
        /// What pip said last.
        message: String,
    },
}

impl Error {
    pub(crate) fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        if crate::disk::is_full(&source) {
            return Error::NoSpace { path: path.to_owned(), needed: None, free: None };
        }
        Error::File { action, path: path.to_owned(), source }
    }

    /// Whether another source may have what this one could not give: it cannot be reached, or does not work.
    pub(crate) fn is_unreachable(&self) -> bool {
        match self {
            Error::Offline | Error::Connect { .. } | Error::ConnectionLost { .. } | Error::Answer { .. } => true,
            Error::Redirect { .. } => true,
            // 403, 407 and 451 are what filters and proxies of closed networks say.
            Error::Status { code, .. } => matches!(code, 403 | 407 | 429 | 451 | 500..),
            _ => false,
        }
    }
}

fn of_space(needed: Option<u64>, free: Option<u64>) -> String {
    let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    match (needed.map(megabytes), free.map(megabytes)) {
        (Some(needed), Some(free)) => format!(": {needed} needed, {free} free"),
        (Some(needed), None) => format!(": {needed} needed, and the disk is full or a quota used up"),
        _ => ": the disk is full, or a quota used up".to_owned(),
    }
}

fn after_colon(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

fn has(there: &[String]) -> String {
    if there.is_empty() { String::new() } else { format!("; it has {}", there.join(", ")) }
}

fn listed(damage: &[Damage]) -> String {
    damage.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
