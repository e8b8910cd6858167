//! The seam: the trait [`ChatModel`] and the plain types it speaks.

use std::fmt;

use async_trait::async_trait;
use serde::Serialize;

use crate::Error;

/// A model that answers a conversation with text.
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// The model's name as it was asked for, such as `gemma3:4b`.
    fn name(&self) -> &str;

    /// Answers the conversation in `request`.
    ///
    /// The text of the reply is never blank and holds no reasoning. It comes from a model and is
    /// untrusted: it may contain anything, control characters included.
    ///
    /// Dropping the future gives the answer up; the caller waits for nothing.
    ///
    /// # Errors
    ///
    /// Whatever kept the model from answering; [`Error::EmptyAnswer`] if it answered with no text.
    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, Error>;
}

/// Who speaks in a [`Message`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Standing instructions.
    System,
    /// The person, or the program on the person's behalf.
    User,
    /// The model, in an earlier turn.
    Assistant,
}

impl Role {
    /// The name used in the OpenAI chat format: `system`, `user` or `assistant`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
    }
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// Standing instructions for the model.
    pub fn system(content: impl Into<String>) -> Self {
        Self { role: Role::System, content: content.into() }
    }

    /// What the user says.
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into() }
    }

    /// What the model said in an earlier turn.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self { role: Role::Assistant, content: content.into() }
    }
}

/// A conversation to answer, and how. A setting that is `None` is left to the model's default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChatRequest {
    /// The conversation, oldest turn first.
    pub messages: Vec<Message>,
    /// The most tokens to answer with, reasoning included.
    pub max_tokens: Option<u32>,
    /// Randomness of the answer: 0 takes the likeliest token each time.
    pub temperature: Option<f32>,
    /// Seed of the random choice, for models that support one.
    pub seed: Option<u64>,
}

impl ChatRequest {
    /// A request with these messages and the model's default settings.
    pub fn new(messages: impl Into<Vec<Message>>) -> Self {
        Self { messages: messages.into(), ..Self::default() }
    }
}

/// A model's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatReply {
    /// The answer, trimmed, without reasoning; never blank.
    pub text: String,
    /// What the answer cost, if the model says so.
    pub usage: Option<Usage>,
    /// Why the answer ends where it ends.
    pub finish: Finish,
}

/// Tokens spent on one answer, as the model counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Tokens of the conversation sent.
    pub prompt_tokens: u64,
    /// Tokens of the answer, reasoning included.
    pub completion_tokens: u64,
}

/// Why an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Finish {
    /// The model was done.
    Stop,
    /// The token limit or the context length was reached: the text is cut.
    Length,
    /// The server withheld the rest.
    ContentFilter,
    /// No reason given, or one that is not known here.
    Unknown,
}

impl fmt::Display for Finish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Finish::Stop => "stop",
            Finish::Length => "length",
            Finish::ContentFilter => "content filter",
            Finish::Unknown => "unknown",
        })
    }
}
