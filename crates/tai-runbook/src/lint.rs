//! Mistakes in runbooks, all of them, with their places.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::fmt;

use pulldown_cmark::{Event, Options, Parser, Tag};
use serde::Serialize;

use crate::runbook::{Read, Runbook, read};
use crate::section::headings;
use crate::{BUILTIN, Error};

/// A mistake in a runbook. It shows as `FILE:LINE: MESSAGE`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Looks for mistakes in runbooks that belong together, by file name: front matter, signals, ids that two of them have, headings, and links that lead nowhere. Links may lead to one
/// of them, and to what `exists`, a path like their names; where a link leaves the network is not looked at. Sorted by file and line.
pub fn lint(texts: &BTreeMap<String, String>, exists: &dyn Fn(&str) -> bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut readable = BTreeMap::new();
    for (file, text) in texts {
        match read(file, text) {
            Ok(read) => {
                problems.extend(read.errors.iter().map(|error| problem(file, error)));
                readable.insert(file.as_str(), read);
            }
            Err(error) => problems.push(problem(file, &error)),
        }
    }
    for (file, read) in &readable {
        problems.extend(of_headings(file, read));
        problems.extend(of_links(file, read, &readable, texts, exists));
    }
    problems.extend(of_ids(&readable));
    problems.sort();
    problems
}

/// The error without its place, and its causes.
fn problem(file: &str, error: &Error) -> Problem {
    let line = error.line();
    let told = error.to_string();
    let mut message = told.strip_prefix(&format!("{file}:{line}: ")).unwrap_or(&told).to_owned();
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    // A regular expression that does not compile is shown over several lines.
    message.extend(
        causes.map(|cause| format!(": {}", cause.to_string().split_whitespace().collect::<Vec<_>>().join(" "))),
    );
    Problem { file: file.to_owned(), line, message }
}

fn at(file: &str, read: &Read<'_>, offset: usize, message: String) -> Problem {
    let line = read.body_starts + read.body[..offset].matches('\n').count() as u64 + 1;
    Problem { file: file.to_owned(), line, message }
}

fn of_headings(file: &str, read: &Read<'_>) -> Vec<Problem> {
    let headings = headings(read.body);
    if headings.is_empty() {
        return vec![at(file, read, 0, "there is no heading, so there is no section".to_owned())];
    }
    let (mut problems, mut titles, mut above) = (Vec::new(), BTreeSet::new(), 0);
    for heading in &headings {
        let title = &heading.title;
        if title.trim().is_empty() {
            problems.push(at(file, read, heading.start, "a heading is empty".to_owned()));
        } else if !titles.insert(title.as_str()) {
            let message = format!("a second heading {title:?}: a signal's section means the first");
            problems.push(at(file, read, heading.start, message));
        }
        if heading.level > above + 1 {
            let message = format!("heading {title:?} is of level {} below one of level {above}", heading.level);
            problems.push(at(file, read, heading.start, message));
        }
        above = heading.level;
    }
    problems
}

fn of_links(
    file: &str,
    read: &Read<'_>,
    readable: &BTreeMap<&str, Read<'_>>,
    texts: &BTreeMap<String, String>,
    exists: &dyn Fn(&str) -> bool,
) -> Vec<Problem> {
    let has_anchor = |runbook: &Runbook, anchor: &str| {
        runbook.sections.iter().any(|section| section.citation.split_once('#').is_some_and(|(_, own)| own == anchor))
    };
    let is_dead = |link: &str| {
        let is_elsewhere = link.contains("://") || link.starts_with("mailto:") || link.starts_with('/');
        let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = if path.is_empty() { file.to_owned() } else { joined(file, path) };
        if is_elsewhere {
            return None;
        }
        match readable.get(target.as_str()) {
            Some(read) if anchor.is_empty() || has_anchor(&read.runbook, anchor) => None,
            Some(_) => Some(format!("dead link {link:?}: {target} has no such heading")),
            // One that could not be read is told elsewhere.
            None if texts.contains_key(&target) || exists(&target) => None,
            None => Some(format!("dead link {link:?}: there is no {target}")),
        }
    };
    let mut problems = Vec::new();
    for (event, range) in Parser::new_ext(read.body, Options::empty()).into_offset_iter() {
        let (Event::Start(Tag::Link { dest_url, .. }) | Event::Start(Tag::Image { dest_url, .. })) = event else {
            continue;
        };
        problems.extend(is_dead(&dest_url).map(|message| at(file, read, range.start, message)));
    }
    problems
}

/// A path as seen from a file, without `.` and `..`.
fn joined(file: &str, path: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Ids that two files have, and ids in `explains` that no signal has.
fn of_ids(readable: &BTreeMap<&str, Read<'_>>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let built_in: Vec<Runbook> = BUILTIN
        .iter()
        .filter(|(file, _)| !readable.contains_key(file))
        .filter_map(|(file, text)| Runbook::parse(file, text).ok())
        .collect();
    let theirs = built_in.iter().flat_map(|runbook| runbook.signals.iter().map(|signal| signal.id.as_str()));
    let mut known: BTreeSet<&str> = theirs.collect();
    let signals = || {
        readable.iter().flat_map(|(file, read)| {
            read.runbook.signals.iter().zip(&read.lines).map(move |(signal, line)| (*file, signal, *line))
        })
    };
    for (file, signal, line) in signals() {
        let elsewhere = seen.insert(&signal.id, file).map(|other| format!("{other} has it"));
        let elsewhere =
            elsewhere.or_else(|| known.contains(signal.id.as_str()).then(|| "a built-in runbook has it".to_owned()));
        if let Some(elsewhere) = elsewhere {
            let message = format!("signal {} is not the only one of this id: {elsewhere}", signal.id);
            problems.push(Problem { file: file.to_owned(), line, message });
        }
    }
    known.extend(signals().map(|(_, signal, _)| signal.id.as_str()));
    for (file, signal, line) in signals() {
        for id in signal.explains.iter().filter(|id| !known.contains(id.as_str())) {
            let message = format!("signal {} explains {id:?}, which no signal is", signal.id);
            problems.push(Problem { file: file.to_owned(), line, message });
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "---\nservice: x\nsymptoms: []\ntags: []\nsignals:\n  - {id: a, command: log, pattern: 'x y', severity: info, cause: c, section: S}\n---\n# X\n\n## S\n\nSee [other](b.md#s), [here](#s), [out](https://example.org/x#y), [file](notes.txt).\n";

    fn check(files: &[(&str, &str)], expect: &[&str]) {
        let texts = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let found = lint(&texts, &|path| path == "notes.txt");
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expect.len(), "{found:#?}");
        for (found, expect) in found.iter().zip(expect) {
            assert!(found.starts_with(expect), "{found}");
        }
    }

    fn second() -> String {
        GOOD.replace("id: a", "id: b")
    }

    #[test]
    fn good_ones_have_no_problem() {
        check(&[("a.md", GOOD), ("b.md", &second())], &[]);
        let built_in = BUILTIN.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        assert_eq!(lint(&built_in, &|_| false), []);
    }

    #[test]
    fn every_problem_has_its_line() {
        let with = |from: &str, to: &str| {
            assert!(GOOD.contains(from), "{from}");
            GOOD.replace(from, to)
        };
        let check = |text: String, expect: &[&str]| check(&[("a.md", &text), ("b.md", &second())], expect);
        check(with("tags: []", "tag: []"), &["a.md:4: front matter is not valid: "]);
        check(with("'x y'", "'x ('"), &["a.md:6: signal a is not valid: pattern does not compile: "]);
        check(with("section: S", "section: T"), &["a.md:6: signal a is not valid: section \"T\" is no heading"]);
        check(with("id: a,", "id: b,"), &["b.md:6: signal b is not the only one of this id: a.md has it"]);
        check(
            with("id: a,", "id: filesystem-full,"),
            &["a.md:6: signal filesystem-full is not the only one of this id: a built-in"],
        );
        check(
            with("severity", "explains: [none], severity"),
            &["a.md:6: signal a explains \"none\", which no signal is"],
        );
        check(with("b.md#s", "b.md#t"), &["a.md:12: dead link \"b.md#t\": b.md has no such heading"]);
        check(with("b.md#s", "c.md"), &["a.md:12: dead link \"c.md\": there is no c.md"]);
        check(with("b.md#s", "../b.md"), &["a.md:12: dead link \"../b.md\": there is no ../b.md"]);
        check(
            with("## S", "## S\n\n#### Deep\n\n## S"),
            &["a.md:12: heading \"Deep\" is of level 4", "a.md:14: a second heading \"S\""],
        );
        check(with("(#s)", "(#u)"), &["a.md:12: dead link \"#u\""]);
    }

    #[test]
    fn all_signals_are_looked_at() {
        let two = GOOD.replace("'x y'", "'('").replace(
            "signals:\n",
            "signals:\n  - {id: b, command: log, pattern: '(', severity: info, cause: c, section: S}\n",
        );
        check(&[("a.md", &two), ("b.md", &second())], &["a.md:6: signal b is", "a.md:7: signal a is"]);
    }
}
