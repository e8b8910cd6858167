//! The JSON of OpenAI's chat completions API, and of its dialects.
//!
//! Replies are read leniently, as a [`Value`]: servers differ in what they leave out, and a field
//! that is missing or of another type must not cost the answer.

use serde::Serialize;
use serde_json::{Value, json};

use super::dialect::Dialect;
use super::refusal::error_message;
use super::stream::Delta;
use crate::answer::Answer;
use crate::chat::RUN_COMMAND;
use crate::text::visible;
use crate::{ChatRequest, Error, Finish, Message, ToolCall, Usage};

/// Characters of what a server says.
pub(super) const MESSAGE_LIMIT: usize = 300;
const NAME_LIMIT: usize = 100;

/// The body of a request to `chat/completions`.
pub(crate) fn request_body(model: &str, request: &ChatRequest, dialect: Dialect, stream: bool) -> Vec<u8> {
    let (old, new) =
        if dialect.max_completion_tokens { (None, request.max_tokens) } else { (request.max_tokens, None) };
    let body = Body {
        model,
        messages: turns(request),
        stream,
        stream_options: (stream && !dialect.no_stream_options).then_some(StreamOptions { include_usage: true }),
        max_tokens: old,
        max_completion_tokens: new,
        temperature: request.temperature.filter(|_| !dialect.no_temperature),
        seed: request.seed,
        tools: tool(request, dialect).into_iter().collect(),
    };
    serde_json::to_vec(&body).expect("strings and numbers always serialise")
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Turn<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Value>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
pub(super) struct Turn<'a> {
    role: &'static str,
    content: &'a str,
}

pub(super) fn turns(request: &ChatRequest) -> Vec<Turn<'_>> {
    request.messages.iter().map(turn).collect()
}

fn turn(message: &Message) -> Turn<'_> {
    Turn { role: message.role.as_str(), content: &message.content }
}

/// The tool that is offered, as OpenAI and Ollama want it.
pub(super) fn tool(request: &ChatRequest, dialect: Dialect) -> Option<Value> {
    let description = request.run_command.as_ref().filter(|_| !dialect.no_tools)?;
    Some(json!({
        "type": "function",
        "function": {
            "name": RUN_COMMAND,
            "description": description,
            "parameters": {
                "type": "object",
                "properties": { "command": { "type": "string", "description": "the command line" } },
                "required": ["command"],
            },
        },
    }))
}

/// Reads the reply to a chat request that was not streamed. Invalid UTF-8 becomes replacement characters.
pub(crate) fn parse_reply(body: &[u8]) -> Result<Answer, Error> {
    let value = parse(body)?;
    let Some(choice) = value.pointer("/choices/0") else {
        let message = error_message(&value);
        return Err(malformed("it has no choices", message.unwrap_or_else(|| excerpt(body))));
    };
    let Some(message) = choice.get("message") else {
        return Err(malformed("its choice has no message", excerpt(body)));
    };
    Ok(Answer {
        text: text_of(message),
        tool_calls: tool_calls(message),
        usage: usage(&value),
        finish: finish(choice).unwrap_or(Finish::Unknown),
    })
}

/// Reads the data of one event of a streamed reply.
pub(crate) fn parse_event(data: &[u8]) -> Result<Delta, Error> {
    if data == b"[DONE]" {
        return Ok(Delta { is_last: true, ..Delta::default() });
    }
    let value = parse(data)?;
    // The events of llama.cpp's field `error` have its content without its name.
    let is_error = value.get("error").is_some_and(|error| !error.is_null())
        || value.get("choices").is_none() && error_message(&value).is_some();
    // The last event has the usage, and no choice.
    let choice = value.pointer("/choices/0").unwrap_or(&Value::Null);
    let delta = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(&Value::Null);
    let has_text = |name| delta.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    Ok(Delta {
        text: text_of(delta),
        is_reasoning: has_text("reasoning_content") || has_text("reasoning"),
        calls: list(delta, "tool_calls").iter().enumerate().map(call_part).collect(),
        usage: usage(&value),
        finish: finish(choice),
        is_error,
        ..Delta::default()
    })
}

/// The calls of tools in a message, each of them whole.
pub(super) fn tool_calls(message: &Value) -> Vec<ToolCall> {
    list(message, "tool_calls").iter().map(call).collect()
}

fn call_part((place, value): (usize, &Value)) -> (u64, ToolCall) {
    (value.get("index").and_then(Value::as_u64).unwrap_or(place as u64), call(value))
}

/// OpenAI has the arguments as a string of JSON, Ollama as an object.
fn call(value: &Value) -> ToolCall {
    let field = |name| value.get("function").and_then(|function| function.get(name)).unwrap_or(&Value::Null);
    let arguments = match field("arguments") {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    ToolCall { name: field("name").as_str().unwrap_or_default().to_owned(), arguments }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text_of(message: &Value) -> String {
    let texts = [message.get("content"), message.get("refusal")];
    texts.into_iter().flatten().filter_map(content_text).find(|text| !text.is_empty()).unwrap_or_default()
}

/// Reads the names in the reply to `models`, or to Ollama's own `api/tags`, sorted.
pub(crate) fn parse_models(body: &[u8]) -> Result<Vec<String>, Error> {
    let value = parse(body)?;
    let list = value.get("data").or_else(|| value.get("models"));
    let Some(models) = list.and_then(Value::as_array) else {
        return Err(malformed("it has no list of models", excerpt(body)));
    };
    let name = |model: &'_ Value| Some(visible(model.get("id").or_else(|| model.get("name"))?.as_str()?, NAME_LIMIT));
    let mut names: Vec<_> = models.iter().filter_map(name).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// The context's length that the list of models has for `model`: vLLM's `max_model_len`, and what
/// routers call it.
pub(crate) fn listed_context(body: &[u8], model: &str) -> Option<u64> {
    let value = parse(body).ok()?;
    let is_it = |entry: &&Value| entry.get("id").and_then(Value::as_str) == Some(model);
    let entry = list(&value, "data").iter().find(is_it)?;
    ["max_model_len", "context_length", "context_window"].iter().find_map(|name| positive(entry.get(name)?))
}

/// The context's length in the reply of llama.cpp's server to `props`: that of one of its slots.
pub(crate) fn props_context(body: &[u8]) -> Option<u64> {
    positive(parse(body).ok()?.pointer("/default_generation_settings/n_ctx")?)
}

fn positive(value: &Value) -> Option<u64> {
    value.as_u64().filter(|number| *number > 0)
}

pub(super) fn parse(body: &[u8]) -> Result<Value, Error> {
    serde_json::from_str(&String::from_utf8_lossy(body)).map_err(|source| Error::MalformedReply {
        reason: "it is not JSON",
        excerpt: excerpt(body),
        source: Some(source),
    })
}

pub(super) fn malformed(reason: &'static str, excerpt: String) -> Error {
    Error::MalformedReply { reason, excerpt, source: None }
}

pub(super) fn excerpt(body: &[u8]) -> String {
    let start = &body[..body.len().min(16 * MESSAGE_LIMIT)];
    visible(&String::from_utf8_lossy(start), MESSAGE_LIMIT)
}

/// Content is a string, or a list of parts of which only those of type `text` are the answer.
fn content_text(content: &Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => Some(
            parts
                .iter()
                .filter(|part| part.get("type").and_then(Value::as_str) == Some("text"))
                .filter_map(|part| part.get("text").and_then(Value::as_str))
                .collect(),
        ),
        _ => None,
    }
}

fn usage(value: &Value) -> Option<Usage> {
    let usage = value.get("usage")?;
    Some(Usage {
        prompt_tokens: usage.get("prompt_tokens")?.as_u64()?,
        completion_tokens: usage.get("completion_tokens")?.as_u64()?,
    })
}

/// Why the choice ends; `None` if it does not say so.
fn finish(choice: &Value) -> Option<Finish> {
    Some(match choice.get("finish_reason")?.as_str()? {
        "stop" => Finish::Stop,
        "length" => Finish::Length,
        "content_filter" => Finish::ContentFilter,
        "tool_calls" => Finish::ToolCalls,
        _ => Finish::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn requests_hold_what_was_set() {
        let mut request = ChatRequest::new([Message::system("be brief"), Message::user("a \"b\"")]);
        let check = |request: &ChatRequest, rest: &str| {
            let body = String::from_utf8(request_body("m", request, Dialect::default(), false)).unwrap();
            let start = r#"{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"a \"b\""}],"stream":false"#;
            assert_eq!(body, format!("{start}{rest}"));
        };
        check(&request, "}");
        request.max_tokens = Some(9);
        request.temperature = Some(0.2);
        request.seed = Some(7);
        check(&request, r#","max_tokens":9,"temperature":0.2,"seed":7}"#);
        let reasoning = Dialect { max_completion_tokens: true, no_temperature: true, ..Dialect::default() };
        let body = String::from_utf8(request_body("m", &request, reasoning, true)).unwrap();
        let end = r#""stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":9,"seed":7}"#;
        assert!(body.ends_with(end), "{body}");
    }

    #[test]
    fn replies_of_different_servers() {
        let used = Some(Usage { prompt_tokens: 3, completion_tokens: 5 });
        let cases = [
            (
                r#"{"choices":[{"message":{"content":" hi "},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}"#,
                "hi",
                used,
                Finish::Stop,
            ),
            (
                r#"{"choices":[{"message":{"content":"hi","reasoning_content":"hm"},"finish_reason":"length"}],"usage":null}"#,
                "hi",
                None,
                Finish::Length,
            ),
            (
                r#"{"choices":[{"message":{"content":[{"type":"thinking","text":"hm"},{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}"#,
                "ab",
                None,
                Finish::Unknown,
            ),
            (
                r#"{"choices":[{"message":{"content":null,"refusal":"no"},"finish_reason":"content_filter"}],"usage":{"prompt_tokens":-1}}"#,
                "no",
                None,
                Finish::ContentFilter,
            ),
        ];
        for (body, text, usage, finish) in cases {
            let answer = parse_reply(body.as_bytes()).unwrap();
            assert_eq!((answer.text.trim(), answer.usage, answer.finish), (text, usage, finish));
        }
    }

    #[test]
    fn replies_that_are_none() {
        let cases = [
            ("", "malformed reply: it is not JSON"),
            ("<html>\n<p>hi", "malformed reply: it is not JSON: <html> <p>hi"),
            ("{\"choices\":", "malformed reply: it is not JSON: {\"choices\":"),
            (r#"{"choices":[]}"#, r#"malformed reply: it has no choices: {"choices":[]}"#),
            (r#"{"choices":7}"#, r#"malformed reply: it has no choices: {"choices":7}"#),
            (r#"{"error":{"message":"no\u001b"}}"#, r"malformed reply: it has no choices: no\u{1b}"),
            (r#"{"choices":[{}]}"#, r#"malformed reply: its choice has no message: {"choices":[{}]}"#),
            (
                r#"{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}"#,
                "the model answered with no text (finish reason: stop)",
            ),
            (
                r#"{"choices":[{"message":{"content":"<think>a b"},"finish_reason":"length"}]}"#,
                "the model answered with no text (finish reason: length)",
            ),
        ];
        for (body, expect) in cases {
            let error = parse_reply(body.as_bytes()).and_then(|answer| answer.reply("m")).unwrap_err();
            assert_eq!(error.to_string(), expect);
        }
    }

    #[test]
    fn lists_of_models() {
        let names = parse_models(br#"{"data":[{"id":"b"},{"id":"a"},{"id":7},{},{"id":"b"}]}"#);
        assert_eq!(names.unwrap(), ["a", "b"]);
        assert_eq!(parse_models(br#"{"models":[{"name":"b"},{"name":"a"}]}"#).unwrap(), ["a", "b"]);
        assert!(parse_models(b"[]").is_err());
    }

    #[test]
    fn contexts_that_servers_tell() {
        let list = br#"{"data":[{"id":"a","max_model_len":8192},{"id":"b","context_length":4096},{"id":"c"}]}"#;
        for (model, expect) in [("a", Some(8192)), ("b", Some(4096)), ("c", None), ("d", None)] {
            assert_eq!(listed_context(list, model), expect, "{model}");
        }
        assert_eq!(props_context(br#"{"default_generation_settings":{"n_ctx":2048},"total_slots":1}"#), Some(2048));
        assert_eq!(props_context(br#"{"default_generation_settings":{"n_ctx":0}}"#), None);
    }

    #[test]
    fn events_of_different_servers() {
        let text = |text: &str| Delta { text: text.to_owned(), ..Delta::default() };
        let call = |name: &str, arguments: &str| ToolCall { name: name.to_owned(), arguments: arguments.to_owned() };
        let used = Some(Usage { prompt_tokens: 3, completion_tokens: 5 });
        let cases = [
            ("[DONE]", Delta { is_last: true, ..Delta::default() }),
            (r#"{"choices":[{"delta":{"role":"assistant","content":null}}]}"#, Delta::default()),
            (r#"{"choices":[{"delta":{"content":"hi"},"finish_reason":null}]}"#, text("hi")),
            (r#"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#, Delta { is_reasoning: true, ..Delta::default() }),
            (
                r#"{"choices":[{"delta":{},"finish_reason":"length"}],"usage":{"prompt_tokens":3,"completion_tokens":5}}"#,
                Delta { finish: Some(Finish::Length), usage: used, ..Delta::default() },
            ),
            (
                r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5}}"#,
                Delta { usage: used, ..Delta::default() },
            ),
            (
                r#"{"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"name":"run_command","arguments":"{\"co"}}]}}]}"#,
                Delta { calls: vec![(1, call("run_command", "{\"co"))], ..Delta::default() },
            ),
            (
                r#"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"a","arguments":{"b":1}}}]}}]}"#,
                Delta { calls: vec![(0, call("a", "{\"b\":1}"))], ..Delta::default() },
            ),
            (r#"{"error":{"message":"no"}}"#, Delta { is_error: true, ..Delta::default() }),
            (r#"{"code":500,"message":"no"}"#, Delta { is_error: true, ..Delta::default() }),
        ];
        for (event, expect) in cases {
            assert_eq!(parse_event(event.as_bytes()).unwrap(), expect, "{event}");
        }
        assert!(parse_event(b"{\"choices\":[{").is_err());
    }

    proptest! {
        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(parse_reply(&body));
            drop(parse_event(&body));
            drop(parse_models(&body));
            props_context(&body);
            listed_context(&body, "m");
        }
    }
}
