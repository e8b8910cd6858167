//! Models come, are checked and go.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod failures;
mod import;
mod package;
mod pull;
mod registry;
mod server;
mod support;
