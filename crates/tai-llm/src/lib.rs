#![doc = include_str!("../README.md")]

mod answer;
mod chain;
mod chat;
mod endpoint;
mod error;
mod estimate;
#[cfg(feature = "gguf")]
mod gguf;
mod health;
mod network;
mod openai;
mod scripted;
mod secret;
mod text;
mod tls;

pub use chain::Chain;
pub use chat::{ChatModel, ChatReply, ChatRequest, Finish, Message, OnPiece, Piece, Role, ToolCall, Usage, Warning};
pub use error::Error;
pub use estimate::estimated_tokens;
#[cfg(feature = "gguf")]
pub use gguf::{GgufModel, GgufOptions};
pub use health::{Health, health};
pub use openai::{OpenAiModel, OpenAiOptions, RetryPolicy};
pub use scripted::ScriptedModel;
pub use secret::{ApiKey, ProxyUrl};
pub use tls::TrustedRoots;
