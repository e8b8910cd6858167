#![doc = include_str!("../README.md")]

mod benign;
mod bm25;
mod cache;
#[cfg(feature = "candle")]
mod candle;
mod chunk;
#[cfg(feature = "candle")]
mod directory;
mod embedder;
mod error;
mod evidence;
mod expand;
mod fold;
mod header;
mod index;
#[cfg(feature = "candle")]
mod kernels;
#[cfg(feature = "candle")]
mod offload;
mod origin;
mod passage;
mod rank;
mod record;
mod reranker;
mod salience;
mod search;
mod severity;
mod stem;
mod synonyms;
mod template;
mod terms;
mod tokens;
mod weights;
mod when;

pub use cache::CachedEmbedder;
#[cfg(feature = "candle")]
pub use candle::{CandleEmbedder, CandleReranker};
pub use chunk::{Chunk, ChunkOptions, Fold, chunk_document};
pub use embedder::{Embedder, Identity, Role, prefixes_of};
pub use error::{BoxedError, Error};
pub use evidence::{Evidence, Scores};
pub use index::{Document, Index};
#[cfg(feature = "candle")]
pub use kernels::{Kernel, KernelEmbedder, KernelOptions, KernelReranker, Precision, pack};
pub use passage::Passage;
pub use rank::Shares;
pub use reranker::{RERANKED, Reranker, rerank};
pub use search::Question;
pub use severity::severity;
pub use terms::{for_each_term, is_stop_word};
pub use tokens::{ApproximateWordPieces, TokenCounter};
pub use weights::Weights;
