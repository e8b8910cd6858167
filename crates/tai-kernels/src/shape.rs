//! What a model is, in numbers.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The sizes of a BERT encoder (Devlin et al., 2019), as in `config.json` of transformers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// `vocab_size`
    pub vocabulary: usize,
    /// `hidden_size`: numbers in a state.
    pub hidden: usize,
    /// `intermediate_size`: numbers in the middle of a feed-forward network.
    pub inner: usize,
    /// `num_hidden_layers`
    pub layers: usize,
    /// `num_attention_heads`, which divides `hidden`.
    pub heads: usize,
    /// `max_position_embeddings`: the most tokens of a text.
    pub positions: usize,
    /// `type_vocab_size`
    pub types: usize,
    /// `layer_norm_eps`
    pub eps: f32,
}

impl Shape {
    /// # Errors
    ///
    /// Where a size is 0 or beyond all reason, or the heads do not divide the states.
    pub fn check(&self) -> Result<(), Error> {
        let Self { vocabulary, hidden, inner, layers, heads, positions, types, .. } = *self;
        let wrong = |problem| Err(Error::Shape { problem });
        if [vocabulary, hidden, inner, layers, heads, positions, types].contains(&0) {
            return wrong("one of its sizes is 0");
        }
        if [hidden, inner, layers, heads, positions, types].iter().any(|size| *size > 1 << 16) || vocabulary > 1 << 24 {
            return wrong("one of its sizes is beyond all reason");
        }
        if !hidden.is_multiple_of(heads) {
            return wrong("its states cannot be divided among its heads");
        }
        Ok(())
    }
}

/// In what the linear layers compute. Everything else is f32 always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// As the weights were trained.
    #[default]
    F32,
    /// Factors of 8 significant bits, sums of 24.
    Bf16,
    /// Weights of 8 bits with a scale for each row, states of 8 bits with a scale for each token, exact sums.
    Int8,
}

impl Precision {
    /// All of them, the most exact first.
    pub const ALL: [Self; 3] = [Self::F32, Self::Bf16, Self::Int8];

    /// As people write it: `f32`, `bf16` or `int8`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Precision {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|precision| precision.name() == name).ok_or(UnknownName)
    }
}

/// The name of no precision or kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing has this name")]
pub struct UnknownName;

/// How the states of tokens become the vector of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// That of the first token.
    Cls,
}

/// One text, or two together: its token ids, and for each the text that it is of (0 or 1).
#[derive(Clone, Copy, Debug)]
pub struct Tokens<'a> {
    /// Each less than [`Shape::vocabulary`].
    pub ids: &'a [u32],
    /// As many as `ids`, each less than [`Shape::types`].
    pub types: &'a [u32],
}
