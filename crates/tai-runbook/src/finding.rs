use std::{cmp::Reverse, collections::BTreeMap};

use jiff::Timestamp;
use regex::{RegexSet, RegexSetBuilder};

use crate::{
    fact::Fact,
    runbook::Runbook,
    section::Section,
    signal::{Role, Severity, Signal, Source},
    standing::{Times, Units},
    time::{Clock, is_log},
};

/// What a command printed, as text that is safe to show.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The command.
    pub command: &'a str,
    /// Its output. Lines end at `\n` or `\r\n` and are numbered from 1.
    pub text: &'a str,
}

/// A signal that matched, with the lines that prove it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// File name of the runbook.
    pub runbook: String,
    /// The services the runbook is about.
    pub service: Vec<String>,
    /// Id of the signal.
    pub signal: String,
    /// How bad it is now. `Info` for what is over, see `past`.
    pub severity: Severity,
    /// Whether it brings trouble about, or is what trouble looks like.
    pub role: Role,
    /// Ids of signals whose findings follow from this one.
    pub explains: Vec<String>,
    /// What it means, with what the host printed filled in.
    pub cause: String,
    /// What to do; `section.citation` is how to cite it and `section.actions()` the steps.
    pub section: Section,
    /// The first five matches and the last one, in the order of the input.
    pub evidence: Vec<Proof>,
    /// How many lines and facts matched in all.
    pub count: usize,
    /// When the first line that matched was written; `None` for what is now, and where lines have no time.
    pub first: Option<Timestamp>,
    /// The same of the last line.
    pub last: Option<Timestamp>,
    /// Why it is over, for what a log tells and the host has left behind.
    pub past: Option<String>,
}

/// A line that a command printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The command.
    pub command: String,
    /// Line of its output, from 1.
    pub line: usize,
    /// The whole line.
    pub text: String,
}

/// Tries every signal on every line and every fact of a host that was looked at `now`.
///
/// Matches of one signal with the same cause are one finding. A signal gives at most 32 causes of its own; what else it
/// matches is one more finding, with `…` for the names. Ordered by severity (worst first), count (most first), runbook,
/// signal, first line and cause; the same input gives the same findings.
///
/// What a log tells is over, and only worth an `Info`, when the unit that it is about was started since and still runs, when nothing that
/// the signal names in `while` holds any more, and when it was written long before `now`.
pub fn findings(
    runbooks: &[Runbook],
    observations: &[Observation<'_>],
    facts: &[Fact],
    now: Option<Timestamp>,
) -> Vec<Finding> {
    let clock = Clock::read(now, observations);
    let rules: Vec<Rule<'_>> = runbooks
        .iter()
        .flat_map(|runbook| runbook.signals.iter().map(move |signal| Rule { runbook, signal }))
        .collect();
    let mut tally = Tally::new(&rules, facts, &clock);
    let mut scans: BTreeMap<Vec<usize>, RegexSet> = BTreeMap::new();
    for observation in observations {
        let fits = |&i: &usize| rules[i].signal.looks_at(observation.command);
        let selected: Vec<usize> = (0..rules.len()).filter(fits).collect();
        if !selected.is_empty() {
            let patterns = scans.entry(selected.clone()).or_insert_with(|| pattern_set(&rules, &selected));
            tally.scan(observation, &selected, patterns);
        }
    }
    facts.iter().for_each(|fact| tally.try_fact(fact));
    let units = Units::read(observations, facts, &clock);
    tally.into_findings(&units)
}

const FIRST_PROOFS: usize = 5;
const CAUSES_PER_SIGNAL: usize = 32;

struct Rule<'a> {
    runbook: &'a Runbook,
    signal: &'a Signal,
}

/// One automaton for all signals that look at the same output, so that a line is read once however many they are.
fn pattern_set(rules: &[Rule<'_>], selected: &[usize]) -> RegexSet {
    let patterns = selected.iter().filter_map(|&i| match &rules[i].signal.source {
        Source::Output { pattern, .. } => Some(pattern.as_str()),
        Source::Fact { .. } => None,
    });
    RegexSetBuilder::new(patterns)
        .size_limit(usize::MAX)
        .build()
        .expect("each pattern compiled alone, and only the size of all is limited")
}

/// The findings so far, by the index of the rule and the cause.
struct Tally<'a> {
    rules: &'a [Rule<'a>],
    facts: &'a [Fact],
    clock: &'a Clock,
    found: BTreeMap<(usize, String), (Finding, Times)>,
    causes: Vec<usize>,
}

impl<'a> Tally<'a> {
    fn new(rules: &'a [Rule<'a>], facts: &'a [Fact], clock: &'a Clock) -> Self {
        Self { rules, facts, clock, found: BTreeMap::new(), causes: vec![0; rules.len()] }
    }

    fn scan(&mut self, observation: &Observation<'_>, selected: &[usize], patterns: &RegexSet) {
        for (i, line) in observation.text.lines().enumerate() {
            if !patterns.is_match(line) {
                continue;
            }
            for hit in patterns.matches(line) {
                let rule = selected[hit];
                if let Some(cause) = self.rules[rule].signal.cause_in_line(line, self.facts) {
                    // In the state of a unit a time says since when, not that it was then.
                    let time = is_log(observation.command).then(|| self.clock.time_of(line)).flatten();
                    let proof = Proof { command: observation.command.to_owned(), line: i + 1, text: line.to_owned() };
                    self.add(rule, cause, proof, time);
                }
            }
        }
    }

    fn try_fact(&mut self, fact: &Fact) {
        for (rule, Rule { signal, .. }) in self.rules.iter().enumerate() {
            if let Some(cause) = signal.cause_in_fact(fact, self.facts) {
                let proof = Proof { command: fact.command.clone(), line: fact.line, text: fact.text.clone() };
                self.add(rule, cause, proof, None);
            }
        }
    }

    fn add(&mut self, rule: usize, mut cause: String, proof: Proof, time: Option<Timestamp>) {
        let Rule { runbook, signal } = self.rules[rule];
        if self.causes[rule] >= CAUSES_PER_SIGNAL && !self.found.contains_key(&(rule, cause.clone())) {
            cause = signal.cause.fill(|_| None);
        }
        let (finding, times) = self.found.entry((rule, cause)).or_insert_with_key(|(_, cause)| {
            self.causes[rule] += 1;
            (new_finding(runbook, signal, cause), Times::default())
        });
        finding.count += 1;
        finding.evidence.truncate(FIRST_PROOFS);
        finding.evidence.push(proof);
        time.into_iter().for_each(|time| times.add(time));
    }

    fn into_findings(self, units: &Units) -> Vec<Finding> {
        let Self { rules, facts, clock, found, .. } = self;
        let settled = found.into_iter().map(|((rule, _), (mut finding, times))| {
            (finding.first, finding.last) = (times.first(), times.last());
            let signal = rules[rule].signal;
            let proof = finding.evidence.last().filter(|proof| is_log(&proof.command));
            finding.past = proof.and_then(|proof| {
                let over = signal.is_over(facts).then(|| "what it tells no longer holds".to_owned());
                over.or_else(|| units.history(proof, &finding.service, finding.severity, &times, clock))
            });
            if finding.past.is_some() {
                finding.severity = Severity::Info;
            }
            finding
        });
        let mut findings: Vec<Finding> = settled.collect();
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        findings
    }
}

fn new_finding(runbook: &Runbook, signal: &Signal, cause: &str) -> Finding {
    Finding {
        runbook: runbook.file.clone(),
        service: runbook.service.clone(),
        signal: signal.id.clone(),
        severity: signal.severity,
        role: signal.role,
        explains: signal.explains.clone(),
        cause: cause.to_owned(),
        section: runbook.section_of(signal).clone(),
        evidence: Vec::new(),
        count: 0,
        first: None,
        last: None,
        past: None,
    }
}

fn order(finding: &Finding) -> impl Ord + '_ {
    let first_line = finding.evidence.first().map(|proof| proof.line);
    let worst_first = (Reverse(finding.severity), Reverse(finding.count));
    (worst_first, &finding.runbook, &finding.signal, first_line, &finding.cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNBOOK: &str = r#"---
service: [x]
symptoms: []
tags: []
signals:
  - {id: refused, command: tail, pattern: 'refused by (?P<peer>\w+)', severity: warning, cause: 'no {peer}', section: A}
  - {id: slow, command: [tail, journalctl], pattern: 'took (?P<s>\d+) s', when: 's >= 5', severity: info, cause: slow, section: B}
  - {id: full, fact: disk, when: 'used_percent >= 90', severity: critical, cause: '{mount} full', section: A}
---
## A
1. Act.
## B
"#;

    fn run(observations: &[(&str, &str)], facts: &[Fact]) -> Vec<Finding> {
        let runbook = Runbook::parse("x.md", RUNBOOK).unwrap();
        let observations: Vec<_> = observations.iter().map(|(command, text)| Observation { command, text }).collect();
        findings(&[runbook], &observations, facts, None)
    }

    fn disk(percent: f64) -> Fact {
        let fields = [("mount", "/var".into()), ("used_percent", percent.into())];
        Fact {
            kind: "disk".into(),
            fields: fields.map(|(name, value)| (name.to_owned(), value)).into(),
            command: "df -PT".into(),
            line: 7,
            text: "/dev/sda1 …".into(),
        }
    }

    fn shown(findings: &[Finding]) -> Vec<(&str, &str, usize)> {
        findings.iter().map(|f| (f.signal.as_str(), f.cause.as_str(), f.count)).collect()
    }

    #[test]
    fn same_cause_is_one_finding_and_worst_comes_first() {
        let text = "took 9 s\r\nrefused by b\nrefused by a\ntook 4 s\nrefused by b\n";
        let found = run(&[("tail x", text), ("journalctl", "refused by b\ntook 5 s")], &[disk(95.0), disk(80.0)]);
        let expect = [("full", "/var full", 1), ("refused", "no b", 2), ("refused", "no a", 1), ("slow", "slow", 2)];
        assert_eq!(shown(&found), expect);
        assert_eq!(found[0].evidence[0].line, 7);
        assert_eq!(found[1].section.actions(), ["Act."]);
        let lines: Vec<_> = found[3].evidence.iter().map(|p| (p.command.as_str(), p.line, p.text.as_str())).collect();
        assert_eq!(lines, [("tail x", 1, "took 9 s"), ("journalctl", 2, "took 5 s")]);
    }

    #[test]
    fn keeps_the_first_proofs_and_the_last() {
        let found = run(&[("tail", &"refused by b\n".repeat(1000))], &[]);
        let lines: Vec<_> = found[0].evidence.iter().map(|proof| proof.line).collect();
        assert_eq!((lines.as_slice(), found[0].count), ([1, 2, 3, 4, 5, 1000].as_slice(), 1000));
    }

    #[test]
    fn causes_of_a_signal_are_bounded() {
        let text: String = (0..100).map(|i| format!("refused by p{i}\n")).collect();
        let found = run(&[("tail", &text)], &[]);
        assert_eq!((found.len(), found[0].cause.as_str(), found[0].count), (33, "no …", 68));
        assert_eq!(found.iter().map(|f| f.count).sum::<usize>(), 100);
    }

    #[test]
    fn other_commands_are_not_looked_at() {
        assert_eq!(run(&[("cat x", "refused by b"), ("tailx", "refused by b")], &[]), []);
    }
}
