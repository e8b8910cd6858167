//! One request to the server with its retries, on a thread that may block.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use ureq::http::request::Builder;
use ureq::http::{Request, Response};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, AsSendBody, Body, Timeout};

use super::refusal::{self, About, Refusal};
use super::{Settings, embeddings, format};
use crate::network::{GuardedResolver, LookupError};
use crate::secret::HIDDEN;
use crate::text::shown_url;
use crate::{ApiKey, Error, TrustedRoots};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest time for what a server answers without thinking.
const LISTING_TIMEOUT: Duration = Duration::from_secs(10);
const ERROR_BODY_LIMIT: u64 = 64 << 10;

/// The HTTP client for one request: shutting it down ends that request and no other.
pub(super) fn agent(settings: &Settings) -> Agent {
    let options = &settings.options;
    let proxied = options.allow_remote && !settings.endpoint.is_this_host();
    let proxy = options.proxy.as_ref().filter(|_| proxied);
    let roots = options.trusted_roots.as_ref().map_or(RootCerts::WebPki, TrustedRoots::roots);
    let config = Agent::config_builder()
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        // Always set: ureq would otherwise take a proxy from the environment.
        .proxy(proxy.map(|proxy| proxy.reveal().clone()))
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_resolve(Some(options.connect_timeout.min(DAY)))
        .timeout_connect(Some(options.connect_timeout.min(DAY)))
        .user_agent(concat!("tai/", env!("CARGO_PKG_VERSION")))
        .build();
    let resolver = GuardedResolver::new(options.allow_remote);
    Agent::with_parts(config, DefaultConnector::default(), resolver)
}

pub(super) struct Exchange {
    pub(super) settings: Arc<Settings>,
    agent: Agent,
    /// Disconnected as soon as the caller no longer waits.
    caller: Receiver<()>,
}

/// An attempt that failed, and what the server said about it.
pub(super) struct Failure {
    error: Error,
    /// How long to wait before the next attempt.
    retry_after: Option<Duration>,
    /// The error is that the model is not there.
    model_missing: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, retry_after: None, model_missing: false }
    }
}

impl Failure {
    /// The same, of an answer of which some tokens were passed on.
    pub(super) fn after(self, tokens: u64, url: String) -> Self {
        if tokens == 0 {
            return self;
        }
        Error::AnswerCut { url, tokens, source: Some(Box::new(self.error)) }.into()
    }
}

impl Exchange {
    pub(super) fn new(settings: Arc<Settings>, agent: Agent, caller: Receiver<()>) -> Self {
        Self { settings, agent, caller }
    }

    pub(super) fn embed(&self, body: &[u8], texts: usize) -> Result<Vec<Vec<f32>>, Error> {
        let endpoint = &self.settings.endpoint;
        let vectors =
            |url: &str| self.retried(|deadline| Ok(embeddings::parse_reply(&self.ask(url, body, deadline)?, texts)?));
        match vectors(&endpoint.join("embeddings")) {
            Err(Error::Status { code: 404 | 405, .. }) => vectors(&endpoint.join_own("api/embed")),
            result => result,
        }
    }

    pub(super) fn models(&self) -> Result<Vec<String>, Error> {
        let endpoint = &self.settings.endpoint;
        let listed = self.get(&endpoint.join("models"));
        let reply = match listed {
            // A base URL without its `/v1`.
            Err(Error::Status { code: 404, .. }) => self.get(&endpoint.join_own("api/tags")).or(listed),
            listed => listed,
        };
        let names = format::parse_models(&reply?)?;
        Ok(names.into_iter().map(|name| self.hide_key(name)).collect())
    }

    /// What the server answers without thinking: one attempt of at most 10 s.
    pub(super) fn get(&self, url: &str) -> Result<Vec<u8>, Error> {
        self.quick(self.request(url, |builder| builder.method("GET").body(()))?)
    }

    /// As `get`, for a question with a body.
    pub(super) fn post(&self, url: &str, body: &[u8]) -> Result<Vec<u8>, Error> {
        self.quick(self.posted(url, body)?)
    }

    fn quick(&self, request: Request<impl AsSendBody>) -> Result<Vec<u8>, Error> {
        let after = self.settings.options.answer_timeout.min(LISTING_TIMEOUT);
        self.send(request, Instant::now() + after).map_err(|failure| match failure.error {
            Error::Timeout { url, .. } => Error::Timeout { url, after },
            error => error,
        })
    }

    /// Tries again as [`RetryPolicy`](crate::RetryPolicy) says, until there is an answer. `attempt`
    /// is told when all attempts together must be done.
    pub(super) fn retried<T>(&self, attempt: impl Fn(Instant) -> Result<T, Failure>) -> Result<T, Error> {
        let deadline = Instant::now() + self.settings.options.answer_timeout.min(DAY);
        let mut retries = 0;
        loop {
            let failure = match attempt(deadline) {
                Ok(reply) => return Ok(reply),
                Err(failure) => failure,
            };
            let wait = self.wait_before(retries, &failure).filter(|wait| *wait < until(deadline));
            if !wait.is_some_and(|wait| self.pause(wait)) {
                return Err(self.explained(failure));
            }
            retries += 1;
        }
    }

    /// The error of `failure`; for a model that is not there, with the models that are.
    fn explained(&self, failure: Failure) -> Error {
        if !failure.model_missing {
            return failure.error;
        }
        let model = self.settings.options.model.clone();
        let available = self.models().unwrap_or_default();
        Error::ModelNotFound { url: self.url(), model, available }
    }

    /// The body of the reply to a question, without the API key.
    pub(super) fn ask(&self, url: &str, body: &[u8], deadline: Instant) -> Result<Vec<u8>, Failure> {
        self.send(self.posted(url, body)?, deadline)
    }

    fn posted<'a>(&self, url: &str, body: &'a [u8]) -> Result<Request<&'a [u8]>, Error> {
        self.request(url, |builder| builder.method("POST").header(CONTENT_TYPE, "application/json").body(body))
    }

    fn request<B>(
        &self,
        url: &str,
        finish: impl FnOnce(Builder) -> ureq::http::Result<Request<B>>,
    ) -> Result<Request<B>, Error> {
        let mut builder = Request::builder().uri(url);
        if let Some(key) = &self.settings.options.api_key {
            builder = builder.header(AUTHORIZATION, format!("Bearer {}", key.reveal()));
        }
        finish(builder).map_err(|error| self.failed(error.into()))
    }

    /// Sends `request` and reads the body of a reply with status 2xx.
    fn send(&self, request: Request<impl AsSendBody>, deadline: Instant) -> Result<Vec<u8>, Failure> {
        let mut response = self.open(request, deadline)?;
        let limit = self.settings.options.max_reply_bytes;
        let body = response.body_mut().with_config().limit(limit).read_to_vec();
        body.map(|body| self.without_key(&body)).map_err(|error| self.failed(error).into())
    }

    /// The reply with status 2xx to a question, its body unread.
    pub(super) fn open_stream(
        &self,
        url: &str,
        body: &[u8],
        deadline: Instant,
    ) -> Result<impl Read + 'static, Failure> {
        let response = self.open(self.posted(url, body)?, deadline)?;
        Ok(response.into_body().into_with_config().limit(self.settings.options.max_reply_bytes).reader())
    }

    fn open(&self, request: Request<impl AsSendBody>, deadline: Instant) -> Result<Response<Body>, Failure> {
        let limit = Some(until(deadline));
        let request = self.agent.configure_request(request).timeout_global(limit).build();
        let mut response = self.agent.run(request).map_err(|error| self.failed(error))?;
        if response.status().is_success() { Ok(response) } else { Err(self.refused(&mut response)) }
    }

    /// The failure that a reply with an error status stands for.
    fn refused(&self, response: &mut Response<Body>) -> Failure {
        if response.status().is_redirection() {
            let location = header(response.headers(), LOCATION.as_str()).unwrap_or_default();
            return Error::Redirected { url: self.url(), location: self.hide_key(shown_url(location)) }.into();
        }
        let retry_after = header(response.headers(), RETRY_AFTER.as_str())
            .and_then(|seconds| seconds.trim().parse().ok())
            .map(Duration::from_secs);

        let mut body = Vec::new();
        let reader = response.body_mut().as_reader();
        // What an error reply says is a courtesy: a body that breaks off is shown as far as it came.
        drop(reader.take(ERROR_BODY_LIMIT).read_to_end(&mut body));
        Failure { retry_after, ..self.refusal(response.status().as_u16(), &self.without_key(&body)) }
    }

    /// The failure that an error of this code with this body stands for.
    pub(super) fn refusal(&self, code: u16, body: &[u8]) -> Failure {
        let Refusal { message, about } = refusal::parse(code, body);
        let message = self.hide_key(message);
        let error = match about {
            About::LongPrompt(prompt_tokens, context_tokens) => Error::PromptTooLong {
                model: self.settings.options.model.clone(),
                prompt_tokens,
                context_tokens,
                message,
            },
            About::MissingModel | About::Other => Error::Status { url: self.url(), code, message },
        };
        Failure { error, retry_after: None, model_missing: about == About::MissingModel }
    }

    /// How long to wait before asking again after this failure; `None` if that would not help.
    fn wait_before(&self, retries: u32, failure: &Failure) -> Option<Duration> {
        let retry = self.settings.options.retry;
        let may_pass = match failure.error {
            Error::Status { code, .. } => code == 429 || (500..600).contains(&code),
            Error::ConnectionLost { .. } => true,
            Error::Connect { .. } => retries > 0,
            _ => false,
        };
        if !may_pass || retries >= retry.times {
            return None;
        }
        let doubled = retry.first_wait.saturating_mul(2_u32.saturating_pow(retries));
        let wait = failure.retry_after.unwrap_or(doubled.min(retry.longest_wait));
        (wait <= retry.longest_wait).then_some(wait)
    }

    /// Waits; `false` at once if the caller is gone.
    fn pause(&self, wait: Duration) -> bool {
        self.caller.recv_timeout(wait) == Err(RecvTimeoutError::Timeout)
    }

    pub(super) fn failed(&self, error: ureq::Error) -> Error {
        let url = self.url();
        match error {
            ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
                Error::Connect { url, source: io::Error::new(io::ErrorKind::TimedOut, error) }
            }
            ureq::Error::Timeout(_) => Error::Timeout { url, after: self.settings.options.answer_timeout },
            ureq::Error::BodyExceedsLimit(limit) => Error::ReplyTooLarge { url, limit },
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) => {
                Error::Protocol { url, source: error.into_io() }
            }
            ureq::Error::Io(source) if is_loss(source.kind()) => Error::ConnectionLost { url, source },
            ureq::Error::Other(other) => match other.downcast::<LookupError>().map(|lookup| *lookup) {
                Ok(LookupError::Refused { address }) => Error::RemoteRefused { url, address },
                Ok(LookupError::Failed { source }) => Error::Connect { url, source },
                Err(other) => Error::Connect { url, source: io::Error::other(other) },
            },
            other => Error::Connect { url, source: other.into_io() },
        }
    }

    /// `body` without the API key, in case the server repeats it.
    pub(super) fn without_key(&self, body: &[u8]) -> Vec<u8> {
        match self.secret() {
            Some(key) => String::from_utf8_lossy(body).replace(key, HIDDEN).into_bytes(),
            None => body.to_vec(),
        }
    }

    /// The same for text that was in quotes, where a server may have escaped it.
    pub(super) fn hide_key(&self, text: String) -> String {
        self.secret().map(|key| text.replace(key, HIDDEN)).unwrap_or(text)
    }

    /// What must not be seen.
    pub(super) fn secret(&self) -> Option<&str> {
        self.settings.options.api_key.as_ref().and_then(ApiKey::secret)
    }

    pub(super) fn url(&self) -> String {
        self.settings.endpoint.as_str().to_owned()
    }
}

fn until(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn is_loss(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Kind;
    matches!(kind, Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe)
}
