//! Models of the BERT family computed by tai-kernels.

mod embed;
mod load;
mod rerank;

use std::path::PathBuf;

pub use tai_kernels::{Kernel, Precision};

pub use self::embed::KernelEmbedder;
pub use self::load::pack;
pub use self::rerank::KernelReranker;

/// How a model is computed, and where its packed weights may be.
#[derive(Clone, Debug, Default)]
pub struct KernelOptions {
    /// In what the linear layers compute.
    pub precision: Precision,
    /// The instructions to use; the best of the processor if none are named.
    pub kernel: Option<Kernel>,
    /// Threads at most; 0 for one on each core.
    pub threads: usize,
    /// Weights that [`pack`] packed. A file that is missing, of another precision, or older than the model's weights is left alone.
    pub packed: Option<PathBuf>,
}
