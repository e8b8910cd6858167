//! Stores that remember and lose nothing.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod audit;
mod contract;
mod crash;
mod damage;
mod derived;
mod export;
mod full_disk;
mod graph;
mod runbooks;
mod sessions;
mod support;
