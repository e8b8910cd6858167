//! Whether a model can be asked.

use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use tai_llm::{Health, OpenAiModel, OpenAiOptions, ScriptedModel, health};

use crate::peer::Peer;
use crate::server::{Server, Step, answer};
use crate::support::options;

const PATIENCE: Duration = Duration::from_secs(30);

async fn of(options: OpenAiOptions, patience: Duration) -> Health {
    health(&OpenAiModel::new(options).unwrap(), patience).await
}

#[tokio::test]
async fn a_model_that_answers_is_well() {
    for peer in Peer::all(8192) {
        let server = Server::like(peer, []);
        let health = of(options(&server), PATIENCE).await;
        assert!(health.is_well(), "{health:?}");
        assert_eq!(
            (health.is_reachable, health.is_served, health.context_tokens),
            (Some(true), Some(true), Some(8192))
        );
        assert!(health.first_token_s.unwrap() <= health.answer_s.unwrap(), "{health:?}");
        assert_eq!((health.problem, health.available), (None, vec![]));
    }
    let scripted = health(&ScriptedModel::new(["ready"]), PATIENCE).await;
    assert!(scripted.is_well() && scripted.context_tokens.is_none());
}

#[tokio::test]
async fn a_model_that_is_not_there_is_told_with_those_that_are() {
    let server = Server::like(Peer::vllm(4096), []);
    let mut options = options(&server);
    options.model = "other".to_owned();
    let health = of(options, PATIENCE).await;
    assert_eq!((health.is_reachable, health.is_served, health.is_well()), (Some(true), Some(false), false));
    assert_eq!(health.available, ["gemma3:4b"]);
    assert!(health.problem.unwrap().starts_with("model `other` is not served at "));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_from_one_that_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let down = of(OpenAiOptions::new(url, "m"), PATIENCE).await;
    assert_eq!((down.is_reachable, down.is_served), (Some(false), None));
    assert!(down.problem.unwrap().contains("Connection refused"));

    let failure = || answer("403 Forbidden", &[], "no");
    let server = Server::start([failure(), failure(), failure()]);
    let failing = of(options(&server), PATIENCE).await;
    assert_eq!((failing.is_reachable, failing.is_served, failing.is_well()), (Some(true), None, false));
    assert!(failing.problem.unwrap().contains("HTTP status 403"));
}

#[tokio::test]
async fn patience_ends() {
    let (hung_up, closed) = mpsc::channel();
    let server = Server::like(Peer::llama_cpp(4096), [Step::Hang(hung_up)]);
    let health = of(options(&server), Duration::from_millis(700)).await;
    assert_eq!((health.is_well(), health.context_tokens), (false, Some(4096)));
    assert!(health.problem.unwrap().starts_with("no answer within 700ms"));
    closed.recv_timeout(PATIENCE).unwrap();
}
