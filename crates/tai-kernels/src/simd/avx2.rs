//! AVX2 with FMA: 8 lanes. With AVX-VNNI, which processors without AVX-512 have, products of bytes are one instruction.

use std::arch::x86_64::*;

use super::Simd;

#[derive(Clone, Copy)]
pub(crate) struct Avx2;
#[derive(Clone, Copy)]
pub(crate) struct AvxVnni;

macro_rules! implement {
    ($isa:ty, $dot_rows:literal, $dot_int8:path) => {
        // SAFETY: of every block: the caller's promises, which are those of the intrinsics.
        #[allow(clippy::undocumented_unsafe_blocks, reason = "said once, above")]
        impl Simd for $isa {
            type F = __m256;
            type I = __m256i;
            const LANES: usize = 8;
            const ROWS: usize = 6;
            const DOT_ROWS: usize = $dot_rows;

            #[inline(always)]
            unsafe fn splat(number: f32) -> __m256 {
                unsafe { _mm256_set1_ps(number) }
            }
            #[inline(always)]
            unsafe fn load(from: *const f32) -> __m256 {
                unsafe { _mm256_loadu_ps(from) }
            }
            #[inline(always)]
            unsafe fn store(to: *mut f32, v: __m256) {
                unsafe { _mm256_storeu_ps(to, v) }
            }
            #[inline(always)]
            unsafe fn add(a: __m256, b: __m256) -> __m256 {
                unsafe { _mm256_add_ps(a, b) }
            }
            #[inline(always)]
            unsafe fn sub(a: __m256, b: __m256) -> __m256 {
                unsafe { _mm256_sub_ps(a, b) }
            }
            #[inline(always)]
            unsafe fn mul(a: __m256, b: __m256) -> __m256 {
                unsafe { _mm256_mul_ps(a, b) }
            }
            #[inline(always)]
            unsafe fn div(a: __m256, b: __m256) -> __m256 {
                unsafe { _mm256_div_ps(a, b) }
            }
            #[inline(always)]
            unsafe fn fma(a: __m256, b: __m256, c: __m256) -> __m256 {
                unsafe { _mm256_fmadd_ps(a, b, c) }
            }
            #[inline(always)]
            unsafe fn max(a: __m256, b: __m256) -> __m256 {
                unsafe { _mm256_max_ps(a, b) }
            }
            #[inline(always)]
            unsafe fn min(a: __m256, b: __m256) -> __m256 {
                unsafe { _mm256_min_ps(a, b) }
            }
            #[inline(always)]
            unsafe fn round(a: __m256) -> __m256 {
                unsafe { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a) }
            }
            #[inline(always)]
            unsafe fn scale(a: __m256, n: __m256) -> __m256 {
                unsafe {
                    let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
                    _mm256_mul_ps(a, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent)))
                }
            }
            #[inline(always)]
            unsafe fn sum(a: __m256) -> f32 {
                unsafe {
                    let four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
                    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
                    _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
                }
            }
            #[inline(always)]
            unsafe fn largest(a: __m256) -> f32 {
                unsafe {
                    let four = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
                    let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
                    _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps::<1>(two, two)))
                }
            }

            #[inline(always)]
            unsafe fn zeros() -> __m256i {
                unsafe { _mm256_setzero_si256() }
            }
            #[inline(always)]
            unsafe fn load_bits(from: *const u32) -> __m256i {
                unsafe { _mm256_loadu_si256(from.cast()) }
            }
            #[inline(always)]
            unsafe fn bits_to_f32(a: __m256i) -> __m256 {
                unsafe { _mm256_castsi256_ps(a) }
            }
            #[inline(always)]
            unsafe fn int_to_f32(a: __m256i) -> __m256 {
                unsafe { _mm256_cvtepi32_ps(a) }
            }
            #[inline(always)]
            unsafe fn dot_bf16(sum: __m256, a: u32, b: __m256i) -> __m256 {
                unsafe {
                    let high = _mm256_set1_epi32(0xffff_0000_u32 as i32);
                    let (b_low, b_high) = (_mm256_slli_epi32::<16>(b), _mm256_and_si256(b, high));
                    let (a_low, a_high) = (f32::from_bits(a << 16), f32::from_bits(a & 0xffff_0000));
                    let sum = _mm256_fmadd_ps(_mm256_set1_ps(a_low), _mm256_castsi256_ps(b_low), sum);
                    _mm256_fmadd_ps(_mm256_set1_ps(a_high), _mm256_castsi256_ps(b_high), sum)
                }
            }
            #[inline(always)]
            unsafe fn dot_int8(sum: __m256i, a: u32, b: __m256i) -> __m256i {
                unsafe { $dot_int8(sum, _mm256_set1_epi32(a as i32), b) }
            }
            #[inline(always)]
            unsafe fn store_bf16(to: *mut u16, v: __m256) {
                unsafe {
                    let bits = _mm256_castps_si256(v);
                    let odd = _mm256_and_si256(_mm256_srli_epi32::<16>(bits), _mm256_set1_epi32(1));
                    let rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
                    let halves = _mm256_srli_epi32::<16>(rounded);
                    let packed = _mm256_packus_epi32(halves, halves);
                    let packed = _mm256_permute4x64_epi64::<0b1000>(packed);
                    _mm_storeu_si128(to.cast(), _mm256_castsi256_si128(packed));
                }
            }
            #[inline(always)]
            unsafe fn store_bytes(to: *mut u8, v: __m256) {
                unsafe {
                    let whole = _mm256_cvtps_epi32(v);
                    let (low, high) = (_mm256_castsi256_si128(whole), _mm256_extracti128_si256::<1>(whole));
                    let words = _mm_packs_epi32(low, high);
                    _mm_storel_epi64(to.cast(), _mm_packus_epi16(words, words));
                }
            }
        }
    };
}

implement!(Avx2, 4, dot_by_words);
implement!(AvxVnni, 6, _mm256_dpbusd_avx_epi32);

/// Products of words: those of bytes would be added with saturation.
#[inline(always)]
unsafe fn dot_by_words(sum: __m256i, a: __m256i, b: __m256i) -> __m256i {
    // SAFETY: AVX2 is there, as the caller promised.
    unsafe {
        let a_even = _mm256_and_si256(a, _mm256_set1_epi16(0xff));
        let a_odd = _mm256_srli_epi16::<8>(a);
        let b_even = _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(b));
        let b_odd = _mm256_srai_epi16::<8>(b);
        let even = _mm256_add_epi32(sum, _mm256_madd_epi16(a_even, b_even));
        _mm256_add_epi32(even, _mm256_madd_epi16(a_odd, b_odd))
    }
}
