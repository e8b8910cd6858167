#![doc = include_str!("../README.md")]

mod answer;
mod chat;
mod endpoint;
mod error;
mod network;
mod openai;
mod scripted;
mod secret;
mod text;

pub use chat::{ChatModel, ChatReply, ChatRequest, Finish, Message, Role, Usage};
pub use error::Error;
pub use openai::{OpenAiModel, OpenAiOptions, RetryPolicy};
pub use scripted::ScriptedModel;
pub use secret::{ApiKey, ProxyUrl};
