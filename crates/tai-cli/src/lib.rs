#![doc = include_str!("../README.md")]

mod args;
mod bug;
mod cli;
mod coming;
mod commands;
mod exit;
mod fleet;
mod generate;
mod interrupt;
mod nearest;
mod normalize;
mod output;
mod progress;
mod render;
mod repl;
mod terminal;
mod ticket;
mod trace;
mod when;
mod wire;

// The Rust in the guides compiles, or the doctests fail.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
mod guide {}

pub use cli::{check, main};
