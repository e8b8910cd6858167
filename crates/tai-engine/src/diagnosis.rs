use std::fmt;
use std::ops::Range;

use serde::Serialize;
use tai_collect::Footprint;
use tai_llm::Usage;
use tai_runbook::Severity;

use crate::{Advice, PriorSession, Problem, Request};

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
    /// What a model said and what could not be verified. Nothing of it is above.
    pub unverified: Vec<Unverified>,
    /// Commands that a model asked for, and what came of them.
    pub requests: Vec<Request>,
    /// What could not be collected.
    pub gaps: Vec<Gap>,
    /// Who wrote the root cause.
    pub model: ModelUse,
    /// What the choice of evidence spares a model.
    pub tokens: TokenCount,
    /// What collecting cost the host.
    pub footprint: Footprint,
}

/// A cause, in one or a few sentences.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cause {
    /// What it is.
    pub text: String,
    /// How bad it is, for one that a runbook's signal found; `None` for a model's.
    pub severity: Option<Severity>,
    /// The runbook it is explained in.
    pub runbook: Option<String>,
    /// Whether it is about now.
    pub verdict: Verdict,
    /// Ids of the quotations that it cites or, for one that a signal found, of the lines that matched.
    pub evidence: Vec<String>,
}

impl Cause {
    /// What a model says. Citations in it are those of the prompt.
    pub(crate) fn of_model(text: String) -> Self {
        Cause { text, severity: None, runbook: None, verdict: Verdict::Verified, evidence: Vec::new() }
    }
}

/// What a statement of a model passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// What it quotes, and each number, path, unit, address and code in it, stands in what it cites or in the facts.
    Verified,
    /// The same, and some of it in a past session, which says nothing about now.
    Past,
}

/// A part of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// What it is.
    RootCause,
    /// The lines that show it.
    Evidence,
    /// What to do.
    RecommendedActions,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::RootCause => "root cause",
            Part::Evidence => "evidence",
            Part::RecommendedActions => "action",
        })
    }
}

/// A statement of a model that is not passed on as fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unverified {
    /// Where the model said it.
    pub part: Part,
    /// What it said. Citations in it are those of the prompt.
    pub text: String,
    /// Why it does not hold.
    pub problems: Vec<Problem>,
}

/// One or more lines of one command's output: they were looked up, and stand there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quote {
    /// `E1`, `E2`, …
    pub id: String,
    /// The command that printed it.
    pub command: String,
    /// The first line in that command's output, from 1.
    pub start_line: usize,
    /// The last line, inclusive.
    pub end_line: usize,
    /// The lines as they were collected, safe to show.
    pub text: String,
    /// How many such lines there are, when more than are shown.
    pub count: Option<usize>,
    /// Always verified: what is not is among [`Diagnosis::unverified`].
    pub verdict: Verdict,
    /// Where the lines stand in the bytes that the command printed; `None` for standard error.
    pub bytes: Option<Range<usize>>,
    /// SHA-256 of these bytes, in hexadecimal.
    pub sha256: Option<String>,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Action {
    /// What, in Markdown.
    pub text: String,
    /// The runbook it comes from; `None` for a model's own.
    pub runbook: Option<String>,
    /// The commands in it, and what they do to the host.
    pub commands: Vec<Advice>,
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
        /// What the operator should know about how it was asked.
        warnings: Vec<String>,
        /// Whether it was told what could not be verified, and answered again.
        repaired: bool,
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
