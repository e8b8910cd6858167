//! Each kernel of this processor beside its portable twin and beside sums in f64.

use half::bf16;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult};

use crate::attention::{Head, Heads};
use crate::kernel::Functions;
use crate::linear::{Linear, Weights, padded};
use crate::memory::View;
use crate::norm::Norm;
use crate::quantise::Small;
use crate::{Kernel, Precision};

/// All that this processor can run, the portable one first.
fn kernels() -> Vec<(Kernel, Functions)> {
    Kernel::ALL.into_iter().filter_map(|kernel| Some((kernel, kernel.functions()?))).collect()
}

/// Numbers of about these sizes: ordinary ones, large and small ones, 0 and denormal ones.
fn number() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => -2.0f32..2.0,
        1 => -1e4f32..1e4,
        1 => -1e-6f32..1e-6,
        1 => Just(0.0),
        1 => -1e-39f32..1e-39,
    ]
}

fn numbers(len: usize) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(number(), len)
}

/// Rows with 0 behind them up to a whole panel.
fn pad(rows: &[f32], width: usize) -> Vec<f32> {
    let pad =
        |row: &[f32]| row.iter().copied().chain(std::iter::repeat_n(0.0, padded(width) - width)).collect::<Vec<_>>();
    rows.chunks(width).flat_map(pad).collect()
}

fn view(numbers: &[f32]) -> View<f32> {
    View::from_fn(numbers.len(), |at| numbers[at])
}

/// The error function: its series, and beyond 3 the continued fraction of its complement.
fn erf(x: f64) -> f64 {
    let size = x.abs();
    let value = if size < 3.0 {
        let mut term = size;
        let mut sum = size;
        for n in 1..80 {
            term *= -size * size / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * 2.0 / std::f64::consts::PI.sqrt()
    } else {
        let below = (1..60).rev().fold(0.0, |below, n| f64::from(n) / 2.0 / (size + below));
        1.0 - (-size * size).exp() / (size + below) / std::f64::consts::PI.sqrt()
    };
    value.copysign(x)
}

fn gelu(x: f64) -> f64 {
    x * 0.5 * (1.0 + erf(x / std::f64::consts::SQRT_2))
}

#[derive(Clone, Debug)]
struct Layer {
    rows: usize,
    inputs: usize,
    outputs: usize,
    gelu: bool,
    from: Vec<f32>,
    weights: Vec<f32>,
    bias: Vec<f32>,
    /// What the norm before it has learnt, if there is one.
    norm: Option<(Vec<f32>, Vec<f32>)>,
}

impl Layer {
    fn pack(&self, precision: Precision) -> Linear {
        let norm = self.norm.as_ref().map(|(weight, bias)| Norm { weight: view(weight), bias: view(bias), eps: 1e-12 });
        let parts = |each: usize| -> Vec<_> {
            let weights = self.weights.chunks(each * self.inputs).map(view);
            weights.zip(self.bias.chunks(each).map(view)).collect()
        };
        // Of as many outputs as three parts of whole panels have, three parts.
        let each = if self.outputs.is_multiple_of(96) { self.outputs / 3 } else { self.outputs };
        Linear::pack(self.inputs, &parts(each), precision, norm.as_ref())
    }

    fn run(&self, precision: Precision, with: Functions) -> Vec<f32> {
        let linear = self.pack(precision);
        // What is there before must not matter.
        let mut to = vec![f32::NAN; self.rows * padded(self.outputs)];
        with.linear(&linear, &pad(&self.from, self.inputs), self.rows, &mut to, self.gelu, &mut Small::default());
        to.chunks(padded(self.outputs)).flat_map(|row| row[..self.outputs].to_vec()).collect()
    }

    /// Each number of the product, and how far f32 may be from it.
    fn exact(&self, precision: Precision) -> Vec<(f64, f64)> {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let round = |number: &f32| match precision {
            Precision::Bf16 => bf16::from_f32(*number).to_f64(),
            _ => f64::from(*number),
        };
        // Of bytes, what stands for a number is as far apart as the greatest of its row says, and both are multiplied by the channel before.
        let channels: Vec<f64> = match &self.pack(precision).weights {
            Weights::Int8 { channels, .. } => channels.iter().map(|channel| f64::from(*channel)).collect(),
            _ => vec![1.0; padded(inputs)],
        };
        let each = outputs * padded(inputs) / channels.len();
        let of_output = |output: usize| &channels[output / each * padded(inputs)..][..inputs];
        let row_of = |row: usize, output: usize| {
            self.from[row * inputs..][..inputs].iter().zip(of_output(output)).map(|(x, c)| f64::from(*x) * c)
        };
        let weights_of = |output: usize| {
            self.weights[output * inputs..][..inputs].iter().zip(of_output(output)).map(|(x, c)| f64::from(*x) / c)
        };
        let of = |number: usize, output: usize| {
            let (row, weights) = (&self.from[number * inputs..][..inputs], &self.weights[output * inputs..][..inputs]);
            let products = row.iter().zip(weights).map(|(a, b)| round(a) * round(b));
            let (sum, sizes) = products.fold((0.0, 0.0), |(sum, sizes), p| (sum + p, sizes + p.abs()));
            let bias = f64::from(self.bias[output]);
            // Each of the sums is rounded once, in whatever order (Higham, Accuracy and Stability of Numerical Algorithms, 3.1).
            let roundings = (inputs + 2) as f64 * f64::from(f32::EPSILON) / 2.0;
            let mut apart = roundings * (sizes + bias.abs()) + 1e-30;
            if precision == Precision::Int8 {
                // Half a step of either side, in each product.
                let most = |numbers: &mut dyn Iterator<Item = f64>| numbers.fold(0.0, |most: f64, x| most.max(x.abs()));
                let (a, b) = (most(&mut row_of(number, output)) / 127.0, most(&mut weights_of(output)) / 254.0);
                let each = |(left, right): (f64, f64)| left.abs() * b + right.abs() * a + a * b;
                apart += row_of(number, output).zip(weights_of(output)).map(each).sum::<f64>() * 1.001;
            }
            // The slope of GELU is never above 1.13.
            if self.gelu { (gelu(sum + bias), 1.13 * apart + 3e-7 * (sum + bias).abs()) } else { (sum + bias, apart) }
        };
        (0..self.rows).flat_map(|row| (0..outputs).map(move |output| (row, output))).map(|(r, o)| of(r, o)).collect()
    }

    fn check(&self) -> TestCaseResult {
        for precision in Precision::ALL {
            let exact = self.exact(precision);
            let mut twin = Vec::new();
            for (kernel, with) in kernels() {
                let found = self.run(precision, with);
                for (at, (found, (expect, apart))) in found.iter().zip(&exact).enumerate() {
                    let off = (f64::from(*found) - expect).abs();
                    prop_assert!(off <= *apart, "{precision} {kernel} at {at}: {found} and not {expect}");
                }
                if kernel == Kernel::Portable {
                    twin = found;
                    continue;
                }
                // The bytes of int8 are the same ones everywhere, so that what is left is how the scales are multiplied.
                let sizes = twin.iter().fold(0.0f32, |most, number| most.max(number.abs()));
                for (found, (twin, (_, apart))) in found.iter().zip(twin.iter().zip(&exact)) {
                    let apart = if precision == Precision::Int8 { 1e-5 * f64::from(sizes) } else { 2.0 * apart };
                    let off = (f64::from(*found) - f64::from(*twin)).abs();
                    prop_assert!(off <= apart, "{precision} {kernel}: {found}, and its twin {twin}");
                }
            }
        }
        Ok(())
    }
}

fn layer() -> impl Strategy<Value = Layer> {
    let [rows, inputs, outputs]: [usize; 3] = if cfg!(miri) { [5, 40, 34] } else { [60, 260, 70] };
    let outputs = prop_oneof![3 => 1..outputs, 1 => Just(96)];
    (1..rows, 1..inputs, outputs, any::<bool>()).prop_flat_map(|(rows, inputs, outputs, gelu)| {
        let norm = prop::option::of((numbers(inputs), numbers(inputs)));
        let parts = (numbers(rows * inputs), numbers(inputs * outputs), numbers(outputs), norm);
        parts.prop_map(move |(from, weights, bias, norm)| Layer {
            rows,
            inputs,
            outputs,
            gelu,
            from,
            weights,
            bias,
            norm,
        })
    })
}

#[test]
fn gelu_is_that_of_the_error_function() {
    let from: Vec<f32> = (-4000..4000)
        .step_by(if cfg!(miri) { 400 } else { 1 })
        .map(|n| n as f32 / 400.0)
        .chain([0.0, -0.0, 1e-40, 50.0, -50.0, 1e30, -1e30])
        .collect();
    for (kernel, with) in kernels() {
        let layer = Layer {
            rows: from.len(),
            inputs: 1,
            outputs: 1,
            gelu: true,
            from: from.clone(),
            weights: vec![1.0],
            bias: vec![0.0],
            norm: None,
        };
        for (x, found) in from.iter().zip(layer.run(Precision::F32, with)) {
            let (x, found) = (f64::from(*x), f64::from(found));
            assert!((found - gelu(x)).abs() <= 2.5e-7 * x.abs().max(1e-3), "{kernel}: {found} of {x}");
        }
    }
}

/// Texts of these lengths: queries, keys and values.
fn attention() -> impl Strategy<Value = (usize, usize, usize, Vec<f32>)> {
    let most: usize = if cfg!(miri) { 16 } else { 512 };
    let tokens = prop_oneof![3 => 1..most.min(40), 1 => most / 4..most / 2, 1 => Just(1), 1 => most - 2..=most];
    (tokens, 1usize..4, 1usize..50).prop_flat_map(|(tokens, heads, width)| {
        let scaled =
            (prop::collection::vec(-2.0f32..2.0, tokens * 3 * heads * width), prop_oneof![Just(1.0f32), Just(100.0)]);
        scaled.prop_map(move |(from, by)| (tokens, heads, width, from.iter().map(|number| number * by).collect()))
    })
}

/// Softmax of the scores times the values, in f64.
fn exact_attention(tokens: usize, heads: usize, width: usize, from: &[f32]) -> Vec<f64> {
    let hidden = heads * width;
    let at = |token: usize, part: usize, place: usize| f64::from(from[token * 3 * hidden + part * hidden + place]);
    let mut all = vec![0.0; tokens * hidden];
    for head in 0..heads {
        let places = head * width..(head + 1) * width;
        for query in 0..tokens {
            let score = |key: usize| {
                places.clone().map(|place| at(query, 0, place) * at(key, 1, place)).sum::<f64>() / (width as f64).sqrt()
            };
            let scores: Vec<f64> = (0..tokens).map(score).collect();
            let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let powers: Vec<f64> = scores.iter().map(|score| (score - greatest).exp()).collect();
            let sum: f64 = powers.iter().sum();
            for place in places.clone() {
                let mixed = powers.iter().enumerate().map(|(key, power)| power * at(key, 2, place)).sum::<f64>();
                all[query * hidden + place] = mixed / sum;
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(Config { cases: if cfg!(miri) { 2 } else { 60 }, ..Config::default() })]

    #[test]
    fn a_linear_layer_is_the_product(layer in layer()) {
        layer.check()?;
    }

    #[test]
    fn attention_is_the_softmax_of_the_scores((tokens, heads, width, from) in attention()) {
        let hidden = heads * width;
        let exact = exact_attention(tokens, heads, width, &from);
        let most = from.iter().fold(0.0f32, |most, number| most.max(number.abs()));
        // What f32 loses of a score is a share of its power.
        let apart = f64::from(most) * (2e-6 + 4e-7 * f64::from(most * most) * width as f64);
        for (kernel, with) in kernels() {
            let mut to = vec![0.0; tokens * padded(hidden)];
            let heads = Heads { hidden, count: heads };
            with.attention(heads, &pad(&from, 3 * hidden), tokens, &mut to, &mut Head::default());
            for (row, exact) in to.chunks(padded(hidden)).zip(exact.chunks(hidden)) {
                for (found, expect) in row.iter().zip(exact) {
                    prop_assert!((f64::from(*found) - expect).abs() <= apart, "{kernel}: {found} and not {expect}");
                }
                prop_assert!(row[hidden..].iter().all(|number| *number == 0.0), "{kernel} wrote behind a row");
            }
        }
    }

    #[test]
    fn a_norm_has_the_mean_and_spread_that_were_learnt(
        (width, rows, residual, weight, bias) in (1usize..150).prop_flat_map(|width| {
            let rows = (1usize..5).prop_flat_map(move |rows| numbers(rows * width));
            (Just(width), rows, any::<bool>(), numbers(width), numbers(width))
        })
    ) {
        let norm = Norm { weight: view(&weight), bias: view(&bias), eps: 1e-12 };
        let more: Vec<f32> = rows.iter().rev().copied().collect();
        for (kernel, with) in kernels() {
            let mut found = pad(&rows, width);
            let added = pad(&more, width);
            with.norm(&norm, &mut found, padded(width), residual.then_some(&added[..]));
            for (number, row) in found.chunks(padded(width)).enumerate() {
                let sum = |at: usize| rows[at] + if residual { more[at] } else { 0.0 };
                let before: Vec<f64> = (number * width..(number + 1) * width).map(|at| f64::from(sum(at))).collect();
                let mean = before.iter().sum::<f64>() / width as f64;
                let spread = (before.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / width as f64 + 1e-12).sqrt();
                let most = before.iter().fold(0.0f64, |most, x| most.max(x.abs()));
                for (place, found) in row[..width].iter().enumerate() {
                    let (weight, bias) = (f64::from(weight[place]), f64::from(bias[place]));
                    let expect = (before[place] - mean) / spread * weight + bias;
                    // The mean has an error of its own.
                    let apart = 4e-6 * weight.abs() * (1.0 + most / spread) + 1e-6 * bias.abs() + 1e-30;
                    prop_assert!((f64::from(*found) - expect).abs() <= apart, "{kernel}: {found} and not {expect}");
                }
                prop_assert!(row[width..].iter().all(|number| *number == 0.0), "{kernel} wrote behind a row");
            }
        }
    }
}
