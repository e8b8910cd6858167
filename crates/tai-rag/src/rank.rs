//! Words and salience into one ranking, and one message not ten times.

use std::collections::BTreeSet;

/// What salience counts, beside the words of the question.
const SALIENCE: f64 = 0.4;
/// Candidates among which the answer is chosen.
const DEPTH: usize = 300;
/// What is left of the score of a chunk whose every message was shown already.
const SHOWN: f64 = 0.7;
/// What is left of the score of a chunk for each chunk of the same document that was shown already.
const SAME_DOCUMENT: f64 = 0.9;

/// The chunks with their scores, best first, equal ones in order of chunks: how well the words match and how salient a chunk is, each as a
/// share of the best. Chunks that have neither are left out.
pub(crate) fn fuse(words: &[f32], salience: &[f32]) -> Vec<(usize, f64)> {
    let best = |scores: &[f32]| f64::from(scores.iter().copied().fold(0.0, f32::max)).max(f64::MIN_POSITIVE);
    let (best_words, best_salience) = (best(words), best(salience));
    let share = |(words, salience): (&f32, &f32)| {
        f64::from(*words) / best_words + SALIENCE * f64::from(*salience) / best_salience
    };
    let scores = words.iter().zip(salience).map(share).enumerate();
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

    #[test]
    fn both_count_and_neither_is_left_out() {
        let ranked = fuse(&[4.0, 1.0, 0.0, 0.0], &[0.0, 2.0, 1.0, 0.0]);
        assert_eq!(ranked, [(0, 1.0), (1, 0.25 + SALIENCE), (2, SALIENCE / 2.0)]);
        assert_eq!(fuse(&[], &[]), []);
        assert_eq!(fuse(&[0.0], &[0.0]), []);
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
