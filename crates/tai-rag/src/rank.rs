//! Words, salience and meaning into one ranking, and one message not ten times.

use std::collections::BTreeSet;

use crate::weights::Weights;

/// Candidates among which the answer is chosen.
const DEPTH: usize = 300;
/// What the rankers say of each chunk.
#[derive(Debug, Default)]
pub(crate) struct Rankers<'a> {
    /// How well the words match; 0 where they do not.
    pub(crate) words: Vec<f32>,
    /// How much it looks like trouble; 0 where it does not.
    pub(crate) salience: &'a [f32],
    /// The greatest cosine of its passages; `None` where it has none. Empty where meaning is not compared.
    pub(crate) cosine: &'a [Option<f32>],
    /// Whether it is of another day than the question speaks of. Empty where it speaks of none.
    pub(crate) other_day: &'a [bool],
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
    /// Of words and salience together.
    pub together: f64,
    /// What is left of the sum: less than 1 for a chunk of another day than the question speaks of.
    pub day: f64,
}

impl Shares {
    fn sum(self) -> f64 {
        (self.words + self.salience + self.cosine + self.together) * self.day
    }
}

impl Rankers<'_> {
    /// The parts of each chunk's score, in order of chunks. A negative cosine counts as none.
    pub(crate) fn shares(&self, weights: &Weights) -> Vec<Shares> {
        let cosine = |chunk: usize| self.cosine.get(chunk).copied().flatten().unwrap_or(0.0).max(0.0);
        let best = |scores: &mut dyn Iterator<Item = f32>| f64::from(scores.fold(0.0, f32::max)).max(f64::MIN_POSITIVE);
        let best_words = best(&mut self.words.iter().copied());
        let best_salience = best(&mut self.salience.iter().copied());
        let best_cosine = best(&mut (0..self.cosine.len()).map(cosine));
        let shares = |(chunk, (words, salience)): (usize, (&f32, &f32))| {
            let (words, salience) = (f64::from(*words) / best_words, f64::from(*salience) / best_salience);
            let is_other_day = self.other_day.get(chunk).is_some_and(|is| *is);
            Shares {
                words: weights.words * words,
                salience: weights.salience * salience,
                cosine: weights.cosine * f64::from(cosine(chunk)) / best_cosine,
                together: weights.together * (words * salience).sqrt(),
                day: if is_other_day { 1.0 - weights.other_day } else { 1.0 },
            }
        };
        self.words.iter().zip(self.salience).enumerate().map(shares).collect()
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
    weights: &Weights,
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
            score * (weights.shown + (1.0 - weights.shown) * share) * of_document
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
            other.3 *= weights.same_document;
        }
        chosen.push((chunk, best));
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights() -> Weights {
        Weights { salience: 0.4, cosine: 0.5, together: 0.0, shown: 0.7, same_document: 0.9, ..Weights::default() }
    }

    fn ranked(words: &[f32], salience: &[f32], cosine: &[Option<f32>]) -> Vec<(usize, f64)> {
        let rankers = Rankers { words: words.to_vec(), salience, cosine, other_day: &[] };
        fuse(&rankers.shares(&weights()))
    }

    #[test]
    fn each_counts_and_none_is_left_out() {
        let Weights { salience, cosine, .. } = weights();
        let words = ranked(&[4.0, 1.0, 0.0, 0.0], &[0.0, 2.0, 1.0, 0.0], &[]);
        assert_eq!(words, [(0, 1.0), (1, 0.25 + salience), (2, salience / 2.0)]);
        let with_meaning = ranked(&[4.0, 0.0, 0.0], &[0.0, 0.0, 2.0], &[Some(-0.5), Some(0.5), None]);
        assert_eq!(with_meaning, [(0, 1.0), (1, cosine), (2, salience)]);
        assert_eq!(ranked(&[], &[], &[]), []);
        assert_eq!(ranked(&[0.0], &[0.0], &[Some(0.0)]), []);
    }

    #[test]
    fn words_and_trouble_together_count_and_another_day_less() {
        let weights = Weights { together: 0.5, other_day: 0.25, ..weights() };
        let (words, salience, other_day) = ([1.0, 1.0, 1.0], [0.0, 2.0, 2.0], [false, false, true]);
        let rankers = Rankers { words: words.to_vec(), salience: &salience, cosine: &[], other_day: &other_day };
        assert_eq!(fuse(&rankers.shares(&weights)), [(1, 1.9), (2, 1.9 * 0.75), (0, 1.0)]);
    }

    #[test]
    fn one_message_is_shown_once_while_there_are_others() {
        let ranked = vec![(0, 1.0), (1, 0.99), (2, 0.98), (3, 0.97)];
        let messages = |chunk: usize| BTreeSet::from([if chunk < 3 { 7 } else { 8 }]);
        let chosen = diversify(ranked, 4, &weights(), |chunk| chunk, messages);
        assert_eq!(chosen.iter().map(|(chunk, _)| *chunk).collect::<Vec<_>>(), [0, 3, 1, 2]);
    }

    #[test]
    fn one_document_is_not_the_whole_answer() {
        let ranked = vec![(0, 1.0), (1, 0.99), (2, 0.98), (3, 0.85)];
        let chosen = diversify(ranked, 3, &weights(), |chunk| usize::from(chunk == 3), |_| BTreeSet::new());
        assert_eq!(chosen.iter().map(|(chunk, _)| *chunk).collect::<Vec<_>>(), [0, 1, 3]);
    }
}
