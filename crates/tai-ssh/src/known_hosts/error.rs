use std::io;
use std::path::PathBuf;

/// Why host keys cannot be read, understood or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file is there but cannot be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is larger than any real one.
    #[error("{} is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes that are read.
        limit: u64,
    },
    /// A new key cannot be written down.
    #[error("failed to {action} {}", path.display())]
    Write {
        /// "lock", "create", "replace" and the like.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file has got another key for the host, or a revocation of this one, since it was loaded.
    #[error("{} has other host keys for {host} by now", path.display())]
    Conflict {
        /// The file.
        path: PathBuf,
        /// The host.
        host: String,
    },
    /// A host name that cannot stand in a `known_hosts` file.
    #[error("{host:?} cannot be written to known_hosts as a host name")]
    UnwritableHost {
        /// The name.
        host: String,
    },
    /// A text or blob that is not a public key.
    #[error("not a host key: {reason}")]
    MalformedKey {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The type before the key and the type inside it differ.
    #[error("a host key of type {inside:?} is announced as {announced:?}")]
    KindMismatch {
        /// The type before the key.
        announced: String,
        /// The type inside it.
        inside: String,
    },
}
