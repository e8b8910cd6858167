//! `config.json`: the shape of an encoder.

use serde_json::Value;

/// What decides the shape, and where the weights are.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) family: Family,
    pub(crate) vocabulary: usize,
    pub(crate) hidden: usize,
    pub(crate) inner: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) positions: usize,
    pub(crate) types: usize,
    pub(crate) eps: f32,
}

/// Encoders that differ in more than size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Family {
    /// Devlin et al., 2019: learnt positions, GELU.
    Bert,
    /// nomic-embed-text v1 and v1.5: rotary positions of this base, a gated feed-forward network, few biases.
    Nomic {
        /// Of the rotary positions.
        base: f32,
    },
}

impl Config {
    /// Reads what transformers or nomic's own code wrote.
    ///
    /// # Errors
    ///
    /// Why such a model cannot be computed here.
    pub(crate) fn parse(json: &Value) -> Result<Self, String> {
        let config = match json["model_type"].as_str() {
            Some("bert") => bert(json)?,
            Some("nomic_bert") => nomic(json)?,
            Some(other) => return Err(format!("its model_type is {other:?}, neither \"bert\" nor \"nomic_bert\"")),
            None => return Err("it has no model_type".to_owned()),
        };
        let Self { vocabulary, hidden, inner, layers, heads, positions, types, .. } = config;
        if [vocabulary, hidden, inner, layers, heads, positions, types].contains(&0) {
            return Err("one of its sizes is 0".to_owned());
        }
        if !hidden.is_multiple_of(heads) {
            return Err("its hidden_size is no multiple of num_attention_heads".to_owned());
        }
        Ok(config)
    }
}

fn bert(json: &Value) -> Result<Config, String> {
    expect(json, "hidden_act", &["gelu"])?;
    if !json["position_embedding_type"].is_null() {
        expect(json, "position_embedding_type", &["absolute"])?;
    }
    Ok(Config {
        family: Family::Bert,
        vocabulary: size(json, &["vocab_size"])?,
        hidden: size(json, &["hidden_size"])?,
        inner: size(json, &["intermediate_size"])?,
        layers: size(json, &["num_hidden_layers"])?,
        heads: size(json, &["num_attention_heads"])?,
        positions: size(json, &["max_position_embeddings"])?,
        types: size(json, &["type_vocab_size"]).unwrap_or(2),
        eps: number(json, &["layer_norm_eps"]).unwrap_or(1e-12),
    })
}

/// The names of nomic's own code, then those of transformers.
fn nomic(json: &Value) -> Result<Config, String> {
    let activation = if json["activation_function"].is_null() { "hidden_act" } else { "activation_function" };
    expect(json, activation, &["swiglu", "silu"])?;
    let has = |name: &str| json[name].as_bool() == Some(true);
    for unknown in
        ["prenorm", "qkv_proj_bias", "mlp_fc1_bias", "mlp_fc2_bias", "rotary_emb_interleaved", "use_rms_norm"]
    {
        if has(unknown) {
            return Err(format!("it has {unknown}"));
        }
    }
    if number(json, &["rotary_emb_fraction"]).is_some_and(|fraction| fraction != 1.0) {
        return Err("its rotary_emb_fraction is not 1".to_owned());
    }
    let base = number(json, &["rotary_emb_base"]).or_else(|| number(&json["rope_parameters"], &["rope_theta"]));
    let positions = size(json, &["n_positions", "max_position_embeddings"])?;
    Ok(Config {
        family: Family::Nomic { base: base.unwrap_or(1000.0) },
        vocabulary: size(json, &["vocab_size"])?,
        hidden: size(json, &["n_embd", "hidden_size"])?,
        inner: size(json, &["n_inner", "intermediate_size"])?,
        layers: size(json, &["n_layer", "num_hidden_layers"])?,
        heads: size(json, &["n_head", "num_attention_heads"])?,
        // Beyond what it was trained for, positions would have to be scaled.
        positions: positions.min(size(json, &["max_trained_positions"]).unwrap_or(2048)),
        types: size(json, &["type_vocab_size"])?,
        eps: number(json, &["layer_norm_epsilon", "layer_norm_eps"]).unwrap_or(1e-12),
    })
}

fn size(json: &Value, names: &[&str]) -> Result<usize, String> {
    let found = names.iter().find_map(|name| json[*name].as_u64());
    found.and_then(|size| usize::try_from(size).ok()).ok_or_else(|| format!("it has no {}", names[0]))
}

fn number(json: &Value, names: &[&str]) -> Option<f32> {
    names.iter().find_map(|name| json[*name].as_f64()).map(|number| number as f32)
}

fn expect(json: &Value, name: &str, supported: &[&str]) -> Result<(), String> {
    match json[name].as_str() {
        Some(value) if supported.contains(&value) => Ok(()),
        Some(value) => Err(format!("its {name} is {value:?}, not {:?}", supported[0])),
        None => Err(format!("it has no {name}")),
    }
}
