//! Stores that remember and lose nothing.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod contract;
mod crash;
mod damage;
mod support;
