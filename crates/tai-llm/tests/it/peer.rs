//! What Ollama, llama.cpp's server and vLLM answer, as far as the client depends on it.

use serde_json::{Value, json};

use crate::server::{Request, reply};

/// The text of every answer, after its reasoning.
pub(crate) const ANSWER: &str = "The disk is full.";

/// A server that has one model, `gemma3:4b`, and behaves like those that people run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    kind: Kind,
    /// The context's length in tokens. Of Ollama, that which the model was made for.
    context: u64,
    takes_tools: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ollama,
    /// Knows no `truncate`, and cuts what is too long.
    OldOllama,
    LlamaCpp,
    Vllm,
}

impl Peer {
    pub(crate) fn ollama(context: u64) -> Self {
        Self { kind: Kind::Ollama, context, takes_tools: true }
    }

    pub(crate) fn old_ollama(context: u64) -> Self {
        Self { kind: Kind::OldOllama, context, takes_tools: true }
    }

    pub(crate) fn llama_cpp(context: u64) -> Self {
        Self { kind: Kind::LlamaCpp, context, takes_tools: true }
    }

    pub(crate) fn vllm(context: u64) -> Self {
        Self { kind: Kind::Vllm, context, takes_tools: true }
    }

    pub(crate) fn all(context: u64) -> [Self; 4] {
        [Self::ollama(context), Self::old_ollama(context), Self::llama_cpp(context), Self::vllm(context)]
    }

    pub(crate) fn without_tools(self) -> Self {
        Self { takes_tools: false, ..self }
    }

    fn is_ollama(self) -> bool {
        matches!(self.kind, Kind::Ollama | Kind::OldOllama)
    }

    /// What a server of no kind answers to the question what kind it is.
    pub(crate) fn nobody(request: &Request) -> Option<Vec<u8>> {
        is_about_kind(request).then(|| error(404, &json!({ "detail": "Not Found" })))
    }

    /// The answer to a question about the server itself.
    pub(crate) fn described(self, request: &Request) -> Option<Vec<u8>> {
        if !is_about_kind(request) && request.line != "GET /v1/models" {
            return None;
        }
        Some(match (request.line.as_str(), self.kind) {
            ("GET /api/version", Kind::Ollama) => ok(&json!({ "version": "0.33.3" })),
            ("GET /api/version", Kind::OldOllama) => ok(&json!({ "version": "0.9.0" })),
            ("POST /api/show", _) if self.is_ollama() && !self.has_model(&body(request)) => self.missing(request),
            ("POST /api/show", _) if self.is_ollama() => ok(&json!({
                "parameters": "stop \"<end_of_turn>\"\ntemperature 1",
                "model_info": { "general.architecture": "gemma3", "gemma3.context_length": self.context },
                "capabilities": ["completion"],
            })),
            ("GET /api/tags", _) if self.is_ollama() => ok(&json!({ "models": [{ "name": "gemma3:4b" }] })),
            // As Ollama's, which is why this is not what Ollama is known by.
            ("POST /api/show", Kind::LlamaCpp) => {
                ok(&json!({ "model_info": { "llama.context_length": self.context } }))
            }
            ("GET /props", Kind::LlamaCpp) => {
                ok(&json!({ "default_generation_settings": { "n_ctx": self.context }, "total_slots": 1 }))
            }
            ("GET /v1/models", Kind::Vllm) => {
                ok(&json!({ "data": [{ "id": "gemma3:4b", "owned_by": "vllm", "max_model_len": self.context }] }))
            }
            ("GET /v1/models", _) => ok(&json!({ "data": [{ "id": "gemma3:4b" }] })),
            _ => {
                error(404, &json!({ "error": { "code": 404, "message": "File Not Found", "type": "not_found_error" } }))
            }
        })
    }

    /// The answer to a conversation.
    pub(crate) fn answer(self, request: &Request) -> Vec<u8> {
        let body = body(request);
        if !self.has_model(&body) {
            return self.missing(request);
        }
        if body.get("tools").is_some() && !self.takes_tools {
            return self.no_tools();
        }
        let room = match self.kind {
            Kind::Ollama | Kind::OldOllama => {
                assert_eq!(request.line, "POST /api/chat", "elsewhere nothing says how long the context must be");
                body.pointer("/options/num_ctx").and_then(Value::as_u64).unwrap().min(self.context)
            }
            Kind::LlamaCpp | Kind::Vllm => self.context,
        };
        let tokens = tokens(&body);
        if tokens > room && self.kind != Kind::OldOllama {
            return self.too_long(tokens, room);
        }
        let used = tokens.min(room);
        match (self.is_ollama(), body["stream"] == true) {
            (true, streamed) => native(&body, used, streamed),
            (false, true) => streamed(&body, used),
            (false, false) => ok(&json!({
                "choices": [{ "message": said(&body), "finish_reason": finish(&body) }],
                "usage": { "prompt_tokens": used, "completion_tokens": 5 },
            })),
        }
    }

    /// llama.cpp's server answers with the model that it has, whatever is asked for.
    fn has_model(self, body: &Value) -> bool {
        self.kind == Kind::LlamaCpp || body["model"] == "gemma3:4b"
    }

    fn missing(self, request: &Request) -> Vec<u8> {
        let body = body(request);
        let model = body["model"].as_str().unwrap();
        match self.kind {
            Kind::Vllm => error(
                404,
                &json!({ "object": "error", "message": format!("The model `{model}` does not exist."), "code": 404 }),
            ),
            _ => error(404, &json!({ "error": format!("model '{model}' not found") })),
        }
    }

    fn no_tools(self) -> Vec<u8> {
        match self.kind {
            Kind::LlamaCpp => {
                error(500, &json!({ "error": { "code": 500, "message": "tools param requires --jinja flag" } }))
            }
            Kind::Vllm => error(
                400,
                &json!({ "message": "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set" }),
            ),
            _ => error(400, &json!({ "error": "registry.ollama.ai/library/gemma3:4b does not support tools" })),
        }
    }

    fn too_long(self, tokens: u64, room: u64) -> Vec<u8> {
        let message =
            format!("request ({tokens} tokens) exceeds the available context size ({room} tokens), try increasing it");
        let refusal = json!({ "error": {
            "code": 400, "message": message, "type": "exceed_context_size_error", "n_prompt_tokens": tokens, "n_ctx": room,
        }});
        match self.kind {
            Kind::LlamaCpp => error(400, &refusal),
            Kind::Vllm => error(
                400,
                &json!({ "object": "error", "message": format!("This model's maximum context length is {room} tokens."), "code": 400 }),
            ),
            _ => error(400, &json!({ "error": refusal.to_string() })),
        }
    }
}

fn is_about_kind(request: &Request) -> bool {
    ["GET /api/version", "POST /api/show", "GET /api/tags", "GET /props"].contains(&request.line.as_str())
}

fn body(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap_or_default()
}

/// A token for every three bytes.
fn tokens(body: &Value) -> u64 {
    let messages = body["messages"].as_array().unwrap();
    messages.iter().map(|message| message["content"].as_str().unwrap().len() as u64 / 3).sum()
}

fn wants_tool(body: &Value) -> bool {
    body.get("tools").is_some()
}

fn finish(body: &Value) -> &'static str {
    if wants_tool(body) { "tool_calls" } else { "stop" }
}

fn said(body: &Value) -> Value {
    if wants_tool(body) {
        let call = json!({ "id": "1", "type": "function", "function": { "name": "run_command", "arguments": "{\"command\":\"df -h\"}" } });
        return json!({ "role": "assistant", "content": null, "tool_calls": [call] });
    }
    json!({ "role": "assistant", "content": format!("<think>hm</think>{ANSWER}"), "reasoning_content": "hm" })
}

/// Server-sent events, with the usage in the last of them if it is asked for.
fn streamed(body: &Value, used: u64) -> Vec<u8> {
    let delta = |delta: Value| json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] });
    let mut events = vec![delta(json!({ "role": "assistant", "content": null }))];
    if wants_tool(body) {
        for part in [r#"{"comm"#, r#"and":"df -h"}"#] {
            let name = if part.starts_with('{') { "run_command" } else { "" };
            let call = json!({ "index": 0, "function": { "name": name, "arguments": part } });
            events.push(delta(json!({ "tool_calls": [call] })));
        }
    } else {
        events.push(delta(json!({ "reasoning_content": "hm" })));
        events.extend(["<thi", "nk>hm</think>"].map(|text| delta(json!({ "content": text }))));
        events.extend(ANSWER.split_inclusive(' ').map(|text| delta(json!({ "content": text }))));
    }
    events.push(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": finish(body) }] }));
    if body.pointer("/stream_options/include_usage") == Some(&Value::Bool(true)) {
        events.push(json!({ "choices": [], "usage": { "prompt_tokens": used, "completion_tokens": 5 } }));
    }
    let mut text: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    text += "data: [DONE]\n\n";
    reply("200 OK", &["content-type: text/event-stream"], text)
}

/// Ollama's own format: an object, or one for each piece.
fn native(body: &Value, used: u64, is_streamed: bool) -> Vec<u8> {
    let last = |mut value: Value| {
        let end = json!({ "done": true, "done_reason": "stop", "prompt_eval_count": used, "eval_count": 5 });
        value.as_object_mut().unwrap().extend(end.as_object().unwrap().clone());
        value
    };
    let call = json!({ "function": { "name": "run_command", "arguments": { "command": "df -h" } } });
    let whole = match wants_tool(body) {
        true => json!({ "content": "", "tool_calls": [call] }),
        false => json!({ "content": ANSWER, "thinking": "hm" }),
    };
    if !is_streamed {
        return ok(&last(json!({ "message": whole })));
    }
    let mut lines = vec![json!({ "message": { "content": "", "thinking": "hm" }, "done": false })];
    match wants_tool(body) {
        true => lines.push(json!({ "message": whole, "done": false })),
        false => lines
            .extend(ANSWER.split_inclusive(' ').map(|text| json!({ "message": { "content": text }, "done": false }))),
    }
    lines.push(last(json!({ "message": { "content": "" } })));
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    reply("200 OK", &["content-type: application/x-ndjson"], text)
}

fn ok(body: &Value) -> Vec<u8> {
    reply("200 OK", &["content-type: application/json"], body.to_string())
}

fn error(code: u16, body: &Value) -> Vec<u8> {
    reply(&format!("{code} Error"), &["content-type: application/json"], body.to_string())
}
