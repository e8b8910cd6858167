//! The crate as its users see it.

mod chunks;
mod search;
