//! What is the answer in the text that a model sent.

use crate::{ChatReply, Error, Finish, Usage};

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// The reply that `raw` makes: without reasoning, trimmed, refused when blank.
pub(crate) fn reply(raw: &str, usage: Option<Usage>, finish: Finish) -> Result<ChatReply, Error> {
    let text = without_reasoning(raw);
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::EmptyAnswer { finish });
    }
    Ok(ChatReply { text: text.to_owned(), usage, finish })
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
