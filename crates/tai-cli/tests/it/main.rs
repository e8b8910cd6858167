//! The program from outside, and the shape of the workspace.

mod commands;
mod edges;
