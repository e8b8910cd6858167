//! Which of the findings is the cause, and which follow from it.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use tai_collect::Report;
use tai_runbook::{Finding, Role, Severity};

use crate::diagnosis::{Cause, Quote, Verdict};

/// Causes that a report names, at most.
const MAX_CAUSES: usize = 3;
/// Consequences that a cause names, at most.
const MAX_CONSEQUENCES: usize = 3;

/// A finding that no other one explains, and those that follow from it.
#[derive(Debug)]
pub(crate) struct Ranked<'a> {
    pub(crate) finding: &'a Finding,
    /// What it is worth to this ticket: its own, or more where it matters only to somebody who asks about it.
    pub(crate) severity: Severity,
    pub(crate) consequences: Vec<&'a Finding>,
    score: i64,
}

static UNIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z0-9][A-Za-z0-9_.@:\\-]*\.(?:service|socket|mount|timer)").expect("a valid pattern")
});
/// What a log puts before a message: `… HOST IDENTIFIER[PID]: `.
static IDENTIFIER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\S.*? ([^\s\[\]:/]+)\[\d+\]: ").expect("a valid pattern"));

/// The findings of warning and worse that are not over, as chains: the most probable cause first.
///
/// A finding follows from another when that one says so (`explains`), or when it is a symptom and both are about the same unit. A cause counts as
/// much as the weightiest finding of its chain, so that what the ticket speaks of leads to what is behind it. An info is among them when the ticket asks
/// about it, or when it explains one of the others.
pub(crate) fn rank<'a>(findings: &'a [Finding], report: &Report, question: &str) -> Vec<Ranked<'a>> {
    let ticket = Asked::read(report, question);
    let is_trouble = |finding: &&Finding| ticket.severity(finding) >= Severity::Warning;
    let trouble: BTreeSet<&str> = findings.iter().filter(is_trouble).map(|finding| finding.signal.as_str()).collect();
    // What is only worth an info by itself may be why something else is in trouble.
    let is_why = |finding: &&Finding| {
        finding.past.is_none() && finding.explains.iter().any(|signal| trouble.contains(signal.as_str()))
    };
    let mut scored: Vec<(i64, &Finding, BTreeSet<String>)> = findings
        .iter()
        .filter(|finding| is_trouble(finding) || is_why(finding))
        .map(|finding| (ticket.score(finding, report), finding, units(finding)))
        .collect();
    scored.sort_by_key(|(score, ..)| Reverse(*score));
    let follows = |b: usize, a: usize| {
        let ((_, cause, its_units), (_, other, other_units)) = (&scored[a], &scored[b]);
        let says_so = cause.explains.contains(&other.signal) && !other.explains.contains(&cause.signal);
        let is_symptom = other.role == Role::Symptom;
        let is_about_same = !its_units.is_disjoint(other_units);
        a != b
            && match cause.role {
                Role::Cause => says_so || is_symptom && is_about_same,
                // What trouble of one unit looks like tells nothing of another unit.
                Role::Symptom => says_so && (is_about_same || its_units.is_empty() || is_symptom),
            }
    };
    let count = scored.len();
    let explainer: Vec<Option<usize>> = (0..count).map(|b| (0..count).find(|&a| follows(b, a))).collect();
    let head = |mut i: usize| {
        // As many steps as there are findings: chains that bite their tail end somewhere.
        for _ in 0..count {
            match explainer[i] {
                Some(next) => i = next,
                None => break,
            }
        }
        i
    };
    let heads: Vec<usize> = (0..count).map(head).collect();
    let mut chains: Vec<Ranked<'_>> = Vec::new();
    for h in heads.iter().copied().collect::<BTreeSet<_>>() {
        let members: Vec<usize> = (0..count).filter(|&i| heads[i] == h && i != h).collect();
        let score = members.iter().map(|&i| scored[i].0).fold(scored[h].0, i64::max);
        let consequences = members.iter().map(|&i| scored[i].1).collect();
        let severity = ticket.severity(scored[h].1).max(Severity::Warning);
        chains.push(Ranked { finding: scored[h].1, severity, consequences, score });
    }
    chains.sort_by_key(|chain| Reverse(chain.score));
    chains
}

/// The first causes as sentences, each with when it was seen and what follows from it.
pub(crate) fn causes(chains: &[Ranked<'_>], quotes: &[Quote]) -> Vec<Cause> {
    let best = chains.first().map_or(0, |chain| chain.score);
    let worth = |chain: &&Ranked<'_>| chain.score * 2 >= best;
    chains.iter().filter(worth).take(MAX_CAUSES).map(|chain| chain.cause(quotes)).collect()
}

impl Ranked<'_> {
    fn cause(&self, quotes: &[Quote]) -> Cause {
        let mut text = self.finding.cause.clone();
        if let (Some(first), Some(last)) = (self.finding.first, self.finding.last) {
            let count = self.finding.count;
            text += &match first == last {
                true => format!(" (at {last})"),
                false => format!(" ({count} lines, first at {first}, last at {last})"),
            };
        }
        let mut told = BTreeSet::from([self.finding.cause.as_str()]);
        let consequences: Vec<&str> =
            self.consequences.iter().map(|finding| finding.cause.as_str()).filter(|text| told.insert(text)).collect();
        if !consequences.is_empty() {
            text +=
                &format!("; this explains: {}", consequences[..consequences.len().min(MAX_CONSEQUENCES)].join("; "));
        }
        let (severity, runbook) = (Some(self.severity), Some(self.finding.section.citation.clone()));
        let proofs = &self.finding.evidence;
        let proves = |quote: &&Quote| {
            proofs.iter().any(|proof| proof.command == quote.command && proof.line == quote.start_line)
        };
        let evidence = quotes.iter().filter(proves).map(|quote| quote.id.clone()).collect();
        Cause { text, severity, runbook, verdict: Verdict::Verified, evidence }
    }
}

/// What the ticket speaks of.
struct Asked {
    text: String,
    stems: BTreeSet<String>,
    units: BTreeSet<String>,
}

impl Asked {
    fn read(report: &Report, question: &str) -> Self {
        let named = report.ticket.units_named(&report.facts);
        Asked { text: question.to_lowercase(), stems: stems(question), units: named.into_iter().collect() }
    }

    /// An info that is not over is a warning to somebody who asks about it.
    fn severity(&self, finding: &Finding) -> Severity {
        let words = || self.text.split(|c: char| !c.is_alphanumeric());
        let is_asked = |start: &String| words().any(|word| word.starts_with(start.as_str()));
        match finding.severity {
            Severity::Info if finding.past.is_none() && finding.asked.iter().any(is_asked) => Severity::Warning,
            severity => severity,
        }
    }

    /// How probable it is that this finding is what the operator asks about: its severity first, then what the ticket names, then the time.
    fn score(&self, finding: &Finding, report: &Report) -> i64 {
        let mut score = if finding.severity == Severity::Critical { 40 } else { 20 };
        if finding.role == Role::Symptom {
            score -= 12;
        }
        if units(finding).iter().any(|unit| self.units.contains(unit)) {
            score += 20;
        }
        let is_word = |word: &String| self.text.split(|c: char| !c.is_alphanumeric()).any(|w| w == word.as_str());
        if finding.service.iter().any(|service| is_word(&service.to_lowercase())) {
            score += 10;
        }
        let text = finding.evidence.iter().map(|proof| proof.text.as_str()).chain([finding.cause.as_str()]);
        let said: BTreeSet<String> = text.flat_map(stems).collect();
        score += 6 * i64::try_from(self.stems.intersection(&said).count().min(3)).unwrap_or(0);
        let about = stems(&finding.section.title);
        score += 3 * i64::try_from(self.stems.intersection(&about).count().min(3)).unwrap_or(0);
        let commands: BTreeSet<&str> = finding.evidence.iter().map(|proof| proof.command.as_str()).collect();
        score += 3 * i64::try_from(commands.len().min(3)).unwrap_or(0);
        score + freshness(finding, report)
    }
}

/// What is now counts more than what was.
fn freshness(finding: &Finding, report: &Report) -> i64 {
    let now: Option<jiff::Timestamp> = report.collected_at.as_ref().and_then(|time| time.parse().ok());
    let (Some(now), Some(last)) = (now, finding.last) else { return 8 };
    match now.duration_since(last).as_mins() {
        ..=10 => 8,
        11..=60 => 4,
        61..=360 => 0,
        _ => -8,
    }
}

/// The units that a finding is about: those that it, its lines or commands name, and the programs that wrote its lines.
fn units(finding: &Finding) -> BTreeSet<String> {
    let proofs = finding.evidence.iter().flat_map(|proof| [proof.command.as_str(), proof.text.as_str()]);
    let texts = proofs.chain([finding.cause.as_str()]);
    let named = texts.flat_map(|text| UNIT.find_iter(text)).map(|unit| unit.as_str().to_owned());
    let wrote = finding.evidence.iter().filter_map(|proof| IDENTIFIER.captures(&proof.text));
    let wrote = wrote.map(|found| format!("{}.service", &found[1])).filter(|unit| unit != "systemd.service");
    named.chain(wrote).collect()
}

/// The words that say something, without their endings.
fn stems(text: &str) -> BTreeSet<String> {
    const COMMON: &[&str] = &[
        "about",
        "after",
        "again",
        "anything",
        "cannot",
        "does",
        "from",
        "have",
        "host",
        "into",
        "just",
        "machine",
        "more",
        "morning",
        "nothing",
        "over",
        "since",
        "some",
        "still",
        "system",
        "than",
        "that",
        "their",
        "then",
        "there",
        "they",
        "this",
        "today",
        "what",
        "when",
        "whenever",
        "which",
        "with",
        "work",
        "works",
        "wrong",
        "yesterday",
        "service",
        "server",
        "systemd",
        "error",
        "failed",
        "kernel",
    ];
    let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let words = words.filter(|word| word.chars().count() > 3 && !COMMON.contains(&word.as_str()));
    words
        .filter(|word| word.chars().any(char::is_alphabetic))
        .map(|word| {
            let cut = |ending: &str| word.strip_suffix(ending).filter(|stem| stem.chars().count() >= 3);
            ["ing", "ed", "es", "s"].into_iter().find_map(cut).unwrap_or(&word).to_owned()
        })
        .collect()
}
