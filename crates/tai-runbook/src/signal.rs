use std::fmt;

use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};

use crate::{
    condition::{Condition, Operand},
    ending::{Key, key},
    error::SignalError,
    fact::{Fact, Value, fact_fields},
    like::{Also, AlsoText, Like, LikeText, operand},
    section::Section,
    template::Template,
    time::is_log,
};

/// Stands for every command that prints a log.
const LOG: &str = "log";
/// Groups that may stand for the same name.
const MOST_ALTERNATIVES: usize = 9;

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
    pub(crate) also: Vec<Also>,
    /// Facts of which one says that it is over.
    pub(crate) until: Vec<Like>,
    /// Facts of which one must hold for a line of a log to be more than history.
    pub(crate) holds_while: Vec<(String, Condition)>,
    /// What a later line says when it is over.
    pub(crate) over: Option<Over>,
    /// Beginnings of words, with names to fill in: an `Info` is worth a `Warning` to somebody who asks about one of them.
    pub asked: Vec<Template>,
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

/// What a signal finds in one line or fact.
#[derive(Debug)]
pub(crate) struct Hit {
    pub(crate) cause: String,
    /// What a line that says that it is over must share with this one.
    pub(crate) key: Key,
    pub(crate) asked: Vec<String>,
    /// The fact that says that it is over, as its command printed it.
    pub(crate) ended: Option<String>,
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
    command: Option<OneOrMore<String>>,
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
    also: Option<OneOrMore<AlsoText>>,
    until: Option<OneOrMore<LikeText>>,
    section: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "there must be one or a list of them")]
pub(crate) enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
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

    /// What the signal finds in a line: when the pattern matches it and the condition holds.
    pub(crate) fn find_in_line(&self, line: &str, facts: &[Fact]) -> Option<Hit> {
        let Source::Output { pattern, .. } = &self.source else { return None };
        let captures = pattern.captures(line)?;
        let group = |name: &str| group(&captures, name);
        let holds = self.when.as_ref().is_none_or(|when| when.holds(|name| group(name).map(Operand::Text)));
        let key = self.over.as_ref().map(|over| key(&captures, &over.groups)).unwrap_or_default();
        // A group that took no part in the match says nothing.
        holds.then(|| self.hit(|name| Some(group(name).unwrap_or_default().into()), facts, key))
    }

    /// What the signal finds in a fact: when it is of the signal's kind and the condition holds.
    pub(crate) fn find_in_fact(&self, fact: &Fact, facts: &[Fact]) -> Option<Hit> {
        if !matches!(&self.source, Source::Fact { kind } if *kind == fact.kind) {
            return None;
        }
        let holds = self.when.as_ref().is_none_or(|when| when.holds(|name| operand(fact, name)));
        holds.then(|| self.hit(|name| fact.fields.get(name).cloned(), facts, Key::new()))
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

    fn hit(&self, lookup: impl Fn(&str) -> Option<Value>, facts: &[Fact], key: Key) -> Hit {
        let mut cause = self.cause.fill(&lookup).trim_end().to_owned();
        cause.extend(self.also.iter().map(|also| also.said(&lookup, facts)));
        let ended = self.until.iter().find_map(|until| until.find(&lookup, facts)).map(|fact| fact.text.clone());
        let asked = self.asked.iter().map(|word| word.fill(&lookup).to_lowercase()).collect();
        Hit { cause, key, asked, ended }
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
        let also = self.also.map_or_else(Vec::new, OneOrMore::into_vec);
        let also = also.into_iter().map(|also| also.compile(&names)).collect::<Result<_, _>>()?;
        let until = self.until.map_or_else(Vec::new, OneOrMore::into_vec);
        let until = until.into_iter().map(|until| until.compile(&names)).collect::<Result<_, _>>()?;
        if let Some(entry) = self.asked.iter().find(|entry| entry.is_empty() || entry.contains(char::is_whitespace)) {
            return Err(SignalError::NotOneWord { entry: entry.clone() });
        }
        let asked: Vec<Template> = self.asked.iter().map(|word| Template::parse(word)).collect();
        names.check("asked", asked.iter().flat_map(Template::names))?;
        let holds_while = self.holds_while.into_iter().map(parse_while).collect::<Result<_, _>>()?;
        let over = self.over.map(|over| compile_over(&over, &source)).transpose()?;
        let Some(section) = sections.iter().position(|section| section.title == self.section) else {
            return Err(SignalError::UnknownSection { title: self.section });
        };
        let Self { id, severity, role, explains, .. } = self;
        Ok(Signal { id, source, when, severity, role, explains, cause, also, until, holds_while, over, asked, section })
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
    command: Option<OneOrMore<String>>,
    pattern: Option<String>,
    fact: Option<String>,
    has_condition: bool,
) -> Result<Source, SignalError> {
    match (command, pattern, fact) {
        (Some(command), Some(pattern), None) => {
            let commands = command.into_vec();
            if commands.is_empty() || commands.iter().any(|prefix| prefix.trim().is_empty()) {
                return Err(SignalError::EmptyCommand);
            }
            Ok(Source::Output { commands, pattern: compile_pattern(&pattern)? })
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

impl<T> OneOrMore<T> {
    pub(crate) fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::More(more) => more,
        }
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

/// The names that `when` and `cause` may use.
pub(crate) struct Names<'a> {
    pub(crate) known: Vec<&'a str>,
    pub(crate) what: &'static str,
}

impl<'a> Names<'a> {
    fn of(source: &'a Source) -> Self {
        match source {
            Source::Output { pattern, .. } => {
                Self { known: pattern.capture_names().flatten().map(base_name).collect(), what: "capture group" }
            }
            Source::Fact { kind } => {
                let known = fact_fields(kind).unwrap_or_default();
                Self { known, what: "field of the fact" }
            }
        }
    }

    pub(crate) fn check<'n>(
        &self,
        key: &'static str,
        mut names: impl Iterator<Item = &'n str>,
    ) -> Result<(), SignalError> {
        match names.find(|name| !self.known.contains(name)) {
            None => Ok(()),
            Some(name) => Err(SignalError::UnknownName { key, name: name.to_owned(), expected: self.what }),
        }
    }
}

/// `port_2` is `port`: alternatives of a pattern cannot have groups of the same name.
fn base_name(group: &str) -> &str {
    let base = group.trim_end_matches(|c: char| c.is_ascii_digit());
    base.strip_suffix('_').filter(|_| base != group).unwrap_or(group)
}

/// What a group matched, or the first of `NAME_2`, `NAME_3`, … that took part.
fn group<'a>(captures: &Captures<'a>, name: &str) -> Option<&'a str> {
    let numbered = || (2..=MOST_ALTERNATIVES).find_map(|n| captures.name(&format!("{name}_{n}")));
    captures.name(name).or_else(numbered).map(|group| group.as_str())
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
