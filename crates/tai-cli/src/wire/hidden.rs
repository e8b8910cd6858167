//! A model that gets no secrets: tags stand for them in what it is sent, and what it quotes gets them back.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use tai_engine::commands_asked_for;
use tai_llm::{ChatModel, ChatReply, ChatRequest, Error, Message, OnPiece};
use tai_redact::Secrets;

use super::redacted;

const TAG: &str = "[REDACTED:";

pub(super) struct HiddenFrom {
    model: Box<dyn ChatModel>,
    known: Mutex<Known>,
}

/// What tags stand for. It is never written anywhere.
struct Known {
    secrets: Secrets,
    values: BTreeMap<String, String>,
}

impl HiddenFrom {
    pub(super) fn new(model: Box<dyn ChatModel>, secrets: Secrets) -> Self {
        HiddenFrom { model, known: Mutex::new(Known { secrets, values: BTreeMap::new() }) }
    }

    fn hidden(&self, request: &ChatRequest) -> ChatRequest {
        let mut hidden = request.clone();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        hidden.messages.iter_mut().for_each(|message| message.content = known.hide(&message.content));
        hidden
    }

    /// The reply with its secrets; without them where it asks for commands, which would take a secret to the host, and what comes back to the model.
    fn shown(&self, request: &ChatRequest, mut reply: ChatReply) -> ChatReply {
        if request.run_command.is_some() && !commands_asked_for(&reply.text).is_empty() {
            return reply;
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (tag, value) in &known.values {
            reply.text = reply.text.replace(tag, value);
        }
        reply
    }
}

#[async_trait]
impl ChatModel for HiddenFrom {
    fn name(&self) -> &str {
        self.model.name()
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, Error> {
        let reply = self.model.chat(&self.hidden(request)).await?;
        Ok(self.shown(request, reply))
    }

    /// The pieces have tags in them: only the whole answer gets the secrets back.
    async fn chat_streamed(&self, request: &ChatRequest, on_piece: &mut OnPiece<'_>) -> Result<ChatReply, Error> {
        let reply = self.model.chat_streamed(&self.hidden(request), on_piece).await?;
        Ok(self.shown(request, reply))
    }

    async fn context_tokens(&self) -> Option<u64> {
        self.model.context_tokens().await
    }

    async fn prepare(&self) {
        self.model.prepare().await;
    }

    async fn count_tokens(&self, messages: &[Message]) -> Option<u64> {
        self.model.count_tokens(messages).await
    }
}

impl Known {
    fn hide(&mut self, text: &str) -> String {
        let hidden = redacted(&mut self.secrets, text);
        for (line, hidden) in text.lines().zip(hidden.lines()) {
            self.values.extend(values(line, hidden));
        }
        hidden
    }
}

/// What each tag of a line stands for: what lies between the texts round it. A tag that was there before stands for itself.
fn values<'a>(mut line: &'a str, mut hidden: &'a str) -> Vec<(String, String)> {
    let mut values = Vec::new();
    while let Some(at) = hidden.find(TAG) {
        let Some(end) = hidden[at..].find(']').map(|end| at + end + 1) else { break };
        let (before, tag) = (&hidden[..at], &hidden[at..end]);
        let Some(rest) = line.strip_prefix(before) else { break };
        hidden = &hidden[end..];
        if let Some(rest) = rest.strip_prefix(tag) {
            line = rest;
            continue;
        }
        let next = hidden.find(TAG).map_or(hidden, |next| &hidden[..next]);
        let ends = hidden.len() == next.len();
        // The last one ends where what follows it begins, at the end of the line.
        let length = if ends { rest.strip_suffix(next).map(str::len) } else { rest.find(next) };
        let Some(length) = length.filter(|length| *length > 0) else { break };
        values.push((tag.to_owned(), rest[..length].to_owned()));
        line = &rest[length..];
    }
    values
}

#[cfg(test)]
mod tests {
    use tai_llm::ScriptedModel;

    use super::*;

    #[test]
    fn a_tag_stands_for_what_it_hides() {
        let check = |line: &str, hidden: &str, expect: &[(&str, &str)]| {
            let found = values(line, hidden);
            let found: Vec<_> = found.iter().map(|(tag, value)| (tag.as_str(), value.as_str())).collect();
            assert_eq!(found, expect, "{line}");
        };
        check("password=x1 user=y", "password=[REDACTED:a#1] user=y", &[("[REDACTED:a#1]", "x1")]);
        check("a=x b=x;", "a=[REDACTED:a#1] b=[REDACTED:a#1];", &[("[REDACTED:a#1]", "x"), ("[REDACTED:a#1]", "x")]);
        check("t [REDACTED:a#1] p=z", "t [REDACTED:a#1] p=[REDACTED:b#1]", &[("[REDACTED:b#1]", "z")]);
        check("nothing", "nothing", &[]);
        check("other", "text [REDACTED:a#1]", &[]);
    }

    #[tokio::test]
    async fn what_the_model_quotes_gets_its_secrets_back() {
        let model = ScriptedModel::new(["the line `db_password=[REDACTED:password#1]` is wrong"]);
        let hidden = HiddenFrom::new(Box::new(model), Secrets::default());
        let request = ChatRequest::new(vec![Message::user("db_password=Xk29fLm4qPz7\nrest")]);
        let reply = hidden.chat(&request).await.unwrap();
        assert_eq!(reply.text, "the line `db_password=Xk29fLm4qPz7` is wrong");
        let model = ScriptedModel::new(["## More Evidence\n- `grep -r [REDACTED:password#1] /etc`"]);
        let hidden = HiddenFrom::new(Box::new(model), Secrets::default());
        let asking = ChatRequest { run_command: Some(String::new()), ..request.clone() };
        let reply = hidden.chat(&asking).await.unwrap();
        assert_eq!(commands_asked_for(&reply.text), ["grep -r [REDACTED:password#1] /etc"], "which is denied");

        let sent = hidden.known.lock().unwrap().hide(&request.messages[0].content);
        assert_eq!(sent, "db_password=[REDACTED:password#1]\nrest");
    }
}
