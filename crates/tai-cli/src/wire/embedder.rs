//! The embedder that the operator asked for, or the one that is there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tai_rag::{CachedEmbedder, CandleEmbedder, Embedder};

use super::endpoint::EndpointEmbedder;
use super::models::registry;
use super::{ModelFlags, environment, home, openai};
use crate::exit::{Exit, Failure};

/// Used where nothing else is said, when it is there.
const DEFAULT_EMBEDDER: &str = "all-minilm-l6-v2";
const FORMS: &str = "--embedder takes auto, none, candle, candle:NAME for ~/.tai/models/NAME, http:NAME, or a directory such as ./all-MiniLM-L6-v2";

/// An embedder, and how it came about.
pub(crate) struct WiredEmbedder {
    /// None: words and salience alone.
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
    /// True when the operator asked for it: then its failure counts.
    pub(crate) by_name: bool,
    /// In a line, for `--rag-debug`.
    pub(crate) said: String,
}

/// The embedder to use: flag over environment over what is there. Vectors are kept in `cache` of tai's folder if it is to `persist`.
/// Of the model's flags, those count that say where the server is.
pub(crate) async fn embedder(
    flag: Option<&str>,
    model: ModelFlags<'_>,
    persist: bool,
) -> Result<WiredEmbedder, Failure> {
    let mut wired = choose(flag, model).await?;
    if let (Some(embedder), Some(home), true) = (&wired.embedder, home(), persist) {
        wired.embedder = Some(Arc::new(CachedEmbedder::new(Arc::clone(embedder), &home.join("cache/vectors"))));
    }
    Ok(wired)
}

async fn choose(flag: Option<&str>, model: ModelFlags<'_>) -> Result<WiredEmbedder, Failure> {
    let named = flag.map(str::to_owned).or_else(|| environment("TAI_EMBEDDER")).unwrap_or_else(|| "auto".to_owned());
    match named.as_str() {
        "auto" => match model_directory(DEFAULT_EMBEDDER) {
            Some(directory) => candle(&directory, false),
            None => Ok(none(&format!("there is no model in ~/.tai/models/{DEFAULT_EMBEDDER}"))),
        },
        "none" => Ok(none("--embedder none")),
        "candle" => registered(DEFAULT_EMBEDDER),
        other => match (other.strip_prefix("candle:"), other.strip_prefix("http:")) {
            (Some(name), _) if !name.is_empty() && !name.contains('/') => registered(name),
            (_, Some(name)) if !name.is_empty() && !name.starts_with('/') => served(name, model).await,
            (None, None) if other.contains('/') || Path::new(other).is_dir() => candle(Path::new(other), true),
            _ => Err(Failure::usage(format!("{other:?} is no embedder")).hint(FORMS)),
        },
    }
}

fn none(reason: &str) -> WiredEmbedder {
    WiredEmbedder { embedder: None, by_name: false, said: format!("meaning is not compared: {reason}") }
}

fn registered(name: &str) -> Result<WiredEmbedder, Failure> {
    let missing = || {
        Failure::usage(format!("there is no model in ~/.tai/models/{name}"))
            .hint(format!("`tai models pull {name}` fetches it, if it is known; a directory can be named as well"))
    };
    candle(&model_directory(name).ok_or_else(missing)?, true)
}

fn candle(directory: &Path, by_name: bool) -> Result<WiredEmbedder, Failure> {
    let name = directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy();
    let embedder = CandleEmbedder::load(directory, &name).map_err(|error| {
        Failure::usage(error)
            .hint("a model directory is as sentence-transformers saves it; --embedder none goes without")
    })?;
    Ok(wired(Arc::new(embedder), by_name))
}

async fn served(name: &str, flags: ModelFlags<'_>) -> Result<WiredEmbedder, Failure> {
    let model = openai(name.to_owned(), flags.base_url, flags.allow_remote)?;
    let embedder = EndpointEmbedder::connect(model).await.map_err(|error| {
        Failure::new(Exit::Model, error)
            .hint("an embedding model at the base URL is asked; --embedder none goes without")
    })?;
    Ok(wired(Arc::new(embedder), true))
}

fn wired(embedder: Arc<dyn Embedder>, by_name: bool) -> WiredEmbedder {
    let identity = embedder.identity();
    let tokens = identity.max_tokens.map(|tokens| format!(", {tokens} tokens at most")).unwrap_or_default();
    let said = format!("meaning is compared by {}: {} dimensions{tokens}", identity.name, identity.dimension);
    WiredEmbedder { embedder: Some(embedder), by_name, said }
}

fn model_directory(name: &str) -> Option<PathBuf> {
    registry().ok()?.path(name).ok()
}
