//! Vectors of length 1 as numbers of one byte: a quarter of the memory of f32, for a first look. What they find is scored by better numbers.

use pulp::Arch;

/// Bytes behind the numbers: the factor that gives the vector back, as f32.
const FACTOR_BYTES: usize = 4;
const MOST: f32 = 127.0;

/// The numbers of a vector, then their factor.
pub(crate) fn pack(vector: &[f32]) -> Vec<i8> {
    let largest = vector.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
    let factor = if largest > 0.0 && largest.is_finite() { largest / MOST } else { 1.0 };
    let numbers = vector.iter().map(|number| (number / factor).round() as i8);
    numbers.chain(factor.to_le_bytes().map(u8::cast_signed)).collect()
}

/// The dot product of the vectors that two packed ones of equal length stand for, nearly.
pub(crate) fn packed_dot(arch: Arch, left: &[i8], right: &[i8]) -> f32 {
    let numbers = left.len() - FACTOR_BYTES;
    let sum = arch.dispatch(
        #[inline(always)]
        || whole(&left[..numbers], &right[..numbers]),
    );
    sum as f32 * factor(&left[numbers..]) * factor(&right[numbers..])
}

fn factor(bytes: &[i8]) -> f32 {
    bytes.first_chunk().map_or(0.0, |bytes: &[i8; FACTOR_BYTES]| f32::from_le_bytes(bytes.map(i8::cast_unsigned)))
}

/// It overflows with more than 130,000 numbers.
#[inline(always)]
fn whole(left: &[i8], right: &[i8]) -> i32 {
    left.iter().zip(right).map(|(left, right)| i32::from(*left) * i32::from(*right)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::similarity::{dot, unit};

    #[test]
    fn a_packed_product_is_nearly_the_product() {
        let vector = |seed: usize| unit((0..75).map(|at| ((at * 37 + seed * 11) % 64) as f32 / 64.0 - 0.5).collect());
        for seed in 1..20 {
            let (left, right) = (vector(0), vector(seed));
            let packed = packed_dot(Arch::new(), &pack(&left), &pack(&right));
            assert!((packed - dot(&left, &right)).abs() < 0.005, "{packed} {}", dot(&left, &right));
        }
        assert_eq!(packed_dot(Arch::new(), &pack(&[0.0; 8]), &pack(&[0.5; 8])), 0.0);
        assert_eq!(packed_dot(Arch::new(), &pack(&[f32::NAN; 8]), &pack(&[f32::INFINITY; 8])), 0.0);
    }
}
