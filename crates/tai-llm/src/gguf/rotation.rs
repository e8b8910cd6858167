//! Where a token stands, told to attention by rotating pairs of numbers (rotary position embedding).

use candle_core::{D, Device, Result, Tensor};
use candle_nn::rotary_emb::{rope, rope_i};

use super::file::{GgufFile, Tensors};
use crate::Error;

/// How a model rotates.
pub(super) struct Rotations {
    /// Numbers of a head that are rotated; the others stay.
    width: usize,
    /// The pairs are neighbours, else of both halves.
    neighbours: bool,
    base: f32,
    base_in_windows: f32,
    /// What positions are divided by.
    stretched: f32,
    /// What each pair's speed is divided by: for short texts, and for long ones where these have their own.
    slower: Option<Vec<f32>>,
    slower_when_long: Option<Vec<f32>>,
    /// Tokens up to which a text is short.
    short: usize,
    magnitude: f32,
}

/// The rotations of each position.
pub(super) struct Rotation {
    cos: Tensor,
    sin: Tensor,
    neighbours: bool,
}

impl Rotations {
    pub(super) fn of(file: &GgufFile, depth: usize, tensors: &mut Tensors<'_>) -> std::result::Result<Self, Error> {
        let width = file.own_number("rope.dimension_count").unwrap_or(depth);
        if width == 0 || width > depth || !width.is_multiple_of(2) {
            return Err(file.invalid("it does not say how positions are told"));
        }
        let factor = file.own_float("rope.scaling.factor").filter(|factor| *factor > 0.0).unwrap_or(1.0);
        let stretched = match file.own_text("rope.scaling.type") {
            Some("linear") => factor,
            None | Some("none" | "longrope" | "su") => 1.0,
            Some(other) => return Err(file.unsupported("scaling of positions", other)),
        };
        let mut factors = |name: &str| -> std::result::Result<Option<Vec<f32>>, Error> {
            let Some(numbers) = tensors.numbers(name)? else { return Ok(None) };
            let factors = numbers.flatten_all().and_then(|numbers| numbers.to_vec1()).map_err(super::computation)?;
            if factors.len() == width / 2 {
                Ok(Some(factors))
            } else {
                Err(file.invalid("its scaling of positions has another width than its heads"))
            }
        };
        let short = factors("rope_factors_short.weight")?;
        let base = file.own_float("rope.freq_base").unwrap_or(10_000.0);
        let is_gemma = file.architecture == "gemma3";
        Ok(Rotations {
            width,
            neighbours: file.architecture == "llama",
            base,
            base_in_windows: file.own_float("rope.freq_base_swa").unwrap_or(if is_gemma { 10_000.0 } else { base }),
            stretched,
            slower: match short {
                Some(short) => Some(short),
                None => factors("rope_freqs.weight")?,
            },
            slower_when_long: factors("rope_factors_long.weight")?,
            short: file.own_number("rope.scaling.original_context_length").unwrap_or(usize::MAX),
            magnitude: file.own_float("rope.scaling.attn_factor").unwrap_or(1.0),
        })
    }

    /// For a text of at most so many tokens, in layers that see all of it.
    pub(super) fn everywhere(&self, tokens: usize, device: &Device) -> Result<Rotation> {
        let long = self.slower_when_long.as_ref().filter(|_| tokens > self.short);
        self.table(tokens, self.base, self.stretched, long.or(self.slower.as_ref()).map(Vec::as_slice), device)
    }

    /// In layers that see a window of it.
    pub(super) fn in_windows(&self, tokens: usize, device: &Device) -> Result<Rotation> {
        self.table(tokens, self.base_in_windows, 1.0, None, device)
    }

    fn table(
        &self,
        tokens: usize,
        base: f32,
        stretched: f32,
        slower: Option<&[f32]>,
        device: &Device,
    ) -> Result<Rotation> {
        let speed = |pair: usize| {
            let speed = base.powf(-((2 * pair) as f32) / self.width as f32);
            speed / slower.map_or(1.0, |slower| slower[pair])
        };
        let speeds: Vec<f32> = (0..self.width / 2).map(speed).collect();
        let angle = |position: usize| speeds.iter().map(move |speed| position as f32 / stretched * speed);
        let angles: Vec<f32> = (0..tokens).flat_map(angle).collect();
        let angles = Tensor::from_vec(angles, (tokens, self.width / 2), device)?;
        let magnified = |x: Tensor| x * f64::from(self.magnitude);
        Ok(Rotation { cos: magnified(angles.cos()?)?, sin: magnified(angles.sin()?)?, neighbours: self.neighbours })
    }
}

impl Rotation {
    /// Rotates tokens from `position` on; `x` has a matrix for each head, with a row for each token.
    pub(super) fn apply(&self, x: &Tensor, position: usize) -> Result<Tensor> {
        let (_, count, depth) = x.dims3()?;
        let (cos, sin) = (self.cos.narrow(0, position, count)?, self.sin.narrow(0, position, count)?);
        let width = 2 * cos.dim(D::Minus1)?;
        let rotate = if self.neighbours { rope_i } else { rope };
        if width == depth {
            return rotate(&x.unsqueeze(0)?, &cos, &sin)?.squeeze(0);
        }
        let rotated = rotate(&x.narrow(D::Minus1, 0, width)?.contiguous()?.unsqueeze(0)?, &cos, &sin)?.squeeze(0)?;
        Tensor::cat(&[&rotated, &x.narrow(D::Minus1, width, depth - width)?.contiguous()?], D::Minus1)
    }
}
