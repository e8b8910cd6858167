use std::path::PathBuf;

use tai_ssh::CaptureError;
use thiserror::Error;

/// Why an investigation or an evaluation cannot go on. A model that fails is no such reason: see [`ModelUse::Failed`](crate::ModelUse::Failed).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing more can be collected.
    #[error("failed to collect")]
    Collect(#[source] tai_collect::Error),
    /// Indexing or asking was cut short by a panic or the end of the runtime.
    #[error("the analysis was interrupted")]
    Interrupted(#[source] tokio::task::JoinError),
    /// No vectors could be made for an evaluation.
    #[error("failed to embed")]
    Embed(#[source] tai_rag::Error),
    /// A directory of evaluation cases cannot be read.
    #[error("failed to read {}", path.display())]
    ReadCase {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// `case.json` is not what it should be.
    #[error("malformed case {}", path.display())]
    MalformedCase {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// There is no evaluation case where one was looked for.
    #[error("no case.json in {} or the folders below it", dir.display())]
    NoCases {
        /// The directory that was named.
        dir: PathBuf,
    },
    /// The capture of an evaluation case cannot be opened.
    #[error("failed to open the capture of a case")]
    Capture(#[source] CaptureError),
    /// A text that is to replace one of the prompt's cannot.
    #[error("the prompt {name} cannot be used: {reason}")]
    Template {
        /// The name of its file.
        name: String,
        /// Why.
        reason: String,
    },
}
