//! An answer that comes piece by piece: server-sent events, or JSON lines.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use tokio::sync::mpsc::UnboundedSender;

use crate::answer::{Answer, Shown};
use crate::{Finish, ToolCall, Usage};

/// What the thread that reads an answer tells the one that waits for it.
#[derive(Debug)]
pub(crate) enum Sign {
    /// The server was asked, perhaps again.
    Asked,
    /// A piece came.
    Piece {
        /// What may be shown of it.
        text: String,
        /// Tokens so far.
        tokens: u64,
    },
}

/// What one event or line adds to an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Delta {
    pub(crate) text: String,
    /// It holds reasoning, apart from the text.
    pub(crate) is_reasoning: bool,
    /// Parts of calls, by the number of the call.
    pub(crate) calls: Vec<(u64, ToolCall)>,
    pub(crate) whole_calls: Vec<ToolCall>,
    pub(crate) usage: Option<Usage>,
    pub(crate) finish: Option<Finish>,
    /// Nothing follows.
    pub(crate) is_last: bool,
    /// It is an error instead.
    pub(crate) is_error: bool,
}

/// An answer as far as it came.
pub(crate) struct Gathered<'a> {
    signs: &'a UnboundedSender<Sign>,
    shown: Shown,
    text: String,
    calls: BTreeMap<u64, ToolCall>,
    whole_calls: Vec<ToolCall>,
    usage: Option<Usage>,
    finish: Option<Finish>,
    tokens: u64,
}

impl<'a> Gathered<'a> {
    pub(crate) fn new(signs: &'a UnboundedSender<Sign>, secret: Option<String>) -> Self {
        Self {
            signs,
            shown: Shown::new(secret),
            text: String::new(),
            calls: BTreeMap::new(),
            whole_calls: Vec::new(),
            usage: None,
            finish: None,
            tokens: 0,
        }
    }

    /// Tokens so far, reasoning included.
    pub(crate) fn tokens(&self) -> u64 {
        self.tokens
    }

    pub(crate) fn add(&mut self, delta: Delta) {
        let calls = !delta.calls.is_empty() || !delta.whole_calls.is_empty();
        for (number, part) in delta.calls {
            let call =
                self.calls.entry(number).or_insert_with(|| ToolCall { name: String::new(), arguments: String::new() });
            call.name += &part.name;
            call.arguments += &part.arguments;
        }
        self.whole_calls.extend(delta.whole_calls);
        self.usage = delta.usage.or(self.usage);
        self.finish = delta.finish.or(self.finish);
        self.text += &delta.text;
        if !delta.text.is_empty() || delta.is_reasoning || calls {
            self.tokens += 1;
            let text = self.shown.push(&delta.text);
            self.tell(text);
        }
    }

    /// The same for an answer that came whole.
    pub(crate) fn add_whole(&mut self, answer: Answer) {
        let Answer { text, tool_calls, usage, finish } = answer;
        self.add(Delta { text, whole_calls: tool_calls, usage, finish: Some(finish), ..Delta::default() });
        self.tokens = usage.map_or(self.tokens, |usage| usage.completion_tokens);
    }

    /// True if the model said that it was done, whether or not the server said so too.
    pub(crate) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// The answer, all of which has come.
    pub(crate) fn answer(mut self) -> Answer {
        let shown = std::mem::replace(&mut self.shown, Shown::new(None));
        let rest = shown.finish();
        if !rest.is_empty() {
            self.tell(rest);
        }
        Answer {
            text: self.text,
            tool_calls: self.calls.into_values().chain(self.whole_calls).collect(),
            usage: self.usage,
            finish: self.finish.unwrap_or(Finish::Unknown),
        }
    }

    fn tell(&self, text: String) {
        // Nobody listens any more where the caller gave up; then reading ends as well.
        drop(self.signs.send(Sign::Piece { text, tokens: self.tokens }));
    }
}

/// One of the parts that a streamed reply has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The data of an event, or a line.
    Data(Vec<u8>),
    /// All of it: the server did not stream.
    Whole(Vec<u8>),
}

/// How the parts of a streamed reply are told from one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events (HTML standard, 9.2.6), of which only the data counts.
    Events,
    /// One JSON object a line.
    Lines,
}

/// Reads parts.
pub(crate) struct Parts<R> {
    input: R,
    framing: Framing,
    is_begun: bool,
}

impl<R: BufRead> Parts<R> {
    pub(crate) fn new(input: R, framing: Framing) -> Self {
        Self { input, framing, is_begun: false }
    }

    /// The next part; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Part>> {
        let mut data = Vec::new();
        while let Some(line) = self.line()? {
            match (self.framing, field(&line)) {
                (Framing::Lines, _) if line.is_empty() => {}
                (Framing::Lines, _) => return Ok(Some(Part::Data(line))),
                // The blank line that ends an event.
                (Framing::Events, _) if line.is_empty() && !data.is_empty() => break,
                (Framing::Events, _) if line.is_empty() => {}
                (Framing::Events, Some(Field::Data(value))) => {
                    self.is_begun = true;
                    if !data.is_empty() {
                        data.push(b'\n');
                    }
                    data.extend_from_slice(value);
                }
                (Framing::Events, Some(Field::Other)) => self.is_begun = true,
                (Framing::Events, None) if self.is_begun => {}
                (Framing::Events, None) => {
                    let mut whole = line;
                    whole.push(b'\n');
                    self.input.read_to_end(&mut whole)?;
                    return Ok(Some(Part::Whole(whole)));
                }
            }
        }
        Ok((!data.is_empty()).then_some(Part::Data(data)))
    }

    /// The next line without its end; `None` at the end.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        if self.input.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let end = line.trim_ascii_end().len();
        line.truncate(end);
        Ok(Some(line))
    }
}

enum Field<'a> {
    Data(&'a [u8]),
    Other,
}

/// A field of an event; `None` for a line that is none. Older servers of llama.cpp have errors in
/// a field `error`.
fn field(line: &[u8]) -> Option<Field<'_>> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&line[..colon], &line[colon + 1..]);
    match name {
        b"data" | b"error" => Some(Field::Data(value.trim_ascii_start())),
        b"" | b"event" | b"id" | b"retry" => Some(Field::Other),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(text: &str, framing: Framing) -> Vec<Part> {
        let mut parts = Parts::new(text.as_bytes(), framing);
        std::iter::from_fn(|| parts.next().unwrap()).collect()
    }

    #[test]
    fn events_are_told_apart() {
        let data = |text: &str| Part::Data(text.as_bytes().to_vec());
        let cases = [
            ("", vec![]),
            ("data: a\n\ndata:b\r\n\r\n", vec![data("a"), data("b")]),
            (": wait\n\n: wait\n\nevent: x\nid: 7\ndata: a\n\n", vec![data("a")]),
            ("data: {\ndata: }\n\n", vec![data("{\n}")]),
            ("data: a\n\ndata: cut", vec![data("a"), data("cut")]),
            ("data: a\n\nnoise\n\ndata: b\n\n", vec![data("a"), data("b")]),
            ("error: {\"code\":500}\n\n", vec![data("{\"code\":500}")]),
            ("\n{\"choices\":\n[]}", vec![Part::Whole(b"{\"choices\":\n[]}".to_vec())]),
            ("<html>\n", vec![Part::Whole(b"<html>\n".to_vec())]),
        ];
        for (text, expect) in cases {
            assert_eq!(parts(text, Framing::Events), expect, "{text:?}");
        }
        assert_eq!(parts("{}\n\n{\"a\":1}\r\n[", Framing::Lines), [data("{}"), data("{\"a\":1}"), data("[")]);
    }

    proptest! {
        #[test]
        fn never_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            for framing in [Framing::Events, Framing::Lines] {
                let mut parts = Parts::new(&*body, framing);
                while parts.next().unwrap().is_some() {}
            }
        }
    }
}
