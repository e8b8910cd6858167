//! What is made of a text's states.

use crate::linear::padded;
use crate::memory::View;
use crate::shape::Pooling;

/// The vector of a text, of length 1. `states` are the rows of its tokens, padded, of which `hidden` numbers count.
pub(crate) fn pool(states: &[f32], hidden: usize, pooling: Pooling) -> Vec<f32> {
    let mut rows = states.chunks_exact(padded(hidden));
    let mut vector = rows.next().map_or_else(Vec::new, |row| row[..hidden].to_vec());
    if pooling == Pooling::Mean {
        // The sum has the direction of the mean.
        rows.for_each(|row| vector.iter_mut().zip(row).for_each(|(sum, number)| *sum += number));
    }
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt().max(1e-12);
    vector.iter_mut().for_each(|number| *number /= length);
    vector
}

/// What makes a number of the first token's state: that of `BertForSequenceClassification` with one label.
pub(crate) struct Scorer {
    /// Row after row, one for each output.
    pub(crate) pooler: View<f32>,
    pub(crate) pooler_bias: View<f32>,
    pub(crate) classifier: View<f32>,
    pub(crate) classifier_bias: View<f32>,
}

impl Scorer {
    /// The logit of a text with these states.
    pub(crate) fn score(&self, states: &[f32]) -> f32 {
        let hidden = self.pooler_bias.len();
        let dot = |weights: &[f32]| weights.iter().zip(states).map(|(weight, state)| weight * state).sum::<f32>();
        let pooled =
            self.pooler.chunks_exact(hidden).zip(&*self.pooler_bias).map(|(row, bias)| (dot(row) + bias).tanh());
        pooled.zip(&*self.classifier).map(|(value, weight)| value * weight).sum::<f32>() + self.classifier_bias[0]
    }
}
