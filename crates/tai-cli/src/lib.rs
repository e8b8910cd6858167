#![doc = include_str!("../README.md")]

mod args;
mod bug;
mod cli;
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

pub use cli::{check, main};
