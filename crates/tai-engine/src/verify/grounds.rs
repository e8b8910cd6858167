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

    /// Whether the sentence speaks of the same things: a sixth of its telling words are in them, or begin as theirs do. Words of the question tell nothing. A sentence that has
    /// none is not judged.
    pub(crate) fn are_related(&self, sentence: &str, question: &str) -> bool {
        let asked = telling_words(question);
        let told: BTreeSet<String> = telling_words(sentence).difference(&asked).cloned().collect();
        let known: BTreeSet<String> = self.texts.iter().flat_map(|text| telling_words(text)).collect();
        told.is_empty() || told.intersection(&known).count() * 6 >= told.len()
    }

    /// The words of a sentence that name a kind of cause which nothing here speaks of.
    pub(crate) fn unheard_of<'s>(&self, sentence: &'s str) -> Vec<&'s str> {
        let kind_of = |word: &str| {
            let word = word.to_lowercase();
            KINDS.iter().find(|kind| word.starts_with(**kind))
        };
        let is_heard = |kind: &str| self.texts.iter().any(|text| text.to_lowercase().contains(kind));
        let words = sentence.split(|c: char| !c.is_alphanumeric());
        words.filter(|word| kind_of(word).is_some_and(|kind| !is_heard(kind))).collect()
    }
}

/// Beginnings of words that name what broke or who did it, and that nobody uses to say something else in other words: if one is true, the evidence has it.
const KINDS: &[&str] = &[
    "apparmor",
    "attack",
    "battery",
    "bios",
    "blacklist",
    "blocklist",
    "botnet",
    "breach",
    "cable",
    "compromis",
    "controller",
    "cooling",
    "cosmic",
    "cryptojack",
    "cryptomin",
    "ddos",
    "deadlock",
    "defective",
    "dimm",
    "expir",
    "exploit",
    "failover",
    "firewall",
    "firmware",
    "forge",
    "hack",
    "hardware",
    "inode",
    "intru",
    "leak",
    "licen",
    "lock",
    "malware",
    "motherboard",
    "overflow",
    "overheat",
    "quota",
    "rack",
    "raid",
    "ransom",
    "replic",
    "resolv",
    "revok",
    "rootkit",
    "segfault",
    "selinux",
    "spam",
    "spyware",
    "steal",
    "stolen",
    "switch",
    "thermal",
    "trojan",
    "vacuum",
    "virus",
    "worn",
];

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginnings of the words that say what a sentence is about, in lower case.
fn telling_words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    words
        .filter(|word| word.chars().count() >= 3 && !COMMON.contains(&word.as_str()))
        // A name with a number in it is no form of another word.
        .map(|word| if word.contains(|c: char| c.is_ascii_digit()) { word } else { word.chars().take(5).collect() })
        .collect()
}

/// Words of every sentence and of every trouble.
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
        "cannot be seen",
        "not be told",
        "cannot tell",
        "remains open",
        "not include",
        "not in the evidence",
        "do not know",
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
        let question = "the web server does not start";
        assert!(grounds.are_related("nginx cannot start because its address is taken.", question));
        assert!(!grounds.are_related("The power supply of the web machine broke down.", question));
        assert!(grounds.are_related("It failed.", question));
        assert_eq!(grounds.unheard_of("Ransomware has the address, or a lock is held"), ["Ransomware", "lock"]);
        assert!(grounds.unheard_of("Multiple transfers are attached and compressed").is_empty());
        assert!(grounds.hold("bind()  to 0.0.0.0:80") && !grounds.hold("bind() to 0.0.0.0:81"));
        assert!(abstains("The evidence does not show a cause.") && !abstains("nginx does not start."));
    }
}
