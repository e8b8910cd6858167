use serde::Serialize;
use tai_llm::Usage;
use tai_runbook::Severity;

use crate::PriorSession;

/// The answer to one question: root cause, evidence, recommended actions, and what is missing.
///
/// It serialises as the report's JSON, schema `tai.report/1`.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnosis {
    /// `tai.report/1`.
    pub schema: &'static str,
    /// What the operator calls the host.
    pub host: String,
    /// `PRETTY_NAME` of its os-release.
    pub os: String,
    /// When the outputs were collected, RFC 3339.
    pub collected_at: Option<String>,
    /// What the operator asked.
    pub question: String,
    /// The most likely cause first. Empty when nothing points at one.
    pub root_cause: Vec<Cause>,
    /// Lines of the host, the most telling first.
    pub evidence: Vec<Quote>,
    /// What to do, in this order.
    pub recommended_actions: Vec<Action>,
    /// Past sessions that looked like this one, the most alike first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prior_sessions: Vec<PriorSession>,
    /// What could not be collected.
    pub gaps: Vec<Gap>,
    /// Who wrote the root cause.
    pub model: ModelUse,
    /// What the choice of evidence spares a model.
    pub tokens: TokenCount,
}

/// A cause, as a sentence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cause {
    /// The sentence. A quotation in it that was not collected is marked as such.
    pub text: String,
    /// How bad it is, for one that a runbook's signal found; `None` for a model's.
    pub severity: Option<Severity>,
    /// The runbook it is explained in.
    pub runbook: Option<String>,
}

/// One or more lines of one command's output, or what a model claims to be such.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quote {
    /// `E1`, `E2`, …
    pub id: String,
    /// The command that printed it; `None` when it was not found.
    pub command: Option<String>,
    /// The first line in that command's output, from 1.
    pub start_line: Option<usize>,
    /// The last line, inclusive.
    pub end_line: Option<usize>,
    /// The lines as they were collected; for one that was not found, the model's words.
    pub text: String,
    /// How many such lines there are, when more than are shown.
    pub count: Option<usize>,
    /// Whether it was found.
    pub verdict: Verdict,
}

/// Whether a quotation is in what was collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is, at the place that is given.
    Verified,
    /// It is not: a model made it up, or changed it.
    NotFound,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Action {
    /// What, in Markdown.
    pub text: String,
    /// The runbook it comes from; `None` for a model's own.
    pub runbook: Option<String>,
}

/// A command that gave nothing, or not all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The command line.
    pub command: String,
    /// Why.
    pub reason: String,
}

/// What a model had to do with a diagnosis.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ModelUse {
    /// None was asked: the report comes from findings and ranked evidence.
    NotAsked,
    /// One answered.
    Answered {
        /// Its name.
        name: String,
        /// What it counted, when it says.
        usage: Option<Usage>,
        /// False when the answer was cut off at a limit.
        complete: bool,
    },
    /// One was asked and failed: the report comes from findings and ranked evidence.
    Failed {
        /// Its name.
        name: String,
        /// Why, with all causes, outermost first.
        reasons: Vec<String>,
    },
}

/// Tokens, estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TokenCount {
    /// Of everything that was collected.
    pub collected: usize,
    /// Of the prompt.
    pub sent: usize,
    /// The difference, where there is one.
    pub saved: usize,
}

impl TokenCount {
    pub(crate) fn new(collected: usize, sent: usize) -> Self {
        TokenCount { collected, sent, saved: collected.saturating_sub(sent) }
    }
}
