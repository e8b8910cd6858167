//! The JSON of OpenAI's chat completions API, and of its dialects.
//!
//! Replies are read leniently, as a [`Value`]: servers differ in what they leave out, and a field
//! that is missing or of another type must not cost the answer.

use serde::Serialize;
use serde_json::Value;

use crate::text::visible;
use crate::{ChatReply, ChatRequest, Error, Finish, Usage, answer};

const MESSAGE_LIMIT: usize = 300;
const NAME_LIMIT: usize = 100;

/// The body of a request to `chat/completions`.
pub(crate) fn request_body(model: &str, request: &ChatRequest) -> Vec<u8> {
    let body = Body {
        model,
        messages: request
            .messages
            .iter()
            .map(|message| Turn { role: message.role.as_str(), content: &message.content })
            .collect(),
        stream: false,
        max_tokens: request.max_tokens,
        temperature: request.temperature,
        seed: request.seed,
    };
    serde_json::to_vec(&body).expect("strings and numbers always serialise")
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Turn<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
}

#[derive(Serialize)]
struct Turn<'a> {
    role: &'static str,
    content: &'a str,
}

/// Reads the reply to a chat request. Invalid UTF-8 becomes replacement characters.
pub(crate) fn parse_reply(body: &[u8]) -> Result<ChatReply, Error> {
    let value = parse(body)?;
    let Some(choice) = value.pointer("/choices/0") else {
        let message = error_message(&value);
        return Err(malformed("it has no choices", message.unwrap_or_else(|| excerpt(body))));
    };
    let Some(message) = choice.get("message") else {
        return Err(malformed("its choice has no message", excerpt(body)));
    };
    let text = [message.get("content"), message.get("refusal")]
        .into_iter()
        .flatten()
        .find_map(content_text)
        .unwrap_or_default();
    answer::reply(&text, usage(&value), finish(choice))
}

/// Reads the names in the reply to `models`, sorted.
pub(crate) fn parse_models(body: &[u8]) -> Result<Vec<String>, Error> {
    let value = parse(body)?;
    let Some(models) = value.get("data").and_then(Value::as_array) else {
        return Err(malformed("it has no list of models", excerpt(body)));
    };
    let names = models.iter().filter_map(|model| model.get("id")).filter_map(Value::as_str);
    let mut names: Vec<_> = names.map(|name| visible(name, NAME_LIMIT)).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// What the body of an error reply says, and whether it says that the model is not there.
pub(crate) fn parse_failure(code: u16, body: &[u8]) -> (String, bool) {
    let Ok(value) = parse(body) else {
        return (excerpt(body), false);
    };
    let message = error_message(&value).unwrap_or_else(|| excerpt(body));
    let named = ["/error/code", "/code"]
        .iter()
        .any(|path| value.pointer(path).and_then(Value::as_str) == Some("model_not_found"));
    let said = code == 404 && message.to_lowercase().contains("model");
    (message, named || said)
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

/// OpenAI, Ollama and llama.cpp nest the message in `error`; vLLM, older Ollama and `FastAPI`
/// servers use the other places.
fn error_message(value: &Value) -> Option<String> {
    ["/error/message", "/error", "/message", "/detail"]
        .iter()
        .find_map(|path| value.pointer(path).and_then(Value::as_str))
        .map(|message| visible(message, MESSAGE_LIMIT))
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

fn finish(choice: &Value) -> Finish {
    match choice.get("finish_reason").and_then(Value::as_str) {
        Some("stop") => Finish::Stop,
        Some("length") => Finish::Length,
        Some("content_filter") => Finish::ContentFilter,
        _ => Finish::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Message;

    #[test]
    fn requests_hold_what_was_set() {
        let mut request = ChatRequest::new([Message::system("be brief"), Message::user("a \"b\"")]);
        let check = |request: &ChatRequest, rest: &str| {
            let body = String::from_utf8(request_body("m", request)).unwrap();
            let start = r#"{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"a \"b\""}],"stream":false"#;
            assert_eq!(body, format!("{start}{rest}"));
        };
        check(&request, "}");
        request.max_tokens = Some(9);
        request.temperature = Some(0.2);
        request.seed = Some(7);
        check(&request, r#","max_tokens":9,"temperature":0.2,"seed":7}"#);
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
            let expect = ChatReply { text: text.into(), usage, finish };
            assert_eq!(parse_reply(body.as_bytes()).unwrap(), expect);
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
            assert_eq!(parse_reply(body.as_bytes()).unwrap_err().to_string(), expect);
        }
    }

    #[test]
    fn failures_of_different_servers() {
        let cases = [
            (
                404,
                r#"{"error":{"message":"model \"x\" not found, try pulling it first","type":"not_found_error"}}"#,
                "model \"x\" not found, try pulling it first",
                true,
            ),
            (
                404,
                r#"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#,
                "The model `x` does not exist",
                true,
            ),
            (
                404,
                r#"{"object":"error","message":"The model `x` does not exist.","code":404}"#,
                "The model `x` does not exist.",
                true,
            ),
            (400, r#"{"error":{"message":"x?","code":"model_not_found"}}"#, "x?", true),
            (400, r#"{"error":{"message":"this model's context is 4096"}}"#, "this model's context is 4096", false),
            (404, r#"{"detail":"Not Found"}"#, "Not Found", false),
            (404, "404 page not found", "404 page not found", false),
            (500, r#"{"error":"out of\nmemory"}"#, "out of memory", false),
            (502, "<html>\r\n<h1>Bad Gateway</h1>", "<html> <h1>Bad Gateway</h1>", false),
            (500, r#"{"error":{"message":5}}"#, r#"{"error":{"message":5}}"#, false),
            (503, "", "", false),
        ];
        for (code, body, message, not_found) in cases {
            assert_eq!(parse_failure(code, body.as_bytes()), (message.to_owned(), not_found));
        }
    }

    #[test]
    fn lists_of_models() {
        let names = parse_models(br#"{"data":[{"id":"b"},{"id":"a"},{"id":7},{},{"id":"b"}]}"#);
        assert_eq!(names.unwrap(), ["a", "b"]);
        assert!(parse_models(b"[]").is_err());
    }

    proptest! {
        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..200), code: u16) {
            drop(parse_reply(&body));
            drop(parse_models(&body));
            drop(parse_failure(code, &body));
        }
    }
}
