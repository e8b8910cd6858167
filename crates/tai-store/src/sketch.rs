//! Near vectors by a first look at one byte for each number, for processes that go on asking: a quarter of the memory of f32 to go through, and nothing is missed,
//! since how far each estimate may be off is known.

use pulp::Arch;

use crate::similarity::{Table, dot, fill, length, unit};

/// So many searches of a process pay for it.
const ASKED: u32 = 2;
/// With fewer rows all are looked at as fast.
const FROM: usize = 4096;
/// Where more than one row in so many may be near, all are looked at.
const SHARE: usize = 8;
/// What sums of f32 and the length of a vector of f16 may add to the error of an estimate.
const ROUNDING: f32 = 1e-3;
const MOST: f32 = 127.0;

/// The rows of a vector file, in the order of the file.
#[derive(Debug, Default)]
pub(crate) struct Sketch {
    numbers: Vec<i8>,
    scales: Vec<Scale>,
    asked: u32,
}

/// What gives a row's vector back, nearly.
#[derive(Clone, Copy, Debug, Default)]
struct Scale {
    factor: f32,
    /// The length of what is missing.
    error: f32,
}

/// Rows whose cosine may be `at_least` that. No other has it.
pub(crate) struct Near {
    pub(crate) rows: Vec<usize>,
    pub(crate) at_least: f32,
}

impl Sketch {
    /// Rows among which the `wanted` nearest of those that fit are; nothing where looking at all is as good.
    pub(crate) fn near(
        &mut self,
        table: Table<'_>,
        query: &[f32],
        wanted: usize,
        fits: impl Fn(usize) -> bool,
    ) -> Option<Near> {
        self.asked = self.asked.saturating_add(1);
        let rows = table.rows();
        let is_of_use = self.asked > ASKED && rows >= FROM && wanted.saturating_mul(SHARE) < rows;
        if !is_of_use || query.is_empty() || wanted == 0 {
            return None;
        }
        self.catch_up(table, query.len());
        let (estimates, error) = self.estimates(query)?;
        let error = |row: usize| self.scales[row].error + error;
        let best = best(&estimates, wanted, &fits);
        let at_least = best.into_iter().map(|row| estimates[row] - error(row)).min_by(f32::total_cmp)?;
        let may_be = |row: &usize| estimates[*row] + error(*row) >= at_least && fits(*row);
        let near: Vec<usize> = (0..rows).filter(may_be).take(rows / SHARE + 1).collect();
        (near.len() <= rows / SHARE).then_some(Near { rows: near, at_least })
    }

    /// Takes rows in that came since.
    fn catch_up(&mut self, table: Table<'_>, dimension: usize) {
        let (known, rows) = (self.scales.len(), table.rows());
        if known >= rows {
            return;
        }
        let new = rows - known;
        self.scales.reserve_exact(new);
        self.numbers.reserve_exact(new * dimension);
        self.scales.resize(rows, Scale::default());
        self.numbers.resize(rows * dimension, 0);
        let mut rows: Vec<(&mut [i8], &mut Scale)> =
            self.numbers.chunks_exact_mut(dimension).zip(&mut self.scales).skip(known).collect();
        fill(&mut rows, new * table.row_bytes, |first, rows| {
            let mut vector = vec![0.0; dimension];
            for (row, (numbers, scale)) in (known + first..).zip(rows) {
                table.read(row, &mut vector);
                **scale = pack(&mut vector, numbers);
            }
        });
    }

    /// The cosine with each row, nearly, and how far the query itself puts it off.
    fn estimates(&self, query: &[f32]) -> Option<(Vec<f32>, f32)> {
        let dimension = query.len();
        let query = unit(query.to_vec());
        let (numbers, factor) = pack_query(&query)?;
        let missing: Vec<f32> = query.iter().zip(&numbers).map(|(it, n)| it - f32::from(*n) * factor).collect();
        let mut estimates = vec![0.0; self.scales.len()];
        fill(&mut estimates, self.numbers.len(), |first, estimates| {
            let rows = self.numbers[first * dimension..].chunks_exact(dimension).zip(&self.scales[first..]);
            Arch::new().dispatch(
                #[inline(always)]
                || {
                    for (estimate, (row, scale)) in estimates.iter_mut().zip(rows) {
                        *estimate = whole(row, &numbers) as f32 * factor * scale.factor;
                    }
                },
            );
        });
        Some((estimates, length(&missing) + ROUNDING))
    }
}

/// The rows of the `wanted` highest estimates among those that fit.
fn best(estimates: &[f32], wanted: usize, fits: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::with_capacity(wanted * 4);
    let mut floor = f32::NEG_INFINITY;
    let keep = |best: &mut Vec<usize>| {
        if best.len() > wanted {
            best.select_nth_unstable_by(wanted - 1, |left, right| estimates[*right].total_cmp(&estimates[*left]));
            best.truncate(wanted);
        }
    };
    for (row, estimate) in estimates.iter().enumerate() {
        if *estimate >= floor && fits(row) {
            best.push(row);
            if best.len() == wanted * 4 {
                keep(&mut best);
                floor = estimates[best[wanted - 1]];
            }
        }
    }
    keep(&mut best);
    best
}

/// Makes bytes of a vector. What is left of it is what they lack.
fn pack(vector: &mut [f32], numbers: &mut [i8]) -> Scale {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let largest = largest(vector);
            if !largest.is_finite() {
                return Scale { factor: 0.0, error: f32::INFINITY };
            }
            let (factor, inverse) = if largest > 0.0 { (largest / MOST, MOST / largest) } else { (0.0, 0.0) };
            for (number, packed) in vector.iter_mut().zip(numbers) {
                let nearest = (*number * inverse).round_ties_even();
                *packed = nearest as i8;
                *number -= nearest * factor;
            }
            Scale { factor, error: dot(vector, vector).sqrt() }
        },
    )
}

/// A query in as many steps as sums of 32 bits allow; nothing where it has no direction.
fn pack_query(query: &[f32]) -> Option<(Vec<i16>, f32)> {
    let most = (i32::MAX as f32 / (MOST * query.len() as f32)).min(32_000.0).floor();
    let largest = largest(query);
    let factor = largest / most;
    let numbers = query.iter().map(|number| (number / factor).round_ties_even() as i16).collect();
    (largest > 0.0 && largest.is_finite() && most >= 1.0).then_some((numbers, factor))
}

/// The largest magnitude. As bits numbers without a sign are in the same order.
#[inline(always)]
fn largest(vector: &[f32]) -> f32 {
    f32::from_bits(vector.iter().map(|number| number.to_bits() & 0x7fff_ffff).max().unwrap_or_default())
}

#[inline(always)]
fn whole(row: &[i8], query: &[i16]) -> i32 {
    row.iter().zip(query).map(|(left, right)| i32::from(*left) * i32::from(*right)).sum()
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;

    fn vector(seed: usize, dimension: usize) -> Vec<f32> {
        let number = |at: usize| {
            // The mixing of splitmix64.
            let mixed = ((seed * dimension + at) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            ((mixed ^ (mixed >> 31)) % 4096) as f32 / 2048.0 - 1.0
        };
        unit((0..dimension).map(number).collect())
    }

    #[test]
    fn none_of_the_nearest_is_missed() {
        const DIMENSION: usize = 40;
        // Some lie close together, as texts of one kind do, and one number is far larger than the others.
        let row = |nth: usize| {
            let mut numbers: Vec<f32> = vector(nth, DIMENSION);
            numbers.iter_mut().zip(vector(nth % 7, DIMENSION)).for_each(|(one, other)| *one = *one * 0.1 + other);
            numbers[nth % 3] += if nth.is_multiple_of(5) { 4.0 } else { 0.0 };
            unit(numbers)
        };
        let rows = FROM + 500;
        let bytes: Vec<u8> = (0..rows).flat_map(row).flat_map(|number| f16::from_f32(number).to_le_bytes()).collect();
        let table = Table { bytes: &bytes, row_bytes: DIMENSION * 2, vector_at: 0 };
        let (mut sketch, mut found) = (Sketch::default(), 0);
        for seed in 0..30 {
            let query = row(seed * 31 + 50_000);
            let fits = |nth: usize| nth % 4 != seed % 4;
            let Some(near) = sketch.near(table, &query, 20, fits) else { continue };
            found += 1;
            let dots = table.dots(&query);
            for nth in (0..rows).filter(|nth| fits(*nth) && !near.rows.contains(nth)) {
                assert!(dots[nth] < near.at_least, "{nth}");
            }
            assert!(near.rows.iter().all(|nth| fits(*nth)));
            assert!(near.rows.iter().filter(|nth| dots[**nth] >= near.at_least).count() >= 20);
        }
        assert!(found > 20, "{found}");
    }

    #[test]
    fn vectors_without_a_direction_harm_nobody() {
        let bytes: Vec<u8> = (0..FROM * 8).flat_map(|_| f16::from_f32(0.0).to_le_bytes()).collect();
        let table = Table { bytes: &bytes, row_bytes: 16, vector_at: 0 };
        let mut sketch = Sketch::default();
        for query in [[0.0; 8], [1.0; 8], [1e30; 8]] {
            (0..3).for_each(|_| assert!(sketch.near(table, &query, 5, |_| true).is_none()));
        }
    }
}
