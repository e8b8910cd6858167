//! Layer norm.

use crate::memory::View;
use crate::simd::Simd;

/// What a layer norm has learnt.
pub(crate) struct Norm {
    pub(crate) weight: View<f32>,
    pub(crate) bias: View<f32>,
    pub(crate) eps: f32,
}

impl Norm {
    /// To each of the rows `stride` apart comes that of `residual`, if there is one; then their numbers get the mean and spread that were learnt.
    ///
    /// # Safety
    ///
    /// The processor has the instructions of `V`.
    #[inline(always)]
    pub(crate) unsafe fn run<V: Simd>(&self, rows: &mut [f32], stride: usize, residual: Option<&[f32]>) {
        let width = self.weight.len();
        assert!(width <= stride && self.bias.len() == width && rows.len().is_multiple_of(stride));
        assert!(residual.is_none_or(|residual| residual.len() >= rows.len()));
        for (number, row) in rows.chunks_exact_mut(stride).enumerate() {
            let row = &mut row[..width];
            let added = residual.map(|residual| &residual[number * stride..][..width]);
            // SAFETY: the caller's promise; all of these are `width` long.
            unsafe { self.row::<V>(row, added) };
        }
    }

    /// # Safety
    ///
    /// As of `run`; `row` and `residual` are as long as the weights.
    #[inline(always)]
    unsafe fn row<V: Simd>(&self, row: &mut [f32], residual: Option<&[f32]>) {
        let width = row.len();
        let whole = width - width % V::LANES;
        // SAFETY: all loads and stores end within `whole` numbers.
        unsafe {
            let at = row.as_mut_ptr();
            let mut sums = V::splat(0.0);
            for place in (0..whole).step_by(V::LANES) {
                let mut v = V::load(at.add(place));
                if let Some(residual) = residual {
                    v = V::add(v, V::load(residual.as_ptr().add(place)));
                    V::store(at.add(place), v);
                }
                sums = V::add(sums, v);
            }
            let mut sum = V::sum(sums);
            for (place, number) in row.iter_mut().enumerate().skip(whole) {
                *number += residual.map_or(0.0, |residual| residual[place]);
                sum += *number;
            }
            let mean = sum / width as f32;
            let means = V::splat(mean);
            let mut squares = V::splat(0.0);
            for place in (0..whole).step_by(V::LANES) {
                let v = V::sub(V::load(at.add(place)), means);
                squares = V::fma(v, v, squares);
            }
            let mut square = V::sum(squares);
            for number in &row[whole..] {
                square += (number - mean) * (number - mean);
            }
            let scale = 1.0 / (square / width as f32 + self.eps).sqrt();
            let scales = V::splat(scale);
            for place in (0..whole).step_by(V::LANES) {
                let v = V::mul(V::sub(V::load(at.add(place)), means), scales);
                let (weight, bias) = (V::load(self.weight.as_ptr().add(place)), V::load(self.bias.as_ptr().add(place)));
                V::store(at.add(place), V::fma(v, weight, bias));
            }
            for (place, number) in row.iter_mut().enumerate().skip(whole) {
                *number = (*number - mean) * scale * self.weight[place] + self.bias[place];
            }
        }
    }
}
