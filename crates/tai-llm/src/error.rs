use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::Finish;

/// Why a model did not answer.
///
/// Text that came from a server is one line, has its control characters made visible and is cut
/// to a few hundred characters. No variant holds an API key, nor the credentials of a URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The base URL cannot be used.
    #[error("invalid base URL `{url}`: {reason}")]
    InvalidUrl {
        /// The URL, without credentials and query.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },

    /// The API key cannot be sent in an HTTP header.
    #[error("invalid API key: {reason}")]
    InvalidApiKey {
        /// What is wrong with it.
        reason: &'static str,
    },

    /// The proxy URL cannot be used.
    #[error("invalid proxy URL: {reason}")]
    InvalidProxy {
        /// What is wrong with it.
        reason: &'static str,
    },

    /// The certificates of an authority cannot be used.
    #[error("invalid certificates: {reason}")]
    InvalidCertificates {
        /// What is wrong with them.
        reason: &'static str,
    },

    /// A line of a script is not what it should be.
    #[error("line {line} of the script is no answer")]
    InvalidScript {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },

    /// A file of a model cannot be used.
    #[error("`{}` cannot be used as a model: {reason}", path.display())]
    InvalidModelFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
        /// What was found while it was read.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },

    /// A file has a model of a kind that cannot be computed here.
    #[error("`{}` needs the {what} `{name}`, which is not known here{}", path.display(), known(supported))]
    UnsupportedModel {
        /// The file.
        path: PathBuf,
        /// What it needs.
        what: &'static str,
        /// Its name, as the file has it.
        name: String,
        /// What there is instead; possibly empty.
        supported: String,
    },

    /// A file of a model does not say how a conversation is written for it.
    #[error("`{}` has no chat template: it was not made for conversations", path.display())]
    NoChatTemplate {
        /// The file.
        path: PathBuf,
    },

    /// The chat template of a model cannot be used, or not for this conversation.
    #[error("the chat template of `{}` cannot be used", path.display())]
    InvalidTemplate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A model could not be computed.
    #[error("the model could not be computed")]
    Computation {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// The base URL leads out of the private network, which was not allowed.
    #[error("`{url}` leads to the public address {address}, and remote models are not allowed")]
    RemoteRefused {
        /// The base URL.
        url: String,
        /// The first address that is not private.
        address: IpAddr,
    },

    /// No connection to the server, TLS included.
    #[error("cannot connect to `{url}`")]
    Connect {
        /// The base URL.
        url: String,
        /// Why; a time limit that passed is [`io::ErrorKind::TimedOut`].
        source: io::Error,
    },

    /// The connection broke before the answer was complete.
    #[error("lost the connection to `{url}`")]
    ConnectionLost {
        /// The base URL.
        url: String,
        /// How it broke.
        source: io::Error,
    },

    /// The server does not speak HTTP as expected.
    #[error("no valid HTTP from `{url}`")]
    Protocol {
        /// The base URL.
        url: String,
        /// What was wrong.
        source: io::Error,
    },

    /// The answer did not come in time.
    #[error("no answer from `{url}` within {after:?}")]
    Timeout {
        /// The base URL.
        url: String,
        /// The time limit that passed, for all attempts together.
        after: Duration,
    },

    /// An answer began, and nothing more of it came in time.
    #[error("`{url}` fell silent for {after:?}, after {tokens} tokens of its answer")]
    Stalled {
        /// The base URL.
        url: String,
        /// The time limit that passed.
        after: Duration,
        /// Tokens that had come, reasoning included.
        tokens: u64,
    },

    /// An answer began and broke off. It is not asked for again, because part of it was passed on.
    #[error("the answer from `{url}` broke off after {tokens} tokens")]
    AnswerCut {
        /// The base URL.
        url: String,
        /// Tokens that had come, reasoning included.
        tokens: u64,
        /// What broke it; `None` where the server just stopped.
        #[source]
        source: Option<Box<Error>>,
    },

    /// The conversation, with the tokens asked for, is longer than the model's context.
    #[error("the prompt does not fit into the context of `{model}`: {message}")]
    PromptTooLong {
        /// The model.
        model: String,
        /// Tokens of the conversation, if the server says so.
        prompt_tokens: Option<u64>,
        /// The context's length in tokens, if the server says so.
        context_tokens: Option<u64>,
        /// What the server said.
        message: String,
    },

    /// The server answered with an error.
    #[error("HTTP status {code} from `{url}`{}", after_colon(message))]
    Status {
        /// The base URL.
        url: String,
        /// The HTTP status code.
        code: u16,
        /// What the server said, possibly nothing.
        message: String,
    },

    /// The server redirects, and redirects are not followed.
    #[error("`{url}` redirects{}, and redirects are not followed", to_location(location))]
    Redirected {
        /// The base URL.
        url: String,
        /// Where to, without credentials and query; possibly empty.
        location: String,
    },

    /// The server does not have the model.
    #[error("model `{model}` is not served at `{url}`{}", serves(available))]
    ModelNotFound {
        /// The base URL.
        url: String,
        /// The model asked for.
        model: String,
        /// The models the server lists, sorted; empty if it does not say.
        available: Vec<String>,
    },

    /// The reply is larger than the limit.
    #[error("the reply from `{url}` is larger than {limit} bytes")]
    ReplyTooLarge {
        /// The base URL.
        url: String,
        /// The limit in bytes.
        limit: u64,
    },

    /// The reply is not in the expected format.
    #[error("malformed reply: {reason}{}", after_colon(excerpt))]
    MalformedReply {
        /// What is wrong with it.
        reason: &'static str,
        /// How the reply begins.
        excerpt: String,
        /// Where the JSON breaks, if it does.
        source: Option<serde_json::Error>,
    },

    /// The model answered, but with no text.
    #[error("the model answered with no text (finish reason: {finish})")]
    EmptyAnswer {
        /// Why the answer ended. With [`Finish::Length`] all tokens went into reasoning.
        finish: Finish,
    },

    /// A scripted model was asked more often than it has answers.
    #[error("the script has no answer number {number}")]
    ScriptExhausted {
        /// The number of the question, the first being 1.
        number: usize,
    },

    /// None of the models of a chain answered.
    #[error("no model answered: {}", each(failures))]
    NoneAnswered {
        /// The models that were asked, in this order, and why each did not answer.
        failures: Vec<(String, Error)>,
    },

    /// The thread that asked the model ended early: a panic, or the runtime shut down.
    #[error("the request to the model was abandoned")]
    Abandoned {
        /// How the thread ended.
        source: tokio::task::JoinError,
    },
}

const MODELS_SHOWN: usize = 12;

fn after_colon(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

fn known(supported: &str) -> String {
    if supported.is_empty() { String::new() } else { format!("; known are {supported}") }
}

fn to_location(location: &str) -> String {
    if location.is_empty() { String::new() } else { format!(" to `{location}`") }
}

fn each(failures: &[(String, Error)]) -> String {
    let failures: Vec<String> =
        failures.iter().map(|(model, error)| format!("{model}: {}", with_causes(error))).collect();
    failures.join("; ")
}

/// The message of `error` and of all its causes.
pub(crate) fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn serves(available: &[String]) -> String {
    if available.is_empty() {
        return String::new();
    }
    let shown = available.iter().take(MODELS_SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match available.len().saturating_sub(MODELS_SHOWN) {
        0 => format!(", which has {shown}"),
        more => format!(", which has {shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_is_known_and_no_more() {
        let url = || "http://localhost:1/v1".to_owned();
        let not_found = |available| Error::ModelNotFound { url: url(), model: "m".into(), available };
        let many = (0..14).map(|n| format!("m{n:02}")).collect();
        let cases = [
            (
                Error::Status { url: url(), code: 502, message: String::new() },
                "HTTP status 502 from `http://localhost:1/v1`",
            ),
            (
                Error::Status { url: url(), code: 500, message: "out of memory".into() },
                "HTTP status 500 from `http://localhost:1/v1`: out of memory",
            ),
            (not_found(vec![]), "model `m` is not served at `http://localhost:1/v1`"),
            (
                not_found(vec!["a".into(), "b".into()]),
                "model `m` is not served at `http://localhost:1/v1`, which has a, b",
            ),
            (
                not_found(many),
                "model `m` is not served at `http://localhost:1/v1`, which has m00, m01, m02, \
                 m03, m04, m05, m06, m07, m08, m09, m10, m11 and 2 more",
            ),
        ];
        for (error, expect) in cases {
            assert_eq!(error.to_string(), expect);
        }
    }
}
