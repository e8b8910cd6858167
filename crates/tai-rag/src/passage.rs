//! Passages: the texts that stand for chunks when meaning is compared.
//!
//! A chunk of 512 tokens holds too many things for one vector, and a host too many chunks to embed while an operator waits. So what is embedded
//! is small: every notable message once, however often the host repeats it, and the beginning of every short output.

use std::collections::BTreeMap;

use crate::salience::Salience;
use crate::template::Template;
use crate::weights::Weights;
use crate::{Chunk, Document};

/// Bytes of a passage: about 100 word pieces.
const MAX_BYTES: usize = 300;
/// Outputs of more chunks are logs: their notable messages stand for them.
const MAX_CHUNKS: usize = 4;

/// A text to embed, and the chunks that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The message, or the command line and the beginning of the chunk.
    pub text: String,
    /// The chunks, by their index in [`Index::chunks`](crate::Index::chunks).
    pub chunks: Vec<usize>,
}

/// The passages of a host, up to `max_bytes` of text in all: notable messages, the most salient first, then beginnings of outputs in their order.
pub(crate) fn passages(
    documents: &[Document],
    chunks: &[Chunk],
    salience: &Salience,
    weights: &Weights,
    max_bytes: usize,
) -> Vec<Passage> {
    // Two thirds for messages: what a state looks like must have its turn even where logs are full of trouble.
    let mut found = within(messages(documents, chunks, salience, weights), max_bytes / 3 * 2);
    let left = max_bytes - found.iter().map(|passage| passage.text.len()).sum::<usize>();
    found.extend(within(short_outputs(documents, chunks), left));
    found
}

fn within(passages: Vec<Passage>, mut bytes: usize) -> Vec<Passage> {
    let fits = |passage: &Passage| match bytes.checked_sub(passage.text.len()) {
        Some(left) => {
            bytes = left;
            true
        }
        None => false,
    };
    passages.into_iter().take_while(fits).collect()
}

/// One passage for each notable template: the first line that has it.
fn messages(documents: &[Document], chunks: &[Chunk], salience: &Salience, weights: &Weights) -> Vec<Passage> {
    let mut places: BTreeMap<Template, (f32, Vec<usize>)> = BTreeMap::new();
    for chunk in 0..chunks.len() {
        for notable in salience.notable(chunk) {
            let place = places.entry(notable.template).or_default();
            place.0 = salience.of_line(notable, weights);
            place.1.push(chunk);
        }
    }
    let mut ranked: Vec<_> = places.into_iter().collect();
    ranked.sort_by(|(_, left), (_, right)| right.0.total_cmp(&left.0).then_with(|| left.1.cmp(&right.1)));
    let mut passages = Vec::new();
    for (template, (_, places)) in ranked {
        let first = &chunks[places[0]];
        let mut lines = documents[first.document].text[first.bytes.clone()].lines();
        let Some(line) = lines.find(|line| Template::of(line) == template) else { continue };
        passages.push(Passage { text: beginning(line).to_owned(), chunks: places });
    }
    passages
}

fn short_outputs(documents: &[Document], chunks: &[Chunk]) -> Vec<Passage> {
    let mut per_document = vec![0usize; documents.len()];
    for chunk in chunks {
        per_document[chunk.document] += 1;
    }
    let short = chunks.iter().enumerate().filter(|(_, chunk)| per_document[chunk.document] <= MAX_CHUNKS);
    let passage = |(number, chunk): (usize, &Chunk)| {
        let Document { command, text, .. } = &documents[chunk.document];
        let words: Vec<&str> = beginning(&text[chunk.bytes.clone()]).split_whitespace().collect();
        Passage { text: format!("{command}: {}", words.join(" ")), chunks: vec![number] }
    };
    short.map(passage).collect()
}

fn beginning(text: &str) -> &str {
    let end = (0..=MAX_BYTES.min(text.len())).rfind(|&end| text.is_char_boundary(end)).unwrap_or(0);
    &text[..end]
}
