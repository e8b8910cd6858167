#![doc = include_str!("../README.md")]

mod args;
mod cli;
mod commands;
mod exit;
mod fleet;
mod normalize;
mod output;
mod progress;
mod render;
mod terminal;
mod when;
mod wire;

pub use cli::main;
