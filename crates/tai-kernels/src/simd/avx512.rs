//! AVX-512 (F, BW, DQ, VL, VNNI): 16 lanes. With AVX512-BF16, products of bf16 are one instruction.

use std::arch::x86_64::*;

use super::Simd;

#[derive(Clone, Copy)]
pub(crate) struct Avx512;
#[derive(Clone, Copy)]
pub(crate) struct Avx512Bf16;

macro_rules! implement {
    ($isa:ty, $dot_bf16:path, $store_bf16:path) => {
        // SAFETY: of every block: the caller's promises, which are those of the intrinsics.
        #[allow(clippy::undocumented_unsafe_blocks, reason = "said once, above")]
        impl Simd for $isa {
            type F = __m512;
            type I = __m512i;
            const LANES: usize = 16;
            const ROWS: usize = 12;
            const DOT_ROWS: usize = 12;

            #[inline(always)]
            unsafe fn splat(number: f32) -> __m512 {
                unsafe { _mm512_set1_ps(number) }
            }
            #[inline(always)]
            unsafe fn load(from: *const f32) -> __m512 {
                unsafe { _mm512_loadu_ps(from) }
            }
            #[inline(always)]
            unsafe fn store(to: *mut f32, v: __m512) {
                unsafe { _mm512_storeu_ps(to, v) }
            }
            #[inline(always)]
            unsafe fn add(a: __m512, b: __m512) -> __m512 {
                unsafe { _mm512_add_ps(a, b) }
            }
            #[inline(always)]
            unsafe fn sub(a: __m512, b: __m512) -> __m512 {
                unsafe { _mm512_sub_ps(a, b) }
            }
            #[inline(always)]
            unsafe fn mul(a: __m512, b: __m512) -> __m512 {
                unsafe { _mm512_mul_ps(a, b) }
            }
            #[inline(always)]
            unsafe fn div(a: __m512, b: __m512) -> __m512 {
                unsafe { _mm512_div_ps(a, b) }
            }
            #[inline(always)]
            unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
                unsafe { _mm512_fmadd_ps(a, b, c) }
            }
            #[inline(always)]
            unsafe fn max(a: __m512, b: __m512) -> __m512 {
                unsafe { _mm512_max_ps(a, b) }
            }
            #[inline(always)]
            unsafe fn min(a: __m512, b: __m512) -> __m512 {
                unsafe { _mm512_min_ps(a, b) }
            }
            #[inline(always)]
            unsafe fn round(a: __m512) -> __m512 {
                unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a) }
            }
            #[inline(always)]
            unsafe fn scale(a: __m512, n: __m512) -> __m512 {
                unsafe { _mm512_scalef_ps(a, n) }
            }
            #[inline(always)]
            unsafe fn sum(a: __m512) -> f32 {
                unsafe { _mm512_reduce_add_ps(a) }
            }
            #[inline(always)]
            unsafe fn largest(a: __m512) -> f32 {
                unsafe { _mm512_reduce_max_ps(a) }
            }

            #[inline(always)]
            unsafe fn zeros() -> __m512i {
                unsafe { _mm512_setzero_si512() }
            }
            #[inline(always)]
            unsafe fn load_bits(from: *const u32) -> __m512i {
                unsafe { _mm512_loadu_si512(from.cast()) }
            }
            #[inline(always)]
            unsafe fn bits_to_f32(a: __m512i) -> __m512 {
                unsafe { _mm512_castsi512_ps(a) }
            }
            #[inline(always)]
            unsafe fn int_to_f32(a: __m512i) -> __m512 {
                unsafe { _mm512_cvtepi32_ps(a) }
            }
            #[inline(always)]
            unsafe fn dot_bf16(sum: __m512, a: u32, b: __m512i) -> __m512 {
                unsafe { $dot_bf16(sum, a, b) }
            }
            #[inline(always)]
            unsafe fn dot_int8(sum: __m512i, a: u32, b: __m512i) -> __m512i {
                unsafe { _mm512_dpbusd_epi32(sum, _mm512_set1_epi32(a as i32), b) }
            }
            #[inline(always)]
            unsafe fn store_bf16(to: *mut u16, v: __m512) {
                unsafe { _mm256_storeu_si256(to.cast(), $store_bf16(v)) }
            }
            #[inline(always)]
            unsafe fn store_bytes(to: *mut u8, v: __m512) {
                unsafe {
                    let whole = _mm512_max_epi32(_mm512_cvtps_epi32(v), _mm512_setzero_si512());
                    _mm_storeu_si128(to.cast(), _mm512_cvtusepi32_epi8(whole));
                }
            }
        }
    };
}

implement!(Avx512, dot_by_f32, round_by_bits);
implement!(Avx512Bf16, dot_pairs, round_pairs);

#[inline(always)]
unsafe fn dot_pairs(sum: __m512, a: u32, b: __m512i) -> __m512 {
    // SAFETY: AVX512-BF16 is there, as the caller promised; the types differ in name only.
    unsafe {
        let pairs = std::mem::transmute::<__m512i, __m512bh>;
        _mm512_dpbf16_ps(sum, pairs(_mm512_set1_epi32(a as i32)), pairs(b))
    }
}

#[inline(always)]
unsafe fn round_pairs(v: __m512) -> __m256i {
    // SAFETY: AVX512-BF16 is there, as the caller promised; the types differ in name only.
    unsafe { std::mem::transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(v)) }
}

/// A bf16 is the upper half of an f32.
#[inline(always)]
unsafe fn dot_by_f32(sum: __m512, a: u32, b: __m512i) -> __m512 {
    // SAFETY: AVX-512 is there, as the caller promised.
    unsafe {
        let (b_low, b_high) =
            (_mm512_slli_epi32::<16>(b), _mm512_and_si512(b, _mm512_set1_epi32(0xffff_0000_u32 as i32)));
        let (a_low, a_high) = (f32::from_bits(a << 16), f32::from_bits(a & 0xffff_0000));
        let sum = _mm512_fmadd_ps(_mm512_set1_ps(a_low), _mm512_castsi512_ps(b_low), sum);
        _mm512_fmadd_ps(_mm512_set1_ps(a_high), _mm512_castsi512_ps(b_high), sum)
    }
}

#[inline(always)]
unsafe fn round_by_bits(v: __m512) -> __m256i {
    // SAFETY: AVX-512 is there, as the caller promised.
    unsafe {
        let bits = _mm512_castps_si512(v);
        let odd = _mm512_and_si512(_mm512_srli_epi32::<16>(bits), _mm512_set1_epi32(1));
        let rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
        _mm512_cvtepi32_epi16(_mm512_srli_epi32::<16>(rounded))
    }
}
