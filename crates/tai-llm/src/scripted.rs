use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;

use crate::answer::Answer;
use crate::chat::RUN_COMMAND;
use crate::{ChatModel, ChatReply, ChatRequest, Error, Finish, ToolCall};

/// The line between two answers.
const SEPARATOR: &str = "%%%";

/// A model that gives the answers of a list, in order: for tests, demonstrations and replays.
///
/// The answers are treated as the text of a real model, so reasoning is left out. What it was
/// asked can be looked at afterwards.
#[derive(Debug)]
pub struct ScriptedModel {
    answers: Vec<Scripted>,
    requests: Mutex<Vec<ChatRequest>>,
}

/// An answer of a script as a JSON line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scripted {
    #[serde(default)]
    text: String,
    /// Commands that the model wants to be run.
    #[serde(default)]
    run: Vec<String>,
}

impl ScriptedModel {
    /// A model that gives these answers, one for each question.
    pub fn new<T: Into<String>>(answers: impl IntoIterator<Item = T>) -> Self {
        Self::of(answers.into_iter().map(|text| Scripted { text: text.into(), run: Vec::new() }).collect())
    }

    /// A model that gives the answers of a text: one after the other, with a line `%%%` between
    /// two. A text that begins with `{` holds an answer in each line that is not blank, as a JSON
    /// object: `{"text":"The disk is full."}`, or `{"run":["df -h"]}` for commands that it asks
    /// for with the tool `run_command`, or both.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidScript`] for a line that is not such an object.
    pub fn parse(script: &str) -> Result<Self, Error> {
        if !script.trim_start().starts_with('{') {
            return Ok(Self::new(answers(script)));
        }
        let lines = script.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let answer = |(index, line)| {
            serde_json::from_str(line).map_err(|source| Error::InvalidScript { line: index + 1, source })
        };
        lines.map(answer).collect::<Result<_, _>>().map(Self::of)
    }

    fn of(answers: Vec<Scripted>) -> Self {
        Self { answers, requests: Mutex::default() }
    }

    /// The requests so far, oldest first, those that found the script exhausted included.
    #[must_use]
    pub fn requests(&self) -> Vec<ChatRequest> {
        self.seen().clone()
    }

    fn seen(&self) -> MutexGuard<'_, Vec<ChatRequest>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl ChatModel for ScriptedModel {
    fn name(&self) -> &str {
        "scripted"
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, Error> {
        let mut seen = self.seen();
        let index = seen.len();
        seen.push(request.clone());
        drop(seen);
        let Scripted { text, run } =
            self.answers.get(index).cloned().ok_or(Error::ScriptExhausted { number: index + 1 })?;
        let call = |command: String| ToolCall {
            name: RUN_COMMAND.to_owned(),
            arguments: json!({ "command": command }).to_string(),
        };
        let tool_calls: Vec<_> = run.into_iter().filter(|_| request.run_command.is_some()).map(call).collect();
        let finish = if tool_calls.is_empty() { Finish::Stop } else { Finish::ToolCalls };
        Answer { text, tool_calls, usage: None, finish }.reply(self.name())
    }
}

fn answers(script: &str) -> Vec<String> {
    let mut answers = vec![String::new()];
    for line in script.lines() {
        match answers.last_mut() {
            Some(answer) if line.trim_end() != SEPARATOR => *answer += &format!("{line}\n"),
            _ => answers.push(String::new()),
        }
    }
    // A file may end with the line.
    if answers.last().is_some_and(|answer| answer.trim().is_empty()) {
        answers.pop();
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_cut_at_its_lines() {
        let cases = [
            ("", vec![]),
            ("one\n", vec!["one\n"]),
            ("one\n\ntwo\n%%%\nthree", vec!["one\n\ntwo\n", "three\n"]),
            ("one\r\n%%%\r\n", vec!["one\n"]),
            ("%%%\none", vec!["", "one\n"]),
            ("a %%%\n %%%", vec!["a %%%\n %%%\n"]),
        ];
        for (script, expect) in cases {
            assert_eq!(answers(script), expect, "{script:?}");
        }
    }
}
