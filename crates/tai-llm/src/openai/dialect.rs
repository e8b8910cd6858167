//! What a server does not understand, learnt from what it refuses.

use crate::{ChatRequest, Error};

/// Parts of a request that this server or model refuses. Everything is tried once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// It takes no tools.
    pub(crate) no_tools: bool,
    /// It takes `max_completion_tokens` and no `max_tokens`, as OpenAI's reasoning models.
    pub(crate) max_completion_tokens: bool,
    /// It takes no temperature but its own.
    pub(crate) no_temperature: bool,
    /// It does not take `stream_options`.
    pub(crate) no_stream_options: bool,
}

impl Dialect {
    /// What to do without after this error, if asking again without it may help.
    ///
    /// There is no common code for it, so the server's words must name the field. Servers say so with
    /// 400 or 422, llama.cpp without `--jinja` with 500, routers that find no model with tools with 404.
    pub(crate) fn learn(self, error: &Error, request: &ChatRequest, streamed: bool) -> Option<Self> {
        let Error::Status { code: 400 | 404 | 422 | 500 | 501, message, .. } = error else { return None };
        let message = message.to_lowercase();
        let mut learnt = self;
        if request.run_command.is_some() && message.contains("tool") {
            learnt.no_tools = true;
        } else if request.max_tokens.is_some() && message.contains("max_completion_tokens") {
            learnt.max_completion_tokens = true;
        } else if request.temperature.is_some() && message.contains("temperature") {
            learnt.no_temperature = true;
        } else if streamed && message.contains("stream_options") {
            learnt.no_stream_options = true;
        }
        (learnt != self).then_some(learnt)
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            no_tools: self.no_tools || other.no_tools,
            max_completion_tokens: self.max_completion_tokens || other.max_completion_tokens,
            no_temperature: self.no_temperature || other.no_temperature,
            no_stream_options: self.no_stream_options || other.no_stream_options,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_learnt_once() {
        let request = ChatRequest {
            max_tokens: Some(9),
            temperature: Some(0.0),
            run_command: Some(String::new()),
            ..ChatRequest::default()
        };
        let learn = |dialect: Dialect, code, message: &str| {
            let error = Error::Status { url: String::new(), code, message: message.to_owned() };
            dialect.learn(&error, &request, true)
        };
        let none = Dialect::default();
        let cases = [
            (400, "gemma3:4b does not support tools", Dialect { no_tools: true, ..none }),
            (500, "tools param requires --jinja flag", Dialect { no_tools: true, ..none }),
            (
                400,
                "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
                Dialect { max_completion_tokens: true, ..none },
            ),
            (400, "'temperature' does not support 0 with this model", Dialect { no_temperature: true, ..none }),
            (422, "Extra inputs are not permitted: stream_options", Dialect { no_stream_options: true, ..none }),
        ];
        for (code, message, expect) in cases {
            assert_eq!(learn(none, code, message), Some(expect), "{message}");
            assert_eq!(learn(expect, code, message), None, "{message}");
        }
        assert_eq!(learn(none, 400, "context full"), None);
        assert_eq!(learn(none, 401, "no such tool"), None);
        let plain = ChatRequest::default();
        let error = Error::Status { url: String::new(), code: 400, message: "tools?".to_owned() };
        assert_eq!(none.learn(&error, &plain, false), None);
    }
}
