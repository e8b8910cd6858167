//! One request to the server with its retries, on a thread that may block.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use ureq::http::request::Builder;
use ureq::http::{Request, Response};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, AsSendBody, Body, Timeout};

use super::{Settings, embeddings, format};
use crate::network::{GuardedResolver, LookupError};
use crate::text::shown_url;
use crate::{ApiKey, ChatReply, Error};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const LISTING_TIMEOUT: Duration = Duration::from_secs(10);
const ERROR_BODY_LIMIT: u64 = 64 << 10;
/// Shorter keys are placeholders such as `x`, and replacing them would garble messages.
const SHORTEST_SECRET: usize = 4;

/// The HTTP client for one request: shutting it down ends that request and no other.
pub(super) fn agent(settings: &Settings) -> Agent {
    let options = &settings.options;
    let proxied = options.allow_remote && !settings.endpoint.is_this_host();
    let proxy = options.proxy.as_ref().filter(|_| proxied);
    let config = Agent::config_builder()
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
    settings: Arc<Settings>,
    agent: Agent,
    /// Disconnected as soon as the caller no longer waits.
    caller: Receiver<()>,
}

/// An attempt that failed, and what the server said about it.
struct Failure {
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

impl Exchange {
    pub(super) fn new(settings: Arc<Settings>, agent: Agent, caller: Receiver<()>) -> Self {
        Self { settings, agent, caller }
    }

    pub(super) fn chat(&self, body: &[u8]) -> Result<ChatReply, Error> {
        self.retried(&self.settings.endpoint.join("chat/completions"), body, format::parse_reply)
    }

    pub(super) fn embed(&self, body: &[u8], texts: usize) -> Result<Vec<Vec<f32>>, Error> {
        let endpoint = &self.settings.endpoint;
        let parse = |reply: &[u8]| embeddings::parse_reply(reply, texts);
        match (self.retried(&endpoint.join("embeddings"), body, parse), endpoint.join_own("api/embed")) {
            (Err(Error::Status { code: 404 | 405, .. }), Some(own)) => self.retried(&own, body, parse),
            (result, _) => result,
        }
    }

    /// Asks again as [`RetryPolicy`](crate::RetryPolicy) says, until there is an answer.
    fn retried<T>(&self, url: &str, body: &[u8], parse: impl Fn(&[u8]) -> Result<T, Error>) -> Result<T, Error> {
        let deadline = Instant::now() + self.settings.options.answer_timeout.min(DAY);
        let mut retries = 0;
        loop {
            let failure = match self.ask(url, body, &parse, deadline) {
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

    pub(super) fn models(&self) -> Result<Vec<String>, Error> {
        let request = self.request(&self.settings.endpoint.join("models"), |builder| builder.method("GET").body(()))?;
        let after = self.settings.options.answer_timeout.min(LISTING_TIMEOUT);
        let reply = match self.send(request, Instant::now() + after) {
            Ok(reply) => reply,
            Err(Failure { error: Error::Timeout { url, .. }, .. }) => {
                return Err(Error::Timeout { url, after });
            }
            Err(failure) => return Err(failure.error),
        };
        format::parse_models(&reply).or_else(|_| format::parse_models(&self.without_key(&reply)))
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

    fn ask<T>(
        &self,
        url: &str,
        body: &[u8],
        parse: impl Fn(&[u8]) -> Result<T, Error>,
        deadline: Instant,
    ) -> Result<T, Failure> {
        let request =
            self.request(url, |builder| builder.method("POST").header(CONTENT_TYPE, "application/json").body(body))?;
        let reply = self.send(request, deadline)?;
        parse(&reply)
            .or_else(|error| match error {
                Error::MalformedReply { .. } => parse(&self.without_key(&reply)),
                other => Err(other),
            })
            .map_err(Failure::from)
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
        let limit = Some(until(deadline));
        let request = self.agent.configure_request(request).timeout_global(limit).build();
        let mut response = self.agent.run(request).map_err(|error| self.failed(error))?;
        if !response.status().is_success() {
            return Err(self.refused(&mut response));
        }
        let limit = self.settings.options.max_reply_bytes;
        let body = response.body_mut().with_config().limit(limit).read_to_vec();
        body.map_err(|error| self.failed(error).into())
    }

    /// The failure that a reply with an error status stands for.
    fn refused(&self, response: &mut Response<Body>) -> Failure {
        let code = response.status().as_u16();
        let url = self.url();
        if response.status().is_redirection() {
            let location = header(response.headers(), LOCATION.as_str()).unwrap_or_default();
            return Error::Redirected { url, location: shown_url(location) }.into();
        }
        let retry_after = header(response.headers(), RETRY_AFTER.as_str())
            .and_then(|seconds| seconds.trim().parse().ok())
            .map(Duration::from_secs);

        let mut body = Vec::new();
        let reader = response.body_mut().as_reader();
        // What an error reply says is a courtesy: a body that breaks off is shown as far as it came.
        drop(reader.take(ERROR_BODY_LIMIT).read_to_end(&mut body));
        let (message, model_missing) = format::parse_failure(code, &self.without_key(&body));
        Failure { error: Error::Status { url, code, message }, retry_after, model_missing }
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

    fn failed(&self, error: ureq::Error) -> Error {
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
    fn without_key(&self, body: &[u8]) -> Vec<u8> {
        let key = self.settings.options.api_key.as_ref().map(ApiKey::reveal);
        match key.filter(|key| key.len() >= SHORTEST_SECRET) {
            Some(key) => String::from_utf8_lossy(body).replace(key, "[api key]").into_bytes(),
            None => body.to_vec(),
        }
    }

    fn url(&self) -> String {
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
