//! Vectors of texts, for scripts that compare them or their speed with those of others.
//!
//! `cargo run --release -p tai-rag --example embed -- MODEL_DIRECTORY [f32|bf16|int8|candle] [--kernel NAME] [--threads N] [--packed FILE] [--ids] [--seconds]`: each line of the
//! input is a list of texts as JSON; each line of the output `{"seconds":…,"vectors":[…]}`, without the vectors if only the seconds are wanted. The first line tells how long
//! the model took to load. Weights are mapped from FILE, which is packed first if it is not there. With `--ids` a text is a list of token ids, and there is nothing
//! but tai-kernels between them and the mean of the states.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;
use tai_kernels::{Encoder, Options, Pooling, Tokens};
use tai_rag::{CandleEmbedder, Embedder, KernelEmbedder, KernelOptions, Role};
use tokio::runtime::Builder;

const USAGE: &str = "usage: embed MODEL_DIRECTORY [f32|bf16|int8|candle] [--kernel NAME] [--threads N] [--packed FILE] [--ids] [--seconds]";

/// Vectors of a line's texts, and how many seconds they took.
type Embed = Box<dyn FnMut(&str) -> Result<(f64, Vec<Vec<f32>>), Box<dyn Error>>>;

#[derive(Default)]
struct Arguments {
    directory: PathBuf,
    with_candle: bool,
    options: KernelOptions,
    ids: bool,
    seconds_only: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    if let Some(file) = arguments.options.packed.as_ref().filter(|file| !file.exists()) {
        tai_rag::pack(&arguments.directory, &arguments.options, file)?;
    }
    let start = Instant::now();
    let mut embed = if arguments.ids { of_ids(&arguments.options)? } else { of_texts(&arguments)? };
    writeln!(stdout(), "{}", json!({ "load": start.elapsed().as_secs_f64() }))?;
    for line in stdin().lock().lines() {
        let (seconds, vectors) = embed(&line?)?;
        let told = if arguments.seconds_only {
            json!({ "seconds": seconds })
        } else {
            json!({ "seconds": seconds, "vectors": vectors })
        };
        writeln!(stdout(), "{told}")?;
        stdout().flush()?;
    }
    Ok(())
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let (mut read, mut plain) = (Arguments::default(), Vec::new());
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or(USAGE);
        match argument.as_str() {
            "--kernel" => read.options.kernel = Some(value()?.parse()?),
            "--threads" => read.options.threads = value()?.parse()?,
            "--packed" => read.options.packed = Some(value()?.into()),
            "--ids" => read.ids = true,
            "--seconds" => read.seconds_only = true,
            _ => plain.push(argument),
        }
    }
    match plain.as_slice() {
        [directory] => read.directory = directory.into(),
        [directory, computed] if computed == "candle" => {
            (read.directory, read.with_candle) = (directory.into(), true);
        }
        [directory, precision] => (read.directory, read.options.precision) = (directory.into(), precision.parse()?),
        _ => return Err(USAGE.into()),
    }
    Ok(read)
}

fn of_texts(arguments: &Arguments) -> Result<Embed, Box<dyn Error>> {
    let Arguments { directory, options, .. } = arguments;
    let embedder: Box<dyn Embedder> = match arguments.with_candle {
        true => Box::new(CandleEmbedder::load(directory, "model")?),
        false => Box::new(KernelEmbedder::load(directory, "model", options)?),
    };
    let runtime = Builder::new_current_thread().build()?;
    Ok(Box::new(move |line| {
        let texts: Vec<String> = serde_json::from_str(line)?;
        let start = Instant::now();
        let vectors = runtime.block_on(embedder.embed(&texts, Role::Document))?;
        Ok((start.elapsed().as_secs_f64(), vectors))
    }))
}

fn of_ids(options: &KernelOptions) -> Result<Embed, Box<dyn Error>> {
    let KernelOptions { precision, kernel, threads, ref packed } = *options;
    let packed = packed.as_ref().ok_or("--ids needs --packed FILE")?;
    let (encoder, _) = Encoder::open(packed, &Options { precision, kernel, threads })?;
    let types = vec![0; encoder.shape().positions];
    Ok(Box::new(move |line| {
        let ids: Vec<Vec<u32>> = serde_json::from_str(line)?;
        let texts: Vec<Tokens<'_>> = ids.iter().map(|ids| Tokens { ids, types: &types[..ids.len()] }).collect();
        let start = Instant::now();
        let vectors = encoder.embed(&texts, Pooling::Mean);
        Ok((start.elapsed().as_secs_f64(), vectors))
    }))
}
