//! BERT (Devlin et al., 2019) in f64, one number after the other.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use tai_kernels::Shape;

/// The weights of a model, by the names of transformers.
pub(crate) struct Naive {
    pub(crate) shape: Shape,
    weights: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl Naive {
    /// Random weights, the same ones for a seed; with what a cross-encoder scores with, if `scores`.
    pub(crate) fn random(shape: Shape, scores: bool, seed: u64) -> Self {
        let Shape { vocabulary, hidden, inner, layers, positions, types, .. } = shape;
        let root = if scores { "bert." } else { "" };
        let mut all = Vec::new();
        let mut linear = |name: String, outputs: usize, inputs: usize| {
            all.push((format!("{name}.weight"), vec![outputs, inputs]));
            all.push((format!("{name}.bias"), vec![outputs]));
        };
        for layer in 0..layers {
            let name = |of: &str| format!("{root}encoder.layer.{layer}.{of}");
            for of in ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"] {
                linear(name(of), hidden, hidden);
            }
            linear(name("intermediate.dense"), inner, hidden);
            linear(name("output.dense"), hidden, inner);
        }
        if scores {
            linear("bert.pooler.dense".to_owned(), hidden, hidden);
            linear("classifier".to_owned(), 1, hidden);
        }
        for (table, rows) in [("word", vocabulary), ("position", positions), ("token_type", types)] {
            all.push((format!("{root}embeddings.{table}_embeddings.weight"), vec![rows, hidden]));
        }
        let norms =
            (0..layers).flat_map(|n| ["attention.output", "output"].map(|of| format!("encoder.layer.{n}.{of}")));
        for norm in norms.chain(["embeddings".to_owned()]) {
            all.push((format!("{root}{norm}.LayerNorm.weight"), vec![hidden]));
            all.push((format!("{root}{norm}.LayerNorm.bias"), vec![hidden]));
        }
        let mut random = Random(seed);
        let weights = all.into_iter().map(|(name, dimensions)| {
            let numbers = (0..dimensions.iter().product()).map(|_| random.next()).collect();
            (name, (dimensions, numbers))
        });
        Self { shape, weights: weights.collect() }
    }

    /// Writes them as transformers does.
    pub(crate) fn save(&self, file: &Path) {
        let bytes = |numbers: &[f32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        let data: Vec<_> =
            self.weights.iter().map(|(name, (shape, numbers))| (name, shape.clone(), bytes(numbers))).collect();
        let tensors = data.iter().map(|(name, shape, bytes)| {
            (*name, TensorView::new(Dtype::F32, shape.clone(), bytes).expect("as many as the shape"))
        });
        serialize_to_file(tensors, None, file).expect("a file");
    }

    /// The states of a text's tokens.
    pub(crate) fn states(&self, ids: &[u32], types: &[u32]) -> Vec<Vec<f64>> {
        let embedding = |table: &str, at: usize| self.row(&format!("embeddings.{table}_embeddings.weight"), at);
        let tokens = ids.iter().zip(types).enumerate();
        let begin = |(place, (id, of)): (usize, (&u32, &u32))| {
            let (word, place) = (embedding("word", *id as usize), embedding("position", place));
            let sum = add(&add(&word, &place), &embedding("token_type", *of as usize));
            self.norm("embeddings", &sum)
        };
        let mut states: Vec<Vec<f64>> = tokens.map(begin).collect();
        for layer in 0..self.shape.layers {
            let name = |of: &str| format!("encoder.layer.{layer}.{of}");
            let mixed = self.attention(&name("attention.self"), &states);
            for (state, mixed) in states.iter_mut().zip(&mixed) {
                let out = self.linear(&name("attention.output.dense"), mixed);
                *state = self.norm(&name("attention.output"), &add(state, &out));
                let inner = self.linear(&name("intermediate.dense"), state).into_iter().map(gelu).collect::<Vec<_>>();
                *state = self.norm(&name("output"), &add(state, &self.linear(&name("output.dense"), &inner)));
            }
        }
        states
    }

    /// The logit of a text.
    pub(crate) fn score(&self, ids: &[u32], types: &[u32]) -> f64 {
        let first = &self.states(ids, types)[0];
        let pooled: Vec<f64> = self.linear("pooler.dense", first).into_iter().map(f64::tanh).collect();
        self.linear("classifier", &pooled)[0]
    }

    fn attention(&self, name: &str, states: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let part =
            |of: &str| states.iter().map(|state| self.linear(&format!("{name}.{of}"), state)).collect::<Vec<_>>();
        let (queries, keys, values) = (part("query"), part("key"), part("value"));
        let width = self.shape.hidden / self.shape.heads;
        let mix = |query: &Vec<f64>, place: usize| {
            let head = place / width * width..(place / width + 1) * width;
            let score = |key: &Vec<f64>| dot(&query[head.clone()], &key[head.clone()]) / (width as f64).sqrt();
            let powers: Vec<f64> = keys.iter().map(|key| score(key).exp()).collect();
            let mixed: f64 = powers.iter().zip(&values).map(|(power, value)| power * value[place]).sum();
            mixed / powers.iter().sum::<f64>()
        };
        queries.iter().map(|query| (0..query.len()).map(|place| mix(query, place)).collect()).collect()
    }

    fn linear(&self, name: &str, from: &[f64]) -> Vec<f64> {
        let bias = self.row(&format!("{name}.bias"), 0);
        let name = format!("{name}.weight");
        bias.iter().enumerate().map(|(output, bias)| dot(&self.row(&name, output), from) + bias).collect()
    }

    fn norm(&self, name: &str, from: &[f64]) -> Vec<f64> {
        let (weight, bias) =
            (self.row(&format!("{name}.LayerNorm.weight"), 0), self.row(&format!("{name}.LayerNorm.bias"), 0));
        let mean = from.iter().sum::<f64>() / from.len() as f64;
        let spread = (from.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / from.len() as f64
            + f64::from(self.shape.eps))
        .sqrt();
        from.iter()
            .zip(weight.iter().zip(bias))
            .map(|(x, (weight, bias))| (x - mean) / spread * weight + bias)
            .collect()
    }

    /// A row of a matrix, or a whole vector.
    fn row(&self, name: &str, at: usize) -> Vec<f64> {
        let (shape, numbers) = self.weights.get(name).unwrap_or_else(|| &self.weights[&format!("bert.{name}")]);
        let width = shape.last().expect("a dimension");
        numbers[at * width..(at + 1) * width].iter().map(|number| f64::from(*number)).collect()
    }
}

fn add(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(left, right)| left + right).collect()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// With the error function's series: enough for the sizes that occur here.
fn gelu(x: f64) -> f64 {
    let z = x / std::f64::consts::SQRT_2;
    let (mut term, mut sum) = (z, z);
    for n in 1..100 {
        term *= -z * z / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    x * 0.5 * (1.0 + sum * 2.0 / std::f64::consts::PI.sqrt())
}

/// Marsaglia's xorshift.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % end
    }

    /// From -0.3 to 0.3.
    fn next(&mut self) -> f32 {
        self.below(1 << 20) as f32 / (1 << 20) as f32 * 0.6 - 0.3
    }
}
