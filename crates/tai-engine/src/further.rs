//! What a model may ask for besides an answer.

use async_trait::async_trait;
use serde::Serialize;
use tai_collect::Asked;
use tai_llm::ChatModel;
use tai_ssh::Host;

/// Who is asked, and what it may ask for in its turn.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// The model.
    pub model: &'a dyn ChatModel,
    /// Where commands run that it asks for; `None` when it has to do with what was collected.
    pub further: Option<Further<'a>>,
}

impl<'a> Asking<'a> {
    /// Asks `model`, which has to do with what was collected.
    pub fn of(model: &'a dyn ChatModel) -> Self {
        Asking { model, further: None }
    }
}

/// Where commands run that a model asks for. Each goes through the policy.
#[derive(Clone, Copy)]
pub struct Further<'a> {
    /// The host that was looked at.
    pub host: &'a dyn Host,
    /// How many times it may ask before it must answer.
    pub rounds: usize,
    /// Asked before each command that the policy allows; `None` when none is to be declined.
    pub consent: Option<&'a dyn Consent>,
}

/// Somebody who may decline a command.
#[async_trait]
pub trait Consent: Send + Sync {
    /// Whether this command, which the policy allows, may run.
    async fn allows(&self, command: &str) -> bool;
}

/// A command that a model asked for, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// As the model wrote it, safe to show.
    pub command: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a command that a model asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "reason", rename_all = "snake_case")]
pub enum Outcome {
    /// It ran, and is evidence like any other.
    Ran,
    /// It was asked, and gave nothing or not all: why. What it gave is evidence.
    Missing(String),
    /// It had run before.
    Known,
    /// The policy denies it: why, and what to do instead.
    Denied(String),
    /// The operator declined it.
    Declined,
    /// The host was lost.
    Lost(String),
}

impl From<Asked> for Outcome {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Ran => Outcome::Ran,
            Asked::Missing(reason) => Outcome::Missing(reason),
            Asked::Known => Outcome::Known,
            Asked::Denied(reason) => Outcome::Denied(reason),
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outcome::Ran => f.write_str("run"),
            Outcome::Missing(reason) => f.write_str(reason),
            Outcome::Known => f.write_str("was run before, its output is among the evidence"),
            Outcome::Denied(reason) => write!(f, "denied: {reason}"),
            Outcome::Declined => f.write_str("declined by the operator"),
            Outcome::Lost(reason) => write!(f, "the host was lost: {reason}"),
        }
    }
}
