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

/// `x` times the normal distribution's integral up to `x`: absolute error below 2.3e-7 times `x`. The error function is a quotient of two polynomials of the square, fitted by least
/// squares that were weighed until the greatest error was least (2.1e-8 before rounding); beyond 4 it is 1, to the bit.
///
/// # Safety
///
/// The processor has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn gelu<V: Simd>(x: V::F) -> V::F {
    // SAFETY: the caller's promise.
    unsafe {
        let z = V::mul(x, V::splat(std::f32::consts::FRAC_1_SQRT_2));
        let z = V::max(V::min(z, V::splat(4.0)), V::splat(-4.0));
        let square = V::mul(z, z);
        let mut above = V::splat(1.974_844_5e-6);
        for c in [2.880_336_8e-4, 4.003_403e-3, 5.346_674e-2, 0.196_243_6, std::f32::consts::FRAC_2_SQRT_PI] {
            above = V::fma(above, square, V::splat(c));
        }
        let mut below = V::splat(3.748_06e-5);
        for c in [1.216_296_2e-3, 1.544_394_5e-2, 0.116_474_18, 0.507_247_5, 1.0] {
            below = V::fma(below, square, V::splat(c));
        }
        let erf = V::div(V::mul(z, above), below);
        let half = V::mul(x, V::splat(0.5));
        V::fma(half, erf, half)
    }
}
