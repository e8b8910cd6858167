//! Passages: the texts that stand for chunks when meaning is compared.
//!
//! A chunk of 512 tokens holds too many things for one vector, and a host too many chunks to embed while an operator waits. So what is embedded
//! is small: every notable message once, however often the host repeats it, and the beginning of every short output.

use crate::salience::Salience;
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
    /// The chunks, by their index.
    pub(crate) chunks: Vec<usize>,
}

/// The passages of a host, the most salient first, up to `max_bytes` of text in all.
pub(crate) fn passages(
    documents: &[Document],
    chunks: &[Chunk],
    salience: &Salience,
    max_bytes: usize,
) -> Vec<Passage> {
    let messages = salience.templates().into_iter().map(|(notable, places)| {
        let document = &documents[chunks[places[0]].document];
        // A template may be in several documents; the place of its line is in the last one.
        let last = places.last().map_or(document, |&chunk| &documents[chunks[chunk].document]);
        Passage { text: beginning(&last.text[notable.bytes.clone()]).to_owned(), chunks: places }
    });
    let outputs = short_outputs(documents, chunks);
    let mut left = max_bytes;
    // Two thirds for messages: what a state looks like must have its turn even where logs are full of trouble.
    let mut take = |all: &mut dyn Iterator<Item = Passage>, share: usize| -> Vec<Passage> {
        let mut room = share.min(left);
        let taken: Vec<Passage> = all
            .take_while(|passage| {
                let fits = passage.text.len() <= room;
                room = room.saturating_sub(passage.text.len());
                fits
            })
            .collect();
        left -= taken.iter().map(|passage| passage.text.len()).sum::<usize>();
        taken
    };
    let mut outputs = outputs.into_iter();
    let mut found = take(&mut messages.into_iter(), max_bytes / 3 * 2);
    found.extend(take(&mut outputs, usize::MAX));
    found
}

fn short_outputs(documents: &[Document], chunks: &[Chunk]) -> Vec<Passage> {
    let mut per_document = vec![0usize; documents.len()];
    for chunk in chunks {
        per_document[chunk.document] += 1;
    }
    let short = chunks.iter().enumerate().filter(|(_, chunk)| per_document[chunk.document] <= MAX_CHUNKS);
    short
        .map(|(number, chunk)| {
            let document = &documents[chunk.document];
            let start = &document.text[chunk.bytes.clone()];
            let words: Vec<&str> = beginning(start).split_whitespace().collect();
            Passage { text: format!("{}: {}", document.command, words.join(" ")), chunks: vec![number] }
        })
        .collect()
}

fn beginning(text: &str) -> &str {
    let end = (0..=MAX_BYTES.min(text.len())).rfind(|&end| text.is_char_boundary(end)).unwrap_or(0);
    &text[..end]
}
