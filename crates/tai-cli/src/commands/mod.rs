//! One file for each command: it wires, calls the libraries and renders.

mod aids;
mod audit;
mod captures;
mod case;
mod cleanup;
mod collect;
mod completions;
mod config;
mod doctor;
mod eval;
mod history;
mod man;
mod models;
mod plan;
mod policy;
mod probe;
mod recall;
mod redact;
mod retrieve;
mod run;
mod runbooks;
mod sections;
mod ssh;
mod store;
mod version;

pub(crate) use aids::{Aids, Opening};
pub(crate) use audit::audit;
pub(crate) use case::{Begun, Case};
pub(crate) use cleanup::{Gone, cleanup};
pub(crate) use collect::collect;
pub(crate) use completions::completions;
pub(crate) use config::{Checked, config_check, config_path, config_show};
pub(crate) use doctor::{Finding, State, doctor};
pub(crate) use eval::eval;
pub(crate) use history::history;
pub(crate) use man::man;
pub(crate) use models::{
    models_export, models_import, models_info, models_list, models_path, models_prune, models_pull, models_quantize,
    models_remove, models_verify,
};
pub(crate) use plan::plan;
pub(crate) use policy::{policy_check, policy_explain, policy_list};
pub(crate) use probe::{Access, probe};
pub(crate) use recall::outcome;
pub(crate) use redact::redact;
pub(crate) use retrieve::retrieve;
pub(crate) use run::{format_of, model_flags, run};
pub(crate) use runbooks::runbooks;
pub(crate) use ssh::{ssh_host_key, ssh_resolve};
pub(crate) use store::{store_export, store_import, store_reindex, store_repair, store_stats, store_verify};
pub(crate) use version::version;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use tai_collect::{NOT_CAPTURED, Report};
use tai_engine::{EmbedAhead, Investigation};
use tai_rag::Embedder;
use tai_ssh::Host;
use tracing::debug;

use crate::args::HostFlags;
use crate::exit::{Exit, Failure};
use crate::normalize::plain;
use crate::progress::ProgressLine;
use crate::terminal::{confirm, is_interactive, note};
use crate::ticket::{Found, Written};
use crate::wire::{self, Place, WiredRankers};

/// The issue, where there must be one.
fn issue(issue: String) -> Result<String, Failure> {
    if issue.is_empty() {
        return Err(
            Failure::usage("no issue was given").hint("say in quotes what is wrong: \"the disk is filling up\"")
        );
    }
    Ok(issue)
}

/// The issue, of the words of the command line and of a ticket, and where to look: a ticket's host where no flag says so and the operator agrees.
fn asked(words: &[String], ticket: Option<&Path>, mut flags: HostFlags) -> Result<(String, HostFlags), Failure> {
    let words = issue_or_none(words);
    let Some(file) = ticket else { return Ok((words, flags)) };
    let written = Written::read(file)?;
    let issue = format!("{words}\n{}", written.issue()).trim().to_owned();
    let known = wire::host_names(&flags).into_iter().collect();
    let found = Found::of(&issue, &known, Timestamp::now());
    note(&found.shown());
    if flags.local || flags.replay.is_some() || flags.hosts_file.is_some() || !flags.host.is_empty() {
        return Ok((issue, flags));
    }
    for host in &found.hosts {
        if is_interactive() && confirm(&format!("Look at {host}?"))? {
            flags.host.push(host.clone());
            return Ok((issue, flags));
        }
    }
    if is_interactive() {
        // It may be asked for.
        return Ok((issue, flags));
    }
    // What somebody else wrote is no reason to connect anywhere.
    let hint = found.hosts.first().map(|host| format!("the ticket names {host}: confirm it with --host {host}"));
    Err(Failure::usage("no host to look at")
        .hint(hint.unwrap_or_else(|| "--host NAME names it; the ticket does not".to_owned())))
}

/// The issue, empty where there is none.
fn issue_or_none(words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(|word| plain(word)).collect();
    words.join(" ").trim().to_owned()
}

/// Whether all that was wanted could be collected. What a capture does not hold was never to be collected.
fn completeness(report: &Report) -> Exit {
    if report.gaps().iter().all(|(_, reason)| reason == NOT_CAPTURED) { Exit::Done } else { Exit::Incomplete }
}

/// A host that takes its time, its outputs embedded while commands run, as soon as there is an embedder. A capture has them all at once.
fn embed_ahead<'a>(
    host: &'a dyn Host,
    place: &Place,
    coming: impl Future<Output = Option<Arc<dyn Embedder>>> + Send + 'static,
) -> Option<EmbedAhead<'a>> {
    (!matches!(place, Place::Replay(_))).then(|| EmbedAhead::new(host, coming))
}

/// Lets meaning and a reranker take part in what the investigation retrieves for the issue. A failure is told, and counts when the operator asked for the embedder by name.
async fn embed(
    investigation: &mut Investigation,
    issue: &str,
    wired: &WiredRankers,
    ahead: Option<&EmbedAhead<'_>>,
    line: &ProgressLine,
) -> Exit {
    let start = Instant::now();
    if let Some(reranker) = wired.reranker.clone() {
        investigation.rerank_with(reranker);
    }
    let embedded = match wired.embedder.clone() {
        Some(embedder) => {
            let embedder = ahead.map_or(Arc::clone(&embedder), |ahead| ahead.embedder(embedder));
            investigation.embed(embedder, &|event| line.show(event)).await
        }
        None => Ok(()),
    };
    let embedded = match embedded {
        Ok(()) => investigation.learn(issue).await,
        Err(error) => Err(error),
    };
    debug!(took = ?start.elapsed(), embedder = wired.said, well = embedded.is_ok(), "meaning compared");
    let Err(error) = embedded else { return Exit::Done };
    let failure = Failure::new(if wired.by_name { Exit::Model } else { Exit::Done }, error);
    line.note(&format!("meaning is not compared\n{}", failure.message().trim_end()));
    failure.exit
}

/// One JSON value on one line.
fn json_line(value: &impl serde::Serialize) -> Result<String, Failure> {
    let json = serde_json::to_string(value).map_err(|error| Failure::new(Exit::Bug, error))?;
    Ok(json + "\n")
}
