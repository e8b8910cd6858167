//! The JSON of Ollama's own interface, which, unlike its OpenAI-compatible one, lets a request say
//! how long the context must be and that nothing may be cut.
//!
//! Sources: docs/api.md of Ollama; for `truncate` and `shift` its api/types.go (0.12.6 and later;
//! older ones ignore them and cut).

use serde::Serialize;
use serde_json::Value;

use super::dialect::Dialect;
use super::format::{Turn, excerpt, malformed, parse, tool, tool_calls, turns};
use super::stream::Delta;
use crate::answer::Answer;
use crate::{ChatRequest, Error, Finish, Usage};

/// The least context that is asked for: Ollama's own default.
const LEAST_CONTEXT: u64 = 4096;

/// A model as Ollama describes it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ollama {
    /// The longest context that the model was made for.
    made_for: Option<u64>,
    /// The context that its Modelfile asks for.
    num_ctx: Option<u64>,
}

impl Ollama {
    /// The longest context to ask for, where `longest` is what the operator allows: a Modelfile
    /// may allow more.
    pub(crate) fn limit(&self, longest: u64) -> u64 {
        self.made_for.map_or(longest, |made_for| made_for.min(longest)).max(self.num_ctx.unwrap_or(0))
    }

    /// The context to ask for where `needed` tokens must fit, and `loaded` were asked for before.
    /// Few different lengths, since Ollama loads the model anew for each.
    pub(crate) fn context(&self, needed: u64, loaded: u64, longest: u64) -> u64 {
        let least = needed.next_power_of_two().max(LEAST_CONTEXT);
        least.max(self.num_ctx.unwrap_or(0)).max(loaded).min(self.limit(longest))
    }
}

/// The body of a request to `api/show`.
pub(crate) fn show_body(model: &str) -> Vec<u8> {
    serde_json::json!({ "model": model }).to_string().into_bytes()
}

/// Reads the reply to it.
pub(crate) fn parse_show(body: &[u8]) -> Ollama {
    let Ok(value) = parse(body) else { return Ollama::default() };
    let info = value.get("model_info").and_then(Value::as_object);
    let made_for = info.into_iter().flatten().find_map(|(key, value)| {
        let is_it = key.ends_with(".context_length");
        value.as_u64().filter(|context| is_it && *context > 0)
    });
    let parameters = value.get("parameters").and_then(Value::as_str).unwrap_or_default();
    let num_ctx = parameters.lines().find_map(|line| line.trim().strip_prefix("num_ctx")?.trim().parse().ok());
    Ollama { made_for, num_ctx }
}

/// The body of a request to `api/chat`.
pub(crate) fn request_body(
    model: &str,
    request: &ChatRequest,
    dialect: Dialect,
    num_ctx: u64,
    stream: bool,
) -> Vec<u8> {
    let body = Body {
        model,
        messages: turns(request),
        stream,
        truncate: false,
        shift: false,
        options: Options {
            num_ctx,
            num_predict: request.max_tokens,
            temperature: request.temperature,
            seed: request.seed,
        },
        tools: tool(request, dialect).into_iter().collect(),
    };
    serde_json::to_vec(&body).expect("strings and numbers always serialise")
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Turn<'a>>,
    stream: bool,
    /// A prompt that is too long is refused rather than cut at its beginning.
    truncate: bool,
    /// An answer that reaches the context's end stops there, and does not push the prompt out.
    shift: bool,
    options: Options,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Value>,
}

#[derive(Serialize)]
struct Options {
    num_ctx: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_predict: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
}

/// Reads the reply to a request that was not streamed.
pub(crate) fn parse_reply(body: &[u8]) -> Result<Answer, Error> {
    let value = parse(body)?;
    let Some(message) = value.get("message") else {
        return Err(malformed("it has no message", excerpt(body)));
    };
    Ok(Answer {
        text: message.get("content").and_then(Value::as_str).unwrap_or_default().to_owned(),
        tool_calls: tool_calls(message),
        usage: usage(&value),
        finish: finish(&value),
    })
}

/// Reads a line of a streamed reply.
pub(crate) fn parse_line(line: &[u8]) -> Result<Delta, Error> {
    let value = parse(line)?;
    if !value.is_object() {
        return Err(malformed("a line of it is no object", excerpt(line)));
    }
    let message = value.get("message").unwrap_or(&Value::Null);
    let text = |name| message.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_done = value.get("done") == Some(&Value::Bool(true));
    Ok(Delta {
        text: text("content").to_owned(),
        is_reasoning: !text("thinking").is_empty(),
        // Each is whole here.
        whole_calls: tool_calls(message),
        usage: usage(&value),
        finish: is_done.then(|| finish(&value)),
        is_last: is_done,
        is_error: value.get("error").is_some(),
        ..Delta::default()
    })
}

fn usage(value: &Value) -> Option<Usage> {
    Some(Usage {
        prompt_tokens: value.get("prompt_eval_count")?.as_u64()?,
        completion_tokens: value.get("eval_count")?.as_u64()?,
    })
}

fn finish(value: &Value) -> Finish {
    match value.get("done_reason").and_then(Value::as_str) {
        Some("stop") => Finish::Stop,
        Some("length") => Finish::Length,
        _ => Finish::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Message;

    #[test]
    fn the_context_is_as_long_as_needed_and_allowed() {
        let made_for = |tokens| Ollama { made_for: Some(tokens), num_ctx: None };
        let cases = [
            (made_for(131_072), 3000, 0, 4096),
            (made_for(131_072), 4097, 0, 8192),
            (made_for(131_072), 3000, 8192, 8192),
            (made_for(131_072), 60_000, 0, 16_384),
            (made_for(2048), 3000, 0, 2048),
            (Ollama::default(), 9000, 0, 16_384),
            (Ollama { made_for: Some(131_072), num_ctx: Some(40_000) }, 50, 0, 40_000),
            (Ollama { made_for: Some(131_072), num_ctx: Some(2048) }, 5000, 0, 8192),
        ];
        for (ollama, needed, loaded, expect) in cases {
            assert_eq!(ollama.context(needed, loaded, 16_384), expect, "{ollama:?} {needed}");
        }
    }

    #[test]
    fn descriptions_of_models() {
        let shown = br#"{"parameters":"stop  \"<end>\"\nnum_ctx                        8192","model_info":{"general.architecture":"gemma3","gemma3.context_length":131072}}"#;
        assert_eq!(parse_show(shown), Ollama { made_for: Some(131_072), num_ctx: Some(8192) });
        for other in ["", "[]", r#"{"model_info":{"a.context_length":"x"},"parameters":7}"#] {
            assert_eq!(parse_show(other.as_bytes()), Ollama::default(), "{other}");
        }
    }

    #[test]
    fn requests_say_what_may_not_be_cut() {
        let mut request = ChatRequest::new([Message::user("a")]);
        request.max_tokens = Some(9);
        let body = String::from_utf8(request_body("m", &request, Dialect::default(), 8192, true)).unwrap();
        let expect = r#"{"model":"m","messages":[{"role":"user","content":"a"}],"stream":true,"truncate":false,"shift":false,"options":{"num_ctx":8192,"num_predict":9}}"#;
        assert_eq!(body, expect);
    }

    proptest! {
        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(parse_reply(&body));
            drop(parse_line(&body));
            parse_show(&body);
        }
    }
}
