//! Linear layers, their weights packed as `tile.rs` wants them.

use half::bf16;

use crate::memory::{Number, View};
use crate::norm::Norm;
use crate::quantise::{LEAST, Small, to_bf16, to_int8};
use crate::shape::Precision;
use crate::simd::Simd;
use crate::tile::{End, FourInt8, OneF32, PANEL, Product, Start, TwoBf16, multiply};

/// Numbers that a row takes: its width, and 0 up to a whole panel.
pub(crate) fn padded(width: usize) -> usize {
    width.next_multiple_of(PANEL)
}

/// Rows of a panel of f32 that the nearest cache holds beside all else.
const DEPTH: usize = 192;

/// What makes rows of `outputs` numbers of rows of `inputs` numbers.
pub(crate) struct Linear {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) weights: Weights,
    /// One for each output, padded.
    pub(crate) bias: View<f32>,
}

/// Panel after panel, each [`PANEL`] outputs wide and as deep as the inputs, padded; what is padded is 0.
pub(crate) enum Weights {
    F32(View<f32>),
    /// Two inputs in each.
    Bf16(View<u32>),
    Int8 {
        /// Four inputs in each.
        weights: View<u32>,
        /// What each input is multiplied by before it becomes a byte, and its weights were divided by: for as many parts of the outputs as there are times the inputs,
        /// padded.
        channels: View<f32>,
        /// What the weights of each output are to be multiplied by.
        scales: View<f32>,
        /// The sums of the weights of each output, as bytes.
        sums: View<f32>,
    },
}

impl Linear {
    /// Packs the weights, rows of `inputs` numbers, one row for each output. They may be in several parts, one below the other. `norm` is what the inputs come out of,
    /// if it is one.
    pub(crate) fn pack(
        inputs: usize,
        parts: &[(View<f32>, View<f32>)],
        precision: Precision,
        norm: Option<&Norm>,
    ) -> Self {
        let rows: Vec<&[f32]> = parts.iter().flat_map(|(weights, _)| weights.chunks_exact(inputs)).collect();
        let biases: Vec<f32> = parts.iter().flat_map(|(_, bias)| bias.iter().copied()).collect();
        let weights = match precision {
            Precision::F32 => Weights::F32(panels(&rows, inputs, 1, |row, at| row[at])),
            Precision::Bf16 => Weights::Bf16(panels(&rows, inputs, 2, |row, at| {
                let half = |at: usize| u32::from(bf16::from_f32(row.get(at).copied().unwrap_or_default()).to_bits());
                half(at) | half(at + 1) << 16
            })),
            Precision::Int8 => {
                let each = channel_parts(parts.len(), rows.len());
                let own = rows.chunks(rows.len() / each).map(|rows| channels(rows, inputs, norm)).collect::<Vec<_>>();
                pack_int8(&rows, &own)
            }
        };
        let bias = View::from_fn(padded(rows.len()), |output| biases.get(output).copied().unwrap_or_default());
        Self { inputs, outputs: rows.len(), weights, bias }
    }

    /// Writes the layer's outputs for `rows` rows of `from`, and of those GELU if `gelu`.
    ///
    /// # Safety
    ///
    /// The processor has the instructions of `V`.
    #[inline(always)]
    pub(crate) unsafe fn run<V: Simd>(&self, from: &[f32], rows: usize, to: &mut [f32], gelu: bool, small: &mut Small) {
        let (width, stride) = (padded(self.inputs), padded(self.outputs));
        let from = &from[..rows * width];
        assert!(rows > 0 && to.len() >= rows * stride && self.bias.len() == stride);
        let end = if gelu { End::Gelu } else { End::Sums };
        let bias = self.bias.as_ptr();
        let mut product = Product {
            rows,
            depth: width,
            left: from.as_ptr().cast(),
            left_stride: width,
            panel: std::ptr::null(),
            start: Start::Zero,
            to: to.as_mut_ptr(),
            to_stride: stride,
            end,
        };
        // SAFETY: the lengths of rows, panels and biases were checked here, above and below; the panels of a layer are as many as its padded outputs have.
        unsafe {
            match &self.weights {
                Weights::F32(weights) => {
                    assert_eq!(weights.len(), width * stride);
                    run_f32::<V>(&mut product, weights.as_ptr().cast(), bias, from.as_ptr());
                }
                Weights::Bf16(weights) => {
                    assert_eq!(weights.len(), width / 2 * stride);
                    to_bf16::<V>(from, small);
                    (product.left, product.left_stride, product.depth) = (small.units.as_ptr(), width / 2, width / 2);
                    for column in (0..stride).step_by(PANEL) {
                        product.panel = weights.as_ptr().add(column * product.depth);
                        product.start = Start::Row(bias.add(column).cast());
                        multiply::<V, TwoBf16>(&product);
                        product.to = product.to.add(PANEL);
                    }
                }
                Weights::Int8 { weights, channels, scales, sums } => {
                    assert!(weights.len() == width / 4 * stride && scales.len() == stride && sums.len() == stride);
                    let parts = channels.len() / width;
                    assert!(channels.len() == parts * width && stride.is_multiple_of(parts * PANEL));
                    product.depth = width / 4;
                    product.left_stride = product.depth;
                    for column in (0..stride).step_by(PANEL) {
                        if column % (stride / parts) == 0 {
                            to_int8::<V>(from, &channels[column / (stride / parts) * width..][..width], small);
                        }
                        product.left = small.units.as_ptr();
                        product.panel = weights.as_ptr().add(column * product.depth);
                        product.end = End::Scaled {
                            zeros: small.zeros.as_ptr(),
                            rows: small.scales.as_ptr(),
                            sums: sums.as_ptr().add(column),
                            columns: scales.as_ptr().add(column),
                            bias: bias.add(column),
                            gelu,
                        };
                        multiply::<V, FourInt8>(&product);
                        product.to = product.to.add(PANEL);
                    }
                }
            }
        }
    }
}

/// All panels, [`DEPTH`] inputs at a time, so that a part of a panel stays in the nearest cache while all rows go by.
///
/// # Safety
///
/// As of `multiply`, for all panels: `product` is that of all inputs.
#[inline(always)]
unsafe fn run_f32<V: Simd>(product: &mut Product, weights: *const u32, bias: *const f32, from: *const f32) {
    let (inputs, to, end) = (product.depth, product.to, product.end);
    let mut done = 0;
    while done < inputs {
        product.depth = DEPTH.min(inputs - done);
        product.end = if done + product.depth == inputs { end } else { End::Sums };
        for column in (0..product.to_stride).step_by(PANEL) {
            // SAFETY: within what the caller promised.
            unsafe {
                product.left = from.add(done).cast();
                product.panel = weights.add(column * inputs + done * PANEL);
                product.to = to.add(column);
                product.start = if done == 0 { Start::Row(bias.add(column).cast()) } else { Start::Product };
                multiply::<V, OneF32>(product);
            }
        }
        done += product.depth;
    }
}

/// Lays rows out in panels: `unit` makes one of the `each` numbers of a row from a place on.
fn panels<T: Number>(rows: &[&[f32]], inputs: usize, each: usize, unit: impl Fn(&[f32], usize) -> T) -> View<T> {
    let depth = padded(inputs) / each;
    let mut packed = crate::memory::Buffer::new(padded(rows.len()) * depth);
    for (panel, rows) in packed.chunks_exact_mut(depth * PANEL).zip(rows.chunks(PANEL)) {
        for (step, units) in panel.chunks_exact_mut(PANEL).enumerate().take(inputs.div_ceil(each)) {
            units.iter_mut().zip(rows).for_each(|(place, row)| *place = unit(row, step * each));
        }
    }
    View::Own(packed)
}

/// Parts of an int8 layer's outputs that have channels of their own: those that it was made of, if each of them is whole panels.
pub(crate) fn channel_parts(parts: usize, outputs: usize) -> usize {
    if outputs.is_multiple_of(parts * PANEL) { parts } else { 1 }
}

/// What the inputs of an int8 layer are multiplied by, so that bytes suit them and their weights alike: the square root of how large the weights are by how large the norm makes the
/// inputs (after Xiao et al., `SmoothQuant`, 2023, who take the latter from examples). 1 where no norm says what is to be expected.
fn channels(rows: &[&[f32]], inputs: usize, norm: Option<&Norm>) -> Vec<f32> {
    let Some(norm) = norm else { return vec![1.0; inputs] };
    let mut squares = vec![0.0_f32; inputs];
    for row in rows {
        squares.iter_mut().zip(*row).for_each(|(sum, weight)| *sum += weight * weight);
    }
    let weights = squares.iter().map(|sum| (sum / rows.len() as f32).sqrt());
    let inputs = norm.weight.iter().zip(&*norm.bias).map(|(weight, bias)| weight.abs() + bias.abs());
    weights.zip(inputs).map(|(weight, input)| (weight.max(1e-6) / input.max(1e-6)).sqrt()).collect()
}

/// Weights as bytes, divided by the channels of their part.
fn pack_int8(rows: &[&[f32]], channels: &[Vec<f32>]) -> Weights {
    let (inputs, each) = (channels[0].len(), rows.len() / channels.len());
    let divided = |(row, channels): (&&[f32], &Vec<f32>)| -> Vec<f32> {
        row.iter().zip(channels).map(|(weight, channel)| weight / channel).collect()
    };
    let of_rows = channels.iter().flat_map(|own| std::iter::repeat_n(own, each));
    let rows: Vec<Vec<f32>> = rows.iter().zip(of_rows).map(divided).collect();
    let scale = |row: &[f32]| row.iter().fold(LEAST, |most, weight| most.max(weight.abs())) / 127.0;
    let scales: Vec<f32> = rows.iter().map(|row| scale(row)).collect();
    let whole = |row: &[f32], scale: f32| -> Vec<i8> {
        row.iter().map(|weight| (weight / scale).round().clamp(-127.0, 127.0) as i8).collect()
    };
    let bytes: Vec<Vec<i8>> = rows.iter().zip(&scales).map(|(row, scale)| whole(row, *scale)).collect();
    let sum = |row: &Vec<i8>| row.iter().map(|byte| f32::from(*byte)).sum::<f32>();
    let depth = padded(inputs) / 4;
    let unit = |output: usize, step: usize| {
        let byte = |at: usize| bytes.get(output).and_then(|row| row.get(4 * step + at)).map_or(0, |byte| *byte as u8);
        u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)])
    };
    let outputs = padded(rows.len());
    Weights::Int8 {
        weights: View::from_fn(outputs * depth, |place| {
            let (panel, within) = (place / (depth * PANEL), place % (depth * PANEL));
            unit(panel * PANEL + within % PANEL, within / PANEL)
        }),
        channels: View::from_fn(channels.len() * padded(inputs), |place| {
            let (part, input) = (place / padded(inputs), place % padded(inputs));
            channels[part].get(input).copied().unwrap_or_default()
        }),
        scales: View::from_fn(outputs, |output| scales.get(output).copied().unwrap_or_default()),
        sums: View::from_fn(outputs, |output| bytes.get(output).map_or(0.0, sum)),
    }
}
