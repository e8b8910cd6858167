//! The crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod chunks;
mod embedding;
mod search;
