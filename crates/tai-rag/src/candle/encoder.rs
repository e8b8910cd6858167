//! The forward pass of the BERT family (Devlin et al., 2019) and of nomic-embed-text on candle's tensors.
//!
//! The layers are those of transformers' models, with the same weights and the same results, rearranged: query, key and value in one
//! product, the tokens of all texts in one tensor of rows, nothing padded and so nothing masked.

use candle_core::{Device, Result, Tensor};
use candle_nn::VarBuilder;

use super::attention::{Rotary, attend};
use super::ops::{Norm, bias_gelu, swiglu};
use crate::directory::{Config, Family};

/// One text, or two together: its token ids, and for each the text that it is of. At least one token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens<'a> {
    pub(super) ids: &'a [u32],
    pub(super) types: &'a [u32],
}

pub(super) struct Encoder {
    words: Tensor,
    /// What the place of a token adds to its word: of each type and position, or of each type where positions are rotary.
    places: Tensor,
    /// Rows of `places` for each type.
    positions: usize,
    norm: Norm,
    layers: Vec<Layer>,
    heads: usize,
    rotary: Option<Rotary>,
}

struct Layer {
    qkv: Tensor,
    qkv_bias: Tensor,
    attention: Tensor,
    attention_norm: Norm,
    up: Up,
    down: Tensor,
    norm: Norm,
}

/// The first half of the feed-forward network.
enum Up {
    Gelu(Tensor, Tensor),
    SwiGlu(Tensor),
}

impl Encoder {
    /// Reads the weights; `vb` is rooted where `embeddings` is.
    pub(super) fn load(vb: &VarBuilder<'_>, config: &Config) -> Result<Self> {
        let Config { hidden, heads, .. } = *config;
        let embeddings = vb.pp("embeddings");
        let types = embeddings.get((config.types, hidden), "token_type_embeddings.weight")?;
        let (places, positions, norm, rotary) = match config.family {
            Family::Bert => {
                let positions = embeddings.get((config.positions, hidden), "position_embeddings.weight")?;
                let places = types.unsqueeze(1)?.broadcast_add(&positions.unsqueeze(0)?)?.flatten(0, 1)?;
                (places, config.positions, embeddings.pp("LayerNorm"), None)
            }
            Family::Nomic { base } => {
                let rotary = Rotary::new(config.positions, hidden / heads, base, vb.device())?;
                (types, 1, vb.pp("emb_ln"), Some(rotary))
            }
        };
        Ok(Self {
            words: embeddings.get((config.vocabulary, hidden), "word_embeddings.weight")?,
            places,
            positions,
            norm: load_norm(&norm, None, config)?,
            layers: (0..config.layers).map(|layer| Layer::load(vb, layer, config)).collect::<Result<_>>()?,
            heads,
            rotary,
        })
    }

    /// The hidden states of all tokens, text by text: shape (tokens, hidden).
    pub(super) fn forward(&self, texts: &[Tokens<'_>]) -> Result<Tensor> {
        let lengths: Vec<usize> = texts.iter().map(|text| text.ids.len()).collect();
        let ids: Vec<u32> = texts.iter().flat_map(|text| text.ids.iter().copied()).collect();
        let place = |(at, of): (usize, &u32)| *of * self.positions as u32 + (at % self.positions) as u32;
        let places: Vec<u32> = texts.iter().flat_map(|text| text.types.iter().enumerate().map(place)).collect();
        let index = |numbers: Vec<u32>| Tensor::new(numbers, self.device());
        let mut rows =
            self.norm.add(self.words.index_select(&index(ids)?, 0)?, &self.places.index_select(&index(places)?, 0)?)?;
        for layer in &self.layers {
            rows = layer.forward(&rows, self.heads, &lengths, self.rotary.as_ref())?;
        }
        Ok(rows)
    }

    pub(super) fn device(&self) -> &Device {
        self.words.device()
    }
}

impl Layer {
    fn load(vb: &VarBuilder<'_>, number: usize, config: &Config) -> Result<Self> {
        match config.family {
            Family::Bert => Self::load_bert(&vb.pp(format!("encoder.layer.{number}")), config),
            Family::Nomic { .. } => Self::load_nomic(&vb.pp(format!("encoder.layers.{number}")), config),
        }
    }

    fn load_bert(vb: &VarBuilder<'_>, config: &Config) -> Result<Self> {
        let Config { hidden, inner, .. } = *config;
        let own = vb.pp("attention.self");
        let parts = ["query", "key", "value"];
        let weights: Vec<Tensor> =
            parts.iter().map(|part| load_weight(&own.pp(part), hidden, hidden)).collect::<Result<_>>()?;
        let biases: Vec<Tensor> =
            parts.iter().map(|part| own.get(hidden, &format!("{part}.bias"))).collect::<Result<_>>()?;
        let (attention, up, down) = (vb.pp("attention.output"), vb.pp("intermediate.dense"), vb.pp("output"));
        Ok(Self {
            qkv: Tensor::cat(&weights, 1)?,
            qkv_bias: Tensor::cat(&biases, 0)?,
            attention: load_weight(&attention.pp("dense"), hidden, hidden)?,
            attention_norm: load_norm(&attention.pp("LayerNorm"), Some(&attention.pp("dense")), config)?,
            up: Up::Gelu(load_weight(&up, hidden, inner)?, up.get(inner, "bias")?),
            down: load_weight(&down.pp("dense"), inner, hidden)?,
            norm: load_norm(&down.pp("LayerNorm"), Some(&down.pp("dense")), config)?,
        })
    }

    fn load_nomic(vb: &VarBuilder<'_>, config: &Config) -> Result<Self> {
        let Config { hidden, inner, .. } = *config;
        let (attention, mlp) = (vb.pp("attn"), vb.pp("mlp"));
        let qkv = load_weight(&attention.pp("Wqkv"), hidden, 3 * hidden)?;
        let up = [load_weight(&mlp.pp("fc11"), hidden, inner)?, load_weight(&mlp.pp("fc12"), hidden, inner)?];
        Ok(Self {
            qkv_bias: Tensor::zeros(3 * hidden, qkv.dtype(), qkv.device())?,
            qkv,
            attention: load_weight(&attention.pp("out_proj"), hidden, hidden)?,
            attention_norm: load_norm(&vb.pp("norm1"), None, config)?,
            up: Up::SwiGlu(Tensor::cat(&up, 1)?),
            down: load_weight(&mlp.pp("fc2"), inner, hidden)?,
            norm: load_norm(&vb.pp("norm2"), None, config)?,
        })
    }

    fn forward(&self, rows: &Tensor, heads: usize, lengths: &[usize], rotary: Option<&Rotary>) -> Result<Tensor> {
        let context = attend(&rows.matmul(&self.qkv)?, &self.qkv_bias, heads, lengths, rotary)?;
        let rows = self.attention_norm.add(context.matmul(&self.attention)?, rows)?;
        let inner = match &self.up {
            Up::Gelu(weight, bias) => bias_gelu(rows.matmul(weight)?, bias)?,
            Up::SwiGlu(weight) => swiglu(&rows.matmul(weight)?)?,
        };
        self.norm.add(inner.matmul(&self.down)?, &rows)
    }
}

/// The weight of a linear layer, transposed: shape (inputs, outputs).
fn load_weight(vb: &VarBuilder<'_>, inputs: usize, outputs: usize) -> Result<Tensor> {
    vb.get((outputs, inputs), "weight")?.t()?.contiguous()
}

/// A layer norm, and the bias of the layer before it, where it has one.
fn load_norm(vb: &VarBuilder<'_>, before: Option<&VarBuilder<'_>>, config: &Config) -> Result<Norm> {
    let weight = vb.get(config.hidden, "weight")?;
    let bias = match before {
        Some(before) => before.get(config.hidden, "bias")?,
        None => weight.zeros_like()?,
    };
    Ok(Norm { params: Tensor::stack(&[bias, weight, vb.get(config.hidden, "bias")?], 0)?, eps: config.eps })
}
