//! The forward pass of the models that are known: one transformer, whose parts are there if the file has their tensors.
//!
//! candle-transformers has these models as well, each by itself. Of 0.11, gemma3 has another activation than it was trained with and no window
//! while it answers, llama lacks the scaling of 3.1 and later and ends at 4,096 tokens, and phi3 knows one base of rotation; so only its parts are used.
//! What is computed is what llama.cpp computes (`src/llama-model.cpp`), which `scripts/gguf-parity` compares.

use std::sync::Arc;

use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{D, DType, Device, Result, Tensor};
use candle_nn::Module;
use candle_nn::kv_cache::KvCache;
use candle_transformers::quantized_nn::RmsNorm;

use super::file::{GgufFile, Tensors};
use super::rotation::{Rotation, Rotations};
use crate::Error;

/// A model's weights. What it has read of a conversation is in a [`Reading`].
pub(super) struct Decoder {
    shape: Shape,
    words: Arc<QTensor>,
    layers: Vec<Layer>,
    norm: RmsNorm,
    output: QMatMul,
    rotations: Rotations,
    device: Device,
}

#[derive(Clone, Copy)]
struct Shape {
    heads: usize,
    /// Heads of keys and values, each shared by as many of the others.
    shared: usize,
    /// Numbers of one head.
    depth: usize,
    scale: f64,
    /// What the vectors of tokens are multiplied with.
    magnified: Option<f64>,
    /// gelu, else silu.
    is_gelu: bool,
}

struct Layer {
    before_attention: RmsNorm,
    attention: Attention,
    after_attention: Option<RmsNorm>,
    before_inner: RmsNorm,
    gate: Option<QMatMul>,
    up: QMatMul,
    down: QMatMul,
    after_inner: Option<RmsNorm>,
    /// Tokens that it looks back at, itself included; all where there is none.
    window: Option<usize>,
}

struct Attention {
    inputs: Inputs,
    query_norm: Option<RmsNorm>,
    key_norm: Option<RmsNorm>,
    output: QMatMul,
}

enum Inputs {
    Apart { query: Linear, key: Linear, value: Linear },
    Together(Linear),
}

struct Linear {
    weight: QMatMul,
    bias: Option<Tensor>,
}

/// What a model has read of one conversation.
pub(super) struct Reading {
    caches: Vec<KvCache>,
    everywhere: Rotation,
    in_windows: Rotation,
    position: usize,
}

impl Decoder {
    pub(super) fn of(file: &GgufFile, device: &Device) -> std::result::Result<Self, Error> {
        let need = |key: &str| {
            let number = file.own_number(key).filter(|number| *number > 0);
            number.ok_or_else(|| file.invalid("it does not say how its layers are shaped"))
        };
        let (width, layers, heads) = (need("embedding_length")?, need("block_count")?, need("attention.head_count")?);
        let shared = file.own_number("attention.head_count_kv").unwrap_or(heads);
        let depth = file.own_number("attention.key_length").unwrap_or(width / heads);
        if shared == 0 || heads % shared != 0 || depth == 0 {
            return Err(file.invalid("it does not say how its layers are shaped"));
        }
        let is_gemma = file.architecture == "gemma3";
        // Of all sizes of gemma3, 27B with its 62 layers is the one that scales by the width.
        let scaled_by = if is_gemma && layers == 62 { width / heads } else { depth };
        let shape = Shape {
            heads,
            shared,
            depth,
            scale: 1.0 / (scaled_by as f64).sqrt(),
            magnified: is_gemma.then(|| (width as f64).sqrt()),
            is_gelu: is_gemma,
        };
        let epsilon = f64::from(file.own_float("attention.layer_norm_rms_epsilon").unwrap_or(1e-5));
        let mut parts = Parts { tensors: file.tensors(device)?, epsilon };
        let windows = Windows::of(file);
        let words = parts.tensors.stored_on("token_embd.weight", &Device::Cpu)?;
        let output = match parts.tensors.has("output.weight") {
            true => parts.product("output.weight")?,
            false if device.is_cpu() => QMatMul::from_arc(Arc::clone(&words)).map_err(super::computation)?,
            false => parts.product("token_embd.weight")?,
        };
        Ok(Decoder {
            shape,
            layers: (0..layers)
                .map(|layer| parts.layer(layer, windows.of_layer(layer)))
                .collect::<std::result::Result<_, _>>()?,
            norm: parts.norm("output_norm.weight")?,
            output,
            words,
            rotations: Rotations::of(file, depth, &mut parts.tensors)?,
            device: device.clone(),
        })
    }

    /// Begins a conversation of at most `capacity` tokens with its answer.
    pub(super) fn begin(&self, capacity: usize) -> Result<Reading> {
        Ok(Reading {
            caches: self.layers.iter().map(|_| KvCache::new(1, capacity)).collect(),
            everywhere: self.rotations.everywhere(capacity, &self.device)?,
            in_windows: self.rotations.in_windows(capacity, &self.device)?,
            position: 0,
        })
    }

    /// How likely each token is to follow these, which follow what was read; as numbers of any scale.
    pub(super) fn read(&self, reading: &mut Reading, tokens: &[u32]) -> Result<Tensor> {
        let words = self.words.embedding(&Tensor::new(tokens, &Device::Cpu)?)?;
        let mut x = words.to_device(&self.device)?;
        if let Some(factor) = self.shape.magnified {
            x = (x * factor)?;
        }
        let Reading { caches, everywhere, in_windows, position } = reading;
        let (mut all, mut windowed) = (None, None);
        for (layer, cache) in self.layers.iter().zip(caches) {
            let (rotation, mask) = match layer.window {
                Some(_) => (&*in_windows, &mut windowed),
                None => (&*everywhere, &mut all),
            };
            if mask.is_none() && tokens.len() > 1 {
                *mask = Some(self.mask(tokens.len(), *position, layer.window)?);
            }
            let seen = Seen { cache, rotation, mask: mask.as_ref(), position: *position, window: layer.window };
            x = layer.forward(&x, &self.shape, seen)?;
        }
        *position += tokens.len();
        let last = x.narrow(0, tokens.len() - 1, 1)?;
        self.output.forward(&self.norm.forward(&last)?)?.squeeze(0)
    }

    /// What is added to how well each of `count` tokens fits each one up to the last of them: nothing, or minus infinity.
    fn mask(&self, count: usize, position: usize, window: Option<usize>) -> Result<Tensor> {
        let till = position + count;
        let allowed = |reader: usize, read: usize| read <= reader && window.is_none_or(|window| reader - read < window);
        let row =
            |reader: usize| (0..till).map(move |read| if allowed(reader, read) { 0_f32 } else { f32::NEG_INFINITY });
        let mask: Vec<f32> = (position..till).flat_map(row).collect();
        Tensor::from_vec(mask, (1, 1, count, till), &self.device)
    }
}

/// Which layers look back at a few tokens only.
struct Windows {
    width: Option<usize>,
    pattern: usize,
}

impl Windows {
    fn of(file: &GgufFile) -> Self {
        let width =
            file.own_number("attention.sliding_window").filter(|width| *width > 0 && file.architecture == "gemma3");
        Windows { width, pattern: file.own_number("attention.sliding_window_pattern").unwrap_or(6).max(1) }
    }

    /// All but each sixth.
    fn of_layer(&self, layer: usize) -> Option<usize> {
        self.width.filter(|_| !(layer + 1).is_multiple_of(self.pattern))
    }
}

/// What a layer sees of a conversation.
struct Seen<'a> {
    cache: &'a mut KvCache,
    rotation: &'a Rotation,
    mask: Option<&'a Tensor>,
    position: usize,
    window: Option<usize>,
}

impl Layer {
    /// `x` has a row for each token.
    fn forward(&self, x: &Tensor, shape: &Shape, seen: Seen<'_>) -> Result<Tensor> {
        let attended = self.attention.forward(&self.before_attention.forward(x)?, shape, seen)?;
        let x = (x + normed(self.after_attention.as_ref(), attended)?)?;
        let inner = self.inner(&self.before_inner.forward(&x)?, shape)?;
        &x + normed(self.after_inner.as_ref(), inner)?
    }

    fn inner(&self, x: &Tensor, shape: &Shape) -> Result<Tensor> {
        let up = self.up.forward(x)?;
        let (gate, up) = match &self.gate {
            Some(gate) => (gate.forward(x)?, up),
            None => {
                let half = up.dim(D::Minus1)? / 2;
                (up.narrow(D::Minus1, 0, half)?.contiguous()?, up.narrow(D::Minus1, half, half)?.contiguous()?)
            }
        };
        let gate = if shape.is_gelu { gate.gelu()? } else { gate.silu()? };
        self.down.forward(&(gate * up)?)
    }
}

impl Attention {
    fn forward(&self, x: &Tensor, shape: &Shape, seen: Seen<'_>) -> Result<Tensor> {
        let Shape { heads, shared, depth, scale, .. } = *shape;
        let count = x.dim(0)?;
        let (query, key, value) = self.inputs.forward(x, shape)?;
        // Heads first: each is a matrix with a row for each token.
        let by_head = |x: Tensor, heads: usize| x.reshape((count, heads, depth))?.transpose(0, 1)?.contiguous();
        let query = normed(self.query_norm.as_ref(), by_head(query, heads)?)?;
        let key = normed(self.key_norm.as_ref(), by_head(key, shared)?)?;
        let query = seen.rotation.apply(&query, seen.position)?;
        let key = seen.rotation.apply(&key, seen.position)?;
        let (mut keys, mut values) = seen.cache.append(&key, &by_head(value, shared)?)?;
        // A single token needs no mask, but for what lies before its window.
        if let (None, Some(window)) = (seen.mask, seen.window) {
            let length = keys.dim(1)?;
            let kept = length.min(window);
            keys = keys.narrow(1, length - kept, kept)?;
            values = values.narrow(1, length - kept, kept)?;
        }
        let length = keys.dim(1)?;
        let group = heads / shared;
        let query = query.reshape((shared, group * count, depth))?;
        let mut fits = (query.matmul(&keys.transpose(1, 2)?)? * scale)?;
        if let Some(mask) = seen.mask {
            fits = fits.reshape((shared, group, count, length))?.broadcast_add(mask)?.reshape((
                shared,
                group * count,
                length,
            ))?;
        }
        let attended = candle_nn::ops::softmax_last_dim(&fits)?.matmul(&values)?;
        let rows = attended.reshape((heads, count, depth))?.transpose(0, 1)?.reshape((count, heads * depth))?;
        self.output.forward(&rows)
    }
}

impl Inputs {
    fn forward(&self, x: &Tensor, shape: &Shape) -> Result<(Tensor, Tensor, Tensor)> {
        match self {
            Inputs::Apart { query, key, value } => Ok((query.forward(x)?, key.forward(x)?, value.forward(x)?)),
            Inputs::Together(all) => {
                let all = all.forward(x)?;
                let (own, shared) = (shape.heads * shape.depth, shape.shared * shape.depth);
                let part = |from, width| all.narrow(D::Minus1, from, width)?.contiguous();
                Ok((part(0, own)?, part(own, shared)?, part(own + shared, shared)?))
            }
        }
    }
}

impl Linear {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let product = self.weight.forward(x)?;
        match &self.bias {
            Some(bias) => product.broadcast_add(bias),
            None => Ok(product),
        }
    }
}

fn normed(norm: Option<&RmsNorm>, x: Tensor) -> Result<Tensor> {
    match norm {
        Some(norm) => norm.forward(&x),
        None => Ok(x),
    }
}

/// Makes parts of a decoder of a file's tensors.
struct Parts<'a> {
    tensors: Tensors<'a>,
    epsilon: f64,
}

impl Parts<'_> {
    fn layer(&mut self, layer: usize, window: Option<usize>) -> std::result::Result<Layer, Error> {
        let name = |part: &str| format!("blk.{layer}.{part}");
        let inputs = match self.tensors.has(&name("attn_qkv.weight")) {
            true => Inputs::Together(self.linear(&name("attn_qkv"))?),
            false => Inputs::Apart {
                query: self.linear(&name("attn_q"))?,
                key: self.linear(&name("attn_k"))?,
                value: self.linear(&name("attn_v"))?,
            },
        };
        Ok(Layer {
            before_attention: self.norm(&name("attn_norm.weight"))?,
            attention: Attention {
                inputs,
                query_norm: self.norm_if_there(&name("attn_q_norm.weight"))?,
                key_norm: self.norm_if_there(&name("attn_k_norm.weight"))?,
                output: self.product(&name("attn_output.weight"))?,
            },
            after_attention: self.norm_if_there(&name("post_attention_norm.weight"))?,
            before_inner: self.norm(&name("ffn_norm.weight"))?,
            gate: match self.tensors.has(&name("ffn_gate.weight")) {
                true => Some(self.product(&name("ffn_gate.weight"))?),
                false => None,
            },
            up: self.product(&name("ffn_up.weight"))?,
            down: self.product(&name("ffn_down.weight"))?,
            after_inner: self.norm_if_there(&name("post_ffw_norm.weight"))?,
            window,
        })
    }

    fn linear(&mut self, name: &str) -> std::result::Result<Linear, Error> {
        let bias = self.tensors.numbers(&format!("{name}.bias"))?;
        Ok(Linear { weight: self.product(&format!("{name}.weight"))?, bias })
    }

    fn product(&mut self, name: &str) -> std::result::Result<QMatMul, Error> {
        QMatMul::from_arc(self.tensors.stored(name)?).map_err(super::computation)
    }

    fn norm(&mut self, name: &str) -> std::result::Result<RmsNorm, Error> {
        let stored = self.tensors.stored(name)?;
        let weight = stored.dequantize(&stored.device()).and_then(|weight| weight.to_dtype(DType::F32));
        let weight = weight.map_err(super::computation)?;
        let weight = QTensor::quantize(&weight, candle_core::quantized::GgmlDType::F32).map_err(super::computation)?;
        RmsNorm::from_qtensor(weight, self.epsilon).map_err(super::computation)
    }

    fn norm_if_there(&mut self, name: &str) -> std::result::Result<Option<RmsNorm>, Error> {
        if self.tensors.has(name) { self.norm(name).map(Some) } else { Ok(None) }
    }
}
