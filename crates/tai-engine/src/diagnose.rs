//! Questions and answers of an investigation.

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tai_collect::look_further;
use tai_llm::{ChatModel, ChatReply, ChatRequest, Finish, Piece, ToolCall};
use tai_runbook::Finding;
use tai_ssh::{visible, visible_line};

use crate::answer::{Answer, commands_asked_for};
use crate::conversation::Exchange;
use crate::diagnosis::{Action, Cause, Diagnosis, Gap, ModelUse, Quote, TokenCount};
use crate::investigation::{Turn, reasons};
use crate::lines::telling_lines;
use crate::prompt::Prompt;
use crate::quote::{cited, citing, proofs, push_distinct, quote};
use crate::ranking::causes;
use crate::verify::{Advisor, Verified, Verifier, rename_citations};
use crate::{Asking, Event, Further, Investigation, Outcome, PriorSession, Request};

/// Lines that a report quotes, at most.
const MAX_QUOTES: usize = 16;
/// Lines that it quotes beside the proofs of its findings.
const MAX_FURTHER_QUOTES: usize = 8;
const MAX_ACTIONS: usize = 8;
/// Commands that a model may ask for at a time.
const MAX_REQUESTS: usize = 5;
/// What the tool is good for.
const RUN_COMMAND: &str = "Runs one read-only command on the host and shows what it prints. No pipes, no redirections, nothing that changes \
                           the host: such a command is denied. Ask only for what the evidence lacks.";
/// How a tag begins that stands for a secret.
const HIDDEN: &str = "[REDACTED";
/// Bytes of a model's answer that are read: no answer to a person is longer.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// An answer as it was read.
struct Answered {
    text: String,
    verified: Verified,
    reply: ChatReply,
    repaired: bool,
}

impl Investigation {
    /// [`diagnose_with`](Self::diagnose_with) for a model that has to do with what was collected, or for none.
    pub async fn diagnose(
        &mut self,
        question: &str,
        model: Option<&dyn ChatModel>,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Diagnosis {
        self.diagnose_with(question, model.map(Asking::of), events).await
    }

    /// Answers a question: by a model when there is one, and by findings and ranked evidence when there is none or it fails.
    ///
    /// A model may ask for further commands first; those that the policy allows run, and what comes back is evidence like any other. Each statement of its answer is verified. Where some do not hold, it
    /// is told which and why, and answers again, once; what still does not hold is in [`Diagnosis::unverified`] and nowhere else.
    pub async fn diagnose_with(
        &mut self,
        question: &str,
        asking: Option<Asking<'_>>,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Diagnosis {
        if let Err(error) = self.learn(question).await {
            events(Event::EmbeddingFailed { reasons: reasons(&error) });
        }
        let Some(asking) = asking else { return self.without_model(question, ModelUse::NotAsked) };
        let before = self.requests.len();
        let diagnosis = match self.ask(question, asking, events).await {
            Ok((prompt, answered)) => {
                let diagnosis = self.answered_by(question, &answered, &prompt);
                self.answered.push(Exchange::of(question, answered.text, &diagnosis));
                diagnosis
            }
            Err(error) => {
                let name = visible(asking.model.name().as_bytes().to_vec());
                self.without_model(question, ModelUse::Failed { name, reasons: reasons(&error) })
            }
        };
        Diagnosis { requests: self.requests[before..].to_vec(), ..diagnosis }
    }

    /// Asks until there is an answer: in the last round, nothing more may be asked for.
    async fn ask(
        &mut self,
        question: &str,
        asking: Asking<'_>,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<(Prompt, Answered), tai_llm::Error> {
        let Asking { model, further } = asking;
        let context = model.context_tokens().await.and_then(|tokens| usize::try_from(tokens).ok());
        let mut rounds = further.map_or(0, |further| further.rounds);
        loop {
            let turn = Turn { may_ask: rounds > 0, context, rejected: None };
            let prompt = self.prompt_that_fits(question, turn, model).await;
            let name = visible(model.name().as_bytes().to_vec());
            events(Event::Asking { model: name, tokens: prompt.tokens });
            let reply = self.chat(model, &prompt, rounds > 0, events).await?;
            let commands = commands(&reply);
            match further {
                Some(further) if rounds > 0 && !commands.is_empty() => {
                    self.look_further(further, commands, events).await;
                    rounds -= 1;
                }
                _ => {
                    let first = self.read(question, &prompt, reply);
                    return self.repaired(question, model, context, (prompt, first), events).await;
                }
            }
        }
    }

    /// The prompt, of fewer chunks where the model's own tokenizer makes more tokens of it than were estimated. Where it has one, its count is told.
    async fn prompt_that_fits(&self, question: &str, turn: Turn<'_>, model: &dyn ChatModel) -> Prompt {
        let mut room = turn.context;
        loop {
            let mut prompt = self.prompt_for(question, &Turn { context: room, ..turn });
            let Some(tokens) = model.count_tokens(&prompt.messages).await else { return prompt };
            prompt.tokens = usize::try_from(tokens).unwrap_or(usize::MAX);
            let needed = prompt.tokens + self.options.answer_tokens as usize;
            let (Some(context), Some(allowed)) = (turn.context, room) else { return prompt };
            if needed <= context || prompt.evidence.is_empty() {
                return prompt;
            }
            room = Some(allowed.min(self.options.context_tokens) * 3 / 4);
        }
    }

    /// The answer, or a better one that the model gives when it is told what does not hold.
    async fn repaired(
        &self,
        question: &str,
        model: &dyn ChatModel,
        context: Option<usize>,
        (prompt, first): (Prompt, Answered),
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<(Prompt, Answered), tai_llm::Error> {
        let doubted = first.verified.unverified.len();
        if doubted == 0 {
            return Ok((prompt, first));
        }
        let name = visible(model.name().as_bytes().to_vec());
        events(Event::Repairing { model: name, statements: doubted });
        let rejected = Some((first.text.as_str(), first.verified.unverified.as_slice()));
        let again = self.prompt_that_fits(question, Turn { may_ask: false, context, rejected }, model).await;
        // A model that does not answer a second time has answered the first.
        let Ok(reply) = self.chat(model, &again, false, events).await else { return Ok((prompt, first)) };
        let second = self.read(question, &again, reply);
        let is_better = second.verified.unverified.len() < doubted && !second.verified.root_cause.is_empty();
        Ok(if is_better { (again, Answered { repaired: true, ..second }) } else { (prompt, first) })
    }

    async fn chat(
        &self,
        model: &dyn ChatModel,
        prompt: &Prompt,
        may_ask: bool,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<ChatReply, tai_llm::Error> {
        let mut request = ChatRequest::new(prompt.messages.clone());
        request.max_tokens = Some(self.options.answer_tokens);
        request.temperature = Some(0.0);
        request.run_command = may_ask.then(|| RUN_COMMAND.to_owned());
        let name = visible(model.name().as_bytes().to_vec());
        let mut last = None;
        let mut told = |Piece { text, tokens }: Piece<'_>| {
            // The next model of a chain counts from nothing.
            let begins = last.is_none_or(|last| tokens < last);
            last = Some(tokens);
            let text = visible(text.as_bytes().to_vec());
            events(Event::Answering { model: name.clone(), tokens, text, begins });
        };
        model.chat_streamed(&request, &mut told).await
    }

    /// Runs what a model asks for, as far as the policy and the operator allow, and takes it up as evidence.
    async fn look_further(
        &mut self,
        further: Further<'_>,
        commands: Vec<String>,
        events: &(dyn Fn(Event) + Send + Sync),
    ) {
        let mut has_run = false;
        for command in commands.into_iter().take(MAX_REQUESTS) {
            let outcome = self.run_further(further, &command, events).await;
            has_run |= matches!(outcome, Outcome::Ran | Outcome::Missing(_));
            let request = Request { command: visible_line(command), outcome };
            events(Event::Requested(request.clone()));
            self.requests.push(request);
        }
        if has_run {
            self.index_again(events).await;
        }
    }

    async fn run_further(
        &mut self,
        further: Further<'_>,
        command: &str,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Outcome {
        if command.contains(HIDDEN) {
            return Outcome::Denied(
                "a secret that was hidden stands in it: ask for a command that needs none".to_owned(),
            );
        }
        if let Some(consent) = further.consent
            && self.policy.explain(command).allowed
            && !consent.allows(command).await
        {
            return Outcome::Declined;
        }
        let report = Arc::make_mut(&mut self.report);
        let progress = |progress| events(Event::Collecting(progress));
        match look_further(further.host, &self.policy, report, command, "the model asked for it", &progress).await {
            Ok(asked) => asked.into(),
            Err(error) => Outcome::Lost(reasons(&error).join(": ")),
        }
    }

    fn read(&self, question: &str, prompt: &Prompt, reply: ChatReply) -> Answered {
        let text = visible(reply.text.bytes().take(MAX_ANSWER_BYTES).collect());
        let verified = self.verify(question, prompt, &Answer::parse(&text));
        Answered { text, verified, reply, repaired: false }
    }

    fn verify(&self, question: &str, prompt: &Prompt, answer: &Answer) -> Verified {
        let findings = self.findings_for(question);
        let facts = self.facts(question);
        let mut input: Vec<&str> = prompt.messages.iter().map(|message| message.content.as_str()).collect();
        let runbooks = self.runbooks.runbooks().iter().flat_map(|runbook| &runbook.sections);
        input.extend(runbooks.map(|section| section.text.as_str()));
        let verifier = Verifier {
            sent: &prompt.evidence,
            documents: self.index.documents(),
            findings: &findings,
            sections: &self.sections_for(question, &findings),
            sessions: &self.prior.iter().map(PriorSession::told).collect::<Vec<_>>(),
            facts: &facts,
            question,
            names: &self.service_names(),
            advisor: Advisor { policy: &self.policy, input },
        };
        verifier.verify(answer)
    }

    /// What may be said without a citation: the operator's words, the host and what is known of it.
    fn facts(&self, question: &str) -> String {
        let facts = serde_json::to_string(&self.report.facts).unwrap_or_default();
        let os = visible(self.report.facts.os_name().as_bytes().to_vec());
        let asked = self.answered.iter().map(|exchange| exchange.question.as_str());
        let said: Vec<&str> = [self.report.ticket.text.as_str(), question, &self.report.host, &os, &facts]
            .into_iter()
            .chain(asked)
            .collect();
        said.join("\n")
    }

    /// What the host and the runbooks call services, where that is no English word.
    fn service_names(&self) -> BTreeSet<String> {
        const ENGLISH: &[&str] = &[
            "accounts",
            "app",
            "application",
            "at",
            "certificate",
            "clock",
            "compose",
            "container",
            "cpu",
            "disk",
            "dns",
            "emergency",
            "filesystem",
            "firewall",
            "go",
            "hardware",
            "kernel",
            "limits",
            "load",
            "mail",
            "memory",
            "mount",
            "network",
            "networking",
            "node",
            "packages",
            "processor",
            "quota",
            "raid",
            "rescue",
            "resolved",
            "named",
            "unbound",
            "service",
            "smart",
            "spring",
            "storage",
            "tasks",
            "time",
            "unit",
            "user",
        ];
        let units = self.report.facts.units.iter().filter_map(|unit| unit.name.strip_suffix(".service"));
        let runbooks = self.runbooks.runbooks().iter().flat_map(|runbook| &runbook.service).map(String::as_str);
        let names = units.chain(runbooks).map(str::to_lowercase);
        names.filter(|name| name.len() > 2 && !ENGLISH.contains(&name.as_str())).collect()
    }

    fn without_model(&self, question: &str, model: ModelUse) -> Diagnosis {
        let findings = self.findings_for(question);
        let mut evidence = proofs(&findings);
        let most = evidence.len() + MAX_FURTHER_QUOTES;
        for chunk in self.evidence_for(question) {
            let is_whole = self.index.documents()[chunk.document].text.trim_end_matches('\n') == chunk.text;
            for (start, end, text) in telling_lines(&chunk, is_whole, question) {
                push_distinct(&mut evidence, quote(&chunk.command, start, end, text));
            }
        }
        evidence.truncate(most);
        self.number(&mut evidence);
        let root_cause = causes(&self.chains(question), &evidence);
        let actions = self.actions(question, &findings);
        Diagnosis {
            root_cause,
            evidence,
            recommended_actions: actions,
            ..self.diagnosis(question, model, self.prompt(question).tokens)
        }
    }

    fn answered_by(&self, question: &str, answered: &Answered, prompt: &Prompt) -> Diagnosis {
        let Answered { verified, reply, repaired, .. } = answered;
        let findings = self.findings_for(question);
        let mut evidence = verified.evidence.clone();
        for proof in proofs(&findings) {
            push_distinct(&mut evidence, proof);
        }
        self.number(&mut evidence);
        // The model's numbers are those of the prompt's chunks, not of the report's quotations.
        let renamed = |text: &str| rename_citations(text, |number| cited(number, prompt, &evidence));
        let claim = |cause: &Cause| Cause {
            text: renamed(&cause.text),
            evidence: citing(&cause.text, prompt, &evidence),
            ..cause.clone()
        };
        let mut root_cause: Vec<Cause> = verified.root_cause.iter().map(claim).collect();
        root_cause.extend(causes(&self.chains(question), &evidence));
        let advice = |action: &Action| Action { text: renamed(&action.text), ..action.clone() };
        let mut recommended_actions: Vec<Action> = verified.actions.iter().map(advice).collect();
        if recommended_actions.is_empty() {
            recommended_actions = self.actions(question, &findings);
        }
        let complete = reply.finish != Finish::Length;
        let name = visible_line(reply.model.clone());
        let warnings = reply.warnings.iter().map(|warning| visible_line(warning.to_string())).collect();
        let model = ModelUse::Answered { name, usage: reply.usage, complete, warnings, repaired: *repaired };
        let unverified = verified.unverified.clone();
        Diagnosis {
            root_cause,
            evidence,
            recommended_actions,
            unverified,
            ..self.diagnosis(question, model, prompt.tokens)
        }
    }

    /// All of a report but what answers the question.
    fn diagnosis(&self, question: &str, model: ModelUse, sent: usize) -> Diagnosis {
        Diagnosis {
            schema: "tai.report/1",
            host: self.report.host.clone(),
            os: visible(self.report.facts.os_name().as_bytes().to_vec()),
            collected_at: self.report.collected_at.clone(),
            question: question.to_owned(),
            root_cause: Vec::new(),
            evidence: Vec::new(),
            recommended_actions: Vec::new(),
            unverified: Vec::new(),
            prior_sessions: self.prior.clone(),
            requests: Vec::new(),
            gaps: self.report.gaps().into_iter().map(|(command, reason)| Gap { command, reason }).collect(),
            model,
            tokens: TokenCount::new(self.collected_tokens, sent),
            footprint: self.report.footprint(),
        }
    }

    /// Gives quotations, of which there are not too many then, their ids and their places in what the commands printed.
    fn number(&self, quotes: &mut Vec<Quote>) {
        quotes.truncate(MAX_QUOTES);
        for (number, quote) in (1..).zip(quotes) {
            quote.id = format!("E{number}");
            let printed = self.report.evidence().find(|c| c.command == quote.command && !c.text.is_empty());
            if let Some(collected) = printed {
                let range = collected.raw_lines(quote.start_line..=quote.end_line);
                let sum = Sha256::digest(&collected.raw()[range.clone()]);
                quote.sha256 = Some(sum.iter().map(|byte| format!("{byte:02x}")).collect());
                quote.bytes = Some(range);
            }
        }
    }

    fn actions(&self, question: &str, findings: &[&Finding]) -> Vec<Action> {
        let sections = self.sections_for(question, findings);
        // What a runbook says is ours: it may speak of hosts and paths that nobody named.
        let advisor = Advisor { policy: &self.policy, input: Vec::new() };
        let actions = sections.iter().flat_map(|section| {
            let runbook = Some(section.citation.clone());
            let action = |text: String| Action { commands: advisor.judge(&text).0, text, runbook: runbook.clone() };
            section.actions().into_iter().map(action).collect::<Vec<_>>()
        });
        actions.take(MAX_ACTIONS).collect()
    }
}

/// The commands that a reply asks for: by calls of the tool, or in its text.
fn commands(reply: &ChatReply) -> Vec<String> {
    let called: Vec<String> = reply.tool_calls.iter().filter_map(ToolCall::command).collect();
    if called.is_empty() { commands_asked_for(&reply.text) } else { called }
}
