//! What the tests share.

use std::time::Duration;

use tai_llm::{ChatModel, ChatReply, ChatRequest, Error, Message, OpenAiModel, OpenAiOptions};

use crate::server::Server;

/// Options for `server`, without waits between attempts.
pub(crate) fn options(server: &Server) -> OpenAiOptions {
    let mut options = OpenAiOptions::new(server.base_url(), "gemma3:4b");
    options.retry.first_wait = Duration::ZERO;
    options
}

pub(crate) async fn ask(options: OpenAiOptions) -> Result<ChatReply, Error> {
    OpenAiModel::new(options)?.chat(&hello()).await
}

pub(crate) fn hello() -> ChatRequest {
    ChatRequest::new([Message::user("hello")])
}

/// The message of an error and of all its causes.
pub(crate) fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
