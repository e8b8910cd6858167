//! The layers, and one group of texts through them.
//!
//! The tokens of all texts of a group are rows of one matrix: nothing is padded to the length of another text, and so nothing is masked.

use crate::attention::{Head, Heads};
use crate::head::Scorer;
use crate::kernel::Functions;
use crate::linear::{Linear, padded};
use crate::memory::{Buffer, View};
use crate::norm::Norm;
use crate::quantise::Small;
use crate::shape::{Shape, Tokens};

/// All that a model has learnt.
pub(crate) struct Weights {
    pub(crate) words: View<f32>,
    pub(crate) positions: View<f32>,
    pub(crate) types: View<f32>,
    pub(crate) norm: Norm,
    pub(crate) layers: Vec<Layer>,
    pub(crate) scorer: Option<Scorer>,
}

pub(crate) struct Layer {
    /// Query, key and value in one.
    pub(crate) qkv: Linear,
    pub(crate) attention: Linear,
    pub(crate) attention_norm: Norm,
    pub(crate) up: Linear,
    pub(crate) down: Linear,
    pub(crate) norm: Norm,
}

/// The memory of a worker, kept from one group to the next.
#[derive(Default)]
pub(crate) struct Scratch {
    states: Buffer<f32>,
    /// Query, key and value; then what comes to the states.
    wide: Buffer<f32>,
    mixed: Buffer<f32>,
    inner: Buffer<f32>,
    small: Small,
    head: Head,
}

impl Weights {
    /// The states of all tokens, text by text, padded. No text is empty, and ids and types are within the shape.
    pub(crate) fn forward<'a>(
        &self,
        shape: &Shape,
        with: Functions,
        texts: &[Tokens<'_>],
        scratch: &'a mut Scratch,
    ) -> &'a [f32] {
        let rows: usize = texts.iter().map(|text| text.ids.len()).sum();
        let stride = padded(shape.hidden);
        let wide_stride = padded(3 * shape.hidden);
        let Scratch { states, wide, mixed, inner, small, head } = scratch;
        states.reserve(rows * stride);
        wide.reserve(rows * wide_stride);
        mixed.reserve(rows * stride);
        inner.reserve(rows * padded(shape.inner));
        let (states, mixed) = (&mut states[..rows * stride], &mut mixed[..rows * stride]);
        self.begin(shape.hidden, texts, states);
        with.norm(&self.norm, states, stride, None);
        let heads = Heads { hidden: shape.hidden, count: shape.heads };
        for layer in &self.layers {
            with.linear(&layer.qkv, states, rows, wide, false, small);
            let mut first = 0;
            for text in texts {
                let (tokens, end) = (text.ids.len(), first + text.ids.len());
                let own = &wide[first * wide_stride..end * wide_stride];
                with.attention(heads, own, tokens, &mut mixed[first * stride..end * stride], head);
                first = end;
            }
            with.linear(&layer.attention, mixed, rows, wide, false, small);
            with.norm(&layer.attention_norm, states, stride, Some(wide));
            with.linear(&layer.up, states, rows, inner, true, small);
            with.linear(&layer.down, inner, rows, mixed, false, small);
            with.norm(&layer.norm, states, stride, Some(mixed));
        }
        states
    }

    /// What tokens are before the first layer: their words, and what their places and types add.
    fn begin(&self, hidden: usize, texts: &[Tokens<'_>], states: &mut [f32]) {
        let row = |table: &'_ View<f32>, at: usize| -> std::ops::Range<usize> {
            debug_assert!(table.len() >= (at + 1) * hidden);
            at * hidden..(at + 1) * hidden
        };
        let tokens = texts.iter().flat_map(|text| text.ids.iter().zip(text.types).enumerate());
        for (state, (position, (id, of))) in states.chunks_exact_mut(padded(hidden)).zip(tokens) {
            let word = &self.words[row(&self.words, *id as usize)];
            let place = &self.positions[row(&self.positions, position)];
            let of = &self.types[row(&self.types, *of as usize)];
            for (number, state) in state[..hidden].iter_mut().enumerate() {
                *state = word[number] + (place[number] + of[number]);
            }
        }
    }
}
