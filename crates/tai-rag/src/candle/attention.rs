//! Attention within each text of a batch, none of them padded.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::rotary_emb::rope;
use pulp::{Arch, Simd, WithSimd};

use super::math::{LANES, four_rows, softmax};
use super::ops::numbers;

/// Rotary positions (Su et al., 2021), the halves of a head turned against each other.
pub(super) struct Rotary {
    /// Of each position the cosines of half a head: shape (positions, width / 2).
    cos: Tensor,
    sin: Tensor,
    /// The same numbers, position by position: cosines, then sines.
    turns: Vec<f32>,
}

impl Rotary {
    pub(super) fn new(positions: usize, width: usize, base: f32, device: &candle_core::Device) -> Result<Self> {
        let half = width / 2;
        let angle = |position: usize, i: usize| position as f32 / base.powf(2.0 * i as f32 / width as f32);
        let table = |of: fn(f32) -> f32| -> Vec<f32> {
            (0..positions * half).map(|at| of(angle(at / half, at % half))).collect()
        };
        let (cos, sin) = (table(f32::cos), table(f32::sin));
        let turns = cos.chunks(half).zip(sin.chunks(half)).flat_map(|(cos, sin)| [cos, sin].concat()).collect();
        let tensor = |table: Vec<f32>| Tensor::from_vec(table, (positions, half), device);
        Ok(Self { cos: tensor(cos)?, sin: tensor(sin)?, turns })
    }
}

/// What the heads make of each text. A row of `projected` is query, key and value, to which `bias` is to be added; `lengths` are those of the texts.
pub(super) fn attend(
    projected: &Tensor,
    bias: &Tensor,
    heads: usize,
    lengths: &[usize],
    rotary: Option<&Rotary>,
) -> Result<Tensor> {
    if projected.device().is_cpu() {
        return projected.apply_op2_no_bwd(bias, &Attention { heads, lengths, rotary });
    }
    attend_elsewhere(&projected.broadcast_add(bias)?, heads, lengths, rotary)
}

fn attend_elsewhere(projected: &Tensor, heads: usize, lengths: &[usize], rotary: Option<&Rotary>) -> Result<Tensor> {
    let hidden = projected.dim(1)? / 3;
    let width = hidden / heads;
    let (mut start, mut parts) = (0, Vec::with_capacity(lengths.len()));
    for &length in lengths {
        let text = projected.narrow(0, start, length)?.reshape((1, length, 3, heads, width))?;
        let part = |index: usize| text.narrow(2, index, 1)?.squeeze(2)?.transpose(1, 2)?.contiguous();
        let turned = |part: Tensor| match rotary {
            Some(Rotary { cos, sin, .. }) => rope(&part, &cos.narrow(0, 0, length)?, &sin.narrow(0, 0, length)?),
            None => Ok(part),
        };
        let query = (turned(part(0)?)? * (1.0 / (width as f64).sqrt()))?;
        let scores = query.matmul(&turned(part(1)?)?.t()?)?;
        let context = softmax_last_dim(&scores)?.matmul(&part(2)?)?;
        parts.push(context.transpose(1, 2)?.contiguous()?.reshape((length, hidden))?);
        start += length;
    }
    Tensor::cat(&parts, 0)
}

struct Attention<'a> {
    heads: usize,
    lengths: &'a [usize],
    rotary: Option<&'a Rotary>,
}

impl CustomOp2 for Attention<'_> {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        projected: &CpuStorage,
        layout: &Layout,
        bias: &CpuStorage,
        at: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (count, three) = layout.shape().dims2()?;
        let mut out = vec![0.0; count * three / 3];
        let projected = numbers(projected, layout)?;
        Arch::new().dispatch(Work { attention: self, projected, bias: numbers(bias, at)?, out: &mut out });
        Ok((CpuStorage::F32(out), Shape::from((count, three / 3))))
    }
}

struct Work<'a> {
    attention: &'a Attention<'a>,
    projected: &'a [f32],
    bias: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Work<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { attention, projected, bias, out } = self;
        let hidden = bias.len() / 3;
        let mut scratch = Scratch::default();
        let mut start = 0;
        for &length in attention.lengths {
            let rows = &projected[start * 3 * hidden..][..length * 3 * hidden];
            let out = &mut out[start * hidden..][..length * hidden];
            for head in 0..attention.heads {
                scratch.head(rows, bias, head, attention, out);
            }
            start += length;
        }
    }
}

/// Query, key and value of one head of one text, laid out for [`four_rows`].
#[derive(Default)]
struct Scratch {
    /// A row of each token, after a multiple of four tokens filled up with zeros.
    query: Vec<f32>,
    /// Transposed, its rows filled up to a multiple of [`LANES`].
    key: Vec<f32>,
    /// A row of each token, filled up to a multiple of [`LANES`].
    value: Vec<f32>,
    scores: Vec<f32>,
    context: Vec<f32>,
    row: Vec<f32>,
}

impl Scratch {
    #[inline(always)]
    fn head(&mut self, rows: &[f32], bias: &[f32], head: usize, attention: &Attention<'_>, out: &mut [f32]) {
        let hidden = bias.len() / 3;
        let width = hidden / attention.heads;
        let length = out.len() / hidden;
        let (columns, wide) = (length.next_multiple_of(LANES), width.next_multiple_of(LANES));
        self.fill(rows, bias, head * width, width, attention.rotary);
        self.scores.resize(4 * columns, 0.0);
        self.context.resize(4 * wide, 0.0);
        for first in (0..length).step_by(4) {
            four_rows(&self.query[first * width..], width, width, &self.key, columns, &mut self.scores);
            for row in self.scores.chunks_exact_mut(columns) {
                row[length..].fill(f32::MIN);
                softmax(row);
            }
            four_rows(&self.scores, columns, length, &self.value, wide, &mut self.context);
            let tokens = out[first * hidden..].chunks_exact_mut(hidden);
            for (token, context) in tokens.zip(self.context.chunks_exact(wide)) {
                token[head * width..][..width].copy_from_slice(&context[..width]);
            }
        }
    }

    /// Takes this head's part of every row; it begins at `at` of query, key and value.
    #[inline(always)]
    fn fill(&mut self, rows: &[f32], bias: &[f32], at: usize, width: usize, rotary: Option<&Rotary>) {
        let hidden = bias.len() / 3;
        let length = rows.len() / bias.len();
        let (columns, wide) = (length.next_multiple_of(LANES), width.next_multiple_of(LANES));
        self.query.clear();
        self.query.resize(length.next_multiple_of(4) * width, 0.0);
        self.key.clear();
        self.key.resize(width * columns, 0.0);
        self.value.clear();
        self.value.resize(length * wide, 0.0);
        self.row.resize(width, 0.0);
        let scale = 1.0 / (width as f32).sqrt();
        for (token, row) in rows.chunks_exact(bias.len()).enumerate() {
            let turn = rotary.map(|rotary| &rotary.turns[token * width..][..width]);
            let part = |index: usize| row[index * hidden + at..][..width].iter().zip(&bias[index * hidden + at..]);
            let query = &mut self.query[token * width..][..width];
            query.iter_mut().zip(part(0)).for_each(|(to, (value, bias))| *to = (value + bias) * scale);
            self.row.iter_mut().zip(part(1)).for_each(|(to, (value, bias))| *to = value + bias);
            if let Some(turn) = turn {
                rotate(query, turn);
                rotate(&mut self.row, turn);
            }
            for (number, value) in self.row.iter().enumerate() {
                self.key[number * columns + token] = *value;
            }
            let value = &mut self.value[token * wide..][..width];
            value.iter_mut().zip(part(2)).for_each(|(to, (value, bias))| *to = value + bias);
        }
    }
}

#[inline(always)]
fn rotate(row: &mut [f32], turn: &[f32]) {
    let half = row.len() / 2;
    let (left, right) = row.split_at_mut(half);
    for ((left, right), (cos, sin)) in left.iter_mut().zip(right).zip(turn.iter().zip(&turn[half..])) {
        (*left, *right) = (*left * cos - *right * sin, *right * cos + *left * sin);
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn on_a_cpu_the_results_are_those_of_candle() {
        let lengths = [1, 2, 3, 4, 5, 31, 32, 33, 100];
        for (heads, width, is_rotary) in [(1, 8, false), (3, 32, false), (2, 64, true), (2, 20, true)] {
            let rotary = is_rotary.then(|| Rotary::new(100, width, 1000.0, &Device::Cpu).unwrap());
            let shape = (lengths.iter().sum::<usize>(), 3 * heads * width);
            let projected = Tensor::randn(0f32, 1.5, shape, &Device::Cpu).unwrap();
            let bias = Tensor::randn(0f32, 1.5, shape.1, &Device::Cpu).unwrap();
            let here = attend(&projected, &bias, heads, &lengths, rotary.as_ref()).unwrap();
            let with_bias = projected.broadcast_add(&bias).unwrap();
            let there = attend_elsewhere(&with_bias, heads, &lengths, rotary.as_ref()).unwrap();
            let difference = (here - there).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
            assert!(difference < 1e-5, "{heads} heads of {width}: {difference}");
        }
    }
}
