//! The hub: one endpoint that lists the files of repositories and serves them.

use std::fmt;
use std::io;
use std::time::Duration;

use ureq::http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, ETAG, LOCATION, RETRY_AFTER};
use ureq::http::{HeaderMap, Method, Request, Response};
use ureq::{Agent, Body, Proxy};

use super::listing::{Listing, Remote};
use super::url::{is_same_origin, joined, path_encoded};
use crate::Error;
use crate::hash::Checksum;
use crate::text::{shown_url, visible};

const DEFAULT_ENDPOINT: &str = "https://huggingface.co";
const MAX_REDIRECTS: usize = 8;
const MAX_LISTING_BYTES: u64 = 64 << 20;
const MAX_ERROR_BYTES: u64 = 16 << 10;

/// Where the hub is, and how it is asked.
#[derive(Clone, Debug)]
pub struct HubOptions {
    /// `http://` or `https://`; a mirror may lie below a path.
    pub endpoint: String,
    /// Sent to the endpoint and to no other host.
    pub token: Option<Token>,
    /// The hub is not asked at all.
    pub offline: bool,
    /// An HTTP proxy; proxies are never taken from the environment.
    pub proxy: Option<String>,
    /// Hosts that are reached without it, separated by commas, as in the variable `NO_PROXY`.
    pub no_proxy: Option<String>,
    /// For the connection, the look-up of the name included.
    pub connect_timeout: Duration,
    /// A connection over which nothing comes for this time is lost.
    pub stall_timeout: Duration,
    /// How often a file is asked for again without any progress in between.
    pub retries: u32,
    /// Before the first repetition; doubled each time.
    pub first_wait: Duration,
}

impl Default for HubOptions {
    fn default() -> Self {
        HubOptions {
            endpoint: DEFAULT_ENDPOINT.to_owned(),
            token: None,
            offline: false,
            proxy: None,
            no_proxy: None,
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            retries: 5,
            first_wait: Duration::from_millis(500),
        }
    }
}

/// A token of the hub. Its `Debug` output does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes a token as read from a file or a variable; white space around it is dropped.
    ///
    /// # Errors
    ///
    /// If nothing is left, or anything but visible ASCII.
    pub fn new(token: &str) -> Result<Self, Error> {
        let token = token.trim();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::InvalidOption { what: "token", reason: "it is empty, or not visible ASCII" });
        }
        Ok(Self(token.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A hub that can be asked.
#[derive(Clone, Debug)]
pub struct Hub {
    pub(super) options: HubOptions,
    agent: Agent,
}

/// A request that failed, and when it may be repeated.
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) retry_after: Option<Duration>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure { error, retry_after: None }
    }
}

impl Hub {
    /// A hub. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// When the endpoint or the proxy is no URL that can be used. Credentials in the endpoint are refused.
    pub fn new(mut options: HubOptions) -> Result<Self, Error> {
        let wrong = |reason| Error::InvalidOption { what: "hub endpoint", reason };
        let endpoint = options.endpoint.trim().trim_end_matches('/').to_owned();
        let rest = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
        let rest = rest.ok_or_else(|| wrong("it begins with neither https:// nor http://"))?;
        if rest.contains('@') {
            return Err(wrong("it holds credentials; a token is passed apart from it"));
        }
        let is_uri = endpoint.parse::<ureq::http::Uri>().is_ok_and(|uri| uri.host().is_some());
        if !is_uri || rest.contains(['?', '#']) {
            return Err(wrong("it is no URL of a host, or has a query"));
        }
        options.endpoint = endpoint;
        let config = Agent::config_builder()
            // Always set: ureq would otherwise take a proxy from the environment.
            .proxy(proxy(&options)?)
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_resolve(Some(options.connect_timeout))
            .timeout_connect(Some(options.connect_timeout))
            .timeout_per_read(Some(options.stall_timeout))
            .timeout_per_write(Some(options.stall_timeout))
            .user_agent(concat!("tai/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Hub { options, agent: Agent::new_with_config(config) })
    }

    /// `ENDPOINT/REPO`, where a person finds the repository.
    pub(super) fn page(&self, repo: &str) -> String {
        format!("{}/{repo}", self.options.endpoint)
    }

    /// Where a file is served.
    pub(super) fn file_url(&self, repo: &str, revision: &str, file: &str) -> String {
        format!("{}/resolve/{}/{}", self.page(repo), path_encoded(revision, false), path_encoded(file, true))
    }

    /// What there is of a repository; `None` where the endpoint has no list of it, as a mirror of files alone.
    pub(super) fn listing(&self, repo: &str, revision: &str) -> Result<Option<Listing>, Failure> {
        let revision = path_encoded(revision, false);
        let url = format!("{}/api/models/{repo}/revision/{revision}?blobs=true", self.options.endpoint);
        let mut response = match self.send(Method::GET, &url, &[]) {
            Err(Failure { error: Error::Status { code: 404, .. }, .. }) => return Ok(None),
            response => response?,
        };
        let text = response.body_mut().with_config().limit(MAX_LISTING_BYTES).read_to_vec();
        let text = text.map_err(|error| self.failed(&url, error))?;
        let listing = Listing::parse(&text).map_err(|error| {
            Failure::from(Error::Answer { url: shown_url(&url), reason: visible(&error.to_string(), 200) })
        })?;
        Ok(Some(listing))
    }

    /// What a file's headers say of it; `None` where there is no such file. One byte is asked for: not every server knows HEAD.
    pub(super) fn look(&self, url: &str) -> Result<Option<(Remote, Option<String>)>, Failure> {
        let response = match self.send(Method::GET, url, &[("range", "bytes=0-0".to_owned())]) {
            Err(Failure { error: Error::Status { code: 404, .. }, .. }) => return Ok(None),
            response => response?,
        };
        let headers = response.headers();
        let size = header(headers, "x-linked-size").or_else(|| match response.status().as_u16() {
            206 | 416 => header(headers, CONTENT_RANGE.as_str())?.rsplit('/').next(),
            _ => header(headers, CONTENT_LENGTH.as_str()),
        });
        let tag = header(headers, "x-linked-etag").or_else(|| header(headers, ETAG.as_str())).unwrap_or_default();
        let tag = tag.trim_start_matches("W/").trim_matches('"');
        let is_hex = tag.bytes().all(|byte| byte.is_ascii_hexdigit());
        // The tag of a large file is its SHA-256, that of a small one what git calls it. Others say nothing.
        let has_commit = headers.contains_key("x-repo-commit") || headers.contains_key("x-linked-etag");
        let checksum = match tag.len() {
            64 if is_hex && has_commit => Some(Checksum::Sha256(tag.to_owned())),
            40 if is_hex && has_commit => Some(Checksum::GitBlob(tag.to_owned())),
            _ => None,
        };
        let commit = header(headers, "x-repo-commit").map(str::to_owned);
        Ok(Some((Remote { size: size.and_then(|size| size.parse().ok()), checksum }, commit)))
    }

    /// Sends a request and follows redirects. The token goes to the endpoint alone. Any status but 2xx and 416 is an error.
    pub(super) fn send(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, String)],
    ) -> Result<Response<Body>, Failure> {
        if self.options.offline {
            return Err(Error::Offline.into());
        }
        let mut url = url.to_owned();
        let mut linked = HeaderMap::new();
        for _ in 0..=MAX_REDIRECTS {
            let mut request = Request::builder().method(method.clone()).uri(&url).header(ACCEPT_ENCODING, "identity");
            if let Some(token) = &self.options.token
                && is_same_origin(&url, &self.options.endpoint)
            {
                request = request.header(AUTHORIZATION, format!("Bearer {}", token.0));
            }
            for (name, value) in headers {
                request = request.header(*name, value);
            }
            let request = request.body(()).map_err(|error| self.failed(&url, error.into()))?;
            let mut response = self.agent.run(request).map_err(|error| self.failed(&url, error))?;
            let status = response.status();
            if status.is_redirection() && status.as_u16() != 304 {
                let location = header(response.headers(), LOCATION.as_str()).unwrap_or_default().to_owned();
                let passed_on = response.headers().iter().filter(|(name, _)| name.as_str().starts_with("x-"));
                passed_on.for_each(|(name, value)| drop(linked.insert(name.clone(), value.clone())));
                url = redirected(&url, &location)?;
                continue;
            }
            if !status.is_success() && status.as_u16() != 416 {
                return Err(self.refused(&url, &mut response));
            }
            // What the hub said of a large file before it sent us to where that lies.
            for (name, value) in &linked {
                response.headers_mut().insert(name.clone(), value.clone());
            }
            return Ok(response);
        }
        Err(Error::Redirect { url: shown_url(&url), location: String::new(), reason: "there are too many" }.into())
    }

    fn refused(&self, url: &str, response: &mut Response<Body>) -> Failure {
        let headers = response.headers();
        let retry_after = header(headers, RETRY_AFTER.as_str()).and_then(|value| value.trim().parse().ok());
        let said = header(headers, "x-error-message").map(str::to_owned);
        let is_html = header(headers, "content-type").is_some_and(|kind| kind.contains("html"));
        let code = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MAX_ERROR_BYTES).read_to_string().unwrap_or_default();
        let json: Option<serde_json::Value> = serde_json::from_str(&body).ok();
        let in_json = json.as_ref().and_then(|json| json["error"].as_str()).map(str::to_owned);
        let text = if is_html { String::new() } else { body };
        let message = self.without_token(&said.or(in_json).unwrap_or(text));
        let error = Error::Status { url: shown_url(url), code, message: visible(&message, 200) };
        Failure { error, retry_after: retry_after.map(Duration::from_secs) }
    }

    pub(super) fn failed(&self, url: &str, error: ureq::Error) -> Failure {
        let url = shown_url(url);
        let error = match error {
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                Error::Connect { url, source: io::Error::new(io::ErrorKind::TimedOut, "no answer in time") }
            }
            ureq::Error::Timeout(_) => Error::ConnectionLost {
                url,
                source: io::Error::new(io::ErrorKind::TimedOut, "nothing came for too long"),
            },
            ureq::Error::Io(source) if is_loss(source.kind()) => Error::ConnectionLost { url, source },
            ureq::Error::Protocol(_) | ureq::Error::LargeResponseHeader(..) | ureq::Error::BodyExceedsLimit(_) => {
                Error::Answer { url, reason: visible(&error.to_string(), 200) }
            }
            other => Error::Connect { url, source: other.into_io() },
        };
        error.into()
    }

    /// In case a server repeats what it was sent.
    fn without_token(&self, text: &str) -> String {
        match &self.options.token {
            Some(token) => text.replace(&token.0, "[token]"),
            None => text.to_owned(),
        }
    }
}

fn proxy(options: &HubOptions) -> Result<Option<Proxy>, Error> {
    let Some(url) = &options.proxy else { return Ok(None) };
    let wrong = |_| Error::InvalidOption { what: "proxy", reason: "it is no URL of an HTTP proxy" };
    let proxy = Proxy::new(url.trim()).map_err(wrong)?;
    // ureq without its SOCKS feature would ignore such a proxy and connect directly.
    if !matches!(proxy.protocol(), ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https) {
        return Err(Error::InvalidOption { what: "proxy", reason: "only http and https proxies are supported" });
    }
    let mut builder = Proxy::builder(proxy.protocol()).host(proxy.host()).port(proxy.port());
    if let (Some(name), Some(password)) = (proxy.username(), proxy.password()) {
        builder = builder.username(name).password(password);
    }
    for host in options.no_proxy.iter().flat_map(|hosts| hosts.split(',')).map(str::trim).filter(|s| !s.is_empty()) {
        builder = builder.no_proxy(host);
    }
    builder.build().map(Some).map_err(wrong)
}

/// Where a redirect leads, if it may.
fn redirected(url: &str, location: &str) -> Result<String, Error> {
    let refused = |reason| Error::Redirect { url: shown_url(url), location: shown_url(location), reason };
    let target = joined(url, location).ok_or_else(|| refused("it is no URL"))?;
    if url.starts_with("https://") && !target.starts_with("https://") {
        return Err(refused("it leads from https to http"));
    }
    Ok(target)
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn is_loss(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as Kind;
    matches!(kind, Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe)
}
