//! The reranker that the operator asked for, or the one that is there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tai_rag::{CandleReranker, KernelEmbedder, KernelReranker, Reranker};

use super::embedder::{kernel_options, model_directory};
use super::settings::set;
use crate::exit::Failure;

/// Used where nothing else is said, when it is there.
const DEFAULT_RERANKER: &str = "ms-marco-minilm-l6";

/// The reranker to use: flag over environment over what is there.
pub(super) fn reranker(flag: Option<&str>) -> Result<Option<Arc<dyn Reranker>>, Failure> {
    let named = set(flag, "reranker")?.unwrap_or_else(|| "auto".to_owned());
    let directory = match named.as_str() {
        "none" => None,
        "auto" => model_directory(DEFAULT_RERANKER),
        directory => Some(PathBuf::from(directory)),
    };
    directory.map(|directory| load(&directory)).transpose()
}

fn load(directory: &Path) -> Result<Arc<dyn Reranker>, Failure> {
    let name = directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy();
    let failed = |error| {
        Failure::usage(error)
            .hint("--reranker takes auto, none, or the directory of a cross-encoder as transformers saves it")
    };
    Ok(match kernel_options(&name, directory, None)?.filter(|_| KernelEmbedder::supports(directory)) {
        Some(options) => Arc::new(KernelReranker::load(directory, &name, &options).map_err(failed)?),
        None => Arc::new(CandleReranker::load(directory, &name).map_err(failed)?),
    })
}
