//! Cosines. All stores go through here, so that the same vectors have the same score, to the bit, wherever they lie.

use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, available_parallelism};

use pulp::Arch;

/// Sums that run side by side: as many as the widest registers hold twice.
const LANES: usize = 32;
/// With fewer bytes a thread more does not pay.
const FOR_ONE_THREAD: usize = 8 << 20;
/// What a thread takes at once: one that the machine holds up leaves the rest to others.
const BLOCK: usize = 4096;
/// Memory is what limits a scan, and a few threads use all of it.
const THREADS: usize = 4;

/// The cosine of two vectors of this dot product and these lengths, −1 to 1; 0 where one of them has no direction.
pub(crate) fn cosine(dot: f32, left_length: f32, right_length: f32) -> f32 {
    let lengths = left_length * right_length;
    if lengths > 0.0 && lengths.is_finite() { (dot / lengths).clamp(-1.0, 1.0) } else { 0.0 }
}

pub(crate) fn length(vector: &[f32]) -> f32 {
    dot(vector, vector).sqrt()
}

#[inline(always)]
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    sum(left, right, |number| number)
}

/// Vectors of f16 that lie at the ends of rows of equal length.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) row_bytes: usize,
    /// Where in a row its vector begins.
    pub(crate) vector_at: usize,
}

impl Table<'_> {
    pub(crate) fn rows(self) -> usize {
        self.bytes.len() / self.row_bytes
    }

    /// The dot product with each row, in order.
    pub(crate) fn dots(self, query: &[f32]) -> Vec<f32> {
        let mut dots = vec![0.0; self.rows()];
        fill(&mut dots, self.bytes.len(), |first, dots| {
            let bytes = &self.bytes[first * self.row_bytes..];
            Table { bytes, ..self }.dots_into(query, dots);
        });
        dots
    }

    /// The dot product with one row.
    pub(crate) fn dot(self, query: &[f32], row: usize) -> f32 {
        let bytes = &self.bytes[row * self.row_bytes..(row + 1) * self.row_bytes];
        let mut dots = [0.0];
        Table { bytes, ..self }.dots_into(query, &mut dots);
        dots[0]
    }

    /// The numbers of one row.
    pub(crate) fn vector(self, row: usize, dimension: usize) -> Vec<f32> {
        let mut numbers = vec![0.0; dimension];
        self.read(row, &mut numbers);
        numbers
    }

    /// Reads the numbers of one row.
    pub(crate) fn read(self, row: usize, numbers: &mut [f32]) {
        let bytes = &self.bytes[row * self.row_bytes + self.vector_at..];
        Arch::new().dispatch(
            #[inline(always)]
            || numbers.iter_mut().zip(bytes.as_chunks::<2>().0).for_each(|(number, bytes)| *number = widen(*bytes)),
        );
    }

    fn dots_into(self, query: &[f32], dots: &mut [f32]) {
        Arch::new().dispatch(
            #[inline(always)]
            || {
                for (dot, row) in dots.iter_mut().zip(self.bytes.chunks_exact(self.row_bytes)) {
                    let numbers = &row[self.vector_at..].as_chunks::<2>().0[..query.len()];
                    *dot = sum(query, numbers, widen);
                }
            },
        );
    }
}

/// Fills `out` in blocks, by several threads where `bytes` that are to be read make that pay. `work` is told which of `out` its block begins with.
pub(crate) fn fill<T: Send>(out: &mut [T], bytes: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    let threads = available_parallelism().map_or(1, usize::from).min(THREADS);
    if bytes < FOR_ONE_THREAD || threads == 1 {
        return work(0, out);
    }
    let blocks = Mutex::new((0..).step_by(BLOCK).zip(out.chunks_mut(BLOCK)));
    let take = || blocks.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || {
        while let Some((first, block)) = take() {
            work(first, block);
        }
    };
    std::thread::scope(|scope| {
        // Where no thread can be had, this one does all.
        (1..threads).for_each(|_| drop(Builder::new().spawn_scoped(scope, run)));
        run();
    });
}

/// A vector of length 1 in its direction; zeros where it has none.
pub(crate) fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = length(&vector);
    let factor = if length > 0.0 && length.is_finite() { length } else { f32::INFINITY };
    vector.iter_mut().for_each(|number| *number /= factor);
    vector
}

/// The dot product of two vectors of equal length, always in the same order of sums.
#[inline(always)]
fn sum<T: Copy>(left: &[f32], right: &[T], number: impl Fn(T) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in left.iter().zip(right) {
        for lane in 0..LANES {
            sums[lane] += left[lane] * number(right[lane]);
        }
    }
    let mut rest = 0.0;
    for (left, right) in left_rest.iter().zip(right_rest) {
        rest += left * number(*right);
    }
    sums.iter().sum::<f32>() + rest
}

/// A finite f16 as f32, in operations that compilers make vectors of: the exponent's bias is put right by a product, which is exact.
#[inline(always)]
fn widen(number: [u8; 2]) -> f32 {
    const BIAS: f32 = f32::from_bits((112 + 127) << 23);
    let bits = u32::from(u16::from_le_bytes(number));
    let magnitude = f32::from_bits((bits & 0x7fff) << 13) * BIAS;
    f32::from_bits(magnitude.to_bits() | (bits & 0x8000) << 16)
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;

    #[test]
    fn every_finite_f16_is_widened() {
        for bits in 0..=u16::MAX {
            let number = f16::from_bits(bits);
            if number.is_finite() {
                assert_eq!(widen(number.to_le_bytes()).to_bits(), number.to_f32().to_bits(), "{bits:#x}");
            }
        }
    }

    #[test]
    fn rows_score_as_vectors_do() {
        let numbers =
            |seed: usize| (0..75).map(|at| ((at * 37 + seed * 11) % 64) as f32 / 64.0 - 0.5).collect::<Vec<_>>();
        let query = numbers(3);
        let row = |seed: usize| -> Vec<u8> {
            let numbers = numbers(seed).into_iter().flat_map(|number| f16::from_f32(number).to_le_bytes());
            [9; 5].into_iter().chain(numbers).collect()
        };
        let bytes: Vec<u8> = (0..9).flat_map(row).collect();
        let table = Table { bytes: &bytes, row_bytes: bytes.len() / 9, vector_at: 5 };
        let expect: Vec<f32> = (0..9).map(|seed| dot(&query, &numbers(seed))).collect();
        assert_eq!(table.dots(&query), expect);
        assert_eq!(table.dot(&query, 4), expect[4]);
        assert_eq!(table.vector(4, 75), numbers(4));
    }

    #[test]
    fn a_unit_has_the_same_direction_or_none() {
        assert_eq!(unit(vec![3.0, 4.0]), [0.6, 0.8]);
        assert_eq!(unit(vec![0.0, 0.0]), [0.0, 0.0]);
        assert_eq!(unit(vec![1e30, 1.0]), [0.0, 0.0], "its length is more than an f32 holds, and its cosines are 0");
    }
}
