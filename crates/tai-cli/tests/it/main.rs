//! The program from outside, and the shape of the workspace.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod commands;
mod docs;
mod doctor;
mod edges;
mod exits;
mod generated;
mod html;
mod memory;
mod model;
mod models;
mod process;
mod repl;
mod settings;
mod ssh;
mod startup;
mod store;
mod tickets;
mod trace;
