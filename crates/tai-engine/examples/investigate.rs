//! A whole investigation of this machine in a program of one's own, without a model.
//!
//! `cargo run -p tai-engine --example investigate -- 'the disk is filling up'`

use std::error::Error;
use std::io::{Write, stderr, stdout};

use tai_collect::{Background, Scope};
use tai_engine::{Investigation, Options, Start};
use tai_runbook::Library;
use tai_ssh::{LocalHost, Policy};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let issue = std::env::args().nth(1).ok_or("usage: investigate ISSUE")?;
    let start = Start {
        host: &LocalHost::new(),
        policy: &Policy::builtin(),
        runbooks: Library::builtin(),
        issue: &issue,
        background: Background::default(),
        scope: Scope::default(),
        save: None,
        options: Options::default(),
    };
    let told = |event| {
        // A line of progress that cannot be written is no reason to stop.
        drop(writeln!(stderr(), "{event:?}"));
    };
    let mut investigation = Investigation::start(start, &told).await?;
    let diagnosis = investigation.diagnose(&issue, None, &told).await;
    let mut out = stdout();
    for cause in &diagnosis.root_cause {
        writeln!(out, "cause: {}", cause.text)?;
    }
    for quote in &diagnosis.evidence {
        writeln!(out, "{:?}, line {:?}: {}", quote.command, quote.start_line, quote.text)?;
    }
    Ok(())
}
