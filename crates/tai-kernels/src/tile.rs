//! The innermost loop: a tile of the product of two matrices, its sums in registers.
//!
//! The right matrix is cut into panels of [`PANEL`] columns, each laid row after row. What a step multiplies is a unit of 32 bits on either side: one f32, two bf16 or
//! four bytes ([`Unit`]). The left one has its rows anywhere, the units of a row one after the other.

use std::ops::Range;

use crate::math::gelu;
use crate::simd::Simd;

/// Columns of a panel: two vectors of the widest kind, and whole pairs of the others.
pub(crate) const PANEL: usize = 32;

/// How units are multiplied and summed.
///
/// # Safety
///
/// Of all methods: as of [`Simd`].
pub(crate) trait Unit<V: Simd> {
    type Sum: Copy;
    /// Rows whose sums fit into the registers.
    const ROWS: usize;

    unsafe fn zero() -> Self::Sum;
    unsafe fn load(from: *const u32) -> Self::Sum;
    unsafe fn add(sum: Self::Sum, a: u32, b: V::I) -> Self::Sum;
    unsafe fn to_f32(sum: Self::Sum) -> V::F;
}

pub(crate) struct OneF32;
pub(crate) struct TwoBf16;
pub(crate) struct FourInt8;

/// What sums begin with.
#[derive(Clone, Copy)]
pub(crate) enum Start {
    Zero,
    /// The same for all rows: [`PANEL`] numbers of the kind of the sums.
    Row(*const u32),
    /// What is where the product will be: of f32 and bf16 only.
    Product,
}

/// A product, or a part of it: `rows` of the left matrix times one panel.
#[derive(Clone, Copy)]
pub(crate) struct Product {
    pub(crate) rows: usize,
    /// Units of a row.
    pub(crate) depth: usize,
    pub(crate) left: *const u32,
    /// From one row to the next, in units.
    pub(crate) left_stride: usize,
    /// `depth` times [`PANEL`] units.
    pub(crate) panel: *const u32,
    pub(crate) start: Start,
    /// [`PANEL`] numbers of each row are written.
    pub(crate) to: *mut f32,
    pub(crate) to_stride: usize,
    pub(crate) end: End,
}

/// What is done with the sums of a tile, while they are in the nearest cache.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Sums,
    Gelu,
    /// To each comes its row's zero times its column's sum; that, times its row's scale and its column's, comes on top of its column's bias.
    Scaled {
        /// [`Product::rows`] numbers.
        zeros: *const f32,
        /// As many.
        rows: *const f32,
        /// [`PANEL`] numbers.
        sums: *const f32,
        /// [`PANEL`] numbers.
        columns: *const f32,
        /// [`PANEL`] numbers.
        bias: *const f32,
        gelu: bool,
    },
}

/// Computes a product.
///
/// # Safety
///
/// All that [`Product`] points at is there, and the processor has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn multiply<V: Simd, U: Unit<V>>(product: &Product) {
    let mut column = 0;
    while column < PANEL {
        let mut row = 0;
        macro_rules! rows_by {
            ($rows:literal) => {
                if U::ROWS >= $rows {
                    while product.rows - row >= $rows {
                        // SAFETY: the caller's promises; the tile ends within the product.
                        unsafe {
                            tile::<V, U, $rows>(product, row, column);
                            finish::<V>(product, row..row + $rows, column);
                        }
                        row += $rows;
                    }
                }
            };
        }
        rows_by!(12);
        rows_by!(8);
        rows_by!(6);
        rows_by!(4);
        rows_by!(2);
        rows_by!(1);
        column += 2 * V::LANES;
    }
}

/// # Safety
///
/// As of [`multiply`], and `row` and `column` begin a tile of `ROWS` rows and two vectors within the product.
#[inline(always)]
unsafe fn tile<V: Simd, U: Unit<V>, const ROWS: usize>(product: &Product, row: usize, column: usize) {
    let Product { depth, left_stride, to_stride, .. } = *product;
    // SAFETY: all within what the caller promised.
    unsafe {
        let left = product.left.add(row * left_stride);
        let panel = product.panel.add(column);
        let to = product.to.add(row * to_stride + column);
        let mut sums = [[U::zero(); 2]; ROWS];
        for (at, sums) in sums.iter_mut().enumerate() {
            match product.start {
                Start::Zero => {}
                Start::Row(from) => *sums = [U::load(from.add(column)), U::load(from.add(column + V::LANES))],
                Start::Product => {
                    let from = to.add(at * to_stride).cast_const().cast::<u32>();
                    *sums = [U::load(from), U::load(from.add(V::LANES))];
                }
            }
        }
        for step in 0..depth {
            let right = [V::load_bits(panel.add(step * PANEL)), V::load_bits(panel.add(step * PANEL + V::LANES))];
            keep_in_registers();
            for (at, sums) in sums.iter_mut().enumerate() {
                let unit = *left.add(at * left_stride + step);
                *sums = [U::add(sums[0], unit, right[0]), U::add(sums[1], unit, right[1])];
            }
        }
        for (at, sums) in sums.iter().enumerate() {
            V::store(to.add(at * to_stride), U::to_f32(sums[0]));
            V::store(to.add(at * to_stride + V::LANES), U::to_f32(sums[1]));
        }
    }
}

/// # Safety
///
/// As of [`multiply`], and the rows are within the product, as are two vectors from `column` on.
#[inline(always)]
unsafe fn finish<V: Simd>(product: &Product, rows: Range<usize>, column: usize) {
    for row in rows {
        for column in [column, column + V::LANES] {
            // SAFETY: all within what the caller promised.
            unsafe {
                let at = product.to.add(row * product.to_stride + column);
                match product.end {
                    End::Sums => {}
                    End::Gelu => V::store(at, gelu::<V>(V::load(at))),
                    End::Scaled { zeros, rows, sums, columns, bias, gelu: with_gelu } => {
                        let scale = V::mul(V::splat(*rows.add(row)), V::load(columns.add(column)));
                        let sum = V::fma(V::splat(*zeros.add(row)), V::load(sums.add(column)), V::load(at));
                        let number = V::fma(sum, scale, V::load(bias.add(column)));
                        V::store(at, if with_gelu { gelu::<V>(number) } else { number });
                    }
                }
            }
        }
    }
}

/// Nothing at all, which LLVM must not move loads across: without it, it loads units of several steps ahead and runs out of registers, so that sums go to memory at
/// each step (a third of the speed is lost).
#[inline(always)]
fn keep_in_registers() {
    #[cfg(not(miri))]
    // SAFETY: no instruction.
    unsafe {
        std::arch::asm!("", options(nostack, preserves_flags));
    }
}

/// What both kinds of sums in f32 have in common.
macro_rules! sums_of_f32 {
    () => {
        type Sum = V::F;

        #[inline(always)]
        unsafe fn zero() -> V::F {
            unsafe { V::splat(0.0) }
        }
        #[inline(always)]
        unsafe fn load(from: *const u32) -> V::F {
            unsafe { V::load(from.cast()) }
        }
        #[inline(always)]
        unsafe fn to_f32(sum: V::F) -> V::F {
            sum
        }
    };
}

// SAFETY: of every block: the caller's promises are those of the methods of `V`.
#[allow(clippy::undocumented_unsafe_blocks, reason = "said once, above")]
impl<V: Simd> Unit<V> for OneF32 {
    const ROWS: usize = V::ROWS;
    sums_of_f32!();

    #[inline(always)]
    unsafe fn add(sum: V::F, a: u32, b: V::I) -> V::F {
        unsafe { V::fma(V::splat(f32::from_bits(a)), V::bits_to_f32(b), sum) }
    }
}

// SAFETY: as above.
#[allow(clippy::undocumented_unsafe_blocks, reason = "said once, above")]
impl<V: Simd> Unit<V> for TwoBf16 {
    const ROWS: usize = V::DOT_ROWS;
    sums_of_f32!();

    #[inline(always)]
    unsafe fn add(sum: V::F, a: u32, b: V::I) -> V::F {
        unsafe { V::dot_bf16(sum, a, b) }
    }
}

// SAFETY: as above.
#[allow(clippy::undocumented_unsafe_blocks, reason = "said once, above")]
impl<V: Simd> Unit<V> for FourInt8 {
    type Sum = V::I;
    const ROWS: usize = V::DOT_ROWS;

    #[inline(always)]
    unsafe fn zero() -> V::I {
        unsafe { V::zeros() }
    }
    #[inline(always)]
    unsafe fn load(from: *const u32) -> V::I {
        unsafe { V::load_bits(from) }
    }
    #[inline(always)]
    unsafe fn add(sum: V::I, a: u32, b: V::I) -> V::I {
        unsafe { V::dot_int8(sum, a, b) }
    }
    #[inline(always)]
    unsafe fn to_f32(sum: V::I) -> V::F {
        unsafe { V::int_to_f32(sum) }
    }
}
