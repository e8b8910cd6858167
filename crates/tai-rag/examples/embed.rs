//! Vectors of texts, for scripts that compare them or their speed with those of others.
//!
//! `cargo run --release -p tai-rag --example embed -- MODEL_DIRECTORY [--seconds]`: each line of the input is a list of texts as JSON; each line of the
//! output `{"seconds":…,"vectors":[…]}`, without the vectors if only the seconds are wanted. The first line tells how long the model took to load.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::Path;
use std::time::Instant;

use serde_json::json;
use tai_rag::{CandleEmbedder, Embedder, Role};
use tokio::runtime::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().ok_or("usage: embed MODEL_DIRECTORY [--seconds]")?;
    let seconds_only = arguments.any(|argument| argument == "--seconds");
    let start = Instant::now();
    let embedder = CandleEmbedder::load(Path::new(&directory), "model")?;
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
