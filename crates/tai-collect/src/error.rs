use tai_ssh::HostError;
use thiserror::Error;

/// Why collecting cannot go on. A single command that fails is no such reason: it is part of the [`Report`](crate::Report).
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
}
