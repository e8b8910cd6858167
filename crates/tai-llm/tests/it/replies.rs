//! Answers as they should be.

use tai_llm::{ApiKey, ChatModel, ChatReply, ChatRequest, Finish, Message, OpenAiModel, Usage};

use crate::server::{Server, answer, says};
use crate::support::{ask, options};

#[tokio::test]
async fn a_conversation_is_sent_and_its_answer_read() {
    let server = Server::start([says("It is full.")]);
    let mut options = options(&server);
    options.base_url += "//";
    let model = OpenAiModel::new(options).unwrap();
    assert_eq!((model.name(), model.base_url()), ("gemma3:4b", server.base_url().as_str()));

    let mut request = ChatRequest::new([Message::user("disk?"), Message::assistant("which?")]);
    request.max_tokens = Some(64);
    let reply = model.chat(&request).await.unwrap();
    let usage = Some(Usage { prompt_tokens: 7, completion_tokens: 2 });
    let expect = ChatReply {
        text: "It is full.".into(),
        tool_calls: vec![],
        usage,
        finish: Finish::Stop,
        model: "gemma3:4b".into(),
        warnings: vec![],
    };
    assert_eq!(reply, expect);

    let [sent] = server.requests().try_into().unwrap();
    assert_eq!(sent.line, "POST /v1/chat/completions");
    assert_eq!(
        sent.body,
        r#"{"model":"gemma3:4b","messages":[{"role":"user","content":"disk?"},{"role":"assistant","content":"which?"}],"stream":false,"max_tokens":64}"#,
    );
    assert!(sent.headers.contains(&"content-type: application/json".to_owned()));
    assert!(!sent.headers.iter().any(|header| header.starts_with("authorization")));
}

#[tokio::test]
async fn the_key_is_sent() {
    let server = Server::start([says("yes")]);
    let mut options = options(&server);
    options.api_key = Some(ApiKey::new("k-generated").unwrap());
    ask(options).await.unwrap();
    let sent = server.requests().remove(0);
    assert!(sent.headers.contains(&"authorization: Bearer k-generated".to_owned()));
}

#[tokio::test]
async fn a_cut_answer_says_so() {
    let body = r#"{"choices":[{"message":{"content":"It is"},"finish_reason":"length"}]}"#;
    let server = Server::start([answer("200 OK", &[], body)]);
    let reply = ask(options(&server)).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.finish, reply.usage), ("It is", Finish::Length, None));
}

#[tokio::test]
async fn invalid_utf8_does_not_cost_the_answer() {
    let body = b"{\"choices\":[{\"message\":{\"content\":\"a\xffb\"}}]}";
    let server = Server::start([answer("200 OK", &[], body)]);
    assert_eq!(ask(options(&server)).await.unwrap().text, "a\u{fffd}b");
}

#[tokio::test]
async fn the_models_are_listed() {
    let body = r#"{"object":"list","data":[{"id":"qwen3:8b"},{"id":"gemma3:4b"}]}"#;
    let server = Server::start([answer("200 OK", &[], body)]);
    let model = OpenAiModel::new(options(&server)).unwrap();
    assert_eq!(model.models().await.unwrap(), ["gemma3:4b", "qwen3:8b"]);
    assert_eq!(server.requests()[0].line, "GET /v1/models");
}
