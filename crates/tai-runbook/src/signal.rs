use std::{collections::BTreeMap, fmt};

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::{
    condition::{Condition, Operand},
    ending::{Key, key},
    error::SignalError,
    fact::{Fact, Value, fact_fields},
    section::Section,
    template::Template,
    time::is_log,
};

/// Stands for every command that prints a log.
const LOG: &str = "log";

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
    /// Whether it brings trouble about, or is what trouble looks like.
    pub role: Role,
    /// Ids of signals, of any runbook, whose findings follow from this one.
    pub explains: Vec<String>,
    /// What it means, with names to fill in.
    pub cause: Template,
    /// What facts add to the cause.
    pub(crate) also: Option<Also>,
    /// Facts of which one must hold for a line of a log to be more than history.
    pub(crate) holds_while: Vec<(String, Condition)>,
    /// What a later line says when it is over.
    pub(crate) over: Option<Over>,
    /// Beginnings of words: an `Info` is worth a `Warning` to somebody who asks about one of them.
    pub asked: Vec<String>,
    /// The section that says what to do; an index into the runbook's sections.
    pub(crate) section: usize,
}

/// What a signal is tried on.
#[derive(Debug, Clone)]
pub enum Source {
    /// Each line of the output of commands.
    Output {
        /// The words a command begins with: `systemctl status` fits `systemctl status nginx`. Any of them will do. `log` stands for all that
        /// print logs: journalctl, dmesg, files in /var/log, logs of containers, the last lines of `systemctl status`.
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

/// A part of the cause that comes from a fact with the same values, such as who has the port that a line names.
#[derive(Debug, Clone)]
pub(crate) struct Also {
    fact: String,
    /// Names of the signal, each with the field that must have the same value.
    same: BTreeMap<String, String>,
    say: Template,
}

/// A line that says that something is over.
#[derive(Debug, Clone)]
pub(crate) struct Over {
    pub(crate) pattern: Regex,
    /// The groups that the signal's pattern has as well, sorted.
    pub(crate) groups: Vec<String>,
}

/// What a finding is in a chain of causes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It may be why something else goes wrong.
    #[default]
    Cause,
    /// It is what trouble looks like; something else is the cause.
    Symptom,
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
    #[serde(rename = "while", default)]
    holds_while: Vec<String>,
    over: Option<String>,
    severity: Severity,
    #[serde(default)]
    asked: Vec<String>,
    #[serde(default)]
    role: Role,
    #[serde(default)]
    explains: Vec<String>,
    cause: String,
    also: Option<AlsoText>,
    section: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AlsoText {
    fact: String,
    same: BTreeMap<String, String>,
    say: String,
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
            Source::Output { commands, .. } => commands.iter().any(|prefix| match prefix.as_str() {
                LOG => is_log(command) || begins_with_words(command, "systemctl status"),
                prefix => begins_with_words(command, prefix),
            }),
            Source::Fact { .. } => false,
        }
    }

    /// Whether a later line can say that it is over.
    pub fn may_end(&self) -> bool {
        self.over.is_some()
    }

    /// The cause, when the pattern matches the line and the condition holds, and what a line that says it is over must share with this one.
    pub(crate) fn cause_in_line(&self, line: &str, facts: &[Fact]) -> Option<(String, Key)> {
        let Source::Output { pattern, .. } = &self.source else { return None };
        let captures = pattern.captures(line)?;
        let group = |name: &str| captures.name(name).map(|group| group.as_str());
        let holds = self.holds(|name| group(name).map(Operand::Text));
        // A group that took no part in the match says nothing.
        let cause = || self.filled(|name| Some(group(name).unwrap_or_default().into()), facts);
        let shared = self.over.as_ref().map(|over| key(&captures, &over.groups)).unwrap_or_default();
        holds.then(|| (cause(), shared))
    }

    /// The cause, when the fact is of the signal's kind and the condition holds.
    pub(crate) fn cause_in_fact(&self, fact: &Fact, facts: &[Fact]) -> Option<String> {
        if !matches!(&self.source, Source::Fact { kind } if *kind == fact.kind) {
            return None;
        }
        let holds = self.holds(|name| operand(fact, name));
        holds.then(|| self.filled(|name| fact.fields.get(name).cloned(), facts))
    }

    /// True when the facts that `while` speaks of were collected, and none is as it says.
    pub(crate) fn is_over(&self, facts: &[Fact]) -> bool {
        let spoken_of = |(kind, condition): &(String, Condition)| {
            let of_kind: Vec<_> = facts.iter().filter(|fact| fact.kind == *kind).collect();
            (!of_kind.is_empty()).then(|| of_kind.iter().any(|fact| condition.holds(|name| operand(fact, name))))
        };
        let answers: Vec<bool> = self.holds_while.iter().filter_map(spoken_of).collect();
        !answers.is_empty() && answers.len() == self.holds_while.len() && !answers.contains(&true)
    }

    fn holds<'a>(&self, lookup: impl Fn(&str) -> Option<Operand<'a>>) -> bool {
        self.when.as_ref().is_none_or(|condition| condition.holds(lookup))
    }

    fn filled(&self, lookup: impl Fn(&str) -> Option<Value>, facts: &[Fact]) -> String {
        let mut cause = self.cause.fill(&lookup).trim_end().to_owned();
        if let Some(also) = &self.also {
            let same = |fact: &Fact, name: &str, field: &str| match (lookup(name), fact.fields.get(field)) {
                (Some(left), Some(right)) => left.to_string() == right.to_string(),
                _ => false,
            };
            let fits =
                |fact: &&Fact| fact.kind == also.fact && also.same.iter().all(|(name, field)| same(fact, name, field));
            let added = facts.iter().find(fits).map(|fact| also.say.fill(|name| fact.fields.get(name).cloned()));
            cause.push_str(&added.unwrap_or_default());
        }
        cause
    }
}

fn operand<'a>(fact: &'a Fact, name: &str) -> Option<Operand<'a>> {
    Some(match fact.fields.get(name)? {
        Value::Number(number) => Operand::Number(*number),
        Value::Text(text) => Operand::Text(text),
    })
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
        let also = self.also.map(|also| also.compile(&names)).transpose()?;
        let holds_while = self.holds_while.into_iter().map(parse_while).collect::<Result<_, _>>()?;
        let over = self.over.map(|over| compile_over(&over, &source)).transpose()?;
        let Some(section) = sections.iter().position(|section| section.title == self.section) else {
            return Err(SignalError::UnknownSection { title: self.section });
        };
        let Self { id, severity, role, explains, asked, .. } = self;
        Ok(Signal { id, source, when, severity, role, explains, cause, also, holds_while, over, asked, section })
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
            Ok(Source::Output { commands: command.into_prefixes()?, pattern: compile_pattern(&pattern)? })
        }
        (None, None, Some(kind)) if has_condition => match fact_fields(&kind) {
            Some(_) => Ok(Source::Fact { kind }),
            None => Err(SignalError::UnknownFact { kind }),
        },
        _ => Err(SignalError::Source),
    }
}

fn compile_pattern(pattern: &str) -> Result<Regex, SignalError> {
    let pattern = Regex::new(pattern).map_err(|source| SignalError::Pattern { source: Box::new(source) })?;
    if pattern.is_match("") { Err(SignalError::MatchesEverything) } else { Ok(pattern) }
}

fn compile_over(over: &str, source: &Source) -> Result<Over, SignalError> {
    let Source::Output { pattern: began, .. } = source else { return Err(SignalError::OverOfFact) };
    let pattern = compile_pattern(over)?;
    let is_shared = |name: &&str| began.capture_names().flatten().any(|known| known == *name);
    let mut groups: Vec<String> = pattern.capture_names().flatten().filter(is_shared).map(str::to_owned).collect();
    groups.sort();
    Ok(Over { pattern, groups })
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

/// `disk.used_percent >= 95`: the kind of the fact is that of the first name.
fn parse_while(text: String) -> Result<(String, Condition), SignalError> {
    let kind = text.split_once('.').map_or("", |(kind, _)| kind.trim()).to_owned();
    let known = fact_fields(&kind).ok_or_else(|| SignalError::UnknownFact { kind: kind.clone() })?;
    match Condition::parse(&text, Some(&kind)) {
        Err(source) => Err(SignalError::Condition { text, source }),
        Ok(condition) => {
            Names { known: known.to_vec(), what: "field of the fact" }.check("while", condition.names())?;
            Ok((kind, condition))
        }
    }
}

impl AlsoText {
    fn compile(self, names: &Names<'_>) -> Result<Also, SignalError> {
        let Self { fact, same, say } = self;
        let known = fact_fields(&fact).ok_or_else(|| SignalError::UnknownFact { kind: fact.clone() })?;
        let (fields, say) = (Names { known: known.to_vec(), what: "field of the fact" }, Template::parse(&say));
        names.check("same", same.keys().map(String::as_str))?;
        fields.check("same", same.values().map(String::as_str))?;
        fields.check("say", say.names())?;
        Ok(Also { fact, same, say })
    }
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
