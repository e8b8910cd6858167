//! Models of which the next is asked when one fails, and scripts.

use std::net::TcpListener;

use tai_llm::{Chain, ChatModel, Error, OpenAiModel, OpenAiOptions, ScriptedModel, Warning};

use crate::peer::{ANSWER, Peer};
use crate::server::Server;
use crate::support::{hello, options};

/// A model of a server that is not there.
fn down(name: &str) -> Box<dyn ChatModel> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    Box::new(OpenAiModel::new(OpenAiOptions::new(url, name)).unwrap())
}

#[tokio::test]
async fn the_next_answers_when_one_is_down() {
    let server = Server::like(Peer::vllm(4096), []);
    let up: Box<dyn ChatModel> = Box::new(OpenAiModel::new(options(&server)).unwrap());
    let chain = Chain::new(down("first"), [up, down("third")]);
    assert_eq!(chain.name(), "first");
    assert_eq!(chain.context_tokens().await, Some(4096));
    for streamed in [false, true] {
        let (mut shown, mut counts) = (String::new(), Vec::new());
        let reply = match streamed {
            true => {
                let mut told = |piece: tai_llm::Piece<'_>| {
                    shown += piece.text;
                    counts.push(piece.tokens);
                };
                chain.chat_streamed(&hello(), &mut told).await.unwrap()
            }
            false => chain.chat(&hello()).await.unwrap(),
        };
        assert_eq!((reply.text.as_str(), reply.model.as_str()), (ANSWER, "gemma3:4b"));
        let [Warning::FellBack { model, reason }] = reply.warnings.as_slice() else { panic!("{:?}", reply.warnings) };
        assert!(model == "first" && reason.contains("Connection refused"), "{reason}");
        assert_eq!(shown, if streamed { ANSWER } else { "" });
        assert!(counts.first().is_none_or(|first| *first == 0), "the second model begins anew: {counts:?}");
    }
}

#[tokio::test]
async fn where_none_answers_each_says_why() {
    let alone = Chain::new(Box::new(ScriptedModel::new([""; 1])), []);
    assert!(matches!(alone.chat(&hello()).await, Err(Error::EmptyAnswer { .. })));
    let scripted: Box<dyn ChatModel> = Box::new(ScriptedModel::new([""; 0]));
    let error = Chain::new(down("first"), [scripted]).chat(&hello()).await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("no model answered: first: cannot connect to "), "{text}");
    assert!(text.ends_with("; scripted: the script has no answer number 1"), "{text}");
}

#[tokio::test]
async fn a_script_of_json_lines_asks_for_commands() {
    let script = "{\"text\":\"Looking.\",\"run\":[\"df -h\"]}\n\n{\"text\":\"It is full.\"}\n";
    let model = ScriptedModel::parse(script).unwrap();
    let mut request = hello();
    request.run_command = Some(String::new());
    let reply = model.chat(&request).await.unwrap();
    let commands: Vec<_> = reply.tool_calls.iter().filter_map(tai_llm::ToolCall::command).collect();
    assert_eq!((reply.text.as_str(), commands), ("Looking.", vec!["df -h".to_owned()]));
    assert_eq!(model.chat(&request).await.unwrap().text, "It is full.");

    // Who was offered no tool asks for none.
    let model = ScriptedModel::parse(script).unwrap();
    assert_eq!(model.chat(&hello()).await.unwrap().tool_calls, []);
}

#[test]
fn a_script_that_is_wrong_names_the_line() {
    for (script, line) in [("{\"text\":\"a\"}\n{\"txt\":\"b\"}", 2), ("{\n\"text\":\"a\"}", 1)] {
        let error = ScriptedModel::parse(script).unwrap_err();
        assert!(matches!(error, Error::InvalidScript { line: found, .. } if found == line), "{error}");
    }
}
