use tai_ssh::{Denied, HostError};
use thiserror::Error;

/// Why collecting cannot begin or go on. A single command that fails is no such reason: it is part of the [`Report`](crate::Report).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The host as a whole was lost.
    #[error("lost the host {host}")]
    Host {
        /// The name of the host.
        host: String,
        /// Why.
        #[source]
        source: HostError,
    },
    /// A file of collectors is not what it should be.
    #[error("{file}:{line}: this is no list of collectors")]
    CollectorFormat {
        /// The name of the file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        #[source]
        source: toml::de::Error,
    },
    /// A collector of a file cannot be.
    #[error("{file}:{line}: the collector {id} cannot be used: {what}")]
    Collector {
        /// The name of the file.
        file: String,
        /// The line where it begins, from 1.
        line: usize,
        /// Its name.
        id: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The command of a collector of a file is not allowed.
    #[error("{file}:{line}: the policy denies the collector {id}")]
    CollectorDenied {
        /// The name of the file.
        file: String,
        /// The line where it begins, from 1.
        line: usize,
        /// Its name.
        id: String,
        /// Why.
        #[source]
        source: Denied,
    },
}
