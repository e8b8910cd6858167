use std::path::PathBuf;

use thiserror::Error;

/// Why there are no vectors.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of a model's directory cannot be read.
    #[error("cannot read {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of a model's directory is no JSON of the expected shape.
    #[error("malformed {}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// The model is of a kind that is not supported.
    #[error("{} describes no model that is supported: {problem}", file.display())]
    Unsupported {
        /// The file that says so.
        file: PathBuf,
        /// What is not supported.
        problem: String,
    },
    /// The weights cannot be loaded: a file cut short, a tensor missing or of another shape.
    #[error("cannot load the weights of {}", file.display())]
    Weights {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: BoxedError,
    },
    /// The tokenizer cannot be loaded.
    #[error("cannot load the tokenizer of {}", file.display())]
    Tokenizer {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: BoxedError,
    },
    /// The model or the endpoint failed.
    #[error("the model {name} failed")]
    Failed {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: BoxedError,
    },
    /// An embedder gave vectors of another number or dimension than it should.
    #[error("the embedding model {name} gave {what} where {expected} were due")]
    Mismatch {
        /// Its name.
        name: String,
        /// What came: a number and of what.
        what: String,
        /// The number that was due.
        expected: usize,
    },
    /// The work was cut short by a panic or the end of the runtime.
    #[error("embedding was interrupted")]
    Interrupted {
        /// How it ended.
        #[source]
        source: tokio::task::JoinError,
    },
}

/// The cause that a model's library gives.
pub type BoxedError = Box<dyn std::error::Error + Send + Sync>;
