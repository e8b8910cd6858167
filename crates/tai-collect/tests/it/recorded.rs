//! Every collector over a real output of its command: the captures of the laboratory, the samples of the parsers, and what was recorded for this alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;
use tai_collect::{Collector, Collectors, Parsed, parse};
use tai_ssh::{Ending, Host, ReplayHost};

/// What one command printed somewhere.
#[derive(Clone)]
struct Recorded {
    from: String,
    command: String,
    text: String,
    stderr: String,
    failed: bool,
}

fn below(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Files of outputs, each under its command.
fn from_files(folder: &str, all: &mut Vec<Recorded>) {
    for entry in std::fs::read_dir(below(folder)).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut parts = text.split("\n$ ");
        assert!(parts.next().unwrap().starts_with("# source: "), "{path:?} names its source");
        for part in parts {
            let (command, text) = part.split_once('\n').unwrap_or((part, ""));
            all.push(Recorded {
                from: path.display().to_string(),
                command: command.to_owned(),
                text: text.to_owned(),
                stderr: String::new(),
                failed: false,
            });
        }
    }
}

async fn from_captures(all: &mut Vec<Recorded>) {
    for entry in std::fs::read_dir(below("../../fixtures/captures")).unwrap() {
        let path = entry.unwrap().path();
        for recorded in ReplayHost::open(&path).unwrap().recorded().await.unwrap() {
            let output = recorded.output;
            all.push(Recorded {
                from: path.display().to_string(),
                command: recorded.command,
                text: tai_ssh::visible(output.stdout),
                stderr: tai_ssh::visible(output.stderr),
                failed: output.ending != Ending::Exited(0) || output.truncated,
            });
        }
    }
}

/// What the command of a collector looks like when its placeholders are filled in.
fn pattern(collector: &Collector) -> Regex {
    let line = regex::escape(&collector.command.replace('\'', ""));
    let line = line
        .replace(r" \{since\}", r"( --since=\S+)?( --until=\S+)?")
        .replace(r"\{onset\}", r"--since=\S+( --until=\S+)?");
    let placeholder = Regex::new(r"\\\{[a-z]+\\\}").unwrap();
    Regex::new(&format!("^{}$", placeholder.replace_all(&line, r"\S+"))).unwrap()
}

/// Every collector with the outputs of its command that are not empty.
async fn outputs_of_rows() -> Vec<(Collector, Vec<Recorded>)> {
    let mut all = Vec::new();
    from_files("tests/samples", &mut all);
    from_files("tests/outputs", &mut all);
    from_captures(&mut all).await;
    all.retain(|recorded| !recorded.text.trim().is_empty());
    all.sort_by(|a, b| a.from.cmp(&b.from));
    let collectors = Collectors::builtin();
    let patterns: Vec<_> = collectors.iter().map(|collector| (*collector, pattern(collector))).collect();
    let mut rows: Vec<(Collector, Vec<Recorded>)> =
        patterns.iter().map(|(collector, _)| (*collector, Vec::new())).collect();
    for recorded in all {
        let line = recorded.command.replace('\'', "");
        let meant = patterns.iter().enumerate().filter(|(_, (_, pattern))| pattern.is_match(&line));
        meant.for_each(|(at, _)| rows[at].1.push(recorded.clone()));
    }
    rows
}

/// A list of the words that begin a complaint about how a program was called.
fn is_misuse(text: &str) -> bool {
    let beginning: String = text.lines().take(3).collect::<Vec<_>>().join("\n").to_lowercase();
    [
        "usage:",
        "unknown option",
        "invalid option",
        "unrecognized option",
        "unrecognized argument",
        "unknown command",
        "for more information",
    ]
    .iter()
    .any(|words| beginning.contains(words))
}

#[tokio::test]
async fn every_collector_has_a_recorded_output() {
    let rows = outputs_of_rows().await;
    let missing = rows.iter().filter(|(_, outputs)| outputs.is_empty());
    let missing: Vec<_> = missing.map(|(c, _)| format!("{}: {}", c.id, c.command)).collect();
    assert!(missing.is_empty(), "{} without an output:\n{}", missing.len(), missing.join("\n"));
}

/// The kinds of rows that the parsers make of each collector's outputs, as `tests/kinds.txt` declares them: what is not there is plain text.
#[tokio::test]
async fn outputs_are_what_their_parsers_expect() {
    let declared = std::fs::read_to_string(below("tests/kinds.txt")).unwrap();
    let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut wrong = Vec::new();
    let rows = outputs_of_rows().await;
    for (collector, outputs) in &rows {
        for recorded in outputs {
            if recorded.failed && is_misuse(&recorded.stderr) {
                wrong.push(format!("{}: {} was misunderstood", recorded.from, recorded.command));
            }
            let Parsed { readings, unread, .. } =
                parse(&recorded.command, &recorded.text, Some("2026-11-21T22:00:00Z"));
            if unread > 0 && !recorded.failed {
                wrong.push(format!("{}: {}: {unread} lines not understood", recorded.from, recorded.command));
            }
            if !readings.is_empty() {
                kinds.entry(collector.id).or_default().extend(readings.iter().map(|reading| reading.kind));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let found: Vec<String> = rows
        .iter()
        .filter_map(|(c, _)| {
            Some(format!("{}: {}", c.id, kinds.get(c.id)?.iter().copied().collect::<Vec<_>>().join(" ")))
        })
        .collect();
    let declared: Vec<&str> = declared.lines().filter(|line| !line.starts_with('#')).collect();
    let lost: Vec<_> = declared.iter().filter(|line| !found.iter().any(|f| f == *line)).collect();
    let new: Vec<_> = found.iter().filter(|line| !declared.contains(&line.as_str())).collect();
    assert!(
        lost.is_empty() && new.is_empty(),
        "declared and not found: {lost:#?}\nfound and not declared:\n{}",
        new.iter().map(|l| l.as_str()).collect::<Vec<_>>().join("\n")
    );
}
