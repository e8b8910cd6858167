//! What a sentence may lean on.

use std::collections::BTreeSet;

/// Texts that stand behind a statement: chunks that it cites, findings, facts.
#[derive(Default)]
pub(crate) struct Grounds<'a> {
    pub(crate) texts: Vec<&'a str>,
}

impl Grounds<'_> {
    /// Whether any of them holds the words of `quote` in a row, however they are spaced.
    pub(crate) fn hold(&self, quote: &str) -> bool {
        let quote = squeeze(quote);
        self.texts.iter().any(|text| text.contains(&quote) || squeeze(text).contains(&quote))
    }

    /// Whether the sentence speaks of the same things at all: one in four of its telling words is in them, or begins as one of theirs does. A sentence that has none is not judged.
    pub(crate) fn are_related(&self, sentence: &str) -> bool {
        let told = telling_words(sentence);
        let known: BTreeSet<String> = self.texts.iter().flat_map(|text| telling_words(text)).collect();
        let shared = told.iter().filter(|word| known.contains(*word)).count();
        told.is_empty() || shared * 4 >= told.len().max(4)
    }
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginnings of the words that say what a sentence is about, in lower case.
fn telling_words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    words
        .filter(|word| word.chars().count() >= 3 && !is_common(word))
        .map(|word| word.chars().take(5).collect())
        .collect()
}

/// Words of every sentence and of every trouble.
fn is_common(word: &str) -> bool {
    const COMMON: &[&str] = &[
        "about",
        "after",
        "all",
        "also",
        "and",
        "any",
        "are",
        "because",
        "been",
        "before",
        "being",
        "both",
        "but",
        "can",
        "cannot",
        "cause",
        "caused",
        "causes",
        "could",
        "did",
        "does",
        "due",
        "error",
        "errors",
        "evidence",
        "fail",
        "failed",
        "failing",
        "fails",
        "failure",
        "for",
        "from",
        "had",
        "has",
        "have",
        "host",
        "into",
        "issue",
        "its",
        "line",
        "lines",
        "log",
        "logs",
        "may",
        "most",
        "not",
        "now",
        "only",
        "output",
        "problem",
        "root",
        "server",
        "service",
        "shows",
        "since",
        "some",
        "such",
        "system",
        "than",
        "that",
        "the",
        "their",
        "then",
        "there",
        "therefore",
        "these",
        "they",
        "this",
        "was",
        "were",
        "when",
        "which",
        "while",
        "why",
        "will",
        "with",
        "would",
    ];
    COMMON.contains(&word)
}

/// Whether a sentence says that the cause is not known: an answer that is allowed, and better than a guess.
pub(crate) fn abstains(sentence: &str) -> bool {
    const PHRASES: &[&str] = &[
        "not enough evidence",
        "insufficient evidence",
        "no evidence",
        "does not show",
        "do not show",
        "not show a",
        "cannot be determined",
        "can not be determined",
        "could not be determined",
        "cannot determine",
        "is not known",
        "is unknown",
        "is unclear",
        "not conclusive",
        "inconclusive",
        "no root cause",
        "nothing points",
    ];
    let lower = sentence.to_lowercase();
    PHRASES.iter().any(|phrase| lower.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_speak_of_what_they_cite_or_of_something_else() {
        let grounds = Grounds { texts: vec!["nginx: bind() to 0.0.0.0:80 failed (98: Address already in use)"] };
        assert!(grounds.are_related("nginx cannot start because its address is taken."));
        assert!(!grounds.are_related("The power supply of the machine overheated."));
        assert!(grounds.are_related("It failed."));
        assert!(grounds.hold("bind()  to 0.0.0.0:80") && !grounds.hold("bind() to 0.0.0.0:81"));
        assert!(abstains("The evidence does not show a cause.") && !abstains("nginx does not start."));
    }
}
