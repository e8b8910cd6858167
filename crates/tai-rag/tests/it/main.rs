//! The crate as its users see it.

mod chunks;
mod embedding;
mod search;
