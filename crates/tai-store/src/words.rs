//! Which rows have a word: an inverted index, and Okapi BM25 over it.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap};
use tai_rag::{for_each_term, is_stop_word};

/// Term frequency saturation and length normalisation: the defaults of Lucene, as in tai-rag.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// A row that has a term, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Posting {
    pub(crate) row: u32,
    pub(crate) count: u32,
}

/// The terms of a text with their counts, sorted. Words that are in nearly every sentence are left out, of texts and of questions.
pub(crate) fn terms(text: &str) -> BTreeMap<String, u32> {
    let mut terms = BTreeMap::new();
    for_each_term(text, &mut |term| {
        if !is_stop_word(term) {
            *terms.entry(term.to_owned()).or_default() += 1;
        }
    });
    terms
}

/// Postings in memory, by namespace and term. Rows are added in order and never removed: who scores knows which are alive.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// By a hash of both: with a million terms two are equal once in 40 million stores.
    lists: FxHashMap<u64, Vec<Posting>>,
}

impl Words {
    /// Adds the next row, and says how many terms it has.
    pub(crate) fn push(&mut self, row: u32, namespace: &str, text: &str) -> u32 {
        let terms = terms(text);
        for (term, count) in &terms {
            self.lists.entry(hash(namespace, term)).or_default().push(Posting { row, count: *count });
        }
        terms.values().sum()
    }

    pub(crate) fn postings(&self, namespace: &str, term: &str) -> &[Posting] {
        self.lists.get(&hash(namespace, term)).map_or(&[], Vec::as_slice)
    }
}

/// How many records a namespace has, and how many terms they have together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) records: u64,
    pub(crate) terms: u64,
}

/// The rows that share a term with the question, in order, and their scores:
///
/// ```text
/// score = Σ ln(1 + (N - n + 0.5) / (n + 0.5)) * tf / (tf + k1 * (1 - b + b * length / mean length))
/// ```
/// `postings` gives those of a term; `terms_of` how many terms a row has, and nothing for a row that is gone or elsewhere.
pub(crate) fn bm25<E>(
    question: &str,
    totals: Totals,
    mut postings: impl FnMut(&str) -> Result<Vec<Posting>, E>,
    terms_of: impl Fn(u32) -> Option<u32>,
) -> Result<Vec<(f32, u32)>, E> {
    let records = totals.records as f64;
    let mean = totals.terms as f64 / records;
    let mut scores: FxHashMap<u32, f64> = FxHashMap::default();
    for (term, asked) in terms(question) {
        let found = postings(&term)?;
        let alive: Vec<_> = found.iter().filter_map(|posting| Some((posting, terms_of(posting.row)?))).collect();
        let matching = alive.len() as f64;
        let idf = f64::from(asked) * (1.0 + (records - matching + 0.5) / (matching + 0.5)).ln();
        for (Posting { row, count }, length) in alive {
            let count = f64::from(*count);
            let length = f64::from(length) / mean;
            *scores.entry(*row).or_default() += idf * count / (count + K1 * (1.0 - B + B * length));
        }
    }
    let mut scores: Vec<_> = scores.into_iter().map(|(row, score)| (score as f32, row)).collect();
    scores.sort_unstable_by_key(|(_, row)| *row);
    Ok(scores)
}

fn hash(namespace: &str, term: &str) -> u64 {
    FxBuildHasher.hash_one((namespace, term))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: N = 3, n = 1, tf = 2, length = 3, mean length = 2.
    #[test]
    fn the_score_is_the_formula() {
        let mut words = Words::default();
        let lengths: Vec<u32> =
            (0..).zip(["disk disk full", "nginx ok", "ok"]).map(|(row, text)| words.push(row, "n", text)).collect();
        assert_eq!(lengths, [3, 2, 1]);
        let totals = Totals { records: 3, terms: 6 };
        let score = |question| {
            let postings = |term: &str| Ok::<_, ()>(words.postings("n", term).to_vec());
            bm25(question, totals, postings, |row| lengths.get(row as usize).copied()).unwrap()
        };
        let expect = (1.0 + 2.5 / 1.5_f64).ln() * 2.0 / (2.0 + 1.2 * (0.25 + 0.75 * 1.5));
        assert_eq!(score("the disk"), [(expect as f32, 0)]);
        assert_eq!(score("OK?").iter().map(|(_, row)| *row).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(score("the"), []);
    }
}
