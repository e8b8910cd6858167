//! One conversation with the server: in its dialect, streamed or not.

use std::io::{self, BufReader};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::sync::mpsc::UnboundedSender;

use super::dialect::Dialect;
use super::exchange::{Exchange, Failure};
use super::format;
use super::ollama::{self, Ollama};
use super::stream::{Delta, Framing, Gathered, Part, Parts, Sign};
use crate::answer::Answer;
use crate::{ChatReply, ChatRequest, Error, Warning};

/// Tokens of an answer where the request sets no limit.
const USUAL_ANSWER: u64 = 1024;

/// Told what comes, if the answer is to be streamed.
type Signs<'a> = Option<&'a UnboundedSender<Sign>>;

impl Exchange {
    /// Asks the model. What the server refuses to understand is left out, and what does not fit
    /// into a context that can grow is asked for again with a longer one.
    pub(super) fn chat(&self, request: &ChatRequest, signs: Signs<'_>) -> Result<ChatReply, Error> {
        let options = &self.settings.options;
        let ollama = self.ollama()?;
        let answer = request.max_tokens.map_or(USUAL_ANSWER, u64::from);
        // A single output may have a quarter more tokens than estimated.
        let estimated = request.estimated_tokens();
        let mut needed = estimated + estimated / 4 + answer;
        let mut dialect = *self.settings.dialect.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let context = ollama.map(|ollama| self.context_for(ollama, needed));
            let error = match self.ask_for_answer(request, dialect, context, signs) {
                Ok(answered) => {
                    let warnings = self.warnings(request, dialect, context, estimated + answer, &answered);
                    let reply = self.without_key_in(answered).reply(&options.model)?;
                    return Ok(ChatReply { warnings, ..reply });
                }
                Err(error) => error,
            };
            if let Some(learnt) = dialect.learn(&error, request, signs.is_some()) {
                dialect = learnt;
                let mut known = self.settings.dialect.lock().unwrap_or_else(PoisonError::into_inner);
                *known = known.and(learnt);
                continue;
            }
            let Error::PromptTooLong { prompt_tokens, .. } = &error else { return Err(error) };
            let (Some(ollama), Some(context)) = (ollama, context) else { return Err(error) };
            needed = prompt_tokens.map_or(context + 1, |tokens| tokens + answer);
            if self.context_for(ollama, needed) <= context {
                return Err(error);
            }
        }
    }

    fn context_for(&self, ollama: &Ollama, needed: u64) -> u64 {
        let loaded = self.settings.loaded.load(Ordering::Relaxed);
        let context = ollama.context(needed, loaded, self.settings.options.longest_context);
        self.settings.loaded.fetch_max(context, Ordering::Relaxed);
        context
    }

    fn ask_for_answer(
        &self,
        request: &ChatRequest,
        dialect: Dialect,
        context: Option<u64>,
        signs: Signs<'_>,
    ) -> Result<Answer, Error> {
        let (model, endpoint) = (&self.settings.options.model, &self.settings.endpoint);
        let streamed = signs.is_some();
        let (url, body, protocol) = match context {
            Some(context) => (
                endpoint.join_own("api/chat"),
                ollama::request_body(model, request, dialect, context, streamed),
                Protocol::Ollama,
            ),
            None => (
                endpoint.join("chat/completions"),
                format::request_body(model, request, dialect, streamed),
                Protocol::OpenAi,
            ),
        };
        self.retried(|deadline| match signs {
            Some(signs) => self.stream(&url, &body, protocol, signs, deadline),
            None => Ok(protocol.parse_reply(&self.ask(&url, &body, deadline)?)?),
        })
    }

    fn stream(
        &self,
        url: &str,
        body: &[u8],
        protocol: Protocol,
        signs: &UnboundedSender<Sign>,
        deadline: Instant,
    ) -> Result<Answer, Failure> {
        drop(signs.send(Sign::Asked));
        let reader = self.open_stream(url, body, deadline)?;
        let mut parts = Parts::new(BufReader::new(reader), protocol.framing());
        let mut gathered = Gathered::new(signs, self.secret().map(str::to_owned));
        loop {
            let part = match parts.next() {
                Ok(part) => part,
                Err(error) => {
                    let failure = Failure::from(self.failed(error.into()));
                    return Err(failure.after(gathered.tokens(), self.url()));
                }
            };
            let data = match part {
                Some(Part::Data(data)) => self.without_key(&data),
                Some(Part::Whole(whole)) => {
                    let answer = protocol.parse_reply(&self.without_key(&whole))?;
                    gathered.add_whole(answer);
                    return Ok(gathered.answer());
                }
                None if gathered.is_finished() => return Ok(gathered.answer()),
                None => return Err(self.cut(gathered.tokens()).into()),
            };
            let delta = match protocol.parse_part(&data) {
                Ok(delta) if !delta.is_error => delta,
                Ok(_) => return Err(self.refusal(code_in(&data), &data).after(gathered.tokens(), self.url())),
                Err(error) => return Err(Failure::from(error).after(gathered.tokens(), self.url())),
            };
            let is_last = delta.is_last;
            gathered.add(delta);
            if is_last {
                return Ok(gathered.answer());
            }
        }
    }

    /// The error of an answer that just stops.
    fn cut(&self, tokens: u64) -> Error {
        if tokens > 0 {
            return Error::AnswerCut { url: self.url(), tokens, source: None };
        }
        Error::ConnectionLost { url: self.url(), source: io::ErrorKind::UnexpectedEof.into() }
    }

    fn warnings(
        &self,
        request: &ChatRequest,
        dialect: Dialect,
        context: Option<u64>,
        needed: u64,
        answer: &Answer,
    ) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if dialect.no_tools && request.run_command.is_some() {
            warnings.push(Warning::ToolsRefused);
        }
        let counted = answer.usage.map(|usage| usage.prompt_tokens);
        match (context, self.settings.context.get()) {
            // Ollama before 0.12.6 cuts whatever it is told; it then counts as many as fit.
            (Some(context), _) if counted.is_some_and(|counted| counted + 1 >= context) => {
                warnings.push(Warning::PromptCut { context });
            }
            (Some(context), _) | (None, Some(&context)) if needed > context && counted.is_none() => {
                warnings.push(Warning::MayNotFit { needed, context });
            }
            _ => {}
        }
        warnings
    }

    fn without_key_in(&self, mut answer: Answer) -> Answer {
        answer.text = self.hide_key(answer.text);
        for call in &mut answer.tool_calls {
            call.arguments = self.hide_key(std::mem::take(&mut call.arguments));
        }
        answer
    }
}

/// How the server is asked.
#[derive(Clone, Copy)]
enum Protocol {
    /// `chat/completions`.
    OpenAi,
    /// Ollama's own `api/chat`.
    Ollama,
}

impl Protocol {
    fn framing(self) -> Framing {
        match self {
            Protocol::OpenAi => Framing::Events,
            Protocol::Ollama => Framing::Lines,
        }
    }

    fn parse_part(self, data: &[u8]) -> Result<Delta, Error> {
        match self {
            Protocol::OpenAi => format::parse_event(data),
            Protocol::Ollama => ollama::parse_line(data),
        }
    }

    fn parse_reply(self, body: &[u8]) -> Result<Answer, Error> {
        match self {
            Protocol::OpenAi => format::parse_reply(body),
            Protocol::Ollama => ollama::parse_reply(body),
        }
    }
}

/// The HTTP status that an error within a reply would have had.
fn code_in(data: &[u8]) -> u16 {
    let code = |value: serde_json::Value| {
        let code = value.pointer("/error/code").or_else(|| value.get("code"))?.as_u64()?;
        u16::try_from(code).ok().filter(|code| (400..600).contains(code))
    };
    serde_json::from_slice(data).ok().and_then(code).unwrap_or(500)
}
