use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::{ChatModel, ChatReply, ChatRequest, Error, Finish, answer};

/// A model that gives the answers of a list, in order: for tests, demonstrations and replays.
///
/// The answers are treated as the text of a real model, so reasoning is left out. What it was
/// asked can be looked at afterwards.
#[derive(Debug)]
pub struct ScriptedModel {
    answers: Vec<String>,
    requests: Mutex<Vec<ChatRequest>>,
}

impl ScriptedModel {
    /// A model that gives these answers, one for each question.
    pub fn new<T: Into<String>>(answers: impl IntoIterator<Item = T>) -> Self {
        Self { answers: answers.into_iter().map(Into::into).collect(), requests: Mutex::default() }
    }

    /// The requests so far, oldest first, those that found the script exhausted included.
    #[must_use]
    pub fn requests(&self) -> Vec<ChatRequest> {
        self.seen().clone()
    }

    fn seen(&self) -> MutexGuard<'_, Vec<ChatRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ChatModel for ScriptedModel {
    fn name(&self) -> &str {
        "scripted"
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, Error> {
        let mut seen = self.seen();
        let index = seen.len();
        seen.push(request.clone());
        drop(seen);
        match self.answers.get(index) {
            Some(text) => answer::reply(text, None, Finish::Stop),
            None => Err(Error::ScriptExhausted { number: index + 1 }),
        }
    }
}
