use async_trait::async_trait;

use crate::error::with_causes;
use crate::{ChatModel, ChatReply, ChatRequest, Error, Message, OnPiece, Piece, Warning};

/// Models of which the next is asked when one fails.
///
/// Any failure counts, a prompt that is too long for one model included: the next may take it.
/// [`ChatReply::model`] names who answered, and [`ChatReply::warnings`] who did not.
pub struct Chain {
    first: Box<dyn ChatModel>,
    others: Vec<Box<dyn ChatModel>>,
}

impl Chain {
    /// A chain that asks `first`, and the others in their order when it fails.
    pub fn new(first: Box<dyn ChatModel>, others: impl IntoIterator<Item = Box<dyn ChatModel>>) -> Self {
        Self { first, others: others.into_iter().collect() }
    }

    fn models(&self) -> impl Iterator<Item = &dyn ChatModel> {
        [&self.first].into_iter().chain(&self.others).map(|model| &**model)
    }

    async fn ask(&self, request: &ChatRequest, mut on_piece: Option<&mut OnPiece<'_>>) -> Result<ChatReply, Error> {
        let mut failures = Vec::new();
        for model in self.models() {
            let asked = match &mut on_piece {
                Some(on_piece) => model.chat_streamed(request, *on_piece).await,
                None => model.chat(request).await,
            };
            match asked {
                Ok(mut reply) => {
                    let fell_back = |(model, error): &(String, Error)| Warning::FellBack {
                        model: model.clone(),
                        reason: with_causes(error),
                    };
                    reply.warnings.splice(0..0, failures.iter().map(fell_back));
                    return Ok(reply);
                }
                Err(error) => {
                    failures.push((model.name().to_owned(), error));
                    on_piece.iter_mut().for_each(|on_piece| on_piece(Piece { text: "", tokens: 0 }));
                }
            }
        }
        Err(match failures.pop() {
            Some((_, error)) if failures.is_empty() => error,
            last => Error::NoneAnswered { failures: failures.into_iter().chain(last).collect() },
        })
    }
}

#[async_trait]
impl ChatModel for Chain {
    /// The first model's name.
    fn name(&self) -> &str {
        self.first.name()
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, Error> {
        self.ask(request, None).await
    }

    async fn chat_streamed(&self, request: &ChatRequest, on_piece: &mut OnPiece<'_>) -> Result<ChatReply, Error> {
        self.ask(request, Some(on_piece)).await
    }

    /// The least that any of them is known to take, so that each can answer.
    async fn context_tokens(&self) -> Option<u64> {
        let mut least = None;
        for model in self.models() {
            least = least.into_iter().chain(model.context_tokens().await).min();
        }
        least
    }

    /// The first is the one that is asked.
    async fn prepare(&self) {
        self.first.prepare().await;
    }

    /// The most that any of them counts, so that each can answer.
    async fn count_tokens(&self, messages: &[Message]) -> Option<u64> {
        let mut most = None;
        for model in self.models() {
            most = most.max(model.count_tokens(messages).await);
        }
        most
    }
}
