//! The servers that people run, and how the client gets along with each.

use tai_llm::{ChatModel, ChatReply, ChatRequest, Error, Finish, Message, OpenAiModel, Warning};

use crate::peer::{ANSWER, Peer};
use crate::server::{Server, answer};
use crate::support::{hello, options};

/// One answer from `peer`, streamed or not.
async fn ask(model: &OpenAiModel, request: &ChatRequest, streamed: bool) -> Result<ChatReply, Error> {
    match streamed {
        true => model.chat_streamed(request, &mut |_| {}).await,
        false => model.chat(request).await,
    }
}

fn long(bytes: usize) -> ChatRequest {
    let mut request = ChatRequest::new([Message::user("a".repeat(bytes))]);
    request.max_tokens = Some(100);
    request
}

#[tokio::test]
async fn each_answers_with_its_usage_and_without_reasoning() {
    for peer in Peer::all(4096) {
        let server = Server::like(peer, []);
        let model = OpenAiModel::new(options(&server)).unwrap();
        for streamed in [false, true] {
            let reply = ask(&model, &hello(), streamed).await.unwrap();
            let usage = reply.usage.unwrap();
            assert_eq!((reply.text.as_str(), reply.finish, reply.model.as_str()), (ANSWER, Finish::Stop, "gemma3:4b"));
            assert_eq!((usage.prompt_tokens, usage.completion_tokens), (1, 5), "{peer:?}");
            assert_eq!(reply.warnings, [], "{peer:?}");
        }
        assert_eq!(server.requests().len(), 2, "{peer:?}");
    }
}

#[tokio::test]
async fn each_says_how_long_its_context_is() {
    for peer in Peer::all(8192) {
        let server = Server::like(peer, []);
        let model = OpenAiModel::new(options(&server)).unwrap();
        assert_eq!(model.context_tokens().await, Some(8192), "{peer:?}");
    }
    let server = Server::start([answer("200 OK", &[], r#"{"data":[{"id":"gemma3:4b"}]}"#)]);
    assert_eq!(OpenAiModel::new(options(&server)).unwrap().context_tokens().await, None);
}

#[tokio::test]
async fn ollama_is_asked_for_no_more_memory_than_allowed() {
    let server = Server::like(Peer::ollama(131_072), []);
    let mut options = options(&server);
    options.longest_context = 10_000;
    assert_eq!(OpenAiModel::new(options).unwrap().context_tokens().await, Some(10_000));
}

#[tokio::test]
async fn a_missing_model_is_told_with_those_that_are_there() {
    for peer in [Peer::ollama(4096), Peer::old_ollama(4096), Peer::vllm(4096)] {
        let server = Server::like(peer, []);
        let mut options = options(&server);
        options.model = "gemma3".to_owned();
        let model = OpenAiModel::new(options).unwrap();
        for streamed in [false, true] {
            let error = ask(&model, &hello(), streamed).await.unwrap_err();
            let expect = format!("model `gemma3` is not served at `{}`, which has gemma3:4b", server.base_url());
            assert_eq!(error.to_string(), expect, "{peer:?}");
        }
    }
}

#[tokio::test]
async fn a_prompt_is_never_cut_in_silence() {
    for peer in [Peer::ollama(8192), Peer::llama_cpp(8192), Peer::vllm(8192)] {
        let server = Server::like(peer, []);
        let model = OpenAiModel::new(options(&server)).unwrap();
        for streamed in [false, true] {
            // 5,000 tokens for the peer: more than Ollama has room for unless it is told.
            let reply = ask(&model, &long(15_000), streamed).await.unwrap();
            assert_eq!((reply.usage.unwrap().prompt_tokens, reply.warnings), (5000, vec![]), "{peer:?}");
            let error = ask(&model, &long(30_000), streamed).await.unwrap_err();
            assert!(matches!(&error, Error::PromptTooLong { .. }), "{peer:?}: {error}");
        }
    }
}

#[tokio::test]
async fn an_ollama_that_cuts_all_the_same_is_found_out() {
    let server = Server::like(Peer::old_ollama(4096), []);
    let model = OpenAiModel::new(options(&server)).unwrap();
    let reply = model.chat(&long(30_000)).await.unwrap();
    assert_eq!(reply.warnings, [Warning::PromptCut { context: 4096 }]);
}

#[tokio::test]
async fn ollamas_context_grows_where_the_estimate_was_too_low() {
    let server = Server::like(Peer::ollama(16_384), []);
    let model = OpenAiModel::new(options(&server)).unwrap();
    // Estimated as no token at all, and 5,000 for the peer.
    let request = ChatRequest::new([Message::user(" ".repeat(15_000))]);
    assert!(request.estimated_tokens() < 100);
    assert_eq!(model.chat(&request).await.unwrap().usage.unwrap().prompt_tokens, 5000);
    let sizes = server.requests().into_iter().map(|request| {
        let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
        body["options"]["num_ctx"].as_u64().unwrap()
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [4096, 8192]);
}

#[tokio::test]
async fn ollama_is_known_by_its_version_alone() {
    for (peer, path) in [(Peer::ollama(4096), "/api/chat"), (Peer::llama_cpp(4096), "/v1/chat/completions")] {
        let server = Server::like(peer, []);
        OpenAiModel::new(options(&server)).unwrap().chat(&hello()).await.unwrap();
        assert_eq!(server.requests()[0].line, format!("POST {path}"));
    }
}

#[tokio::test]
async fn a_base_url_without_v1_is_enough_for_ollama() {
    let server = Server::like(Peer::ollama(4096), []);
    let mut options = options(&server);
    options.base_url = options.base_url.trim_end_matches("/v1").to_owned();
    assert_eq!(OpenAiModel::new(options).unwrap().chat(&hello()).await.unwrap().text, ANSWER);
}

#[tokio::test]
async fn each_can_ask_for_a_command() {
    let mut request = hello();
    request.run_command = Some("Runs one read-only command.".to_owned());
    for peer in Peer::all(4096) {
        let server = Server::like(peer, []);
        let model = OpenAiModel::new(options(&server)).unwrap();
        for streamed in [false, true] {
            let reply = ask(&model, &request, streamed).await.unwrap();
            let commands: Vec<_> = reply.tool_calls.iter().map(|call| call.command().unwrap()).collect();
            assert_eq!((reply.text.as_str(), commands), ("", vec!["df -h".to_owned()]), "{peer:?}");
        }
    }
}

#[tokio::test]
async fn who_takes_no_tools_is_asked_without() {
    let mut request = hello();
    request.run_command = Some("Runs one read-only command.".to_owned());
    for peer in Peer::all(4096) {
        for streamed in [false, true] {
            let server = Server::like(peer.without_tools(), []);
            let mut options = options(&server);
            options.retry.times = 0;
            let model = OpenAiModel::new(options).unwrap();
            for asked in [2, 3] {
                let reply = ask(&model, &request, streamed).await.unwrap();
                assert_eq!((reply.text.as_str(), reply.warnings.as_slice()), (ANSWER, &[Warning::ToolsRefused][..]));
                // What was learnt is kept.
                assert_eq!(server.requests().len(), asked, "{peer:?}");
            }
        }
    }
}

#[tokio::test]
async fn calls_that_are_none_are_told_apart() {
    let call = |name: &str, arguments: &str| {
        tai_llm::ToolCall { name: name.to_owned(), arguments: arguments.to_owned() }.command()
    };
    assert_eq!(call("run_command", r#"{"command":" df -h "}"#), Some("df -h".to_owned()));
    for (name, arguments) in [
        ("run_command", ""),
        ("run_command", "df -h"),
        ("run_command", r#"{"command":""}"#),
        ("run_command", r#"{"command":["df"]}"#),
        ("run", r#"{"command":"df"}"#),
    ] {
        assert_eq!(call(name, arguments), None, "{name} {arguments}");
    }
}

#[tokio::test]
async fn what_a_server_refuses_is_left_out() {
    let refusals = [
        r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","code":"unsupported_parameter"}}"#,
        r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0 with this model."}}"#,
        r#"{"detail":"extra fields not permitted: stream_options"}"#,
    ];
    let steps = refusals.map(|body| answer("400 Bad Request", &[], body));
    let server = Server::like(Peer::vllm(4096), steps);
    let model = OpenAiModel::new(options(&server)).unwrap();
    let mut request = hello();
    (request.max_tokens, request.temperature) = (Some(64), Some(0.0));
    let reply = ask(&model, &request, true).await.unwrap();
    // The usage was not asked for in the end.
    assert_eq!((reply.text.as_str(), reply.usage), (ANSWER, None));
    let last = server.requests().pop().unwrap().body;
    assert!(last.ends_with(r#""stream":true,"max_completion_tokens":64}"#), "{last}");
}
