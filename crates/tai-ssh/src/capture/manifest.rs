use std::collections::BTreeMap;
use std::mem;

use serde::{Deserialize, Serialize};

use crate::{Ending, Output, visible_line};

pub(super) const SCHEMA: &str = "tai.capture/1";

/// `manifest.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// `tai.capture/1`.
    pub schema: String,
    /// What the operator calls the host.
    #[serde(default)]
    pub host: Option<String>,
    /// When collecting began, RFC 3339.
    #[serde(default)]
    pub collected_at: Option<String>,
    /// The host's os-release(5), key to value.
    #[serde(default)]
    pub os_release: BTreeMap<String, String>,
    /// Whether secrets were taken out of the outputs when they were written.
    #[serde(default)]
    pub redacted: bool,
    /// What ran, in order.
    pub commands: Vec<Entry>,
}

/// One command of a manifest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The command line.
    pub command: String,
    /// Where its standard output is, relative to the directory of the manifest.
    pub file: String,
    /// Absent or null when the command did not end by itself: then `failure` says why.
    #[serde(default)]
    pub exit_status: Option<i32>,
    /// Why there is no exit status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The beginning of standard error.
    #[serde(default)]
    pub stderr: String,
    /// The size of the file.
    #[serde(default)]
    pub bytes: u64,
    /// True when the command had more to say than its byte limit.
    #[serde(default)]
    pub truncated: bool,
    /// Wall-clock time.
    #[serde(default)]
    pub duration_ms: u64,
}

/// How a recorded command ended, when not by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Failure {
    /// By a signal.
    Signalled {
        /// Its number.
        signal: i32,
    },
    /// Killed after its time limit.
    TimedOut,
    /// It could not be started.
    NotStarted {
        /// Why.
        reason: String,
    },
    /// The connection was lost before its end.
    Lost {
        /// Why.
        reason: String,
    },
}

impl Entry {
    pub(super) fn new(command: &str, file: String, output: &Output) -> Self {
        let (exit_status, failure) = match &output.ending {
            Ending::Exited(status) => (Some(*status), None),
            Ending::Signalled(signal) => (None, Some(Failure::Signalled { signal: *signal })),
            Ending::TimedOut => (None, Some(Failure::TimedOut)),
            Ending::NotStarted { reason } => (None, Some(Failure::NotStarted { reason: reason.clone() })),
            Ending::Lost { reason } => (None, Some(Failure::Lost { reason: reason.clone() })),
            Ending::NotCaptured => (None, None),
        };
        Entry {
            command: command.to_owned(),
            file,
            exit_status,
            failure,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            bytes: output.stdout.len() as u64,
            truncated: output.truncated,
            duration_ms: output.duration.as_millis() as u64,
        }
    }

    /// The ending that was recorded.
    pub(super) fn ending(&self) -> Ending {
        match (&self.failure, self.exit_status) {
            (Some(Failure::Signalled { signal }), _) => Ending::Signalled(*signal),
            (Some(Failure::TimedOut), _) => Ending::TimedOut,
            (Some(Failure::NotStarted { reason }), _) => Ending::NotStarted { reason: reason.clone() },
            (Some(Failure::Lost { reason }), _) => Ending::Lost { reason: reason.clone() },
            (None, status) => Ending::Exited(status.unwrap_or(0)),
        }
    }
}

impl Manifest {
    pub(super) fn make_visible(&mut self) {
        let Manifest { host, collected_at, os_release, commands, .. } = self;
        for text in [host, collected_at].into_iter().flatten() {
            *text = visible_line(mem::take(text));
        }
        *os_release =
            mem::take(os_release).into_iter().map(|(key, value)| (visible_line(key), visible_line(value))).collect();
        for entry in commands {
            entry.command = visible_line(mem::take(&mut entry.command));
            if let Some(Failure::NotStarted { reason } | Failure::Lost { reason }) = &mut entry.failure {
                *reason = visible_line(mem::take(reason));
            }
        }
    }
}
