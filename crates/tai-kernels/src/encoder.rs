//! An encoder, of weights as they were trained or packed already.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::forward::{Layer, Weights};
use crate::head::{Scorer, pool};
use crate::kernel::Functions;
use crate::linear::{Linear, padded};
use crate::norm::Norm;
use crate::packed::{self, PackedHeader};
use crate::shape::{Pooling, Precision, Shape, Tokens};
use crate::source::Source;
use crate::workers::Workers;
use crate::{Error, Kernel};

/// How an encoder computes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// In what the linear layers compute. Packed weights have theirs.
    pub precision: Precision,
    /// The instructions to use; the best of the processor if none are named.
    pub kernel: Option<Kernel>,
    /// Threads at most; 0 for one on each core.
    pub threads: usize,
}

/// A BERT encoder.
pub struct Encoder {
    shape: Shape,
    precision: Precision,
    kernel: Kernel,
    functions: Functions,
    weights: Weights,
    workers: Workers,
}

impl Encoder {
    /// Packs the weights of a file: an encoder, alone, below `bert.`, or with the head of a `BertForSequenceClassification` with one label.
    ///
    /// # Errors
    ///
    /// When a tensor is missing or has another shape, or the processor lacks the kernel.
    pub fn pack(source: &Source, shape: &Shape, options: &Options) -> Result<Self, Error> {
        shape.check()?;
        let weights = pack(source, shape, options.precision)?;
        Self::new(*shape, options.precision, weights, options)
    }

    /// Maps packed weights that [`Encoder::save`] wrote. The file must not be shortened while the encoder lives.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is damaged, or the processor lacks the kernel.
    pub fn open(file: &Path, options: &Options) -> Result<(Self, PackedHeader), Error> {
        let (header, weights) = packed::open(file)?;
        Ok((Self::new(header.shape, header.precision, weights, options)?, header))
    }

    fn new(shape: Shape, precision: Precision, weights: Weights, options: &Options) -> Result<Self, Error> {
        let kernel = options.kernel.unwrap_or_else(Kernel::best);
        let functions = kernel.functions().ok_or(Error::Kernel(kernel))?;
        Ok(Self { shape, precision, kernel, functions, weights, workers: Workers::new(options.threads) })
    }

    /// Writes the packed weights into `file`, which is there whole or not at all. `source` is what they were packed from: the same one gives the same bytes.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn save(&self, file: &Path, source: &Source) -> Result<(), Error> {
        let bytes = source.bytes();
        let sum = Sha256::digest(bytes).into();
        packed::write(file, &self.weights, self.shape, self.precision, (bytes.len() as u64, sum))
    }

    /// The model's sizes.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// In what the linear layers compute.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The instructions that are used.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Whether it has what a cross-encoder scores with.
    #[must_use]
    pub fn scores(&self) -> bool {
        self.weights.scorer.is_some()
    }

    /// A vector for each text, of length 1 and [`Shape::hidden`] numbers; of a text without a token 0. It depends on its text alone, to the bit, whatever
    /// else is there and on however many threads.
    ///
    /// # Panics
    ///
    /// Where an id, a type or a length is beyond the shape.
    #[must_use]
    pub fn embed(&self, texts: &[Tokens<'_>], pooling: Pooling) -> Vec<Vec<f32>> {
        let hidden = self.shape.hidden;
        let mut vectors = self.run(texts, |states| pool(states, hidden, pooling));
        vectors.iter_mut().for_each(|vector| vector.resize(hidden, 0.0));
        vectors
    }

    /// The logit of each text, question and answer together; of one without a token 0. `None` where the weights have no such head.
    ///
    /// # Panics
    ///
    /// As of [`Encoder::embed`].
    #[must_use]
    pub fn score(&self, texts: &[Tokens<'_>]) -> Option<Vec<f32>> {
        let scorer = self.weights.scorer.as_ref()?;
        Some(self.run(texts, |states| scorer.score(states)))
    }

    fn run<T: Clone + Default + Send>(&self, texts: &[Tokens<'_>], head: impl Fn(&[f32]) -> T + Sync) -> Vec<T> {
        texts.iter().for_each(|text| self.check(text));
        let stride = padded(self.shape.hidden);
        self.workers.run(texts, |texts, scratch| {
            let mut rest = self.weights.forward(&self.shape, self.functions, texts, scratch);
            let own = |text: &Tokens<'_>| {
                let (own, others) = rest.split_at(text.ids.len() * stride);
                rest = others;
                head(own)
            };
            texts.iter().map(own).collect()
        })
    }

    fn check(&self, text: &Tokens<'_>) {
        let Shape { vocabulary, positions, types, .. } = self.shape;
        assert!(text.ids.len() <= positions, "a text of {} tokens, and {positions} positions", text.ids.len());
        assert_eq!(text.ids.len(), text.types.len(), "ids and types of a text");
        assert!(text.ids.iter().all(|id| (*id as usize) < vocabulary), "an id beyond the vocabulary");
        assert!(text.types.iter().all(|of| (*of as usize) < types), "a type beyond the types");
    }
}

/// Reads and packs all weights, by the names of transformers.
fn pack(source: &Source, shape: &Shape, precision: Precision) -> Result<Weights, Error> {
    let Shape { vocabulary, hidden, inner, layers, positions, types, eps, .. } = *shape;
    // Models that were saved with a head have the encoder one level deeper.
    let root = if source.contains("embeddings.word_embeddings.weight") { "" } else { "bert." };
    let norm = |name: String| {
        let of = |what: &str| source.get(&format!("{root}{name}.LayerNorm.{what}"), &[hidden]);
        Ok(Norm { weight: of("weight")?, bias: of("bias")?, eps })
    };
    let part = |name: String, inputs: usize, outputs: usize| {
        let name = format!("{root}{name}");
        Ok((
            source.get(&format!("{name}.weight"), &[outputs, inputs])?,
            source.get(&format!("{name}.bias"), &[outputs])?,
        ))
    };
    let linear = |name: String, inputs: usize, outputs: usize, norm: Option<&Norm>| {
        Ok(Linear::pack(inputs, &[part(name, inputs, outputs)?], precision, norm))
    };
    let layer = |number: usize| {
        let name = |of: &str| format!("encoder.layer.{number}.{of}");
        let own = ["query", "key", "value"].map(|of| part(name(&format!("attention.self.{of}")), hidden, hidden));
        let own = own.into_iter().collect::<Result<Vec<_>, Error>>()?;
        let before = match number {
            0 => norm("embeddings".to_owned())?,
            _ => norm(format!("encoder.layer.{}.output", number - 1))?,
        };
        let attention_norm = norm(name("attention.output"))?;
        Ok(Layer {
            qkv: Linear::pack(hidden, &own, precision, Some(&before)),
            attention: linear(name("attention.output.dense"), hidden, hidden, None)?,
            up: linear(name("intermediate.dense"), hidden, inner, Some(&attention_norm))?,
            attention_norm,
            down: linear(name("output.dense"), inner, hidden, None)?,
            norm: norm(name("output"))?,
        })
    };
    let table = |name: &str, rows: usize| source.get(&format!("{root}embeddings.{name}.weight"), &[rows, hidden]);
    Ok(Weights {
        words: table("word_embeddings", vocabulary)?,
        positions: table("position_embeddings", positions)?,
        types: table("token_type_embeddings", types)?,
        norm: norm("embeddings".to_owned())?,
        layers: (0..layers).map(layer).collect::<Result<_, Error>>()?,
        scorer: scorer(source, hidden)?,
    })
}

fn scorer(source: &Source, hidden: usize) -> Result<Option<Scorer>, Error> {
    if !source.contains("classifier.weight") {
        return Ok(None);
    }
    Ok(Some(Scorer {
        pooler: source.get("bert.pooler.dense.weight", &[hidden, hidden])?,
        pooler_bias: source.get("bert.pooler.dense.bias", &[hidden])?,
        classifier: source.get("classifier.weight", &[1, hidden])?,
        classifier_bias: source.get("classifier.bias", &[1])?,
    }))
}
