use std::{cmp::Reverse, collections::BTreeMap};

use jiff::Timestamp;
use regex::{RegexSet, RegexSetBuilder};

use crate::{
    ending::{LastLines, Place, key},
    fact::{Fact, Value},
    runbook::Runbook,
    section::Section,
    signal::{Hit, Role, Severity, Signal, Source},
    standing::{Times, Units, remembered},
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
    /// Beginnings of words: when it is not over, an `Info` is worth a `Warning` to somebody who asks about one of them.
    pub asked: Vec<String>,
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
/// What a log tells is over, and only worth an `Info`, when a later line says so (`over`), when the unit that it is about was started since and
/// still runs, when nothing that the signal names in `while` holds any more, and when it was written long before `now`. A fact with `is_shared`,
/// which tells of more than this host, is no more than an `Info` either.
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
    let mut scans: BTreeMap<Vec<usize>, Patterns> = BTreeMap::new();
    for (i, observation) in observations.iter().enumerate() {
        let fits = |&i: &usize| rules[i].signal.looks_at(observation.command);
        let selected: Vec<usize> = (0..rules.len()).filter(fits).collect();
        if !selected.is_empty() {
            let patterns = scans.entry(selected).or_insert_with_key(|selected| Patterns::of(&rules, selected));
            tally.scan(i, observation, patterns);
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
struct Patterns {
    set: RegexSet,
    /// The rule of each pattern, and whether it is the one that says that it is over.
    of: Vec<(usize, bool)>,
}

impl Patterns {
    fn of(rules: &[Rule<'_>], selected: &[usize]) -> Self {
        let (mut texts, mut of) = (Vec::new(), Vec::new());
        for &rule in selected {
            if let Source::Output { pattern, .. } = &rules[rule].signal.source {
                texts.push(pattern.as_str());
                of.push((rule, false));
            }
            if let Some(over) = &rules[rule].signal.over {
                texts.push(over.pattern.as_str());
                of.push((rule, true));
            }
        }
        let set = RegexSetBuilder::new(texts)
            .size_limit(usize::MAX)
            .build()
            .expect("each pattern compiled alone, and only the size of all is limited");
        Patterns { set, of }
    }
}

/// What matched one signal with one cause.
struct Found {
    finding: Finding,
    times: Times,
    lines: LastLines,
    /// Whether there was a match of which no fact says that it is over.
    still: bool,
}

/// The findings so far, by the index of the rule and the cause.
struct Tally<'a> {
    rules: &'a [Rule<'a>],
    facts: &'a [Fact],
    clock: &'a Clock,
    found: BTreeMap<(usize, String), Found>,
    causes: Vec<usize>,
    /// The lines that say that something is over, by the index of the rule.
    endings: BTreeMap<usize, LastLines>,
}

impl<'a> Tally<'a> {
    fn new(rules: &'a [Rule<'a>], facts: &'a [Fact], clock: &'a Clock) -> Self {
        let (found, endings) = (BTreeMap::new(), BTreeMap::new());
        Self { rules, facts, clock, found, causes: vec![0; rules.len()], endings }
    }

    fn scan(&mut self, output: usize, observation: &Observation<'_>, patterns: &Patterns) {
        for (i, line) in observation.text.lines().enumerate() {
            if !patterns.set.is_match(line) {
                continue;
            }
            // In the state of a unit a time says since when, not that it was then.
            let time = is_log(observation.command).then(|| self.clock.time_of(line)).flatten();
            let place = Place { output, line: i + 1, time };
            for hit in patterns.set.matches(line) {
                let (rule, is_end) = patterns.of[hit];
                let signal = self.rules[rule].signal;
                if let Some(over) = signal.over.as_ref().filter(|_| is_end) {
                    let ended = over.pattern.captures(line).map(|captures| key(&captures, &over.groups));
                    ended.into_iter().for_each(|key| self.endings.entry(rule).or_default().add(key, place));
                } else if let Some(mut hit) = signal.find_in_line(line, self.facts) {
                    let proof = Proof { command: observation.command.to_owned(), line: i + 1, text: line.to_owned() };
                    let key = std::mem::take(&mut hit.key);
                    let found = self.add(rule, hit, proof);
                    time.into_iter().for_each(|time| found.times.add(time));
                    found.lines.add(key, place);
                }
            }
        }
    }

    fn try_fact(&mut self, fact: &Fact) {
        for (rule, Rule { signal, .. }) in self.rules.iter().enumerate() {
            if let Some(hit) = signal.find_in_fact(fact, self.facts) {
                let proof = Proof { command: fact.command.clone(), line: fact.line, text: fact.text.clone() };
                let found = self.add(rule, hit, proof);
                if fact.fields.get("is_shared") == Some(&Value::Number(1.0)) {
                    found.finding.severity = Severity::Info;
                    found.finding.asked.clear();
                }
            }
        }
    }

    fn add(&mut self, rule: usize, hit: Hit, proof: Proof) -> &mut Found {
        let Rule { runbook, signal } = self.rules[rule];
        let Hit { mut cause, asked, ended, .. } = hit;
        if self.causes[rule] >= CAUSES_PER_SIGNAL && !self.found.contains_key(&(rule, cause.clone())) {
            cause = signal.cause.fill(|_| None);
        }
        let found = self.found.entry((rule, cause)).or_insert_with_key(|(_, cause)| {
            self.causes[rule] += 1;
            let finding = new_finding(runbook, signal, cause);
            Found { finding, times: Times::default(), lines: LastLines::default(), still: false }
        });
        found.still |= ended.is_none();
        found.finding.past = ended.map(|line| format!("it is over: {}", line.trim()));
        found.finding.asked = asked;
        found.finding.count += 1;
        found.finding.evidence.truncate(FIRST_PROOFS);
        found.finding.evidence.push(proof);
        found
    }

    fn into_findings(self, units: &Units) -> Vec<Finding> {
        let Self { rules, facts, clock, found, endings, .. } = self;
        let settled = found.into_iter().map(|((rule, _), Found { mut finding, times, lines, still })| {
            (finding.first, finding.last) = (times.first(), times.last());
            let signal = rules[rule].signal;
            let ended = endings.get(&rule).and_then(|endings| lines.ended_by(endings)).map(ended_at);
            let proof = finding.evidence.last().filter(|proof| is_log(&proof.command));
            let history = proof.and_then(|proof| {
                units.history(proof, &finding.service, remembered(finding.severity, finding.role), &times, clock)
            });
            let holds_no_more = || signal.is_over(facts).then(|| "what it tells no longer holds".to_owned());
            finding.past = finding.past.take().filter(|_| !still).or(ended).or_else(holds_no_more).or(history);
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

fn ended_at(place: Place) -> String {
    place.time.map_or_else(|| "a later line says so".to_owned(), |time| format!("a line of {time} says so"))
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
        asked: Vec::new(),
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
