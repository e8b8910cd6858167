//! Cosines. All stores go through here, so that the same vectors have the same score, to the bit, wherever they lie.

/// Sums that run side by side: as many as the widest registers hold twice.
const LANES: usize = 32;

/// The cosine of two vectors whose lengths are known, −1 to 1; 0 where one of them has no direction.
pub(crate) fn cosine(dot: f32, lengths: f32) -> f32 {
    if lengths > 0.0 && lengths.is_finite() { (dot / lengths).clamp(-1.0, 1.0) } else { 0.0 }
}

pub(crate) fn length(vector: &[f32]) -> f32 {
    dot(vector, vector).sqrt()
}

#[inline(always)]
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in left.iter().zip(right) {
        for lane in 0..LANES {
            sums[lane] += left[lane] * right[lane];
        }
    }
    let rest: f32 = left_rest.iter().zip(right_rest).map(|(left, right)| left * right).sum();
    sums.iter().sum::<f32>() + rest
}
