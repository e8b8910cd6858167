//! The forward pass of the BERT family (Devlin et al., 2019) on candle's tensors.
//!
//! The layers are those of `candle-transformers`' `BertModel`, with the same weights and the same results, rearranged for a CPU: query,
//! key and value in one product, rows kept flat, no padding and so no mask, bias and GELU in one pass.

use candle_core::{CpuStorage, CustomOp2, D, Layout, Result, Shape, Tensor};
use candle_nn::VarBuilder;
use candle_nn::ops::{layer_norm, softmax_last_dim};
use serde::Deserialize;

/// The part of `config.json` that decides the shape.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct BertConfig {
    pub(super) model_type: String,
    pub(super) vocab_size: usize,
    pub(super) hidden_size: usize,
    pub(super) intermediate_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) max_position_embeddings: usize,
    #[serde(default = "two")]
    pub(super) type_vocab_size: usize,
    #[serde(default = "usual_eps")]
    pub(super) layer_norm_eps: f64,
    pub(super) hidden_act: String,
    #[serde(default = "absolute")]
    pub(super) position_embedding_type: String,
}

fn absolute() -> String {
    "absolute".to_owned()
}

fn two() -> usize {
    2
}

fn usual_eps() -> f64 {
    1e-12
}

impl BertConfig {
    /// Why such a model cannot be computed here.
    pub(super) fn problem(&self) -> Option<String> {
        if self.model_type != "bert" {
            Some(format!("its model_type is {:?}, not \"bert\"", self.model_type))
        } else if self.hidden_act != "gelu" {
            Some(format!("its hidden_act is {:?}, not \"gelu\"", self.hidden_act))
        } else if self.position_embedding_type != "absolute" {
            Some(format!("its position_embedding_type is {:?}, not \"absolute\"", self.position_embedding_type))
        } else if self.num_attention_heads == 0 || !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            Some("its hidden_size is no multiple of num_attention_heads".to_owned())
        } else {
            None
        }
    }
}

pub(super) struct Bert {
    words: Tensor,
    /// Positions, with the embedding of token type 0 added.
    positions: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
}

struct Layer {
    qkv: Linear,
    attention: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    norm: Norm,
}

struct Linear {
    /// Transposed: (inputs, outputs).
    weight: Tensor,
    bias: Tensor,
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
    eps: f32,
}

impl Bert {
    /// Reads the weights; `vb` is rooted where `embeddings` and `encoder` are.
    pub(super) fn load(vb: &VarBuilder<'_>, config: &BertConfig) -> Result<Self> {
        let hidden = config.hidden_size;
        let embeddings = vb.pp("embeddings");
        let types = embeddings.get((config.type_vocab_size, hidden), "token_type_embeddings.weight")?;
        let positions = embeddings.get((config.max_position_embeddings, hidden), "position_embeddings.weight")?;
        let layers = (0..config.num_hidden_layers).map(|i| Layer::load(&vb.pp(format!("encoder.layer.{i}")), config));
        Ok(Self {
            words: embeddings.get((config.vocab_size, hidden), "word_embeddings.weight")?,
            positions: positions.broadcast_add(&types.get(0)?)?,
            norm: Norm::load(&embeddings.pp("LayerNorm"), config)?,
            layers: layers.collect::<Result<_>>()?,
            heads: config.num_attention_heads,
        })
    }

    /// Hidden states of shape (batch, length, hidden) for token ids of shape (batch, length), none of them padding.
    pub(super) fn forward(&self, ids: &Tensor) -> Result<Tensor> {
        let (batch, length) = ids.dims2()?;
        let hidden = self.words.dim(1)?;
        let words = self.words.index_select(&ids.flatten_all()?, 0)?.reshape((batch, length, hidden))?;
        let embedded = words.broadcast_add(&self.positions.narrow(0, 0, length)?)?.reshape((batch * length, hidden))?;
        let mut rows = self.norm.forward(&embedded)?;
        for layer in &self.layers {
            rows = layer.forward(&rows, (batch, length, self.heads))?;
        }
        rows.reshape((batch, length, hidden))
    }
}

impl Layer {
    fn load(vb: &VarBuilder<'_>, config: &BertConfig) -> Result<Self> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let own = vb.pp("attention.self");
        let joined = |name: &str| -> Result<Tensor> {
            let parts = ["query", "key", "value"].map(|part| match name {
                "weight" => own.get((hidden, hidden), &format!("{part}.weight")),
                _ => own.get(hidden, &format!("{part}.bias")),
            });
            let [query, key, value] = parts;
            Tensor::cat(&[query?, key?, value?], 0)
        };
        Ok(Self {
            qkv: Linear { weight: joined("weight")?.t()?.contiguous()?, bias: joined("bias")? },
            attention: Linear::load(&vb.pp("attention.output.dense"), hidden, hidden)?,
            attention_norm: Norm::load(&vb.pp("attention.output.LayerNorm"), config)?,
            up: Linear::load(&vb.pp("intermediate.dense"), hidden, inner)?,
            down: Linear::load(&vb.pp("output.dense"), inner, hidden)?,
            norm: Norm::load(&vb.pp("output.LayerNorm"), config)?,
        })
    }

    fn forward(&self, rows: &Tensor, (batch, length, heads): (usize, usize, usize)) -> Result<Tensor> {
        let hidden = rows.dim(1)?;
        let width = hidden / heads;
        let qkv = self.qkv.forward(rows)?.reshape((batch, length, 3, heads, width))?;
        let part = |index: usize| qkv.narrow(2, index, 1)?.squeeze(2)?.transpose(1, 2)?.contiguous();
        let query = (part(0)? * (1.0 / (width as f64).sqrt()))?;
        let scores = query.matmul(&part(1)?.t()?)?;
        let context = softmax_last_dim(&scores)?.matmul(&part(2)?)?;
        let context = context.transpose(1, 2)?.contiguous()?.reshape((batch * length, hidden))?;
        let rows = self.attention_norm.forward(&(self.attention.forward(&context)? + rows)?)?;
        let inner = rows.matmul(&self.up.weight)?.apply_op2_no_bwd(&self.up.bias, &BiasGelu)?;
        self.norm.forward(&(self.down.forward(&inner)? + rows)?)
    }
}

impl Linear {
    fn load(vb: &VarBuilder<'_>, inputs: usize, outputs: usize) -> Result<Self> {
        let weight = vb.get((outputs, inputs), "weight")?.t()?.contiguous()?;
        Ok(Self { weight, bias: vb.get(outputs, "bias")? })
    }

    fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        rows.matmul(&self.weight)?.broadcast_add(&self.bias)
    }
}

impl Norm {
    fn load(vb: &VarBuilder<'_>, config: &BertConfig) -> Result<Self> {
        let size = config.hidden_size;
        Ok(Self { weight: vb.get(size, "weight")?, bias: vb.get(size, "bias")?, eps: config.layer_norm_eps as f32 })
    }

    fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        layer_norm(rows, &self.weight, &self.bias, self.eps)
    }
}

/// `gelu(rows + bias)`, exact (erf) form, in one pass: candle's own erf is scalar and takes a quarter of the time of a layer.
struct BiasGelu;

impl CustomOp2 for BiasGelu {
    fn name(&self) -> &'static str {
        "bias-gelu"
    }

    fn cpu_fwd(
        &self,
        rows: &CpuStorage,
        layout: &Layout,
        bias: &CpuStorage,
        at: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let of = |storage: &CpuStorage, layout: &Layout| -> Result<Vec<f32>> {
            let (start, end) =
                layout.contiguous_offsets().ok_or_else(|| candle_core::Error::Msg("not contiguous".into()))?;
            Ok(storage.as_slice::<f32>()?[start..end].to_vec())
        };
        let (mut values, bias) = (of(rows, layout)?, of(bias, at)?);
        for row in values.chunks_exact_mut(bias.len()) {
            for (value, bias) in row.iter_mut().zip(&bias) {
                *value = gelu(*value + bias);
            }
        }
        Ok((CpuStorage::F32(values), layout.shape().clone()))
    }
}

#[inline(always)]
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: the error is below 1.5e-7. Free of branches, so that it is vectorised.
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
    let x = x.max(-87.0);
    let n = (x * std::f32::consts::LOG2_E).round_ties_even();
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let poly =
        0.5 + r * (0.166_666_65 + r * (0.041_665_796 + r * (8.333_452e-3 + r * (1.398_2e-3 + r * 1.987_569_1e-4))));
    (1.0 + r + r * r * poly) * f32::from_bits(((n as i32 + 127) as u32) << 23)
}

/// The mean of the hidden states of each text, of length 1: shape (batch, hidden).
pub(super) fn mean_pool(states: &Tensor) -> Result<Tensor> {
    // The sum has the direction of the mean.
    normalised(&states.sum(1)?)
}

/// The hidden state of each text's first token, of length 1: shape (batch, hidden).
pub(super) fn cls_pool(states: &Tensor) -> Result<Tensor> {
    normalised(&states.narrow(1, 0, 1)?.squeeze(1)?)
}

fn normalised(rows: &Tensor) -> Result<Tensor> {
    let length = rows.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?.maximum(1e-12)?;
    rows.broadcast_div(&length)
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
}
