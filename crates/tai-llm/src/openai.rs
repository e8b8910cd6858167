//! Models behind an OpenAI-compatible HTTP endpoint.

mod embeddings;
mod exchange;
mod format;

use std::sync::{Arc, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use ureq::Agent;

use self::exchange::Exchange;
use crate::endpoint::Endpoint;
use crate::{ApiKey, ChatModel, ChatReply, ChatRequest, Error, ProxyUrl};

/// How to reach a model and how patient to be. Made with [`OpenAiOptions::new`], then changed
/// field by field.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenAiOptions {
    /// The URL below which `chat/completions` is, usually ending in `/v1`.
    pub base_url: String,
    /// The model's name, as the server lists it.
    pub model: String,
    /// Sent as a bearer token.
    pub api_key: Option<ApiKey>,
    /// Allows servers outside the private network; `false` unless set.
    ///
    /// Without it, every address that the host has must be loopback, unspecified (`0.0.0.0`),
    /// private, link-local, unique local or in the shared space 100.64.0.0/10, which overlay
    /// networks such as Tailscale use. It is checked at each connection.
    pub allow_remote: bool,
    /// A proxy, used only with [`allow_remote`](Self::allow_remote), because behind a proxy no
    /// address can be checked, and not for `localhost` and loopback addresses. No proxy is ever
    /// taken from the environment.
    pub proxy: Option<ProxyUrl>,
    /// The longest time to look up the name, and again to connect, TLS included; 5 s unless set.
    pub connect_timeout: Duration,
    /// The longest time for the whole answer, all attempts together; 10 min unless set, because
    /// a model on a CPU is slow. More than a day counts as a day.
    pub answer_timeout: Duration,
    /// When to ask again.
    pub retry: RetryPolicy,
    /// The longest reply to read, in bytes; 16 MiB unless set.
    pub max_reply_bytes: u64,
}

impl OpenAiOptions {
    /// The defaults for this base URL and model: no key, nothing outside the private network.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            model: model.into(),
            api_key: None,
            allow_remote: false,
            proxy: None,
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(600),
            retry: RetryPolicy::default(),
            max_reply_bytes: 16 << 20,
        }
    }
}

/// When a request is sent again: after status 429 or 5xx and after a lost connection, never after
/// another status, a reply that is wrong, or a time limit that passed.
///
/// A server that cannot be reached at the first attempt is an error at once, so that a model that
/// is not running is known within a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often to try again; 4 unless set.
    pub times: u32,
    /// The wait before the first retry, doubled for each further one; 500 ms unless set.
    pub first_wait: Duration,
    /// The longest wait; 30 s unless set. A server that asks for more through `Retry-After` is
    /// not asked again. Only seconds are understood there, not dates.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { times: 4, first_wait: Duration::from_millis(500), longest_wait: Duration::from_secs(30) }
    }
}

/// A model behind an OpenAI-compatible endpoint, such as Ollama, llama.cpp's server, vLLM,
/// LM Studio or a hosted service. Replies are not streamed.
///
/// Needs a tokio runtime: the blocking HTTP client runs on tokio's threads for blocking work.
/// Dropping the future of a request closes its connection, so that the server can stop too; the
/// thread ends then, or at the latest when a lookup or connection attempt under way times out.
#[derive(Clone, Debug)]
pub struct OpenAiModel {
    settings: Arc<Settings>,
}

#[derive(Debug)]
struct Settings {
    endpoint: Endpoint,
    options: OpenAiOptions,
}

impl OpenAiModel {
    /// Checks the options. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidUrl`] for a base URL that is not http or https or holds credentials, a
    /// query or a fragment; [`Error::RemoteRefused`] for an address in it that is not allowed.
    pub fn new(options: OpenAiOptions) -> Result<Self, Error> {
        let endpoint = Endpoint::parse(&options.base_url, options.allow_remote)?;
        Ok(Self { settings: Arc::new(Settings { endpoint, options }) })
    }

    /// The base URL as it is used.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.settings.endpoint.as_str()
    }

    /// The names of the models that the server lists, sorted: one attempt of at most 10 s.
    ///
    /// # Errors
    ///
    /// As for [`ChatModel::chat`].
    pub async fn models(&self) -> Result<Vec<String>, Error> {
        self.on_worker(Exchange::models).await
    }

    /// Vectors of texts by this model, which is an embedding model then, from `embeddings` below the base URL, or from Ollama's own `/api/embed` where there is no such path: one for each text, all of one dimension, of any
    /// length.
    ///
    /// # Errors
    ///
    /// As for [`ChatModel::chat`].
    pub async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Error> {
        let (body, texts) = (embeddings::request_body(self.name(), texts), texts.len());
        self.on_worker(move |exchange| exchange.embed(&body, texts)).await
    }

    async fn on_worker<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Exchange) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let agent = exchange::agent(&self.settings);
        let (caller, gone) = mpsc::channel();
        let _hang_up = HangUpOnDrop { agent: agent.clone(), _caller: caller };
        let exchange = Exchange::new(Arc::clone(&self.settings), agent, gone);
        tokio::task::spawn_blocking(move || work(&exchange)).await.map_err(|source| Error::Abandoned { source })?
    }
}

#[async_trait]
impl ChatModel for OpenAiModel {
    fn name(&self) -> &str {
        &self.settings.options.model
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, Error> {
        let body = format::request_body(self.name(), request);
        self.on_worker(move |exchange| exchange.chat(&body)).await
    }
}

/// Ends the worker's request when the caller's future is dropped: the connection by the agent, a
/// wait between two attempts by the channel, whose other end sees that nobody waits any more.
struct HangUpOnDrop {
    agent: Agent,
    _caller: mpsc::Sender<()>,
}

impl Drop for HangUpOnDrop {
    fn drop(&mut self) {
        self.agent.clone().shutdown();
    }
}
