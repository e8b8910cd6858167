use std::fmt;

use serde::Serialize;

/// Why a statement of a model is not passed on as fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Problem {
    /// It cites evidence that it was not sent.
    NoSuchEvidence {
        /// The number that it cites.
        number: usize,
    },
    /// An item of evidence quotes nothing that could be looked up.
    NothingQuoted,
    /// What it quotes is nowhere in what was collected.
    NotInEvidence {
        /// The quotation.
        quote: String,
    },
    /// What it quotes was collected, and is not in what it cites.
    Misplaced {
        /// The quotation.
        quote: String,
        /// The command that printed it.
        command: String,
        /// The line.
        line: usize,
    },
    /// A number, path, unit, address or code that is neither in what it cites nor in the facts.
    Unsupported {
        /// It.
        what: String,
    },
    /// Nothing that was verified stands behind it.
    NoEvidence,
    /// It shares no word with what it cites.
    Unrelated,
    /// It cites a section of a runbook that was not given.
    NoSuchRunbook {
        /// The citation.
        citation: String,
    },
    /// It cites a past session that was not given.
    NoSuchSession {
        /// The number that it cites.
        number: usize,
    },
    /// It speaks of a past session and cites none.
    UncitedSession,
    /// A command that no shell would read: quotes or brackets are not closed.
    NotACommand {
        /// The command.
        command: String,
    },
    /// A command that runs what it downloads.
    RunsADownload {
        /// The command.
        command: String,
    },
    /// A command names a host or a path that is nowhere in the ticket, the evidence or the runbooks.
    UnknownTarget {
        /// The host or path.
        target: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::NoSuchEvidence { number } => write!(f, "there is no evidence [E{number}]"),
            Problem::NothingQuoted => f.write_str("it quotes no line"),
            Problem::NotInEvidence { quote } => write!(f, "\"{quote}\" is nowhere in what was collected"),
            Problem::Misplaced { quote, command, line } => {
                write!(f, "\"{quote}\" is not in what it cites, but in line {line} of {command}")
            }
            Problem::Unsupported { what } => write!(f, "{what} is neither in what it cites nor in the facts"),
            Problem::NoEvidence => f.write_str("no verified evidence stands behind it"),
            Problem::Unrelated => f.write_str("what it cites speaks of something else"),
            Problem::NoSuchRunbook { citation } => write!(f, "no runbook section {citation} was given"),
            Problem::NoSuchSession { number } => write!(f, "there is no past session [P{number}]"),
            Problem::UncitedSession => f.write_str("it speaks of a past session and cites none"),
            Problem::NotACommand { command } => write!(f, "no shell could read {command}"),
            Problem::RunsADownload { command } => write!(f, "{command} runs what it downloads"),
            Problem::UnknownTarget { target } => {
                write!(f, "{target} is nowhere in the ticket, the evidence or the runbooks")
            }
        }
    }
}
