//! The same checks over every implementation of `ChatModel`.

use std::sync::Arc;

use tai_llm::{ChatModel, ChatRequest, Error, Message, OpenAiModel, ScriptedModel};

use crate::server::{Server, says};
use crate::support::options;

/// Every implementation, made to say these texts in order.
fn models(texts: &[&str]) -> Vec<Arc<dyn ChatModel>> {
    let server = Server::start(texts.iter().map(|text| says(text)).collect::<Vec<_>>());
    vec![Arc::new(OpenAiModel::new(options(&server)).unwrap()), Arc::new(ScriptedModel::new(texts.iter().copied()))]
}

fn question(text: &str) -> ChatRequest {
    ChatRequest::new([Message::system("be brief"), Message::user(text)])
}

#[tokio::test]
async fn answers_come_in_order_trimmed_and_without_reasoning() {
    for model in models(&["  one\n", "<think>hm</think>\n\ntwo", "three <b>\u{1b}"]) {
        assert!(!model.name().is_empty());
        for expect in ["one", "two", "three <b>\u{1b}"] {
            let reply = model.chat(&question("which?")).await.unwrap();
            assert_eq!(reply.text, expect, "{}", model.name());
        }
    }
}

#[tokio::test]
async fn a_blank_answer_is_an_error() {
    for text in ["", " \n", "<think>only</think>", "<think>cut"] {
        for model in models(&[text]) {
            let error = model.chat(&question("which?")).await.unwrap_err();
            assert!(matches!(error, Error::EmptyAnswer { .. }), "{}: {error:?}", model.name());
        }
    }
}

#[tokio::test]
async fn an_empty_conversation_and_a_large_one_are_sent() {
    for model in models(&["none", "large"]) {
        model.chat(&ChatRequest::default()).await.unwrap();
        model.chat(&question(&"line\n".repeat(100_000))).await.unwrap();
    }
}

#[tokio::test]
async fn a_model_can_be_asked_from_several_tasks() {
    for model in models(&["same"; 8]) {
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let model = Arc::clone(&model);
                tokio::spawn(async move { model.chat(&question("which?")).await.unwrap().text })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), "same");
        }
    }
}

#[tokio::test]
async fn a_model_with_no_answer_left_fails() {
    for model in models(&["only"]) {
        model.chat(&question("first")).await.unwrap();
        model.chat(&question("second")).await.unwrap_err();
    }
    let scripted = ScriptedModel::new(["only"]);
    scripted.chat(&question("first")).await.unwrap();
    let error = scripted.chat(&question("second")).await.unwrap_err();
    assert_eq!(error.to_string(), "the script has no answer number 2");
    assert_eq!(scripted.requests(), [question("first"), question("second")]);
}
