//! The functions between the products.

use crate::simd::Simd;

/// `e` to the power of `x`, by the polynomial of Cephes' `expf` on half a power of two to either side; below -87 as of that, which is next to nothing.
/// Relative error below 2e-7.
///
/// # Safety
///
/// The processor has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn exp<V: Simd>(x: V::F) -> V::F {
    // SAFETY: the caller's promise.
    unsafe {
        let x = V::max(V::min(x, V::splat(88.0)), V::splat(-87.0));
        let n = V::round(V::mul(x, V::splat(std::f32::consts::LOG2_E)));
        // The logarithm of 2 in two parts, so that the first product is exact.
        let r = V::fma(n, V::splat(-0.693_359_4), x);
        let r = V::fma(n, V::splat(2.121_944_4e-4), r);
        let mut p = V::splat(1.987_569_1e-4);
        for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5] {
            p = V::fma(p, r, V::splat(c));
        }
        let p = V::add(V::fma(p, V::mul(r, r), r), V::splat(1.0));
        V::scale(p, n)
    }
}

/// `x` times the normal distribution's integral up to `x`, with the error function by Abramowitz and Stegun, 7.1.26: absolute error below 1.5e-7 times `x`.
///
/// # Safety
///
/// The processor has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn gelu<V: Simd>(x: V::F) -> V::F {
    // SAFETY: the caller's promise.
    unsafe {
        let one = V::splat(1.0);
        let z = V::mul(V::abs(x), V::splat(std::f32::consts::FRAC_1_SQRT_2));
        let t = V::div(one, V::fma(z, V::splat(0.327_591_1), one));
        let mut p = V::splat(1.061_405_4);
        for c in [-1.453_152, 1.421_413_8, -0.284_496_72, 0.254_829_6] {
            p = V::fma(p, t, V::splat(c));
        }
        let minus_zz = V::mul(V::sub(V::splat(0.0), z), z);
        let erf = V::sub(one, V::mul(V::mul(p, t), exp::<V>(minus_zz)));
        // The polynomial may be a little more than 1.
        let erf = V::with_sign(V::max(erf, V::splat(0.0)), x);
        let half = V::mul(x, V::splat(0.5));
        V::fma(half, erf, half)
    }
}
