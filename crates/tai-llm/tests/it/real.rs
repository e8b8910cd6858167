//! llama.cpp's own server, where `scripts/llm-peer` has started one: a tiny model of random weights,
//! called `tiny`, with a context of 2,048 tokens, a token a byte. Without it they are not run.

use std::time::Instant;

use tai_llm::{ChatModel, ChatReply, ChatRequest, Error, Finish, Message, OpenAiModel, OpenAiOptions};

const CONTEXT: u64 = 2048;

fn real() -> OpenAiModel {
    #[expect(clippy::disallowed_methods, reason = "the script says where the server is")]
    let url = std::env::var("TAI_LLM_PEER").unwrap();
    OpenAiModel::new(OpenAiOptions::new(url, "tiny")).unwrap()
}

fn request(bytes: usize) -> ChatRequest {
    let mut request = ChatRequest::new([Message::system("be brief"), Message::user("a".repeat(bytes))]);
    (request.max_tokens, request.temperature, request.seed) = (Some(24), Some(0.0), Some(1));
    request
}

/// The reply, and what was shown of it.
async fn stream(model: &OpenAiModel, request: &ChatRequest) -> Result<(ChatReply, String, u64), Error> {
    let (mut shown, mut tokens) = (String::new(), 0);
    let reply = model
        .chat_streamed(request, &mut |piece| {
            shown += piece.text;
            tokens = piece.tokens;
        })
        .await?;
    Ok((reply, shown, tokens))
}

#[tokio::test]
#[ignore = "scripts/llm-peer starts the server and runs them"]
async fn it_answers_and_counts() {
    let model = real();
    assert_eq!(model.models().await.unwrap(), ["tiny"]);
    assert_eq!(model.context_tokens().await, Some(CONTEXT));
    let whole = model.chat(&request(100)).await.unwrap();
    let usage = whole.usage.unwrap();
    assert_eq!((whole.finish, usage.completion_tokens), (Finish::Length, 24));
    assert!((108..200).contains(&usage.prompt_tokens), "{usage:?}");

    let (streamed, shown, tokens) = stream(&model, &request(100)).await.unwrap();
    assert_eq!((&streamed.text, &shown), (&whole.text, &whole.text));
    assert_eq!((streamed.usage, streamed.finish, tokens), (whole.usage, Finish::Length, 24));
}

#[tokio::test]
#[ignore = "scripts/llm-peer starts the server and runs them"]
async fn it_refuses_what_does_not_fit() {
    let model = real();
    let errors = [model.chat(&request(3000)).await.unwrap_err(), stream(&model, &request(3000)).await.unwrap_err()];
    for error in errors {
        let Error::PromptTooLong { prompt_tokens: Some(prompt), context_tokens, .. } = error else {
            panic!("{error:?}")
        };
        assert!(prompt > 3000 && context_tokens == Some(CONTEXT), "{prompt} {context_tokens:?}");
    }
}

#[tokio::test]
#[ignore = "scripts/llm-peer starts the server and runs them"]
async fn it_takes_a_tool() {
    let model = real();
    let mut request = request(100);
    request.run_command = Some("Runs one read-only command.".to_owned());
    // Noise calls nothing. That the tool is in the prompt shows in its length.
    let without = model.chat(&ChatRequest { run_command: None, ..request.clone() }).await.unwrap();
    for reply in [model.chat(&request).await.unwrap(), stream(&model, &request).await.unwrap().0] {
        assert_eq!((reply.tool_calls, reply.warnings), (vec![], vec![]));
        assert!(reply.usage.unwrap().prompt_tokens > without.usage.unwrap().prompt_tokens + 100);
    }
}

#[tokio::test]
#[ignore = "scripts/llm-peer starts the server and runs them"]
async fn it_stops_when_nobody_waits() {
    let model = real();
    let start = Instant::now();
    model.chat(&request(10)).await.unwrap();
    let short = start.elapsed();
    let mut long = request(100);
    long.max_tokens = Some(1900);
    {
        let mut shown = 0;
        let mut on_piece = |_: tai_llm::Piece<'_>| shown += 1;
        let answer = model.chat_streamed(&long, &mut on_piece);
        assert!(tokio::time::timeout(short, answer).await.is_err());
    }
    // There is one slot: had the server gone on, this would wait for an answer 79 times as long.
    let next = ChatRequest { seed: Some(2), ..request(10) };
    tokio::time::timeout(short * 25, model.chat(&next)).await.expect("the server went on").unwrap();
}
