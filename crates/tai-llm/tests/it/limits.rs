//! Limits of time and size, giving up, and the secrecy of the key.

use std::hash::{BuildHasher, RandomState};
use std::sync::mpsc;
use std::time::Duration;

use tai_llm::{ApiKey, ChatModel, Error, OpenAiModel};

use crate::server::{Server, Step, answer, chat_reply, says};
use crate::support::{ask, chain, hello, options};

/// Only a test that fails waits so long.
const HANGING: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_slow_answer_is_not_waited_for_nor_asked_again() {
    let (hung_up, seen) = mpsc::channel();
    let server = Server::start([Step::Hang(hung_up), says("too late")]);
    let mut options = options(&server);
    options.answer_timeout = Duration::from_millis(100);
    let error = ask(options).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { after, .. } if after.as_millis() == 100), "{error:?}");
    seen.recv_timeout(HANGING).unwrap();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_reply_beyond_the_limit_is_not_read() {
    let body = chat_reply(&"x".repeat(5000));
    for (limit, fits) in [(4000, false), (6000, true)] {
        let server = Server::start([answer("200 OK", &[], &body)]);
        let mut options = options(&server);
        options.max_reply_bytes = limit;
        match ask(options).await {
            Ok(reply) => assert!(fits && reply.text.len() == 5000),
            Err(Error::ReplyTooLarge { limit: told, .. }) => assert!(!fits && told == limit),
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn an_endless_error_body_is_cut() {
    let server = Server::start([answer("400 Bad Request", &[], "y".repeat(1_000_000))]);
    let error = ask(options(&server)).await.unwrap_err();
    assert!(matches!(error, Error::Status { message, .. } if message.chars().count() == 301));
}

#[tokio::test]
async fn dropping_the_future_hangs_up() {
    let (hung_up, seen) = mpsc::channel();
    let server = Server::start([Step::Hang(hung_up)]);
    let model = OpenAiModel::new(options(&server)).unwrap();
    let request = hello();
    {
        let mut answer = model.chat(&request);
        while server.requests().is_empty() {
            let slice = tokio::time::timeout(Duration::from_millis(5), &mut answer).await;
            assert!(slice.is_err(), "the server never answers");
        }
    }
    seen.recv_timeout(HANGING).unwrap();
}

#[test]
fn dropping_the_future_ends_a_wait_between_attempts() {
    let server = Server::start([answer("503 Service Unavailable", &[], "")]);
    let mut options = options(&server);
    options.retry.first_wait = Duration::from_secs(3600);
    options.retry.longest_wait = Duration::from_secs(3600);
    options.answer_timeout = Duration::from_secs(7200);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let answer = ask(options);
        assert!(tokio::time::timeout(Duration::from_millis(200), answer).await.is_err());
    });
    // Waits for the worker, which sleeps for an hour if nobody wakes it.
    drop(runtime);
}

#[tokio::test]
async fn the_key_is_in_no_output() {
    let key = format!("sk-{:016x}", RandomState::new().hash_one(1));
    let echo = format!("no such key: {key}");
    let not_found = format!(r#"{{"error":{{"message":"model {key} not found"}}}}"#);
    let cases = [
        vec![answer("401 Unauthorized", &[], &echo)],
        vec![answer("403 Forbidden", &[], format!(r#"{{"error":"{echo}"}}"#))],
        vec![answer("200 OK", &[], &echo)],
        vec![answer("200 OK", &[], format!(r#"{{"choices":[],"key":"{key}"}}"#))],
        vec![answer("404 Not Found", &[], &not_found), answer("200 OK", &[], format!(r#"{{"data":"{key}"}}"#))],
        vec![answer("302 Found", &[&format!("location: http://x/?key={key}")], "")],
        vec![Step::Send(Vec::new())],
    ];
    for steps in cases {
        let server = Server::start(steps);
        let mut options = options(&server);
        options.api_key = Some(ApiKey::new(&key).unwrap());
        options.retry.times = 0;
        let model = OpenAiModel::new(options.clone()).unwrap();
        let error = model.chat(&hello()).await.unwrap_err();
        for output in [chain(&error), format!("{error:?}{options:?}{model:?}")] {
            assert!(!output.contains(&key), "{output}");
        }
    }
}
