//! What an operator does between two questions: have more collected, look closer, begin anew.

use std::ops::RangeInclusive;
use std::sync::Arc;

use tai_collect::{Scope, Ticket, collect_further, look_further};
use tai_runbook::{Library, Section};
use tai_ssh::{Host, visible_line};

use crate::convert::documents;
use crate::investigation::reasons;
use crate::{Error, Event, Investigation, Outcome, Request};

/// A chunk of one command's output with the chunks beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// The command that printed it.
    pub command: String,
    /// The lines of all three with their numbers, from 1.
    pub lines: Vec<(usize, String)>,
    /// The lines of the chunk itself.
    pub chunk: RangeInclusive<usize>,
    /// How many lines the whole output has.
    pub of: usize,
}

impl Investigation {
    /// Runs one command, if the policy allows it, and takes up what it prints as evidence: it is among the first of what a model is sent from here on.
    pub async fn run_command(
        &mut self,
        host: &dyn Host,
        command: &str,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Outcome {
        let progress = |progress| events(Event::Collecting(progress));
        let report = Arc::make_mut(&mut self.report);
        let asked = look_further(host, &self.policy, report, command, "the operator asked for it", &progress).await;
        let outcome = match asked {
            Ok(asked) => Outcome::from(asked),
            Err(error) => return Outcome::Lost(reasons(&error).join(": ")),
        };
        if matches!(outcome, Outcome::Ran | Outcome::Missing(_)) {
            self.requests.push(Request { command: visible_line(command.trim().to_owned()), outcome: outcome.clone() });
            self.index_again(events).await;
        }
        outcome
    }

    /// Collects what a further ticket calls for and what has not run yet, and gives how many commands that were. Dropping it loses nothing that was there before.
    ///
    /// # Errors
    ///
    /// When the host is lost.
    pub async fn collect_more(
        &mut self,
        host: &dyn Host,
        ticket: Ticket,
        scope: &Scope,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<usize, Error> {
        let progress = |progress| events(Event::Collecting(progress));
        let report = collect_further(host, &self.policy, &self.report, ticket, scope, &progress).await;
        let report = report.map_err(Error::Collect)?;
        let ran = report.collected.len().saturating_sub(self.report.collected.len());
        self.report = Arc::new(report);
        if ran > 0 {
            self.index_again(events).await;
        }
        Ok(ran)
    }

    /// Takes up what was collected and is not searched yet: after a step that somebody broke off.
    pub async fn catch_up(&mut self, events: &(dyn Fn(Event) + Send + Sync)) {
        if self.index.documents().len() != documents(&self.report).len() {
            self.index_again(events).await;
        }
    }

    /// Forgets the questions that were answered so far, with their answers. What was collected stays.
    pub fn forget_answers(&mut self) {
        self.answered.clear();
    }

    /// The chunk that holds a line of a command's output, with the one before and the one after it; `None` where there is no such line.
    pub fn surroundings(&self, command: &str, line: usize) -> Option<Surroundings> {
        let (number, document) =
            self.index.documents().iter().enumerate().find(|(_, document)| document.command == command)?;
        let chunks: Vec<_> = self.index.chunks().iter().filter(|chunk| chunk.document == number).collect();
        let at = chunks.iter().position(|chunk| (chunk.start_line..=chunk.end_line).contains(&line))?;
        let (first, last) = (chunks[at.saturating_sub(1)], chunks.get(at + 1).unwrap_or(&chunks[at]));
        let (start, end) = (first.start_line, last.end_line);
        let lines = (1..).zip(document.text.lines()).skip(start - 1).take(end + 1 - start);
        Some(Surroundings {
            command: document.command.clone(),
            lines: lines.map(|(number, line)| (number, line.to_owned())).collect(),
            chunk: chunks[at].start_line..=chunks[at].end_line,
            of: document.text.lines().count(),
        })
    }

    /// The sections of runbooks that a model would be sent with the question.
    pub fn sections(&self, question: &str) -> Vec<&Section> {
        self.sections_for(question, &self.findings_for(question))
    }

    /// The runbooks at hand.
    pub fn runbooks(&self) -> &Library {
        &self.runbooks
    }
}
