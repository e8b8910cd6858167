//! Servers that fail, and what is asked again.

use std::net::TcpListener;
use std::time::Duration;

use tai_llm::{Error, OpenAiModel, OpenAiOptions};

use crate::server::{Server, Step, answer, says};
use crate::support::{ask, chain, options};

/// Longer than any test may take: who waits for it hangs the test.
const FOREVER: Duration = Duration::from_secs(3600);

fn cut() -> Step {
    Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"choices\":[{\"mess".to_vec())
}

#[tokio::test]
async fn what_may_pass_is_asked_again() {
    let passing = [
        || answer("500 Internal Server Error", &[], "model runner stopped"),
        || answer("503 Service Unavailable", &[], r#"{"error":{"message":"Loading model"}}"#),
        || answer("429 Too Many Requests", &["retry-after: 0"], ""),
        cut,
        || Step::Send(Vec::new()),
        || Step::Send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{\"ch".to_vec()),
    ];
    for failure in passing {
        let server = Server::start([failure(), failure(), says("yes")]);
        assert_eq!(ask(options(&server)).await.unwrap().text, "yes");
        assert_eq!(server.requests().len(), 3);
    }
}

#[tokio::test]
async fn what_does_not_pass_is_asked_once() {
    let cases = [
        (
            answer("400 Bad Request", &[], r#"{"error":{"message":"context\nfull"}}"#),
            "HTTP status 400 from `URL`: context full",
        ),
        (answer("401 Unauthorized", &[], r#"{"error":{"message":"no key"}}"#), "HTTP status 401 from `URL`: no key"),
        (answer("404 Not Found", &[], "404 page not found"), "HTTP status 404 from `URL`: 404 page not found"),
        (answer("403 Forbidden", &[], ""), "HTTP status 403 from `URL`"),
        (answer("429 Too Many Requests", &["retry-after: 3600"], "slow down"), "HTTP status 429 from `URL`: slow down"),
        (
            answer("307 Temporary Redirect", &["location: http://me:pw@other.example/?k=1"], ""),
            "`URL` redirects to `http://…@other.example/`, and redirects are not followed",
        ),
        (
            answer("200 OK", &["content-type: text/html"], "<html>\u{1b}[2J<p>Sign in"),
            r"malformed reply: it is not JSON: <html>\u{1b}[2J<p>Sign in: expected value at line 1 column 1",
        ),
        (answer("200 OK", &[], r#"{"choices":[]}"#), r#"malformed reply: it has no choices: {"choices":[]}"#),
        (
            answer("200 OK", &[], r#"{"choices":[{"message":{"content":null}}]}"#),
            "the model answered with no text (finish reason: unknown)",
        ),
    ];
    for (failure, expect) in cases {
        let server = Server::start([failure, says("must not be asked for")]);
        let mut options = options(&server);
        options.retry.longest_wait = Duration::ZERO;
        let error = ask(options).await.unwrap_err();
        assert_eq!(chain(&error), expect.replace("URL", &server.base_url()));
        assert_eq!(server.requests().len(), 1, "{expect}");
    }
}

#[tokio::test]
async fn no_http_is_an_error_of_its_own() {
    let server = Server::start([Step::Send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec())]);
    let error = ask(options(&server)).await.unwrap_err();
    assert!(matches!(error, Error::Protocol { .. }), "{error:?}");
}

#[tokio::test]
async fn retries_are_bounded_and_the_last_failure_is_told() {
    let busy = || answer("503 Service Unavailable", &[], "busy");
    let server = Server::start([busy(), busy(), answer("502 Bad Gateway", &[], "gone"), busy()]);
    let mut options = options(&server);
    options.retry.times = 2;
    let error = ask(options).await.unwrap_err();
    assert!(matches!(&error, Error::Status { code: 502, message, .. } if message == "gone"));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_wait_beyond_the_time_limit_is_not_begun() {
    let server = Server::start([cut()]);
    let mut options = options(&server);
    options.retry.first_wait = FOREVER;
    options.retry.longest_wait = FOREVER;
    let error = ask(options).await.unwrap_err();
    assert!(matches!(error, Error::ConnectionLost { .. }), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_down_is_known_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let mut options = OpenAiOptions::new(&url, "m");
    options.retry.first_wait = FOREVER;
    options.retry.longest_wait = FOREVER;
    options.answer_timeout = Duration::MAX;
    let error = ask(options).await.unwrap_err();
    assert!(chain(&error).starts_with(&format!("cannot connect to `{url}`: Connection refused")), "{error:?}",);
}

#[tokio::test]
async fn a_missing_model_is_told_with_those_that_are_there() {
    let missing = || answer("404 Not Found", &[], r#"{"error":{"message":"model \"gemma3:4b\" not found"}}"#);
    let list = answer("200 OK", &[], r#"{"data":[{"id":"qwen3:8b"},{"id":"llama\u001b"}]}"#);
    let cases = [
        (list, vec!["llama\\u{1b}", "qwen3:8b"]),
        (answer("500 Internal Server Error", &[], ""), vec![]),
        (missing(), vec![]),
    ];
    for (listing, expect) in cases {
        let server = Server::start([missing(), listing, says("must not be asked for")]);
        let error = ask(options(&server)).await.unwrap_err();
        let Error::ModelNotFound { model, available, .. } = &error else { panic!("{error:?}") };
        assert_eq!((model.as_str(), available), ("gemma3:4b", &expect.iter().map(ToString::to_string).collect()));
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn a_listing_that_fails_is_told_as_it_is() {
    let server = Server::start([answer("404 Not Found", &[], r#"{"error":"no model route"}"#)]);
    let error = OpenAiModel::new(options(&server)).unwrap().models().await.unwrap_err();
    assert!(matches!(error, Error::Status { code: 404, .. }), "{error:?}");
}
