//! Models behind an OpenAI-compatible HTTP endpoint.

mod chat;
mod dialect;
mod embeddings;
mod exchange;
mod format;
mod ollama;
mod refusal;
mod server;
mod stream;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use ureq::Agent;

use self::dialect::Dialect;
use self::exchange::Exchange;
use self::ollama::Ollama;
use self::stream::Sign;
use crate::endpoint::Endpoint;
use crate::{ApiKey, ChatModel, ChatReply, ChatRequest, Error, OnPiece, Piece, ProxyUrl, TrustedRoots};

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
    /// Whose certificates are trusted; Mozilla's alone unless set.
    pub trusted_roots: Option<TrustedRoots>,
    /// The longest time to look up the name, and again to connect, TLS included; 5 s unless set.
    pub connect_timeout: Duration,
    /// The longest time until a streamed answer begins, or its reasoning; 10 min unless set, because
    /// a model on a CPU reads some ten tokens of the prompt a second and may have to be loaded.
    pub first_token_timeout: Duration,
    /// The longest time in which nothing of a streamed answer comes once it has begun; 3 min unless
    /// set.
    pub silence_timeout: Duration,
    /// The longest time for the whole answer, all attempts together; 30 min unless set. More than
    /// a day counts as a day.
    pub answer_timeout: Duration,
    /// When to ask again.
    pub retry: RetryPolicy,
    /// The longest reply to read, in bytes; 16 MiB unless set.
    pub max_reply_bytes: u64,
    /// The longest context, in tokens, that Ollama is asked to make room for, unless the model's
    /// own Modelfile asks for more; 16,384 unless set. Memory grows with it: some 0.1 MB a token.
    pub longest_context: u64,
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
            trusted_roots: None,
            connect_timeout: Duration::from_secs(5),
            first_token_timeout: Duration::from_secs(600),
            silence_timeout: Duration::from_secs(180),
            answer_timeout: Duration::from_secs(1800),
            retry: RetryPolicy::default(),
            max_reply_bytes: 16 << 20,
            longest_context: 16_384,
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
/// LM Studio or a hosted service. Ollama, which is known by its `/api/version`, is asked through
/// its own interface: only there a request can say how long the context must be.
///
/// Needs a tokio runtime with its clock: the blocking HTTP client runs on tokio's threads for
/// blocking work.
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
    /// What Ollama says of the model; `None` in it if the server is another.
    ollama: OnceLock<Option<Ollama>>,
    /// The context's length, of another server that tells.
    context: OnceLock<u64>,
    /// The longest context that Ollama was asked for.
    loaded: AtomicU64,
    dialect: Mutex<Dialect>,
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
        let settings = Settings {
            endpoint,
            options,
            ollama: OnceLock::new(),
            context: OnceLock::new(),
            loaded: AtomicU64::new(0),
            dialect: Mutex::default(),
        };
        Ok(Self { settings: Arc::new(settings) })
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
        self.on_worker(Exchange::models).done().await
    }

    /// Vectors of texts by this model, which is an embedding model then, from `embeddings` below
    /// the base URL, or from Ollama's own `/api/embed` where there is no such path: one for each
    /// text, all of one dimension, of any length.
    ///
    /// # Errors
    ///
    /// As for [`ChatModel::chat`].
    pub async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Error> {
        let (body, texts) = (embeddings::request_body(self.name(), texts), texts.len());
        self.on_worker(move |exchange| exchange.embed(&body, texts)).done().await
    }

    fn on_worker<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Exchange) -> Result<T, Error> + Send + 'static,
    ) -> Work<T> {
        let agent = exchange::agent(&self.settings);
        let (caller, gone) = mpsc::channel();
        let hang_up = HangUpOnDrop { agent: agent.clone(), _caller: caller };
        let exchange = Exchange::new(Arc::clone(&self.settings), agent, gone);
        Work { task: tokio::task::spawn_blocking(move || work(&exchange)), _hang_up: hang_up }
    }
}

#[async_trait]
impl ChatModel for OpenAiModel {
    fn name(&self) -> &str {
        &self.settings.options.model
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, Error> {
        let request = request.clone();
        self.on_worker(move |exchange| exchange.chat(&request, None)).done().await
    }

    async fn chat_streamed(&self, request: &ChatRequest, on_piece: &mut OnPiece<'_>) -> Result<ChatReply, Error> {
        let (request, options) = (request.clone(), &self.settings.options);
        let (signs, mut received) = unbounded_channel();
        let work = self.on_worker(move |exchange| exchange.chat(&request, Some(&signs)));
        let mut so_far = None;
        loop {
            let limit = if so_far.is_some() { options.silence_timeout } else { options.first_token_timeout };
            match timeout(limit, received.recv()).await {
                Ok(Some(Sign::Asked)) => so_far = None,
                Ok(Some(Sign::Piece { text, tokens })) => {
                    so_far = Some(tokens);
                    on_piece(Piece { text: &text, tokens });
                }
                Ok(None) => return work.done().await,
                Err(_) => {
                    let url = self.base_url().to_owned();
                    return Err(match so_far {
                        Some(tokens) => Error::Stalled { url, after: limit, tokens },
                        None => Error::Timeout { url, after: limit },
                    });
                }
            }
        }
    }

    async fn context_tokens(&self) -> Option<u64> {
        self.on_worker(Exchange::context_tokens).done().await.ok().flatten()
    }
}

/// What a worker does. Dropping it ends that.
struct Work<T> {
    task: JoinHandle<Result<T, Error>>,
    _hang_up: HangUpOnDrop,
}

impl<T> Work<T> {
    async fn done(self) -> Result<T, Error> {
        self.task.await.map_err(|source| Error::Abandoned { source })?
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
