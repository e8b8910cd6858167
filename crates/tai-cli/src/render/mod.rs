//! What the operator reads: text, Markdown or JSON of what the libraries found out.

mod audit;
mod cleanup;
mod config;
mod doctor;
mod evaluation;
mod history;
pub(crate) mod html;
mod markdown;
mod models;
mod plan;
mod probe;
mod ranking;
mod runbooks;
mod store;
mod stream;
mod style;
mod tables;
mod text;

pub(crate) use audit::{audit, verified_audit};
pub(crate) use cleanup::gone;
pub(crate) use config::{checked, checked_json, settings, settings_json};
pub(crate) use doctor::doctor;
pub(crate) use evaluation::evaluation;
pub(crate) use history::{session, session_json, sessions, sessions_markdown};
pub(crate) use models::{Said, installed_model, model_event, model_rows, models, verified};
pub(crate) use plan::{collectors, plan};
pub(crate) use probe::{Probed, probe};
pub(crate) use ranking::ranking;
pub(crate) use runbooks::{problems, runbook_rows, runbooks, suggestions, synced};
pub(crate) use store::{
    kilobytes, store_checked, store_checked_json, store_exported, store_imported, store_imported_json, store_repaired,
    store_repaired_json, store_stats, store_stats_json,
};
pub(crate) use stream::MarkdownStream;
pub(crate) use style::Style;
pub(crate) use tables::{collection, evidence, explanation, policy_table, prompt};

use std::collections::BTreeSet;

use tai_collect::{Footprint, Report};
use tai_engine::{Action, Diagnosis, Effect, ModelUse, PriorSession, Quote, TokenCount, Unverified};

use crate::args::Format;
use crate::exit::{Exit, Failure};
use crate::terminal::width;

/// The report of a diagnosis, with what it rests on; as text it is painted.
pub(crate) fn report(diagnosis: &Diagnosis, report: &Report, format: Format, style: Style) -> Result<String, Failure> {
    match format {
        Format::Html => Ok(html::page(diagnosis, report)),
        Format::HtmlPart => Ok(html::article(diagnosis, report)),
        Format::Text => Ok(text::diagnosis(diagnosis, width(), style)),
        Format::Markdown => Ok(markdown::diagnosis(diagnosis)),
        Format::Json | Format::JsonLines => json(diagnosis, format),
    }
}

/// Pretty JSON, or JSON on one line, with a line end.
fn json(value: &impl serde::Serialize, format: Format) -> Result<String, Failure> {
    let json =
        if format == Format::JsonLines { serde_json::to_string(value) } else { serde_json::to_string_pretty(value) };
    let json = json.map_err(|error| Failure::new(Exit::Bug, error))?;
    Ok(json + "\n")
}

/// Where a quotation is: the command and its lines.
pub(crate) fn place(quote: &Quote) -> String {
    match (quote.start_line, quote.end_line) {
        (start, end) if start == end => format!("{}, line {start}", quote.command),
        (start, end) => format!("{}, lines {start} to {end}", quote.command),
    }
}

/// A past session, in a line.
fn prior(session: &PriorSession) -> String {
    let PriorSession { id, host, when, issue, .. } = session;
    let cause = session.root_cause.first().map(|cause| format!(": {cause}")).unwrap_or_default();
    let outcome = session.outcome.as_ref().map(|outcome| format!(" [{outcome}]")).unwrap_or_default();
    format!("{host}, {when} ({id}): {issue}{cause}{outcome}")
}

/// What a recommendation would do to the host, of the worst of its commands; `None` where it names none.
fn effect(action: &Action) -> Option<String> {
    let risks: BTreeSet<&str> = action
        .commands
        .iter()
        .filter_map(|advice| match &advice.effect {
            Effect::Changes { risk } => Some(risk.as_str()),
            Effect::Runnable | Effect::Reads => None,
        })
        .collect();
    match (action.commands.is_empty(), risks.is_empty()) {
        (true, _) => None,
        (false, true) => Some("only reads".to_owned()),
        (false, false) => Some(format!("{CHANGES}: {}", risks.into_iter().collect::<Vec<_>>().join("; "))),
    }
}

/// Why a statement is not passed on as fact.
fn doubts(unverified: &Unverified) -> String {
    unverified.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// What collecting cost a host.
fn cost(footprint: &Footprint) -> String {
    let Footprint { commands, bytes, seconds, cpu_seconds, .. } = footprint;
    let cpu = cpu_seconds.map_or_else(String::new, |cpu| format!(", {cpu:.2} s of the host's processors"));
    format!("{commands} commands, {:.1} MB, {seconds:.1} s of commands{cpu}", *bytes as f64 / 1e6)
}

/// The line that says who wrote the report.
fn authorship(diagnosis: &Diagnosis) -> String {
    let tokens = diagnosis.tokens;
    match &diagnosis.model {
        ModelUse::NotAsked => {
            "No model was asked: this report comes from known signals and ranked evidence.".to_owned()
        }
        ModelUse::Failed { name, reasons } => {
            let reasons = reasons.join(": ");
            format!(
                "The model {name} did not answer ({reasons}): this report comes from known signals and ranked evidence."
            )
        }
        ModelUse::Answered { name, complete, repaired, warnings, .. } => {
            let cut = if *complete { "" } else { " Its answer was cut off at the limit." };
            let again =
                if *repaired { " It was asked again, after some of its first answer did not hold." } else { "" };
            let doubted = match diagnosis.unverified.len() {
                0 => "all that it says was held against what was collected.".to_owned(),
                1 => "one statement does not hold against what was collected.".to_owned(),
                many => format!("{many} statements do not hold against what was collected."),
            };
            let warnings: String = warnings.iter().map(|warning| format!(" Note: {warning}.")).collect();
            let TokenCount { sent, collected, .. } = tokens;
            format!("Written by {name} from about {sent} of {collected} tokens; {doubted}{again}{cut}{warnings}")
        }
    }
}

/// Gaps that are listed one by one; more are counted.
const MAX_GAPS: usize = 6;
/// Stands over what a model said and what was not found.
const UNVERIFIED: &str = "Said by the model, and not supported by what was collected. Do not rely on it.";
/// Stands behind a statement that rests on a past session.
const PAST: &str = "of a past session, not of this host now";
/// Stands before what a recommendation would do to the host.
const CHANGES: &str = "CHANGES THE HOST";
const NO_CAUSE: &str = "Nothing that was collected points to a cause.";
const NO_EVIDENCE: &str = "No collected line fits the question.";
const NO_ACTION: &str = "No runbook fits. Look at the evidence, or ask about one service, path or port by name.";
