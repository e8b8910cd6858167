//! The crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod cache;
mod chunks;
mod embedding;
mod families;
mod kernels;
mod meaning;
mod records;
mod rerank;
mod search;
