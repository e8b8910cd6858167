use std::path::PathBuf;

use thiserror::Error;

/// Why there is no encoder.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read, mapped or written.
    #[error("cannot {action} {}", file.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file is no safetensors file, or one cut short.
    #[error("malformed weights in {}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// Where and why.
        #[source]
        source: safetensors::SafeTensorError,
    },
    /// A tensor is missing, or is not what the shape says.
    #[error("the tensor {name} of {}: {problem}", file.display())]
    Tensor {
        /// The file.
        file: PathBuf,
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file of packed weights is of another version, damaged, or of another model.
    #[error("{} cannot be used: {problem}", file.display())]
    Packed {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A shape that no encoder can have.
    #[error("no encoder has such a shape: {problem}")]
    Shape {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A kernel was asked for that this processor cannot run.
    #[error("this processor has no {0}")]
    Kernel(crate::Kernel),
}
