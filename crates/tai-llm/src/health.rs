//! Whether a model can be asked.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::time::timeout;

use crate::error::with_causes;
use crate::{ChatModel, ChatReply, ChatRequest, Error, Message};

/// Tokens of the answer, at most: room for one word, and for a model that reasons before it.
const MOST_TOKENS: u32 = 64;

/// What became of asking a model for one word.
///
/// Its JSON has these fields; what is not known is null. All text may come from a server and is
/// untrusted, but has no control characters.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The model's name as it was asked for.
    pub model: String,
    /// Whether its server answers, with an error or without; for a model of no server, whether it can
    /// be asked at all.
    pub is_reachable: Option<bool>,
    /// Whether the server has the model.
    pub is_served: Option<bool>,
    /// The models that the server has, where it has not the one that was asked for; sorted.
    pub available: Vec<String>,
    /// The most tokens that a conversation and its answer may have together.
    pub context_tokens: Option<u64>,
    /// Seconds until the first token came.
    pub first_token_s: Option<f64>,
    /// Seconds until the answer was complete.
    pub answer_s: Option<f64>,
    /// Why there is no answer, with all causes.
    pub problem: Option<String>,
}

impl Health {
    /// Whether the model answered.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.answer_s.is_some()
    }
}

/// Asks `model` for its context's length and one word, for no longer than `patience` together.
/// Only the first model of a [`Chain`](crate::Chain) is what it says it is: ask each by itself.
pub async fn health(model: &dyn ChatModel, patience: Duration) -> Health {
    let mut health = Health {
        model: model.name().to_owned(),
        is_reachable: None,
        is_served: None,
        available: Vec::new(),
        context_tokens: None,
        first_token_s: None,
        answer_s: None,
        problem: None,
    };
    if timeout(patience, ask(model, &mut health)).await.is_err() {
        health.problem = Some(format!("no answer within {patience:?}; it may still be loading"));
    }
    health
}

async fn ask(model: &dyn ChatModel, health: &mut Health) {
    health.context_tokens = model.context_tokens().await;
    let mut request = ChatRequest::new([Message::user("Answer with one word: ready")]);
    request.max_tokens = Some(MOST_TOKENS);
    request.temperature = Some(0.0);
    let start = Instant::now();
    let Health { is_reachable, is_served, first_token_s, .. } = &mut *health;
    let mut on_piece = |_: crate::Piece<'_>| {
        (*is_reachable, *is_served) = (Some(true), Some(true));
        first_token_s.get_or_insert_with(|| start.elapsed().as_secs_f64());
    };
    let answered = model.chat_streamed(&request, &mut on_piece).await;
    health.learn(answered, start.elapsed());
}

impl Health {
    fn learn(&mut self, answered: Result<ChatReply, Error>, after: Duration) {
        let error = match answered {
            // One that reasons for longer than it may is alive.
            Ok(_) | Err(Error::EmptyAnswer { .. }) => {
                (self.is_reachable, self.is_served) = (Some(true), Some(true));
                self.answer_s = Some(after.as_secs_f64());
                return;
            }
            Err(error) => error,
        };
        self.problem = Some(with_causes(&error));
        match error {
            Error::Connect { .. } | Error::RemoteRefused { .. } => self.is_reachable = Some(false),
            Error::ModelNotFound { available, .. } => {
                (self.is_reachable, self.is_served) = (Some(true), Some(false));
                self.available = available;
            }
            Error::Status { .. } | Error::MalformedReply { .. } | Error::Redirected { .. } => {
                self.is_reachable = Some(true);
            }
            _ => {}
        }
    }
}
