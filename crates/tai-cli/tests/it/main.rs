//! The program from outside, and the shape of the workspace.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod commands;
mod edges;
mod memory;
mod model;
mod models;
mod process;
mod ssh;
mod store;
