//! Rows of f32 to bf16 and to bytes with a scale.

use crate::memory::Buffer;
use crate::simd::Simd;

/// Rows made smaller for a linear layer: the units of `tile.rs`, and what their numbers are to be multiplied by. Kept from one layer to the next.
#[derive(Default)]
pub(crate) struct Small {
    pub(crate) units: Buffer<u32>,
    pub(crate) scales: Buffer<f32>,
    /// What stands for 0 in a row of bytes, negative.
    pub(crate) zeros: Buffer<f32>,
}

/// The least that a row's greatest number is taken for: rows of nothing stay nothing.
pub(crate) const LEAST: f32 = 1e-30;

/// Rows of `width` numbers to bf16, two in a unit. `width` is a multiple of 32.
///
/// # Safety
///
/// The processor has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn to_bf16<V: Simd>(rows: &[f32], small: &mut Small) {
    small.units.reserve(rows.len() / 2);
    let to = small.units.as_mut_ptr().cast::<u16>();
    for at in (0..rows.len()).step_by(V::LANES) {
        // SAFETY: the length is a multiple of the lanes, and there is room for as many halves.
        unsafe { V::store_bf16(to.add(at), V::load(rows.as_ptr().add(at))) };
    }
}

/// Rows of numbers, each multiplied by its channel's, to bytes, four in a unit: the least number of a row becomes 0, or 0 does if there is none below it, and the greatest
/// 255. Their width, the number of channels, is a multiple of 32.
///
/// # Safety
///
/// The processor has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn to_int8<V: Simd>(rows: &[f32], channels: &[f32], small: &mut Small) {
    let width = channels.len();
    small.units.reserve(rows.len() / 4);
    small.scales.reserve(rows.len() / width);
    small.zeros.reserve(rows.len() / width);
    let to = small.units.as_mut_ptr().cast::<u8>();
    for (number, row) in rows.chunks_exact(width).enumerate() {
        // SAFETY: the width, that of the row and of the channels, is a multiple of the lanes, and there is room for as many bytes.
        unsafe {
            let channelled = |at: usize| V::mul(V::load(row.as_ptr().add(at)), V::load(channels.as_ptr().add(at)));
            let (mut least, mut most) = (V::splat(0.0), V::splat(0.0));
            for at in (0..width).step_by(V::LANES) {
                let v = channelled(at);
                (least, most) = (V::max(least, V::sub(V::splat(0.0), v)), V::max(most, v));
            }
            let least = V::largest(least);
            let scale = ((V::largest(most) + least) / 255.0).max(LEAST);
            let zero = (least / scale).round_ties_even();
            (small.scales[number], small.zeros[number]) = (scale, -zero);
            let (inverse, zero) = (V::splat(1.0 / scale), V::splat(zero));
            for at in (0..width).step_by(V::LANES) {
                // Not in one step, which would round otherwise where there is no such step.
                let v = V::add(V::mul(channelled(at), inverse), zero);
                V::store_bytes(to.add(number * width + at), v);
            }
        }
    }
}
