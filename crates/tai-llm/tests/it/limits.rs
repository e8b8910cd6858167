//! Limits of time and size, giving up, and the secrecy of the key.

use std::hash::{BuildHasher, RandomState};
use std::sync::mpsc;
use std::time::Duration;

use tai_llm::{ApiKey, ChatModel, Error, OpenAiModel};

use crate::peer::Peer;
use crate::server::{EVENTS_HEAD, Server, Step, answer, chat_reply, events, piece, says};
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
async fn a_hundred_megabytes_are_not_read() {
    let megabyte = vec![b'a'; 1 << 20];
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 100 << 20).into_bytes();
    let server = Server::start([Step::Endless(head, megabyte)]);
    let error = ask(options(&server)).await.unwrap_err();
    assert!(matches!(error, Error::ReplyTooLarge { limit, .. } if limit == 16 << 20), "{error}");
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

fn key() -> String {
    format!("sk-{:016x}/x", RandomState::new().hash_one(1))
}

/// Servers that repeat the key in all the ways in which they fail.
fn servers_that_repeat(key: &str) -> Vec<(Option<Peer>, Vec<Step>)> {
    let echo = format!("no such key: {key}");
    let escaped = echo.replace('/', "\\/");
    let not_found = format!(r#"{{"error":{{"message":"model {key} not found"}}}}"#);
    let events = |data: &str| Step::Send([EVENTS_HEAD, format!("data: {data}\n\n").as_bytes()].concat());
    vec![
        (None, vec![answer("401 Unauthorized", &[], &echo)]),
        (None, vec![answer("403 Forbidden", &[], format!(r#"{{"error":"{echo}"}}"#))]),
        (None, vec![answer("403 Forbidden", &[], format!(r#"{{"error":"{escaped}"}}"#))]),
        (None, vec![answer("429 Too Many Requests", &["retry-after: 9999"], &echo)]),
        (None, vec![answer("502 Bad Gateway", &["content-type: text/html"], format!("<html>{echo}"))]),
        (None, vec![answer("400 Bad Request", &[], format!(r#"{{"message":"maximum context length {key}"}}"#))]),
        (None, vec![answer("200 OK", &[], &echo)]),
        (None, vec![answer("200 OK", &[], format!(r#"{{"choices":[],"key":"{key}"}}"#))]),
        (None, vec![answer("404 Not Found", &[], &not_found), answer("200 OK", &[], format!(r#"{{"data":"{key}"}}"#))]),
        (
            None,
            vec![
                answer("404 Not Found", &[], &not_found),
                answer("200 OK", &[], format!(r#"{{"data":[{{"id":"{key}"}}]}}"#)),
            ],
        ),
        (None, vec![answer("302 Found", &[&format!("location: http://x/{key}?key={key}")], "")]),
        (None, vec![Step::Send(Vec::new())]),
        (None, vec![events(&format!(r#"{{"error":{{"message":"{escaped}"}}}}"#))]),
        (None, vec![events(&echo)]),
        (None, vec![events(&piece(&echo))]),
        (Some(Peer::ollama(4096)), vec![answer("200 OK", &[], format!(r#"{{"error":"{escaped}"}}"#))]),
        (Some(Peer::ollama(4096)), vec![answer("400 Bad Request", &[], format!(r#"{{"error":"{echo}"}}"#))]),
    ]
}

#[tokio::test]
async fn the_key_is_in_no_output() {
    for streamed in [false, true] {
        let key = key();
        for (peer, steps) in servers_that_repeat(&key) {
            let server = match peer {
                Some(peer) => Server::like(peer, steps),
                None => Server::start(steps),
            };
            let mut options = options(&server);
            options.api_key = Some(ApiKey::new(&key).unwrap());
            options.retry.times = 0;
            let model = OpenAiModel::new(options.clone()).unwrap();
            let mut trace = String::new();
            let error = match streamed {
                true => model.chat_streamed(&hello(), &mut |piece| trace += &format!("{piece:?}")).await.unwrap_err(),
                false => model.chat(&hello()).await.unwrap_err(),
            };
            for output in [chain(&error), format!("{error:?}{options:?}{model:?}"), trace] {
                assert!(!output.contains(&key[3..]), "{output}");
            }
        }
    }
}

#[tokio::test]
async fn a_key_that_an_answer_repeats_is_taken_out_of_it() {
    let key = key();
    let (start, end) = key.split_at(7);
    let arguments = serde_json::json!({ "command": key }).to_string();
    let call = serde_json::json!({ "function": { "name": "run_command", "arguments": arguments } });
    let call = serde_json::json!({ "choices": [{ "delta": { "tool_calls": [call] } }] }).to_string();
    let server =
        Server::start([says(&format!("it is {key}")), events(&[&piece("it is "), &piece(start), &piece(end), &call])]);
    let mut options = options(&server);
    options.api_key = Some(ApiKey::new(&key).unwrap());
    let model = OpenAiModel::new(options).unwrap();
    assert_eq!(model.chat(&hello()).await.unwrap().text, "it is [api key]");
    let mut shown = String::new();
    let reply = model.chat_streamed(&hello(), &mut |piece| shown += piece.text).await.unwrap();
    assert_eq!((shown.as_str(), reply.text.as_str()), ("it is [api key]", "it is [api key]"));
    assert_eq!(reply.tool_calls[0].command().unwrap(), "[api key]");
}
