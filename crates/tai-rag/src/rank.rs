//! Words, salience and meaning into one ranking, and one message not ten times.

use std::collections::BTreeSet;

/// What salience counts, beside the words of the question.
const SALIENCE: f64 = 0.4;
/// What meaning counts, beside the words of the question. Between 0.4 and 0.8 recall hardly changes.
const COSINE: f64 = 0.5;
/// Candidates among which the answer is chosen.
const DEPTH: usize = 300;
/// What is left of the score of a chunk whose every message was shown already.
const SHOWN: f64 = 0.7;
/// What is left of the score of a chunk for each chunk of the same document that was shown already.
const SAME_DOCUMENT: f64 = 0.9;

/// What the rankers say of each chunk.
#[derive(Debug, Default)]
pub(crate) struct Rankers {
    /// How well the words match; 0 where they do not.
    pub(crate) words: Vec<f32>,
    /// How much it looks like trouble; 0 where it does not.
    pub(crate) salience: Vec<f32>,
    /// The greatest cosine of its passages; `None` where it has none. Empty where meaning is not compared.
    pub(crate) cosine: Vec<Option<f32>>,
}

/// The parts of a chunk's score: each ranker's, as a share of its best, times its weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// Of the words.
    pub words: f64,
    /// Of the salience.
    pub salience: f64,
    /// Of the cosine.
    pub cosine: f64,
}

impl Shares {
    fn sum(self) -> f64 {
        self.words + self.salience + self.cosine
    }
}

impl Rankers {
    /// The parts of each chunk's score, in order of chunks. A negative cosine counts as none.
    pub(crate) fn shares(&self) -> Vec<Shares> {
        let cosine = |chunk: usize| self.cosine.get(chunk).copied().flatten().unwrap_or(0.0).max(0.0);
        let best = |scores: &mut dyn Iterator<Item = f32>| f64::from(scores.fold(0.0, f32::max)).max(f64::MIN_POSITIVE);
        let best_words = best(&mut self.words.iter().copied());
        let best_salience = best(&mut self.salience.iter().copied());
        let best_cosine = best(&mut (0..self.cosine.len()).map(cosine));
        let shares = |(chunk, (words, salience)): (usize, (&f32, &f32))| Shares {
            words: f64::from(*words) / best_words,
            salience: SALIENCE * f64::from(*salience) / best_salience,
            cosine: COSINE * f64::from(cosine(chunk)) / best_cosine,
        };
        self.words.iter().zip(&self.salience).enumerate().map(shares).collect()
    }
}

/// The chunks with their scores, best first, equal ones in order of chunks. Chunks of which no ranker says anything are left out.
pub(crate) fn fuse(shares: &[Shares]) -> Vec<(usize, f64)> {
    let scores = shares.iter().map(|shares| shares.sum()).enumerate();
    let mut ranked: Vec<(usize, f64)> = scores.filter(|(_, score)| *score > 0.0).collect();
    ranked.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    ranked
}

/// The `k` chunks to show out of `ranked`, best first: each time the best of those left, its score lowered for what is shown
/// already. `document` gives the document of a chunk, `messages` what it says: the same number for the same message.
pub(crate) fn diversify(
    ranked: Vec<(usize, f64)>,
    k: usize,
    document: impl Fn(usize) -> usize,
    messages: impl Fn(usize) -> BTreeSet<u64>,
) -> Vec<(usize, f64)> {
    let mut rest: Vec<(usize, f64, BTreeSet<u64>, f64)> = Vec::new();
    for &(chunk, score) in ranked.iter().take(DEPTH.max(k)) {
        rest.push((chunk, score, messages(chunk), 1.0));
    }
    let mut shown = BTreeSet::new();
    let mut chosen = Vec::with_capacity(k.min(rest.len()));
    while chosen.len() < k && !rest.is_empty() {
        let value = |(_, score, messages, of_document): &(usize, f64, BTreeSet<u64>, f64)| {
            let new = messages.difference(&shown).count();
            let share = if messages.is_empty() { 1.0 } else { new as f64 / messages.len() as f64 };
            score * (SHOWN + (1.0 - SHOWN) * share) * of_document
        };
        // The first of equal ones: `max_by` would give the last.
        let (at, best) = rest
            .iter()
            .map(value)
            .enumerate()
            .fold((0, f64::MIN), |best, here| if here.1 > best.1 { here } else { best });
        let (chunk, _, messages, _) = rest.remove(at);
        shown.extend(messages);
        for other in rest.iter_mut().filter(|other| document(other.0) == document(chunk)) {
            other.3 *= SAME_DOCUMENT;
        }
        chosen.push((chunk, best));
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranked(words: &[f32], salience: &[f32], cosine: &[Option<f32>]) -> Vec<(usize, f64)> {
        let rankers = Rankers { words: words.to_vec(), salience: salience.to_vec(), cosine: cosine.to_vec() };
        fuse(&rankers.shares())
    }

    #[test]
    fn each_counts_and_none_is_left_out() {
        let words = ranked(&[4.0, 1.0, 0.0, 0.0], &[0.0, 2.0, 1.0, 0.0], &[]);
        assert_eq!(words, [(0, 1.0), (1, 0.25 + SALIENCE), (2, SALIENCE / 2.0)]);
        let with_meaning = ranked(&[4.0, 0.0, 0.0], &[0.0, 0.0, 2.0], &[Some(-0.5), Some(0.5), None]);
        assert_eq!(with_meaning, [(0, 1.0), (1, COSINE), (2, SALIENCE)]);
        assert_eq!(ranked(&[], &[], &[]), []);
        assert_eq!(ranked(&[0.0], &[0.0], &[Some(0.0)]), []);
    }

    #[test]
    fn one_message_is_shown_once_while_there_are_others() {
        let ranked = vec![(0, 1.0), (1, 0.99), (2, 0.98), (3, 0.97)];
        let messages = |chunk: usize| BTreeSet::from([if chunk < 3 { 7 } else { 8 }]);
        let chosen = diversify(ranked, 4, |chunk| chunk, messages);
        assert_eq!(chosen.iter().map(|(chunk, _)| *chunk).collect::<Vec<_>>(), [0, 3, 1, 2]);
    }

    #[test]
    fn one_document_is_not_the_whole_answer() {
        let ranked = vec![(0, 1.0), (1, 0.99), (2, 0.98), (3, 0.85)];
        let chosen = diversify(ranked, 3, |chunk| usize::from(chunk == 3), |_| BTreeSet::new());
        assert_eq!(chosen.iter().map(|(chunk, _)| *chunk).collect::<Vec<_>>(), [0, 1, 3]);
    }
}
