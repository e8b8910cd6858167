//! What is the answer in the text that a model sent.

mod shown;

pub(crate) use shown::Shown;

use crate::{ChatReply, Error, Finish, ToolCall, Usage};

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// What a model sent, as it came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The text, reasoning in tags included.
    pub(crate) text: String,
    pub(crate) tool_calls: Vec<ToolCall>,
    pub(crate) usage: Option<Usage>,
    pub(crate) finish: Finish,
}

impl Answer {
    /// The reply that it makes: without reasoning, trimmed, refused when there is nothing in it.
    pub(crate) fn reply(self, model: &str) -> Result<ChatReply, Error> {
        let Answer { text, tool_calls, usage, finish } = self;
        let text = without_reasoning(&text).trim().to_owned();
        if text.is_empty() && tool_calls.is_empty() {
            return Err(Error::EmptyAnswer { finish });
        }
        Ok(ChatReply { text, tool_calls, usage, finish, model: model.to_owned(), warnings: Vec::new() })
    }
}

/// `raw` without its `<think>…</think>` blocks.
///
/// Some chat templates put `<think>` into the prompt, so the answer holds the closing tag only:
/// all before it is reasoning. An opening tag that is never closed counts only at the beginning,
/// where the token limit cut the reasoning; later in the text it is an ordinary word.
fn without_reasoning(raw: &str) -> String {
    let mut rest = match (raw.find(CLOSE), raw.find(OPEN)) {
        (Some(close), None) => &raw[close + CLOSE.len()..],
        (Some(close), Some(open)) if close < open => &raw[close + CLOSE.len()..],
        (None, Some(open)) if raw[..open].trim().is_empty() => return String::new(),
        _ => raw,
    };
    let mut text = String::new();
    while let Some((before, block)) = rest.split_once(OPEN) {
        let Some((_, after)) = block.split_once(CLOSE) else { break };
        text.push_str(before);
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reasoning_is_left_out() {
        let cases = [
            ("plain", "plain"),
            ("<think>a\nb</think>\n\nyes", "\n\nyes"),
            ("<think></think>yes", "yes"),
            ("a<think>x</think>b<think>y</think>c", "abc"),
            ("reasoning without an opening tag</think>yes", "yes"),
            ("x</think>yes<think>y</think> no", "yes no"),
            (" <think>cut by the token limit", ""),
            ("the word <think> alone stays", "the word <think> alone stays"),
            ("<think>a</think>b <think> c", "b <think> c"),
        ];
        for (raw, expect) in cases {
            assert_eq!(without_reasoning(raw), expect, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_never_adds(raw in "(<think>|</think>|[a-zé ]{0,3}){0,12}") {
            prop_assert!(without_reasoning(&raw).len() <= raw.len());
        }
    }
}
