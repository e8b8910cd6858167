//! Questions and texts to how well they fit.

use async_trait::async_trait;

use crate::{Error, Evidence};

/// Chunks that are worth a reranker's time: the best of the other rankers.
pub const RERANKED: usize = 30;
/// What the reranker counts, beside all other rankers together.
const WEIGHT: f64 = 1.0;

/// Reads a question and a text together, which tells more than two vectors and takes longer.
#[async_trait]
pub trait Reranker: Send + Sync {
    /// What the caller knows it by.
    fn name(&self) -> &str;

    /// How well each text answers the question, in their order: a logit, above 0 where it probably does.
    ///
    /// # Errors
    ///
    /// When the model fails; then there are no scores at all.
    async fn score(&self, question: &str, texts: &[String]) -> Result<Vec<f32>, Error>;
}

/// Puts what was found, the best first, in the order of its scores and the reranker's together: to its score, as a share of the best, comes the probability that `logits`
/// tell, which are those of the first of `found`.
pub fn rerank<T>(mut found: Vec<(Evidence, T)>, logits: &[f32]) -> Vec<(Evidence, T)> {
    let best = found.first().map_or(1.0, |(first, _)| first.score).max(f64::MIN_POSITIVE);
    for (place, (evidence, _)) in found.iter_mut().enumerate() {
        evidence.score /= best;
        if let Some(logit) = logits.get(place).copied().map(f64::from) {
            evidence.score += WEIGHT / (1.0 + (-logit).exp());
            evidence.scores.rerank = Some(logit);
        }
    }
    // Stable: equal ones stay as they were.
    found.sort_by(|(left, _), (right, _)| right.score.total_cmp(&left.score));
    for (rank, (evidence, _)) in (1..).zip(&mut found) {
        evidence.rank = rank;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scores;

    #[test]
    fn what_answers_the_question_comes_first() {
        let of = |(place, score): (usize, f64)| {
            let (command, text) = (format!("c{place}"), String::new());
            let scores = Scores::default();
            (
                Evidence {
                    rank: place,
                    command,
                    start_line: 1,
                    unit: None,
                    from: None,
                    to: None,
                    end_line: 1,
                    text,
                    tokens: 1,
                    score,
                    scores,
                    document: 0,
                    folds: Vec::new(),
                },
                place,
            )
        };
        let found: Vec<_> = (1..).zip([2.0, 1.8, 1.0, 0.2]).map(of).collect();
        let reranked = rerank(found.clone(), &[-9.0, -9.0, 9.0]);
        assert_eq!(reranked.iter().map(|(_, place)| *place).collect::<Vec<_>>(), [3, 1, 2, 4]);
        assert_eq!(reranked.iter().map(|(evidence, _)| evidence.rank).collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert_eq!(reranked[0].0.scores.rerank, Some(9.0));
        assert_eq!(reranked[3].0.scores.rerank, None);
        assert_eq!(rerank(Vec::<(Evidence, ())>::new(), &[1.0]), []);
    }
}
