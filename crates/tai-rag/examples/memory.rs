//! Peak memory and time for a given amount of logs, made from one log file whose lines get new identifiers; with a model, the time until meaning can be compared too.
//!
//! `cargo run --release -p tai-rag --example memory -- LOG_FILE MEGABYTES [MODEL_DIRECTORY]` (Linux)

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::time::Instant;

use tai_rag::{ChunkOptions, Document, Embedder, Index, KernelEmbedder, KernelOptions, Role};
use tokio::runtime::Builder;

#[expect(clippy::print_stdout, reason = "an example reports on stdout")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(megabytes)) = (arguments.next(), arguments.next()) else {
        return Err("usage: memory LOG_FILE MEGABYTES [MODEL_DIRECTORY]".into());
    };
    let log = String::from_utf8_lossy(&fs::read(file)?).into_owned();
    let documents = documents(&log, megabytes.parse::<usize>()? * 1_000_000)?;
    let bytes: usize = documents.iter().map(|document| document.text.len()).sum();

    let start = Instant::now();
    let index = Index::build(documents, &ChunkOptions::default());
    println!("{} chunks at {:.1} MB/s", index.chunks().len(), bytes as f64 / 1e6 / start.elapsed().as_secs_f64());
    let start = Instant::now();
    let found = index.search("service failed to start: connection refused", 10);
    println!("{} found in {:.2?}", found.len(), start.elapsed());
    if let Some(model) = arguments.next() {
        let start = Instant::now();
        let embedder = KernelEmbedder::load(model.as_ref(), "model", &KernelOptions::default())?;
        let loaded = start.elapsed();
        let texts: Vec<String> = index.passages(128 << 10).into_iter().map(|passage| passage.text).collect();
        let vectors = Builder::new_current_thread().build()?.block_on(embedder.embed(&texts, Role::Document))?;
        println!("model loaded in {loaded:.2?}, {} passages embedded after {:.2?}", vectors.len(), start.elapsed());
    }
    let status = fs::read_to_string("/proc/self/status")?;
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
    Ok(())
}

/// Copies of `log`, every fourth line with an identifier of its own, until there are `bytes`.
fn documents(log: &str, bytes: usize) -> Result<Vec<Document>, Box<dyn Error>> {
    if log.is_empty() {
        return Err("the log file is empty".into());
    }
    let (mut documents, mut total, mut identifier) = (Vec::new(), 0, 1_u32);
    while total < bytes {
        let mut text = String::with_capacity(log.len() * 9 / 8);
        for (number, line) in log.lines().enumerate() {
            text.push_str(line);
            if number % 4 == 0 {
                identifier = identifier.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                write!(text, " id={identifier:08x}")?;
            }
            text.push('\n');
        }
        total += text.len();
        let command = format!("cat log.{}", documents.len());
        documents.push(Document { command, about: String::new(), text: text.into() });
    }
    Ok(documents)
}
