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

/// How many terms a text has.
pub(crate) fn count_terms(text: &str) -> u32 {
    let mut count = 0;
    for_each_term(text, &mut |term| count += u32::from(!is_stop_word(term)));
    count
}

/// Postings in memory, by namespace and term. Rows are added in order and never removed: who scores knows which are there.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// By a hash of both: with a million terms two are equal once in 40 million stores.
    lists: FxHashMap<u64, Vec<Posting>>,
}

impl Words {
    /// Adds the next row.
    pub(crate) fn push(&mut self, row: u32, namespace: u64, text: &str) {
        for (term, count) in terms(text) {
            self.list(namespace, &term).push(Posting { row, count });
        }
    }

    pub(crate) fn list(&mut self, namespace: u64, term: &str) -> &mut Vec<Posting> {
        self.lists.entry(FxBuildHasher.hash_one((namespace, term))).or_default()
    }

    pub(crate) fn postings(&self, namespace: u64, term: &str) -> &[Posting] {
        self.lists.get(&FxBuildHasher.hash_one((namespace, term))).map_or(&[], Vec::as_slice)
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
/// `lists` are the postings of the question's terms, in order; `terms_of` says how many terms a row has, and nothing of a row that is gone.
pub(crate) fn bm25(
    question: &BTreeMap<String, u32>,
    lists: &[Vec<Posting>],
    totals: Totals,
    terms_of: impl Fn(u32) -> Option<u32>,
) -> Vec<(f32, u32)> {
    let records = totals.records as f64;
    let mean = totals.terms as f64 / records;
    let mut scores: FxHashMap<u32, f64> = FxHashMap::default();
    for (asked, list) in question.values().zip(lists) {
        let there: Vec<_> = list.iter().filter_map(|posting| Some((posting, terms_of(posting.row)?))).collect();
        let matching = there.len() as f64;
        let idf = f64::from(*asked) * (1.0 + (records - matching + 0.5) / (matching + 0.5)).ln();
        for (Posting { row, count }, length) in there {
            let count = f64::from(*count);
            let length = f64::from(length) / mean;
            *scores.entry(*row).or_default() += idf * count / (count + K1 * (1.0 - B + B * length));
        }
    }
    let mut scores: Vec<_> = scores.into_iter().map(|(row, score)| (score as f32, row)).collect();
    scores.sort_unstable_by_key(|(_, row)| *row);
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: N = 3, n = 1, tf = 2, length = 3, mean length = 2.
    #[test]
    fn the_score_is_the_formula() {
        let mut words = Words::default();
        let texts = ["disk disk full", "nginx ok", "ok"];
        (0..).zip(texts).for_each(|(row, text)| words.push(row, 7, text));
        let lengths = texts.map(count_terms);
        assert_eq!(lengths, [3, 2, 1]);
        let totals = Totals { records: 3, terms: 6 };
        let score = |question| {
            let question = terms(question);
            let lists: Vec<_> = question.keys().map(|term| words.postings(7, term).to_vec()).collect();
            bm25(&question, &lists, totals, |row| lengths.get(row as usize).copied())
        };
        let expect = (1.0 + 2.5 / 1.5_f64).ln() * 2.0 / (2.0 + 1.2 * (0.25 + 0.75 * 1.5));
        assert_eq!(score("the disk"), [(expect as f32, 0)]);
        assert_eq!(score("OK?").iter().map(|(_, row)| *row).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(score("the"), []);
    }
}
