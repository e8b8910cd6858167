//! The models as their users see them, over real HTTP on the loopback interface.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod chain;
mod contract;
mod embeddings;
mod failures;
#[cfg(feature = "gguf")]
mod gguf;
mod health;
mod limits;
mod network;
mod peer;
mod peers;
mod real;
mod replies;
mod server;
mod streaming;
mod support;
#[cfg(feature = "gguf")]
mod tiny;
mod tls;
