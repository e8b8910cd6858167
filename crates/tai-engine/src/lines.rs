//! The lines of a chunk that a person should see first.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use tai_rag::Evidence;

/// Words of lines that report trouble, each with its weight: whole words, in lower case.
const WORDS: &[(&str, u64)] = &[
    ("panic", 4),
    ("fatal", 4),
    ("emerg", 4),
    ("crit", 4),
    ("critical", 3),
    ("oom", 3),
    ("error", 3),
    ("errors", 3),
    ("failed", 3),
    ("failure", 3),
    ("fails", 3),
    ("denied", 3),
    ("refused", 3),
    ("rejected", 3),
    ("timeout", 3),
    ("killed", 3),
    ("segfault", 4),
    ("corrupt", 3),
    ("corrupted", 3),
    ("exceeded", 3),
    ("unreachable", 3),
    ("cannot", 3),
    ("unable", 3),
    ("invalid", 2),
    ("warning", 1),
    ("warn", 1),
];
/// The same for what is more than a word.
const PHRASES: &[(&str, u64)] = &[
    ("out of memory", 4),
    ("no space left", 4),
    ("read-only file system", 4),
    ("could not", 3),
    ("timed out", 3),
    ("not found", 2),
    ("no such", 3),
    ("100%", 2),
];
/// What a word of the question weighs.
const SHARED: u64 = 2;
/// A line below this does not stand out.
const LEAST: u64 = 3;
/// An output of so many lines is quoted whole.
const SHORT: usize = 12;
/// Lines of a longer one that are quoted, for each of its chunks.
const MOST: usize = 2;

/// Line numbers from and to, and the lines between, of what is worth quoting of a chunk, in the order of the output: all of it when it is a whole short output; else the lines that
/// report trouble or share words with the question; of the sizes that `du` prints the largest. Nothing when no line stands out.
pub(crate) fn telling_lines<'a>(chunk: &'a Evidence, is_whole: bool, question: &str) -> Vec<(usize, usize, &'a str)> {
    if is_whole && chunk.text.lines().count() <= SHORT {
        return vec![(chunk.start_line, chunk.end_line, &chunk.text)];
    }
    let asked = words(question);
    let asked: BTreeSet<&str> = asked.iter().map(String::as_str).filter(|word| word.len() > 3).collect();
    let is_sizes = chunk.command.starts_with("du ");
    let score = |line: &str| if is_sizes { size(line) } else { trouble(line, &asked) };
    let scored = chunk.lines().map(|(number, line)| (score(line), number, line));
    let mut scored: Vec<(u64, usize, &str)> = scored.filter(|(score, ..)| *score >= LEAST).collect();
    scored.sort_by_key(|&(score, number, _)| (Reverse(score), number));
    scored.truncate(MOST);
    scored.sort_by_key(|&(_, number, _)| number);
    scored.into_iter().map(|(_, number, line)| (number, number, line)).collect()
}

/// How much a line tells, by itself and for a question of these words.
fn trouble(line: &str, asked: &BTreeSet<&str>) -> u64 {
    let lower = line.to_lowercase();
    let words = words(&lower);
    let weight = |word: &String| WORDS.iter().find(|(known, _)| known == word).map_or(0, |(_, weight)| *weight);
    let phrases = PHRASES.iter().filter(|(phrase, _)| lower.contains(phrase)).map(|(_, weight)| weight);
    let shared = words.iter().filter(|word| asked.contains(word.as_str())).count() as u64;
    words.iter().map(weight).sum::<u64>() + phrases.sum::<u64>() + SHARED * shared
}

/// The distinct words, in lower case. Underscores and hyphens join: `ignore_errors` is no error.
fn words(text: &str) -> BTreeSet<String> {
    let joins = |c: char| c == '_' || c == '-';
    let words = text.split(|c: char| !c.is_alphanumeric() && !joins(c)).map(|word| word.trim_matches(joins));
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
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
        let whole = text.lines().count() < 10;
        let document = Document { command: command.into(), about: String::new(), text: text.into() };
        let index = Index::build(vec![document], &ChunkOptions::default());
        let chunk = &index.search("line", 1)[0];
        let found: Vec<usize> = telling_lines(chunk, whole, question).iter().map(|(start, ..)| *start).collect();
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
