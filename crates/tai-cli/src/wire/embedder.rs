//! The embedder and the reranker that the operator asked for, or those that are there.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use tai_rag::{CachedEmbedder, CandleEmbedder, Embedder, Kernel, KernelEmbedder, KernelOptions, Precision, Reranker};

use super::endpoint::EndpointEmbedder;
use super::model::openai;
use super::models::registry;
use super::settings::set;
use super::{ModelFlags, home};
use crate::exit::{Attempt, Exit, Failure};

/// Used where nothing else is said, when it is there.
const DEFAULT_EMBEDDER: &str = "all-minilm-l6-v2";
/// Used where that is not there, when the base URL serves it.
const SERVED_EMBEDDER: &str = "nomic-embed-text";
const FORMS: &str = "--embedder takes auto, none, candle, candle:NAME for ~/.tai/models/NAME, http:NAME, or a directory such as ./all-MiniLM-L6-v2";

/// An embedder and a reranker, and how they came about.
pub(crate) struct WiredRankers {
    /// None: words and salience alone.
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
    /// None: what the others say stands.
    pub(crate) reranker: Option<Arc<dyn Reranker>>,
    /// True when the operator asked for the embedder: then its failure counts.
    pub(crate) by_name: bool,
    /// In a line each, for `--rag-debug`.
    pub(crate) said: String,
}

/// The rankers to use: flags over environment over what is there. Vectors are kept in `cache` of tai's folder if it is to `persist`.
/// Of the model's flags, those count that say where the server is.
pub(crate) async fn rankers(
    embedder: Option<&str>,
    reranker: Option<&str>,
    model: ModelFlags<'_>,
    persist: bool,
) -> Result<WiredRankers, Failure> {
    let mut wired = choose(embedder, model).await?;
    wired.reranker = super::reranker::reranker(reranker)?;
    if let Some(reranker) = &wired.reranker {
        wired.said += &format!("\nreranked by {}", reranker.name());
    }
    if let (Some(embedder), Some(home), true) = (&wired.embedder, home(), persist) {
        wired.embedder = Some(Arc::new(CachedEmbedder::new(Arc::clone(embedder), &home.join("cache/vectors"))));
    }
    Ok(wired)
}

async fn choose(flag: Option<&str>, model: ModelFlags<'_>) -> Result<WiredRankers, Failure> {
    let named = set(flag, "embedder")?.unwrap_or_else(|| "auto".to_owned());
    match named.as_str() {
        "auto" => match model_directory(DEFAULT_EMBEDDER) {
            Some(directory) => local(&directory, false),
            None => Ok(served_if_there(model).await),
        },
        "none" => Ok(none("--embedder none")),
        "candle" => registered(DEFAULT_EMBEDDER),
        other => match (other.strip_prefix("candle:"), other.strip_prefix("http:")) {
            (Some(name), _) if !name.is_empty() && !name.contains('/') => registered(name),
            (_, Some(name)) if !name.is_empty() && !name.starts_with('/') => served(name, model).await,
            (None, None) if other.contains('/') || Path::new(other).is_dir() => local(Path::new(other), true),
            _ => Err(Failure::usage(format!("{other:?} is no embedder")).hint(FORMS)),
        },
    }
}

fn none(reason: &str) -> WiredRankers {
    let said = format!("meaning is not compared: {reason}");
    WiredRankers { embedder: None, reranker: None, by_name: false, said }
}

fn registered(name: &str) -> Result<WiredRankers, Failure> {
    let missing = || {
        Failure::usage(format!("there is no model in ~/.tai/models/{name}"))
            .hint(format!("`tai models pull {name}` fetches it, if it is known; a directory can be named as well"))
    };
    local(&model_directory(name).ok_or_else(missing)?, true)
}

/// A model in this process: by tai-kernels where it can, by candle on a GPU, for other architectures, and where the operator wants it.
fn local(directory: &Path, by_name: bool) -> Result<WiredRankers, Failure> {
    let name = directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy();
    let failed = |error| {
        Failure::usage(error)
            .hint("a model directory is as sentence-transformers saves it; --embedder none goes without")
    };
    match kernel_options(&name, directory, None)?.filter(|_| KernelEmbedder::supports(directory)) {
        Some(options) => {
            let embedder = KernelEmbedder::load(directory, &name, &options).map_err(failed)?;
            let (precision, kernel) = embedder.computes();
            let mut wired = wired(Arc::new(embedder), by_name);
            wired.said += &format!(", {precision} by {kernel}");
            Ok(wired)
        }
        None => {
            let embedder = CandleEmbedder::load(directory, &name).map_err(failed)?;
            let device = embedder.device().map(|device| format!(", computed on {device}"));
            let mut wired = wired(Arc::new(embedder), by_name);
            wired.said += device.as_deref().unwrap_or_default();
            Ok(wired)
        }
    }
}

/// How tai-kernels computes a model.
#[derive(Serialize)]
pub(crate) struct Computed {
    pub(crate) precision: &'static str,
    /// The instructions.
    pub(crate) kernel: &'static str,
    /// Its packed weights, where there are some.
    pub(crate) packed: Option<PathBuf>,
}

/// How the embedding or reranking model in `directory` is computed on this machine; `None` for candle.
pub(crate) fn computed(name: &str, directory: &Path) -> Result<Option<Computed>, Failure> {
    let options = kernel_options(name, directory, None)?.filter(|_| KernelEmbedder::supports(directory));
    Ok(options.map(|options| Computed {
        precision: options.precision.name(),
        kernel: options.kernel.unwrap_or_else(Kernel::best).name(),
        packed: options.packed.filter(|file| file.exists()),
    }))
}

/// Weights that were packed.
pub(crate) struct Packed {
    pub(crate) precision: &'static str,
    pub(crate) file: PathBuf,
    pub(crate) bytes: u64,
}

/// Packs the weights of the model in `directory`, for when it is loaded by this name and in this precision.
pub(crate) fn pack_weights(name: &str, directory: &Path, precision: Option<&str>) -> Result<Packed, Failure> {
    let options = kernel_options(name, directory, precision)?.ok_or_else(|| {
        Failure::usage("embedder_kernel is candle, or there is a GPU").hint("neither uses packed weights")
    })?;
    let folder = packed_folder().ok_or_else(|| Failure::usage("the user who runs tai has no home"))?;
    std::fs::create_dir_all(&folder)
        .map_err(|source| Failure::usage(Attempt { attempt: format!("cannot make {}", folder.display()), source }))?;
    let file = packed_file(&folder, name, options.precision);
    let failed =
        |error| Failure::usage(error).hint("models of the BERT family can be packed, such as all-minilm-l6-v2");
    let bytes = tai_rag::pack(directory, &options, &file).map_err(failed)?;
    Ok(Packed { precision: options.precision.name(), file, bytes })
}

fn packed_folder() -> Option<PathBuf> {
    Some(home()?.join("cache/packed"))
}

fn packed_file(folder: &Path, name: &str, precision: Precision) -> PathBuf {
    folder.join(format!("{name}-{precision}.taipack"))
}

/// How tai-kernels computes the model of this name in `directory`: the precision that was asked for, environment over configuration over what is best. `None` where candle is wanted, or
/// there is a GPU.
pub(super) fn kernel_options(
    name: &str,
    directory: &Path,
    precision: Option<&str>,
) -> Result<Option<KernelOptions>, Failure> {
    let precision = set(precision, "embedder_precision")?;
    let kernel = set(None, "embedder_kernel")?;
    let kernel = match kernel.as_deref() {
        Some("candle") => return Ok(None),
        None if CandleEmbedder::has_gpu() => return Ok(None),
        None | Some("best") => None,
        Some(kernel) => Some(kernel.parse().map_err(|_| {
            Failure::usage(format!("{kernel:?} is no kernel"))
                .hint("embedder_kernel is best, candle, portable, avx2, avx-vnni, avx512 or avx512-bf16")
        })?),
    };
    let precision = precision.as_deref().map(str::parse).transpose().map_err(|_| {
        Failure::usage("the embedder's precision is unknown").hint("embedder_precision is f32, bf16 or int8")
    })?;
    let precision = precision.unwrap_or_default();
    // Another directory may have the name of a registered one, and other weights.
    let is_registered = model_directory(name).is_some_and(|registered| registered == directory);
    let packed = packed_folder().filter(|_| is_registered).map(|folder| packed_file(&folder, name, precision));
    Ok(Some(KernelOptions { precision, kernel, packed, ..KernelOptions::default() }))
}

/// The endpoint's embedding model, when it has it. That nothing answers there is no error: nobody asked for it.
async fn served_if_there(flags: ModelFlags<'_>) -> WiredRankers {
    let missing = format!("there is no model in ~/.tai/models/{DEFAULT_EMBEDDER}");
    let Ok(model) = openai(SERVED_EMBEDDER.to_owned(), flags) else {
        return none(&missing);
    };
    let is_it = |name: &String| name.split_once(':').map_or(name.as_str(), |(name, _)| name) == SERVED_EMBEDDER;
    let (missing, url) = (format!("{missing}, and no {SERVED_EMBEDDER} at"), model.base_url().to_owned());
    match model.models().await {
        Ok(names) if names.iter().any(is_it) => match EndpointEmbedder::connect(model).await {
            Ok(embedder) => wired(Arc::new(embedder), false),
            Err(_) => none(&format!("{missing} {url} that answers")),
        },
        _ => none(&format!("{missing} {url}")),
    }
}

async fn served(name: &str, flags: ModelFlags<'_>) -> Result<WiredRankers, Failure> {
    let model = openai(name.to_owned(), flags)?;
    let embedder = EndpointEmbedder::connect(model).await.map_err(|error| {
        Failure::new(Exit::Model, error)
            .hint("an embedding model at the base URL is asked; --embedder none goes without")
    })?;
    Ok(wired(Arc::new(embedder), true))
}

fn wired(embedder: Arc<dyn Embedder>, by_name: bool) -> WiredRankers {
    let identity = embedder.identity();
    let tokens = identity.max_tokens.map(|tokens| format!(", {tokens} tokens at most")).unwrap_or_default();
    let said = format!("meaning is compared by {}: {} dimensions{tokens}", identity.name, identity.dimension);
    WiredRankers { embedder: Some(embedder), reranker: None, by_name, said }
}

pub(super) fn model_directory(name: &str) -> Option<PathBuf> {
    registry().ok()?.path(name).ok()
}
