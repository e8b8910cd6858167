//! What happens while an investigation runs, as JSON, one event a line: `--log`.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};
use tai_collect::Progress;
use tai_engine::{Diagnosis, Event, ModelUse};
use tai_redact::{Redactor, Secrets};

use super::{secrets, tai_home};
use crate::exit::{Attempt, Exit, Failure};

/// The log of one host's run. Secrets are taken out of it.
pub(crate) struct RunLog {
    open: Mutex<(File, Secrets)>,
}

/// Where these logs are.
pub(crate) fn run_logs() -> Result<PathBuf, Failure> {
    Ok(tai_home()?.join("logs/runs"))
}

impl RunLog {
    pub(crate) fn create(host: &str, issue: &str) -> Result<Self, Failure> {
        let folder = run_logs()?;
        let now = Timestamp::now();
        // A name of a host that is a path, as of a capture, is no path here.
        let name: String =
            host.chars().map(|c| if c.is_alphanumeric() || "-._".contains(c) { c } else { '_' }).collect();
        let path = folder.join(format!("{}-{name}.jsonl", now.strftime("%Y%m%d-%H%M%S%.3f")));
        let unwritable =
            |source| Failure::usage(Attempt { attempt: format!("cannot write the log {}", path.display()), source });
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(unwritable)?;
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path).map_err(unwritable)?;
        let log = RunLog { open: Mutex::new((file, secrets()?)) };
        log.write("started", json!({"host": host, "issue": issue, "version": env!("CARGO_PKG_VERSION")}));
        Ok(log)
    }

    /// Writes an event, but for vectors and answers that are still being made.
    pub(crate) fn event(&self, event: &Event) {
        let (name, details) = match event {
            Event::Collecting(Progress::Planned(more)) => ("planned", json!({"commands": more})),
            Event::Collecting(Progress::Denied { command, reason }) => {
                ("command denied", json!({"command": command, "reason": reason}))
            }
            Event::Collecting(Progress::Started { command }) => ("command started", json!({"command": command})),
            Event::Collecting(Progress::Finished { command, ending, bytes, duration }) => {
                let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
                (
                    "command finished",
                    json!({"command": command, "ending": format!("{ending:?}"), "bytes": bytes, "ms": ms}),
                )
            }
            Event::Indexing { bytes } => ("indexing", json!({"bytes": bytes})),
            Event::Embedding { done, of } if done == of => ("embedded", json!({"texts": of})),
            Event::Embedding { .. } => return,
            Event::EmbeddingFailed { reasons } => ("embedding failed", json!({"reasons": reasons})),
            Event::Asking { model, tokens } => ("asking", json!({"model": model, "tokens": tokens})),
            Event::Answering { .. } => return,
            Event::Repairing { model, statements } => {
                ("asking again", json!({"model": model, "unverified": statements}))
            }
            Event::Requested(request) => ("requested", json!(request)),
        };
        self.write(name, details);
    }

    /// Writes what an answer came to. What was quoted is not in it.
    pub(crate) fn answered(&self, diagnosis: &Diagnosis, exit: Exit) {
        let causes: Vec<&str> = diagnosis.root_cause.iter().map(|cause| cause.text.as_str()).collect();
        let (model, failed) = match &diagnosis.model {
            ModelUse::NotAsked => (None, None),
            ModelUse::Answered { name, .. } => (Some(name), None),
            ModelUse::Failed { name, reasons } => (Some(name), Some(reasons)),
        };
        let details = json!({
            "question": diagnosis.question, "root_cause": causes, "model": model, "model_failed": failed,
            "evidence": diagnosis.evidence.len(), "unverified": diagnosis.unverified.len(), "gaps": diagnosis.gaps.len(), "exit": exit.code(),
        });
        self.write("answered", details);
    }

    /// A line that cannot be written is lost: the investigation is worth more.
    fn write(&self, event: &str, details: Value) {
        let mut line = json!({"time": Timestamp::now().to_string(), "event": event});
        if let (Value::Object(line), Value::Object(details)) = (&mut line, details) {
            line.extend(details);
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, secrets) = &mut *open;
        redact_texts(&mut line, secrets);
        drop(file.write_all(format!("{line}\n").as_bytes()));
    }
}

/// Each text by itself, before it is JSON: quotation marks that are escaped hide a secret.
fn redact_texts(value: &mut Value, secrets: &mut Secrets) {
    match value {
        Value::String(text) => *text = String::from_utf8_lossy(&secrets.redact(text.as_bytes())).into_owned(),
        Value::Array(values) => values.iter_mut().for_each(|value| redact_texts(value, secrets)),
        Value::Object(fields) => fields.values_mut().for_each(|value| redact_texts(value, secrets)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
