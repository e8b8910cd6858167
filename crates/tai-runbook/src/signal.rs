use std::fmt;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::{
    condition::{Condition, Operand},
    error::SignalError,
    fact::{Fact, Value, fact_fields},
    section::Section,
    template::Template,
};

/// One rule of a runbook: what to look for, and what it means.
#[derive(Debug, Clone)]
pub struct Signal {
    /// Name, unique in its runbook.
    pub id: String,
    /// Where to look.
    pub source: Source,
    /// What must hold besides.
    pub when: Option<Condition>,
    /// How bad it is.
    pub severity: Severity,
    /// What it means, with names to fill in.
    pub cause: Template,
    /// The section that says what to do; an index into the runbook's sections.
    pub(crate) section: usize,
}

/// What a signal is tried on.
#[derive(Debug, Clone)]
pub enum Source {
    /// Each line of the output of commands.
    Output {
        /// The words a command begins with: `systemctl status` fits `systemctl status nginx`. Any of them will do.
        commands: Vec<String>,
        /// Searched for in each line.
        pattern: Regex,
    },
    /// Each fact of one kind.
    Fact {
        /// See [`fact_fields`].
        kind: String,
    },
}

/// How bad a finding is. On a healthy host no signal gives more than `Info`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know: history, routine failures, things that may explain something else.
    Info,
    /// Something is wrong or will soon be.
    Warning,
    /// Something is broken.
    Critical,
}

/// A signal as the front matter has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignalText {
    pub(crate) id: String,
    command: Option<OneOrMore>,
    pattern: Option<String>,
    fact: Option<String>,
    when: Option<String>,
    severity: Severity,
    cause: String,
    section: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "command must be a text or a list of texts")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Signal {
    /// Whether the signal looks at the output of this command.
    pub fn looks_at(&self, command: &str) -> bool {
        match &self.source {
            Source::Output { commands, .. } => commands.iter().any(|prefix| begins_with_words(command, prefix)),
            Source::Fact { .. } => false,
        }
    }

    /// The cause, when the pattern matches the line and the condition holds.
    pub(crate) fn cause_in_line(&self, line: &str) -> Option<String> {
        let Source::Output { pattern, .. } = &self.source else { return None };
        let captures = pattern.captures(line)?;
        let group = |name: &str| captures.name(name).map(|group| group.as_str());
        self.holds(|name| group(name).map(Operand::Text)).then(|| self.cause.fill(|name| group(name).map(Value::from)))
    }

    /// The cause, when the fact is of the signal's kind and the condition holds.
    pub(crate) fn cause_in_fact(&self, fact: &Fact) -> Option<String> {
        if !matches!(&self.source, Source::Fact { kind } if *kind == fact.kind) {
            return None;
        }
        let operand = |name: &str| match fact.fields.get(name)? {
            Value::Number(number) => Some(Operand::Number(*number)),
            Value::Text(text) => Some(Operand::Text(text)),
        };
        self.holds(operand).then(|| self.cause.fill(|name| fact.fields.get(name).cloned()))
    }

    fn holds<'a>(&self, lookup: impl Fn(&str) -> Option<Operand<'a>>) -> bool {
        self.when.as_ref().is_none_or(|condition| condition.holds(lookup))
    }
}

impl SignalText {
    /// Checks everything the text names against the pattern, the facts and the file's sections.
    pub(crate) fn compile(self, sections: &[Section]) -> Result<Signal, SignalError> {
        let source = compile_source(self.command, self.pattern, self.fact, self.when.is_some())?;
        let names = Names::of(&source);
        let when = self.when.map(|text| parse_when(text, &source)).transpose()?;
        if let Some(condition) = &when {
            names.check("when", condition.names())?;
        }
        let cause = Template::parse(&self.cause);
        names.check("cause", cause.names())?;
        let Some(section) = sections.iter().position(|section| section.title == self.section) else {
            return Err(SignalError::UnknownSection { title: self.section });
        };
        Ok(Signal { id: self.id, source, when, severity: self.severity, cause, section })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        })
    }
}

fn compile_source(
    command: Option<OneOrMore>,
    pattern: Option<String>,
    fact: Option<String>,
    has_condition: bool,
) -> Result<Source, SignalError> {
    match (command, pattern, fact) {
        (Some(command), Some(pattern), None) => {
            let pattern = Regex::new(&pattern).map_err(|source| SignalError::Pattern { source: Box::new(source) })?;
            if pattern.is_match("") {
                return Err(SignalError::MatchesEverything);
            }
            Ok(Source::Output { commands: command.into_prefixes()?, pattern })
        }
        (None, None, Some(kind)) if has_condition => match fact_fields(&kind) {
            Some(_) => Ok(Source::Fact { kind }),
            None => Err(SignalError::UnknownFact { kind }),
        },
        _ => Err(SignalError::Source),
    }
}

impl OneOrMore {
    fn into_prefixes(self) -> Result<Vec<String>, SignalError> {
        let prefixes = match self {
            Self::One(prefix) => vec![prefix],
            Self::More(prefixes) => prefixes,
        };
        if prefixes.is_empty() || prefixes.iter().any(|prefix| prefix.trim().is_empty()) {
            return Err(SignalError::EmptyCommand);
        }
        Ok(prefixes)
    }
}

fn parse_when(text: String, source: &Source) -> Result<Condition, SignalError> {
    let kind = match source {
        Source::Fact { kind } => Some(kind.as_str()),
        Source::Output { .. } => None,
    };
    Condition::parse(&text, kind).map_err(|source| SignalError::Condition { text, source })
}

/// The names that `when` and `cause` may use.
struct Names<'a> {
    known: Vec<&'a str>,
    what: &'static str,
}

impl<'a> Names<'a> {
    fn of(source: &'a Source) -> Self {
        match source {
            Source::Output { pattern, .. } => {
                Self { known: pattern.capture_names().flatten().collect(), what: "capture group" }
            }
            Source::Fact { kind } => {
                let known = fact_fields(kind).unwrap_or_default();
                Self { known, what: "field of the fact" }
            }
        }
    }

    fn check<'n>(&self, key: &'static str, mut names: impl Iterator<Item = &'n str>) -> Result<(), SignalError> {
        match names.find(|name| !self.known.contains(name)) {
            None => Ok(()),
            Some(name) => Err(SignalError::UnknownName { key, name: name.to_owned(), expected: self.what }),
        }
    }
}

/// Word by word, so that neither `journalctlx` nor a second space matters.
fn begins_with_words(command: &str, prefix: &str) -> bool {
    let mut words = command.split_whitespace();
    prefix.split_whitespace().all(|word| words.next() == Some(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_whole_words() {
        for (command, prefix, expect) in [
            ("journalctl -u x", "journalctl", true),
            ("journalctl", "journalctl", true),
            ("journalctlx -u x", "journalctl", false),
            ("systemctl status nginx", "systemctl status", true),
            ("systemctl  status nginx", "systemctl status", true),
            ("systemctl show nginx", "systemctl status", false),
            ("systemctl", "systemctl status", false),
            ("cat /proc/pressure/io", "cat /proc/pressure/io", true),
        ] {
            assert_eq!(begins_with_words(command, prefix), expect, "{command} / {prefix}");
        }
    }

    #[test]
    fn severities_are_ordered() {
        assert!(Severity::Info < Severity::Warning && Severity::Warning < Severity::Critical);
    }
}
