//! How much a past session looks like a question, and how much it counts.

use std::collections::BTreeSet;

use super::Session;

/// The share of a question's words that makes a session alike.
const LEAST_LIKENESS: f64 = 0.5;
/// A word that only the causes of a session have, against one of its issue.
const IN_CAUSE: f64 = 0.6;
/// Cosines of texts that have nothing to do with each other, and of those that say the same: between them likeness grows.
const COSINES: (f64, f64) = (0.3, 0.8);
/// Days after which a session counts half.
const HALF_LIFE_DAYS: f64 = 180.0;
const SAME_HOST: f64 = 1.3;
const FIXED: f64 = 1.2;
const NOT_FIXED: f64 = 0.7;
const MILLISECONDS_A_DAY: f64 = 86_400_000.0;

/// The words of a question, rare ones counting more.
pub(super) struct Words {
    weighted: Vec<(String, f64)>,
    total: f64,
}

impl Words {
    pub(super) fn of(question: &str, sessions: &[Session]) -> Self {
        let texts: Vec<BTreeSet<String>> = sessions.iter().map(|session| words(&session.text())).collect();
        let rarity = |word: &String| {
            let having = texts.iter().filter(|text| text.contains(word)).count().max(1);
            (1.0 + texts.len() as f64 / having as f64).ln()
        };
        let weighted: Vec<(String, f64)> =
            words(question).into_iter().map(|word| (word.clone(), rarity(&word))).collect();
        let total = weighted.iter().map(|(_, weight)| weight).sum();
        Words { weighted, total }
    }

    /// The share of them that a session has, 0 to 1.
    pub(super) fn shared(&self, session: &Session) -> f64 {
        let issue = words(&session.issue);
        let causes = words(&session.root_cause.join("\n"));
        let place = |word: &String| match (issue.contains(word), causes.contains(word)) {
            (true, _) => 1.0,
            (false, true) => IN_CAUSE,
            (false, false) => 0.0,
        };
        let shared: f64 = self.weighted.iter().map(|(word, weight)| weight * place(word)).sum();
        if self.total > 0.0 { shared / self.total } else { 0.0 }
    }
}

/// Of words and of meaning, whichever says more; `None` where neither says enough.
pub(super) fn likeness(words: f64, cosine: Option<f64>) -> Option<f64> {
    let meaning = cosine.map_or(0.0, |cosine| ((cosine - COSINES.0) / (COSINES.1 - COSINES.0)).clamp(0.0, 1.0));
    Some(words.max(meaning)).filter(|likeness| *likeness >= LEAST_LIKENESS)
}

/// The same host counts more, an old session less, and one whose advice mended the trouble more than one whose did not.
pub(super) fn weight(session: &Session, host: &str, now: i64) -> f64 {
    let days = now.saturating_sub(session.at).max(0) as f64 / MILLISECONDS_A_DAY;
    let age = 0.5_f64.powf(days / HALF_LIFE_DAYS);
    let host = if session.host == host { SAME_HOST } else { 1.0 };
    let outcome = session.outcome.as_ref().map_or(1.0, |outcome| if outcome.fixed { FIXED } else { NOT_FIXED });
    age * host * outcome
}

/// Lower-case words that say something, without their endings.
fn words(text: &str) -> BTreeSet<String> {
    const COMMON: &[&str] = &[
        "about",
        "after",
        "all",
        "and",
        "any",
        "are",
        "but",
        "can",
        "cannot",
        "does",
        "doesn",
        "don",
        "down",
        "for",
        "from",
        "has",
        "have",
        "host",
        "into",
        "its",
        "machine",
        "morning",
        "more",
        "not",
        "now",
        "our",
        "out",
        "server",
        "service",
        "since",
        "some",
        "still",
        "system",
        "than",
        "that",
        "the",
        "there",
        "they",
        "this",
        "today",
        "too",
        "very",
        "was",
        "what",
        "when",
        "which",
        "why",
        "will",
        "with",
        "wrong",
        "yesterday",
        "you",
    ];
    let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    let words = words.filter(|word| word.chars().count() > 2 && !COMMON.contains(&word.as_str()));
    words.map(|word| stem(&word).to_owned()).collect()
}

/// Without the commonest endings, so that `fills`, `filling` and `filled` are alike.
fn stem(word: &str) -> &str {
    let cut = |ending: &&str| word.strip_suffix(*ending).filter(|stem| stem.chars().count() >= 3);
    ["ing", "ed", "es", "s", "e"].iter().find_map(cut).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_words_nor_meaning_is_no_likeness() {
        assert_eq!(likeness(0.4, None), None);
        assert_eq!(likeness(0.4, Some(0.4)), None);
        assert_eq!(likeness(0.6, Some(-1.0)), Some(0.6));
        assert_eq!(likeness(0.0, Some(0.8)), Some(1.0));
    }

    #[test]
    fn words_are_compared_without_endings() {
        let expect = ["disk", "fill", "var"].map(str::to_owned).into();
        assert_eq!(words("The disk is filling up: /var"), expect);
        assert_eq!(words("disks filled, var"), expect);
    }
}
