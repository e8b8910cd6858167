//! A directory becomes an encoder and a tokenizer.

use std::fs::{self, Metadata};
use std::path::Path;
use std::thread;

use tai_kernels::{Encoder, Options, PackedHeader, Shape, Source};
use tokenizers::{Encoding, Tokenizer};

use super::KernelOptions;
use crate::directory::{Config, Family, hex, load_config, load_tokenizer, read, sum};
use crate::{BoxedError, Error};

pub(super) struct Model {
    pub(super) tokenizer: Tokenizer,
    pub(super) encoder: Encoder,
    /// SHA-256 of the weights and of the tokenizer.
    pub(super) sums: (String, String),
    /// Tokens of a text that count.
    pub(super) max_tokens: usize,
}

impl Model {
    /// Loads `config.json`, `tokenizer.json` and `model.safetensors` of a directory, or the packed weights that the options name. Of a text, `max_tokens` count, or as many as the
    /// model has positions for.
    pub(super) fn load(directory: &Path, max_tokens: Option<usize>, options: &KernelOptions) -> Result<Self, Error> {
        let config = load_config(directory)?;
        let shape = shape(directory, &config)?;
        let max_tokens = max_tokens.unwrap_or(usize::MAX).min(config.positions);
        let file = directory.join("tokenizer.json");
        let tokenizer = || {
            let json = read(&file)?;
            Ok((load_tokenizer(&file, &json, &config, max_tokens)?, sum(&json)))
        };
        let weights = directory.join("model.safetensors");
        // Whatever takes its time is done side by side.
        let (tokenizer, weights) = thread::scope(|scope| {
            let tokenizer = scope.spawn(tokenizer);
            let loaded = match load_packed(&weights, &shape, options) {
                Some(packed) => Ok(packed),
                None => load_source(&weights, &shape, options),
            };
            (tokenizer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), loaded)
        });
        let ((tokenizer, tokenizer_sum), (encoder, weights_sum)) = (tokenizer?, weights?);
        Ok(Self { tokenizer, encoder, sums: (weights_sum, tokenizer_sum), max_tokens })
    }

    /// One text by itself needs no thread to be cut into pieces.
    pub(super) fn encode<'a, I>(&self, mut inputs: Vec<I>) -> Result<Vec<Encoding>, BoxedError>
    where
        I: Into<tokenizers::EncodeInput<'a>> + Send,
    {
        match (inputs.pop(), inputs.is_empty()) {
            (Some(only), true) => Ok(vec![self.tokenizer.encode_fast(only, true)?]),
            (Some(last), false) => {
                inputs.push(last);
                self.tokenizer.encode_batch_fast(inputs, true)
            }
            (None, _) => Ok(Vec::new()),
        }
    }
}

/// Packs the weights of the model in `directory` into `file`, for [`KernelOptions::packed`]: the same weights give the same bytes. Gives the length of the file.
///
/// # Errors
///
/// When the model is of another family, damaged, or the file cannot be written.
pub fn pack(directory: &Path, options: &KernelOptions, file: &Path) -> Result<u64, Error> {
    let shape = shape(directory, &load_config(directory)?)?;
    let weights = directory.join("model.safetensors");
    let source = Source::open(&weights).map_err(|error| wrong(&weights, error))?;
    let encoder = Encoder::pack(&source, &shape, &encoder_options(options)).map_err(|error| wrong(&weights, error))?;
    encoder.save(file, &source).map_err(|error| wrong(file, error))?;
    fs::metadata(file).map(|meta| meta.len()).map_err(|source| Error::Read { file: file.to_owned(), source })
}

fn shape(directory: &Path, config: &Config) -> Result<Shape, Error> {
    if config.family != Family::Bert {
        let (file, problem) = (directory.join("config.json"), "it is no BERT, which is all that tai-kernels computes");
        return Err(Error::Unsupported { file, problem: problem.to_owned() });
    }
    let Config { vocabulary, hidden, inner, layers, heads, positions, types, eps, .. } = *config;
    Ok(Shape { vocabulary, hidden, inner, layers, heads, positions, types, eps })
}

fn encoder_options(options: &KernelOptions) -> Options {
    Options { precision: options.precision, kernel: options.kernel, threads: options.threads }
}

/// The weights as they were trained, packed now, and their checksum.
fn load_source(weights: &Path, shape: &Shape, options: &KernelOptions) -> Result<(Encoder, String), Error> {
    let source = Source::open(weights).map_err(|error| wrong(weights, error))?;
    thread::scope(|scope| {
        let sum = scope.spawn(|| sum(source.bytes()));
        let encoder =
            Encoder::pack(&source, shape, &encoder_options(options)).map_err(|error| wrong(weights, error))?;
        Ok((encoder, sum.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
    })
}

/// The packed weights, if they are of this model and not older than it; what is wrong with them is no error, as the model itself is there.
fn load_packed(weights: &Path, shape: &Shape, options: &KernelOptions) -> Option<(Encoder, String)> {
    let file = options.packed.as_ref()?;
    let (packed, trained) = (fs::metadata(file).ok()?, fs::metadata(weights).ok()?);
    let modified = |meta: &Metadata| meta.modified().ok();
    if modified(&packed)? < modified(&trained)? {
        return None;
    }
    let (encoder, header) = Encoder::open(file, &encoder_options(options)).ok()?;
    let PackedHeader { precision, source_length, source_sum, .. } = header;
    let fits = precision == options.precision && header.shape == *shape && source_length == trained.len();
    fits.then(|| (encoder, hex(&source_sum)))
}

/// A file that is not there is told as such, anything else as wrong weights.
fn wrong(file: &Path, error: tai_kernels::Error) -> Error {
    match error {
        tai_kernels::Error::File { action: "read", file, source } => Error::Read { file, source },
        other => Error::Weights { file: file.to_owned(), source: other.into() },
    }
}
