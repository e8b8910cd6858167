//! Attention within one text: scores, softmax and the weighted values, head by head, a few rows at a time.

use crate::linear::padded;
use crate::math::exp;
use crate::memory::Buffer;
use crate::simd::Simd;
use crate::tile::{End, OneF32, PANEL, Product, Start, multiply};

/// Rows of scores that are there at once: those of a tile.
const ROWS: usize = 12;

/// What is kept of a head while its rows go by, and from one text to the next.
#[derive(Default)]
pub(crate) struct Head {
    /// Panels of tokens, each as deep as a head is wide.
    keys: Buffer<f32>,
    /// Panels of a head's numbers, each as deep as the text is long.
    values: Buffer<f32>,
    /// [`ROWS`] rows of a number for each token.
    scores: Buffer<f32>,
    /// [`ROWS`] rows of a head's numbers.
    mixed: Buffer<f32>,
}

/// The sizes of an attention layer.
#[derive(Clone, Copy)]
pub(crate) struct Heads {
    /// Numbers of a state.
    pub(crate) hidden: usize,
    pub(crate) count: usize,
}

impl Heads {
    /// Mixes the values of a text of `tokens` tokens. A row of `from` has queries, keys and values, one after the other, and is padded; one of `to` has states,
    /// and is padded.
    ///
    /// # Safety
    ///
    /// The processor has the instructions of `V`.
    #[inline(always)]
    pub(crate) unsafe fn run<V: Simd>(self, from: &[f32], tokens: usize, to: &mut [f32], head: &mut Head) {
        let (stride, to_stride) = (padded(3 * self.hidden), padded(self.hidden));
        assert!(tokens > 0 && from.len() == tokens * stride && to.len() == tokens * to_stride);
        let width = self.hidden / self.count;
        head.keys.reserve(padded(tokens) * width);
        head.values.reserve(padded(width) * tokens);
        head.scores.reserve(ROWS * padded(tokens));
        head.mixed.reserve(ROWS * padded(width));
        for number in 0..self.count {
            let place = number * width;
            lay_keys(&from[self.hidden + place..], stride, tokens, width, &mut head.keys);
            lay_values(&from[2 * self.hidden + place..], stride, tokens, width, &mut head.values);
            for first in (0..tokens).step_by(ROWS) {
                let rows = ROWS.min(tokens - first);
                let queries = &from[first * stride + place..];
                // SAFETY: the caller's promise; the buffers have the sizes that are reserved above.
                unsafe { self.mix::<V>(queries, rows, tokens, head, &mut to[first * to_stride + place..]) };
            }
        }
    }

    /// # Safety
    ///
    /// As of `run`, whose buffers these are; `queries` and `to` begin at the first row's head.
    #[inline(always)]
    unsafe fn mix<V: Simd>(self, queries: &[f32], rows: usize, tokens: usize, head: &mut Head, to: &mut [f32]) {
        let (stride, to_stride) = (padded(3 * self.hidden), padded(self.hidden));
        let width = self.hidden / self.count;
        let scores_stride = padded(tokens);
        // SAFETY: see above.
        unsafe {
            let scores = head.scores.as_mut_ptr();
            let mut product = Product {
                rows,
                depth: width,
                left: queries.as_ptr().cast(),
                left_stride: stride,
                panel: std::ptr::null(),
                start: Start::Zero,
                to: scores,
                to_stride: scores_stride,
                end: End::Sums,
            };
            for column in (0..scores_stride).step_by(PANEL) {
                product.panel = head.keys.as_ptr().add(column * width).cast();
                product.to = scores.add(column);
                multiply::<V, OneF32>(&product);
            }
            let mut shares = [0.0; ROWS];
            let scale = 1.0 / (width as f32).sqrt();
            for (row, share) in shares.iter_mut().enumerate().take(rows) {
                *share =
                    1.0 / exponentials::<V>(&mut head.scores[row * scores_stride..][..scores_stride], tokens, scale);
            }
            product.left = head.scores.as_ptr().cast();
            product.left_stride = scores_stride;
            product.depth = tokens;
            product.to_stride = padded(width);
            for column in (0..padded(width)).step_by(PANEL) {
                product.panel = head.values.as_ptr().add(column * tokens).cast();
                product.to = head.mixed.as_mut_ptr().add(column);
                multiply::<V, OneF32>(&product);
            }
            for (row, share) in shares.iter().enumerate().take(rows) {
                let mixed = &head.mixed[row * padded(width)..][..width];
                to[row * to_stride..][..width].iter_mut().zip(mixed).for_each(|(to, number)| *to = number * share);
            }
        }
    }
}

/// Makes of each score the power of `e` of how far it is below the greatest, times `scale`, and gives their sum. What is beyond the tokens is overwritten.
///
/// # Safety
///
/// The processor has the instructions of `V`; `scores` is a multiple of its lanes long.
#[inline(always)]
unsafe fn exponentials<V: Simd>(scores: &mut [f32], tokens: usize, scale: f32) -> f32 {
    scores[tokens..].fill(f32::NEG_INFINITY);
    let end = tokens.next_multiple_of(V::LANES);
    let at = scores.as_mut_ptr();
    // SAFETY: `end` is within the scores, which are padded.
    unsafe {
        let mut greatest = V::load(at);
        for place in (V::LANES..end).step_by(V::LANES) {
            greatest = V::max(greatest, V::load(at.add(place)));
        }
        let (greatest, scale) = (V::splat(V::largest(greatest)), V::splat(scale));
        let mut sum = V::splat(0.0);
        for place in (0..end).step_by(V::LANES) {
            let power = exp::<V>(V::mul(V::sub(V::load(at.add(place)), greatest), scale));
            V::store(at.add(place), power);
            sum = V::add(sum, power);
        }
        V::sum(sum)
    }
}

/// Keys become columns: panels of tokens; what is padded is 0.
#[inline(always)]
fn lay_keys(from: &[f32], stride: usize, tokens: usize, width: usize, keys: &mut [f32]) {
    for (number, panel) in keys[..padded(tokens) * width].chunks_exact_mut(width * PANEL).enumerate() {
        let first = number * PANEL;
        let there = PANEL.min(tokens - first);
        for (place, column) in panel.chunks_exact_mut(PANEL).enumerate() {
            let (there, padding) = column.split_at_mut(there);
            let own = from[first * stride + place..].iter().step_by(stride);
            there.iter_mut().zip(own).for_each(|(to, number)| *to = *number);
            padding.fill(0.0);
        }
    }
}

/// Values stay rows: panels of a head's numbers; what is padded is 0.
#[inline(always)]
fn lay_values(from: &[f32], stride: usize, tokens: usize, width: usize, values: &mut [f32]) {
    for (number, panel) in values[..padded(width) * tokens].chunks_exact_mut(tokens * PANEL).enumerate() {
        let first = number * PANEL;
        let there = PANEL.min(width - first);
        for (token, row) in panel.chunks_exact_mut(PANEL).enumerate() {
            row[..there].copy_from_slice(&from[token * stride + first..][..there]);
            row[there..].fill(0.0);
        }
    }
}
