#![doc = include_str!("../README.md")]

mod bm25;
mod chunk;
mod evidence;
mod expand;
mod index;
mod rank;
mod salience;
mod severity;
mod stem;
mod synonyms;
mod template;
mod terms;
mod tokens;

pub use chunk::{Chunk, ChunkOptions, chunk_document};
pub use evidence::{Evidence, Scores};
pub use index::{Document, Index};
pub use tokens::{ApproximateWordPieces, TokenCounter};
