//! Element-wise arithmetic, free of branches, so that it is vectorised. Sums run over [`LANES`] partial sums, in the same order on every machine.

/// Numbers that are worked on side by side: two registers of AVX-512, four of AVX2.
pub(super) const LANES: usize = 32;

/// `rows[i] = gelu(rows[i] + bias)`, exact (erf) form.
#[inline(always)]
pub(super) fn bias_gelu(rows: &mut [f32], bias: &[f32]) {
    for row in rows.chunks_exact_mut(bias.len()) {
        for (value, bias) in row.iter_mut().zip(bias) {
            *value = gelu(*value + bias);
        }
    }
}

/// `out = up * silu(gate)`, a row of `rows` being `up` and then `gate`.
#[inline(always)]
pub(super) fn swiglu(rows: &[f32], out: &mut [f32], width: usize) {
    for (row, out) in rows.chunks_exact(2 * width).zip(out.chunks_exact_mut(width)) {
        let (up, gate) = row.split_at(width);
        for (out, (up, gate)) in out.iter_mut().zip(up.iter().zip(gate)) {
            // Of e to the power of a number ≤ 0, so that nothing overflows.
            let power = exp(-gate.abs());
            let above = if *gate >= 0.0 { 1.0 } else { power };
            *out = up * gate * above / (1.0 + power);
        }
    }
}

/// `rows[i] = norm(rows[i] + bias + residual[i]) * weight + shift`; `params` is `bias`, `weight` and `shift`.
#[inline(always)]
pub(super) fn add_norm(rows: &mut [f32], residual: &[f32], params: &[f32], eps: f32) {
    let width = params.len() / 3;
    let (bias, rest) = params.split_at(width);
    let (weight, shift) = rest.split_at(width);
    for (row, residual) in rows.chunks_exact_mut(width).zip(residual.chunks_exact(width)) {
        for (value, (bias, residual)) in row.iter_mut().zip(bias.iter().zip(residual)) {
            *value += bias + residual;
        }
        let mean = sum(row, |value| value) / width as f32;
        let variance = sum(row, |value| (value - mean) * (value - mean)) / width as f32;
        let scale = 1.0 / (variance + eps).sqrt();
        for (value, (weight, shift)) in row.iter_mut().zip(weight.iter().zip(shift)) {
            *value = (*value - mean) * scale * weight + shift;
        }
    }
}

/// The softmax of `row`, whose length is a multiple of [`LANES`].
#[inline(always)]
pub(super) fn softmax(row: &mut [f32]) {
    let mut lanes = [f32::MIN; LANES];
    for part in row.chunks_exact(LANES) {
        for (lane, value) in lanes.iter_mut().zip(part) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    let most = lanes.into_iter().fold(f32::MIN, f32::max);
    for value in row.iter_mut() {
        *value = exp(*value - most);
    }
    let share = 1.0 / sum(row, |value| value);
    for value in row.iter_mut() {
        *value *= share;
    }
}

/// `out[r] = Σ a[r][k] * b[k]` for the four rows of `a`, each of `depth` numbers, `a_step` apart; a row of `b` is `out`'s `width` long, a multiple of
/// [`LANES`].
#[inline(always)]
pub(super) fn four_rows(a: &[f32], a_step: usize, depth: usize, b: &[f32], width: usize, out: &mut [f32]) {
    for at in (0..width).step_by(LANES) {
        let mut sums = [[0.0f32; LANES]; 4];
        let rows = b.chunks_exact(width).take(depth);
        for (k, row) in rows.enumerate() {
            let row: &[f32; LANES] = row[at..at + LANES].try_into().unwrap_or(&[0.0; LANES]);
            for (r, sums) in sums.iter_mut().enumerate() {
                let factor = a[r * a_step + k];
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += factor * value;
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            out[r * width + at..r * width + at + LANES].copy_from_slice(sums);
        }
    }
}

#[inline(always)]
fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let parts = row.chunks_exact(LANES);
    let rest = parts.remainder();
    for part in parts {
        for (lane, value) in lanes.iter_mut().zip(part) {
            *lane += of(*value);
        }
    }
    let rest: f32 = rest.iter().map(|value| of(*value)).sum();
    lanes.iter().sum::<f32>() + rest
}

#[inline(always)]
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: the error is below 1.5e-7.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let poly = t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_8 + t * (-1.453_152 + t * 1.061_405_4))));
    (1.0 - poly * exp(-a * a)).copysign(x)
}

/// e to the power of `x` for `x` ≤ 0: Cephes' `expf`, with the argument kept above the underflow.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Adding and taking it away again rounds to a whole number: 1.5 · 2²³.
    const ROUND: f32 = 12_582_912.0;
    let x = if x > -87.0 { x } else { -87.0 };
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let poly =
        0.5 + r * (0.166_666_65 + r * (0.041_665_796 + r * (8.333_452e-3 + r * (1.398_2e-3 + r * 1.987_569_1e-4))));
    let power = rounded.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    (1.0 + r + r * r * poly) * f32::from_bits(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gelu_is_exact_to_seven_digits() {
        // Values of scipy.special.erf: 0.5 x (1 + erf(x / sqrt 2)).
        let cases = [
            (-6.0, -5.919_526e-9),
            (-1.0, -0.158_655_25),
            (0.0, 0.0),
            (0.5, 0.345_731_23),
            (1.0, 0.841_344_7),
            (8.0, 8.0),
        ];
        for (x, expect) in cases {
            assert!((gelu(x) - expect).abs() < 3e-7, "{x}: {} and not {expect}", gelu(x));
        }
    }

    #[test]
    fn exp_is_exact_to_six_digits() {
        for step in 0..8_000 {
            let x = -0.01 * step as f32;
            let expect = f64::from(x).exp();
            assert!((f64::from(exp(x)) - expect).abs() <= 1e-6 * expect, "{x}: {} and not {expect}", exp(x));
        }
        assert!(exp(f32::NEG_INFINITY) < 2e-38);
    }
}
