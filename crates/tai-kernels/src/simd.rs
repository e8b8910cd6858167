//! What the kernels need of a processor, one implementation for each set of instructions.
//!
//! A kernel is written once, over [`Simd`], and compiled for each set: its portable twin is the same text over arrays. All of it is `inline(always)`, so that it
//! becomes part of the functions in `kernel.rs` that have the instructions switched on.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::{Avx2, AvxVnni};
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::{Avx512, Avx512Bf16};
pub(crate) use portable::Portable;

/// A vector of `LANES` numbers, and what can be done with it.
///
/// # Safety
///
/// Of all methods: the processor has the instructions; where a pointer is taken, `LANES` numbers are there, aligned in no way.
pub(crate) trait Simd: Copy {
    /// Numbers of 32 bits.
    type F: Copy;
    /// Whole numbers of 32 bits, or what is packed into as many.
    type I: Copy;
    /// Numbers in a vector: 4, 8 or 16.
    const LANES: usize;
    /// Rows of a tile of f32 whose sums fit into the registers, two vectors each.
    const ROWS: usize;
    /// As many of bf16 and of int8.
    const DOT_ROWS: usize;

    unsafe fn splat(number: f32) -> Self::F;
    unsafe fn load(from: *const f32) -> Self::F;
    unsafe fn store(to: *mut f32, v: Self::F);
    unsafe fn add(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn sub(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn mul(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn div(a: Self::F, b: Self::F) -> Self::F;
    /// `a * b + c`, rounded once or twice.
    unsafe fn fma(a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    unsafe fn max(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn min(a: Self::F, b: Self::F) -> Self::F;
    /// To the nearest whole number, halves to the even one.
    unsafe fn round(a: Self::F) -> Self::F;
    /// `a` times 2 to the power of `n`, whole and from -126 to 127.
    unsafe fn scale(a: Self::F, n: Self::F) -> Self::F;
    unsafe fn sum(a: Self::F) -> f32;
    unsafe fn largest(a: Self::F) -> f32;

    unsafe fn zeros() -> Self::I;
    unsafe fn load_bits(from: *const u32) -> Self::I;
    unsafe fn bits_to_f32(a: Self::I) -> Self::F;
    unsafe fn int_to_f32(a: Self::I) -> Self::F;
    /// In each lane, `sum` and the products of two pairs of bf16: of `a`, the same for all lanes, and of `b`.
    unsafe fn dot_bf16(sum: Self::F, a: u32, b: Self::I) -> Self::F;
    /// In each lane, `sum` and the products of four pairs: unsigned bytes of `a`, the same for all lanes, and signed ones of `b`.
    unsafe fn dot_int8(sum: Self::I, a: u32, b: Self::I) -> Self::I;
    /// Rounds to bf16, two bytes each; to the even one in the middle.
    unsafe fn store_bf16(to: *mut u16, v: Self::F);
    /// Rounds numbers from -0.5 to 255.5 to whole ones from 0 to 255, halves to the even one.
    unsafe fn store_bytes(to: *mut u8, v: Self::F);
}
