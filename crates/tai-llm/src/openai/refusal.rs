//! What servers say when they refuse.

use serde_json::Value;

use super::format::{MESSAGE_LIMIT, excerpt, parse as parse_json};
use crate::text::visible;

/// What an error reply says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// In the server's words.
    pub(crate) message: String,
    pub(crate) about: About,
}

/// What a server refuses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// The model is not there.
    MissingModel,
    /// The prompt is too long, in tokens, for the context, in tokens.
    LongPrompt(Option<u64>, Option<u64>),
    Other,
}

/// Reads the body of an error reply.
pub(crate) fn parse(code: u16, body: &[u8]) -> Refusal {
    let Ok(mut value) = parse_json(body) else {
        return Refusal { message: excerpt(body), about: About::Other };
    };
    // Ollama passes on what the llama.cpp in it said, as text.
    if let Some(inner) = value.get("error").and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok()) {
        value = inner;
    }
    let message = error_message(&value).unwrap_or_else(|| excerpt(body));
    let about = about(code, &value, &message);
    Refusal { message, about }
}

fn about(code: u16, value: &Value, message: &str) -> About {
    let said = message.to_lowercase();
    let kinds = ["/error/code", "/code", "/error/type", "/type"];
    let is_kind = |kind: &str| kinds.iter().any(|path| value.pointer(path).and_then(Value::as_str) == Some(kind));
    let is_long = is_kind("exceed_context_size_error")
        || is_kind("context_length_exceeded")
        || ["maximum context length", "available context size", "longer than the context length"]
            .iter()
            .any(|words| said.contains(words));
    if is_long && code < 500 {
        let number = |name: &str| {
            ["/error/", "/"].iter().find_map(|path| value.pointer(&format!("{path}{name}")).and_then(Value::as_u64))
        };
        return About::LongPrompt(number("n_prompt_tokens"), number("n_ctx"));
    }
    if is_kind("model_not_found") || code == 404 && said.contains("model") { About::MissingModel } else { About::Other }
}

/// OpenAI, Ollama and llama.cpp nest the message in `error`; vLLM, older Ollama and `FastAPI`
/// servers use the other places.
pub(super) fn error_message(value: &Value) -> Option<String> {
    ["/error/message", "/error", "/message", "/detail"]
        .iter()
        .find_map(|path| value.pointer(path).and_then(Value::as_str))
        .map(|message| visible(message, MESSAGE_LIMIT))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
        for (code, body, message, is_missing) in cases {
            let about = if is_missing { About::MissingModel } else { About::Other };
            assert_eq!(parse(code, body.as_bytes()), Refusal { message: message.to_owned(), about });
        }
    }

    #[test]
    fn prompts_that_are_too_long() {
        let llama = r#"{"error":{"code":400,"message":"request (8889 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":8889,"n_ctx":4096}}"#;
        let ollama = serde_json::json!({ "error": llama }).to_string();
        let counted = About::LongPrompt(Some(8889), Some(4096));
        for body in [llama, &ollama] {
            let refusal = parse(400, body.as_bytes());
            assert_eq!(refusal.about, counted);
            assert!(refusal.message.starts_with("request (8889 tokens)"), "{refusal:?}");
        }
        let others = [
            r#"{"error":{"message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","code":"context_length_exceeded"}}"#,
            r#"{"object":"error","message":"This model's maximum context length is 4096 tokens.","code":400}"#,
            r#"{"error":"the prompt is longer than the context length currently available to the model"}"#,
        ];
        for body in others {
            assert_eq!(parse(400, body.as_bytes()).about, About::LongPrompt(None, None), "{body}");
        }
        assert_eq!(parse(500, llama.as_bytes()).about, About::Other);
    }

    proptest! {
        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..200), code: u16) {
            parse(code, &body);
        }
    }
}
