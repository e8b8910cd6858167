//! The lines of a chunk that a person should see first.

use std::collections::BTreeSet;

use tai_rag::Evidence;

/// Words of lines that report trouble, each with its weight. Compared in lower case, as parts of words.
const TROUBLE: &[(&str, u64)] = &[
    ("panic", 4),
    ("fatal", 4),
    ("emerg", 4),
    ("[crit", 4),
    ("oom", 3),
    ("out of memory", 4),
    ("no space left", 4),
    ("read-only file system", 4),
    ("error", 3),
    ("failed", 3),
    ("failure", 3),
    ("cannot", 2),
    ("could not", 2),
    ("denied", 3),
    ("refused", 3),
    ("timed out", 3),
    ("timeout", 2),
    ("unable", 2),
    ("not found", 2),
    ("no such", 2),
    ("invalid", 2),
    ("killed", 3),
    ("segfault", 4),
    ("corrupt", 3),
    ("exceeded", 2),
    ("warn", 1),
    ("100%", 2),
];

/// A chunk of so many lines is quoted whole.
const SHORT: usize = 12;
/// Lines of a longer one that are quoted.
const MOST: usize = 2;

/// Line numbers from and to, and the lines between, of what is worth quoting, in the order of the output: a short chunk whole; of a longer one the lines that report trouble or
/// share words with the question; of the sizes that `du` prints the largest. Nothing when no line of a long chunk stands out.
pub(crate) fn telling_lines<'a>(chunk: &'a Evidence, question: &str) -> Vec<(usize, usize, &'a str)> {
    let lines = || (chunk.start_line..).zip(chunk.text.lines());
    if chunk.text.lines().count() <= SHORT {
        return vec![(chunk.start_line, chunk.end_line, &chunk.text)];
    }
    let question = question.to_lowercase();
    let words: BTreeSet<&str> = question.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 3).collect();
    let is_sizes = chunk.command.starts_with("du ");
    let score = |line: &str| if is_sizes { size(line) } else { trouble(line) + shared_words(line, &words) };
    let mut scored: Vec<(u64, usize, &str)> =
        lines().map(|(n, line)| (score(line), n, line)).filter(|(s, ..)| *s > 0).collect();
    scored.sort_by_key(|&(score, number, _)| (std::cmp::Reverse(score), number));
    scored.truncate(MOST);
    scored.sort_by_key(|&(_, number, _)| number);
    scored.into_iter().map(|(_, number, line)| (number, number, line)).collect()
}

/// How much a line tells by itself.
fn trouble(line: &str) -> u64 {
    let lower = line.to_lowercase();
    TROUBLE.iter().filter(|(word, _)| lower.contains(word)).map(|(_, weight)| weight).sum()
}

fn shared_words(line: &str, words: &BTreeSet<&str>) -> u64 {
    let lower = line.to_lowercase();
    2 * words.iter().filter(|word| lower.contains(**word)).count() as u64
}

/// The number that a line of `du` begins with; 0 for the line of a file system as a whole, which is always the largest.
fn size(line: &str) -> u64 {
    match line.split_once(char::is_whitespace) {
        Some((size, path)) if path.trim().matches('/').count() > 1 => size.parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use tai_rag::{ChunkOptions, Document, Index};

    use super::*;

    fn check(command: &str, text: &str, question: &str, expect: &[usize]) {
        let document = Document { command: command.into(), about: String::new(), text: text.into() };
        let index = Index::build(vec![document], &ChunkOptions::default());
        let chunk = &index.search("line", 1)[0];
        let found: Vec<usize> = telling_lines(chunk, question).iter().map(|(start, ..)| *start).collect();
        assert_eq!(found, expect, "{question}");
    }

    #[test]
    fn what_stands_out_is_quoted() {
        let idle = "idle line\n".repeat(12);
        let log = format!("line one\n{idle}nginx: bind() failed\nidle line\nworker is here\nerror: it failed\n");
        check("log", &log, "", &[14, 17]);
        check("log", &log, "bind", &[14, 17]);
        check("log", &log, "the worker", &[14, 17]);
        check("log", &idle.repeat(2), "", &[]);
        check("log", "a line\nanother line\n", "", &[1]);
        let sizes: String = (1..20).map(|n| format!("{n}\t/line/{n}\n")).collect();
        check("du -xk /", &format!("{sizes}190\t/\n"), "", &[18, 19]);
    }
}
