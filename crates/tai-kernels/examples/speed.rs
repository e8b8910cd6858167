//! An encoder for scripts that compare its vectors or its speed with those of others.
//!
//! `cargo run --release -p tai-kernels --example speed -- MODEL PRECISION KERNEL THREADS [--seconds] [--save FILE]`: MODEL is a directory with `config.json` and `model.safetensors`,
//! or a file of packed weights; KERNEL may be `best`. Each line of the input is a list of texts, each a list of token ids, as JSON; each line of the output
//! `{"seconds":…,"vectors":[…]}`, without the vectors if only the seconds are wanted. The first line tells how long loading took. `--save` writes
//! the packed weights of a directory.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};
use tai_kernels::{Encoder, Options, Pooling, Shape, Source, Tokens};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, precision, kernel, threads, rest @ ..] = arguments.as_slice() else {
        return Err("usage: speed MODEL PRECISION KERNEL THREADS [--seconds]".into());
    };
    let kernel = if kernel == "best" { None } else { Some(kernel.parse()?) };
    let options = Options { precision: precision.parse()?, kernel, threads: threads.parse()? };
    let start = Instant::now();
    let encoder = load(Path::new(model), &options)?;
    let load = start.elapsed().as_secs_f64();
    writeln!(stdout(), "{}", json!({ "load": load, "kernel": encoder.kernel().name() }))?;
    if let Some(at) = rest.iter().position(|argument| argument == "--save") {
        let file = rest.get(at + 1).ok_or("--save needs a file")?;
        encoder.save(Path::new(file), &Source::open(&Path::new(model).join("model.safetensors"))?)?;
    }
    let types = vec![0; encoder.shape().positions];
    for line in stdin().lock().lines() {
        let ids: Vec<Vec<u32>> = serde_json::from_str(&line?)?;
        let texts: Vec<Tokens<'_>> = ids.iter().map(|ids| Tokens { ids, types: &types[..ids.len()] }).collect();
        let start = Instant::now();
        let vectors = encoder.embed(&texts, Pooling::Mean);
        let seconds = start.elapsed().as_secs_f64();
        let seconds_only = rest.iter().any(|argument| argument == "--seconds");
        let told = if seconds_only {
            json!({ "seconds": seconds })
        } else {
            json!({ "seconds": seconds, "vectors": vectors })
        };
        writeln!(stdout(), "{told}")?;
        stdout().flush()?;
    }
    Ok(())
}

fn load(model: &Path, options: &Options) -> Result<Encoder, Box<dyn Error>> {
    if model.is_file() {
        return Ok(Encoder::open(model, options)?.0);
    }
    let config: Value = serde_json::from_slice(&std::fs::read(model.join("config.json"))?)?;
    let size = |name: &str| config[name].as_u64().map(|size| size as usize).ok_or_else(|| format!("no {name}"));
    let shape = Shape {
        vocabulary: size("vocab_size")?,
        hidden: size("hidden_size")?,
        inner: size("intermediate_size")?,
        layers: size("num_hidden_layers")?,
        heads: size("num_attention_heads")?,
        positions: size("max_position_embeddings")?,
        types: size("type_vocab_size")?,
        eps: config["layer_norm_eps"].as_f64().ok_or("no layer_norm_eps")? as f32,
    };
    Ok(Encoder::pack(&Source::open(&model.join("model.safetensors"))?, &shape, options)?)
}
