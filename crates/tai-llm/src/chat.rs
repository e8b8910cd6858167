//! The seam: the trait [`ChatModel`] and the plain types it speaks.

use std::fmt;

use async_trait::async_trait;
use serde::Serialize;

use crate::{Error, estimated_tokens};

/// The name of the one tool.
pub(crate) const RUN_COMMAND: &str = "run_command";

/// A model that answers a conversation with text.
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// The model's name as it was asked for, such as `gemma3:4b`.
    fn name(&self) -> &str;

    /// Answers the conversation in `request`.
    ///
    /// The text of the reply holds no reasoning, and is blank only where the model asks for a tool
    /// that was offered. It comes from a model and is untrusted: it may contain anything, control
    /// characters included.
    ///
    /// Dropping the future gives the answer up; the caller waits for nothing.
    ///
    /// # Errors
    ///
    /// Whatever kept the model from answering; [`Error::EmptyAnswer`] if it answered with no text.
    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, Error>;

    /// Answers as [`chat`](Self::chat) does, and tells `on_piece` how far the answer is.
    ///
    /// The pieces are for showing progress; the answer is what is returned. Put together, their
    /// texts are the text of the reply, with two exceptions: reasoning that ends with `</think>`
    /// and began without a tag is not known as such until it ends, and where one model of a
    /// [`Chain`](crate::Chain) fails, a piece with no text and no tokens says that the next begins
    /// anew. A model that cannot stream passes
    /// its answer on in one piece, which is what this method does unless it is overridden.
    ///
    /// # Errors
    ///
    /// As for `chat`; [`Error::AnswerCut`] and [`Error::Stalled`] for an answer that begins and
    /// does not end. What came of it is not returned: half a diagnosis reads like a whole one.
    async fn chat_streamed(&self, request: &ChatRequest, on_piece: &mut OnPiece<'_>) -> Result<ChatReply, Error> {
        let reply = self.chat(request).await?;
        on_piece(Piece { text: &reply.text, tokens: reply.usage.map_or(0, |usage| usage.completion_tokens) });
        Ok(reply)
    }

    /// The most tokens that a conversation and its answer may have together; `None` if that is not
    /// known. It may ask the server, once.
    async fn context_tokens(&self) -> Option<u64> {
        None
    }

    /// Does what takes long before a first answer, such as reading weights, while something else goes on. What fails is told by the first answer.
    async fn prepare(&self) {}

    /// Tokens of a conversation by the model's own tokenizer; `None` where only a server has it.
    async fn count_tokens(&self, _messages: &[Message]) -> Option<u64> {
        None
    }
}

/// Is told about each [`Piece`].
pub type OnPiece<'a> = dyn FnMut(Piece<'_>) + Send + 'a;

/// What has come of an answer since the last piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Text of the answer; empty while the model reasons. As untrusted as the answer.
    pub text: &'a str,
    /// Tokens of the answer so far, reasoning included, counted by the pieces that the server
    /// sends: most send one for each token.
    pub tokens: u64,
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
    /// Offers the model the one tool there is, `run_command` with the argument `command`, and tells
    /// it by this text what it is good for. A server or model that knows no tools is asked without
    /// it, which [`ChatReply::warnings`] says.
    pub run_command: Option<String>,
}

impl ChatRequest {
    /// A request with these messages and the model's default settings.
    pub fn new(messages: impl Into<Vec<Message>>) -> Self {
        Self { messages: messages.into(), ..Self::default() }
    }

    /// Tokens of the conversation, estimated without the model's tokenizer, rather too many than
    /// too few: see [`estimated_tokens`](crate::estimated_tokens).
    #[must_use]
    pub fn estimated_tokens(&self) -> u64 {
        let texts = self.messages.iter().map(|message| &message.content);
        texts.chain(&self.run_command).map(|text| estimated_tokens(text) + TOKENS_OF_A_TURN).sum()
    }
}

/// What a chat template puts around a turn, in tokens: more than any common one does.
const TOKENS_OF_A_TURN: u64 = 8;

/// A model's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatReply {
    /// The answer, trimmed, without reasoning; blank only if there are `tool_calls`.
    pub text: String,
    /// What the model wants to be run before it answers; empty unless a tool was offered.
    pub tool_calls: Vec<ToolCall>,
    /// What the answer cost, if the model says so.
    pub usage: Option<Usage>,
    /// Why the answer ends where it ends.
    pub finish: Finish,
    /// The name of the model that answered: of a chain, one of its models.
    pub model: String,
    /// What the person who reads the answer should know about it.
    pub warnings: Vec<Warning>,
}

/// A tool that a model asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// The tool's name, as the model wrote it.
    pub name: String,
    /// The arguments as the model wrote them, a JSON object if it did as it was told.
    pub arguments: String,
}

impl ToolCall {
    /// The command that is to be run, untrusted; `None` if this is no well-formed call of
    /// `run_command`.
    #[must_use]
    pub fn command(&self) -> Option<String> {
        let arguments: serde_json::Value = serde_json::from_str(&self.arguments).ok()?;
        let command = arguments.get("command")?.as_str()?.trim();
        (self.name == RUN_COMMAND && !command.is_empty()).then(|| command.to_owned())
    }
}

/// What the person who reads an answer should know about it. Its `Display` is one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// A tool was offered, and the server or the model knows none.
    #[error("the model takes no tools")]
    ToolsRefused,
    /// The conversation and its answer may not fit into the model's context.
    #[error("the prompt has about {needed} tokens with its answer, and the model's context {context}")]
    MayNotFit {
        /// Tokens of the conversation, estimated, and of the answer.
        needed: u64,
        /// The context's length in tokens.
        context: u64,
    },
    /// The server cut the conversation to fit its context.
    #[error("the server cut the prompt to its context of {context} tokens: the answer misses what was cut")]
    PromptCut {
        /// The context's length in tokens.
        context: u64,
    },
    /// A model before the one that answered failed.
    #[error("{model} did not answer: {reason}")]
    FellBack {
        /// Its name.
        model: String,
        /// Why, with all causes.
        reason: String,
    },
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
    /// The model wants a tool to be run.
    ToolCalls,
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
            Finish::ToolCalls => "tool calls",
            Finish::Length => "length",
            Finish::ContentFilter => "content filter",
            Finish::Unknown => "unknown",
        })
    }
}
