//! Hosts and models of which `--debug` tells what they do. Nothing is told of what they say.

use std::time::Instant;

use async_trait::async_trait;
use tai_llm::{ChatModel, ChatReply, ChatRequest, Message, OnPiece};
use tai_ssh::{Host, HostError, Limits, Output, ReadOnlyCommand, Recorded};
use tracing::{Level, debug, enabled};

/// The host, each of whose commands is told.
pub(super) fn traced_host(host: Box<dyn Host>) -> Box<dyn Host> {
    if enabled!(Level::DEBUG) { Box::new(TracedHost(host)) } else { host }
}

/// The model, of which each answer is told.
pub(super) fn traced_model(model: Box<dyn ChatModel>) -> Box<dyn ChatModel> {
    if enabled!(Level::DEBUG) { Box::new(TracedModel(model)) } else { model }
}

struct TracedHost(Box<dyn Host>);

#[async_trait]
impl Host for TracedHost {
    fn name(&self) -> &str {
        self.0.name()
    }

    async fn run(&self, command: &ReadOnlyCommand, limits: &Limits) -> Result<Output, HostError> {
        let output = self.0.run(command, limits).await;
        match &output {
            Ok(Output { stdout, ending, truncated, duration, .. }) => {
                let (host, bytes) = (self.name(), stdout.len());
                debug!(host, %command, ?ending, bytes, truncated, ?duration, "command");
            }
            Err(error) => debug!(host = self.name(), %command, %error, "command failed"),
        }
        output
    }

    fn has_own_session(&self) -> bool {
        self.0.has_own_session()
    }

    async fn recorded(&self) -> Result<Vec<Recorded>, HostError> {
        self.0.recorded().await
    }
}

struct TracedModel(Box<dyn ChatModel>);

impl TracedModel {
    fn tell(&self, start: Instant, answered: &Result<ChatReply, tai_llm::Error>) {
        let (model, took) = (self.name(), start.elapsed());
        match answered {
            Ok(reply) => {
                let (usage, finish, calls) = (&reply.usage, &reply.finish, reply.tool_calls.len());
                debug!(model, by = reply.model, ?took, bytes = reply.text.len(), ?usage, ?finish, calls, "answered");
            }
            Err(error) => {
                let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
                let causes: Vec<String> = causes.map(ToString::to_string).collect();
                debug!(model, ?took, causes = causes.join(": "), "did not answer");
            }
        }
    }

    fn asking(&self, request: &ChatRequest) -> Instant {
        debug!(model = self.name(), messages = request.messages.len(), tokens = request.estimated_tokens(), "asking");
        Instant::now()
    }
}

#[async_trait]
impl ChatModel for TracedModel {
    fn name(&self) -> &str {
        self.0.name()
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, tai_llm::Error> {
        let start = self.asking(request);
        let answered = self.0.chat(request).await;
        self.tell(start, &answered);
        answered
    }

    async fn chat_streamed(
        &self,
        request: &ChatRequest,
        on_piece: &mut OnPiece<'_>,
    ) -> Result<ChatReply, tai_llm::Error> {
        let start = self.asking(request);
        let answered = self.0.chat_streamed(request, on_piece).await;
        self.tell(start, &answered);
        answered
    }

    async fn context_tokens(&self) -> Option<u64> {
        let tokens = self.0.context_tokens().await;
        debug!(model = self.name(), ?tokens, "context");
        tokens
    }

    async fn prepare(&self) {
        let start = Instant::now();
        self.0.prepare().await;
        debug!(model = self.name(), took = ?start.elapsed(), "made ready");
    }

    async fn count_tokens(&self, messages: &[Message]) -> Option<u64> {
        self.0.count_tokens(messages).await
    }
}
