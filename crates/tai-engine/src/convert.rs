//! A report in the words of the crates that work on it.

use std::sync::Arc;

use tai_collect::{Collected, Report, Value};
use tai_rag::Document;
use tai_runbook::{Fact, Finding, Library, Observation};

/// One document for each output, and one for what a command said on standard error where it said nothing else.
pub(crate) fn documents(report: &Report) -> Vec<Document> {
    let document = |collected: &Collected| {
        let about = collected.about.clone();
        if collected.text.is_empty() {
            Document { command: format!("{} (stderr)", collected.command), about, text: Arc::clone(&collected.stderr) }
        } else {
            Document { command: collected.command.clone(), about, text: Arc::clone(&collected.text) }
        }
    };
    report.evidence().map(document).collect()
}

/// What the signals of the runbooks find in the outputs and readings.
pub(crate) fn find_findings(report: &Report, runbooks: &Library) -> Vec<Finding> {
    let observations: Vec<Observation<'_>> =
        report.evidence().map(|c| Observation { command: &c.command, text: &c.text }).collect();
    let value = |value: &Value| match value {
        Value::Number(number) => tai_runbook::Value::Number(*number),
        Value::Text(text) => tai_runbook::Value::Text(text.clone()),
    };
    let facts: Vec<Fact> = report
        .readings
        .iter()
        .map(|reading| Fact {
            kind: reading.kind.to_owned(),
            fields: reading.fields.iter().map(|(name, v)| ((*name).to_owned(), value(v))).collect(),
            command: reading.command.clone(),
            line: reading.line,
            text: reading.text.clone(),
        })
        .collect();
    let now = report.collected_at.as_ref().and_then(|time| time.parse().ok());
    runbooks.findings(&observations, &facts, now)
}
