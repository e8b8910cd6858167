//! Vectors of texts, for scripts that compare them or their speed with those of others.
//!
//! `cargo run --release -p tai-rag --example embed -- MODEL_DIRECTORY [f32|bf16|int8|candle] [--seconds]`: each line of the input is a list of texts as JSON; each line of the
//! output `{"seconds":…,"vectors":[…]}`, without the vectors if only the seconds are wanted. The first line tells how long the model took to load.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;
use std::time::Instant;

use serde_json::json;
use tai_rag::{CandleEmbedder, Embedder, KernelEmbedder, KernelOptions, Role};
use tokio::runtime::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let seconds_only = arguments.iter().any(|argument| argument == "--seconds");
    arguments.retain(|argument| argument != "--seconds");
    let directory = Path::new(arguments.first().ok_or("usage: embed MODEL_DIRECTORY [PRECISION] [--seconds]")?);
    let start = Instant::now();
    let embedder: Box<dyn Embedder> = match arguments.get(1).map_or("f32", String::as_str) {
        "candle" => Box::new(CandleEmbedder::load(directory, "model")?),
        precision => {
            let options = KernelOptions { precision: precision.parse()?, ..KernelOptions::default() };
            Box::new(KernelEmbedder::load(directory, "model", &options)?)
        }
    };
    writeln!(stdout(), "{}", json!({ "load": start.elapsed().as_secs_f64() }))?;
    let runtime = Builder::new_current_thread().build()?;
    for line in stdin().lock().lines() {
        let texts: Vec<String> = serde_json::from_str(&line?)?;
        let start = Instant::now();
        let vectors = runtime.block_on(embedder.embed(&texts, Role::Document))?;
        let seconds = start.elapsed().as_secs_f64();
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
