//! What the operator reads: text, Markdown or JSON of what the libraries found out.

mod audit;
mod cleanup;
mod evaluation;
mod history;
mod markdown;
mod models;
mod plan;
mod probe;
mod ranking;
mod runbooks;
mod store;
mod tables;
mod text;

pub(crate) use audit::{audit, verified_audit};
pub(crate) use cleanup::gone;
pub(crate) use evaluation::evaluation;
pub(crate) use history::{session, session_json, sessions, sessions_markdown};
pub(crate) use models::{Said, installed_model, model_event, model_rows, models, verified};
pub(crate) use plan::{collectors, plan};
pub(crate) use probe::{Probed, probe};
pub(crate) use ranking::ranking;
pub(crate) use runbooks::{problems, runbook_rows, runbooks, suggestions, synced};
pub(crate) use store::{
    store_checked, store_checked_json, store_exported, store_imported, store_imported_json, store_repaired,
    store_repaired_json, store_stats, store_stats_json,
};
pub(crate) use tables::{collection, evidence, explanation, policy_table, prompt};

use tai_engine::{Diagnosis, ModelUse, PriorSession, Quote};

use crate::args::Format;
use crate::exit::{Exit, Failure};
use crate::terminal::width;

/// The report.
pub(crate) fn diagnosis(diagnosis: &Diagnosis, format: Format) -> Result<String, Failure> {
    match format {
        Format::Text => Ok(text::diagnosis(diagnosis, width())),
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
fn place(quote: &Quote) -> String {
    match (&quote.command, quote.start_line, quote.end_line) {
        (Some(command), Some(start), Some(end)) if start == end => format!("{command}, line {start}"),
        (Some(command), Some(start), Some(end)) => format!("{command}, lines {start} to {end}"),
        (Some(command), ..) => command.clone(),
        (None, ..) => "NOT FOUND in what was collected: do not rely on it".to_owned(),
    }
}

/// A past session, in a line.
fn prior(session: &PriorSession) -> String {
    let PriorSession { id, host, when, issue, .. } = session;
    let cause = session.root_cause.first().map(|cause| format!(": {cause}")).unwrap_or_default();
    let outcome = session.outcome.as_ref().map(|outcome| format!(" [{outcome}]")).unwrap_or_default();
    format!("{host}, {when} ({id}): {issue}{cause}{outcome}")
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
        ModelUse::Answered { name, complete, .. } => {
            let cut = if *complete { "" } else { " Its answer was cut off at the limit." };
            format!(
                "Written by {name} from about {} of {} tokens; every quotation was looked up in what was collected.{cut}",
                tokens.sent, tokens.collected
            )
        }
    }
}

/// Gaps that are listed one by one; more are counted.
const MAX_GAPS: usize = 6;
const NO_CAUSE: &str = "Nothing that was collected points to a cause.";
const NO_EVIDENCE: &str = "No collected line fits the question.";
const NO_ACTION: &str = "No runbook fits. Look at the evidence, or ask about one service, path or port by name.";
