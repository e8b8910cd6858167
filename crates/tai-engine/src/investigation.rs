use std::collections::BTreeSet;
use std::sync::Arc;

use tai_collect::{Background, Report, Scope, Ticket};
use tai_llm::{ChatModel, ChatRequest, Finish};
use tai_rag::{ApproximateWordPieces, ChunkOptions, Embedder, Evidence, Index, Reranker, Shares, TokenCounter};
use tai_runbook::{Finding, Library};
use tai_ssh::capture::CaptureWriter;
use tai_ssh::{Host, Policy, visible};

use crate::answer::Answer;
use crate::convert::{documents, find_findings};
use crate::diagnosis::{Action, Cause, Diagnosis, Gap, ModelUse, Quote, TokenCount};
use crate::lines::telling_lines;
use crate::meaning::Meaning;
use crate::prompt::{self, Prompt};
use crate::quote::{cited, proofs, push_distinct, quote, quote_of};
use crate::ranking::{Ranked, causes, rank};
use crate::verify::{Source, mark_unfound, mark_unfound_in_action, rename_citations};
use crate::{Error, Event, PriorSession};

/// Asked of the index when the operator's own words are in no output.
const WORDS_OF_TROUBLE: &str = "error failed fatal critical emergency panic denied refused timeout killed full corrupt";
/// Lines that a report quotes, at most.
const MAX_QUOTES: usize = 16;
/// Lines that it quotes beside the proofs of its findings.
const MAX_FURTHER_QUOTES: usize = 8;
const MAX_ACTIONS: usize = 8;
/// Bytes of a model's answer that are read: no answer to a person is longer.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// What an investigation starts from.
pub struct Start<'a> {
    /// Where to look.
    pub host: &'a dyn Host,
    /// What may run there.
    pub policy: &'a Policy,
    /// The runbooks at hand.
    pub runbooks: Library,
    /// What the operator wrote.
    pub issue: &'a str,
    /// What is known before the host is asked.
    pub background: Background,
    /// What may be looked at, and for how much.
    pub scope: Scope,
    /// Where to save what is collected.
    pub save: Option<&'a mut CaptureWriter>,
    /// Sizes and limits.
    pub options: Options,
}

/// Sizes and limits of retrieval and prompt.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How output is cut.
    pub chunks: ChunkOptions,
    /// Chunks that are considered for a question.
    pub top_k: usize,
    /// Bytes of text that are embedded, at most; see [`Index::passages`].
    pub embed_bytes: usize,
    /// Tokens that a prompt and its answer may have together. The default, 4,096, is what small local models are served with unless told otherwise: a longer prompt
    /// would be cut in silence.
    pub context_tokens: usize,
    /// Tokens of runbook text in a prompt.
    pub runbook_tokens: usize,
    /// Tokens of a model's answer.
    pub answer_tokens: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            chunks: ChunkOptions::default(),
            top_k: 10,
            embed_bytes: 128 << 10,
            context_tokens: 4096,
            runbook_tokens: 500,
            answer_tokens: 700,
        }
    }
}

/// One investigation: what was collected for one issue, and what can be asked of it.
pub struct Investigation {
    report: Report,
    findings: Vec<Finding>,
    index: Index,
    meaning: Meaning,
    /// Tokens of all evidence, estimated.
    collected_tokens: usize,
    runbooks: Library,
    options: Options,
    /// Questions that a model has answered, with its answers.
    answered: Vec<(String, String)>,
    prior: Vec<PriorSession>,
}

impl Investigation {
    /// Collects, looks for findings and indexes. No model is asked yet.
    ///
    /// # Errors
    ///
    /// When the host is lost. What merely could not be collected is in the report, and `save` tells by itself what it could not write.
    pub async fn start(start: Start<'_>, events: &(dyn Fn(Event) + Send + Sync)) -> Result<Self, Error> {
        let Start { host, policy, runbooks, issue, background, scope, save, options } = start;
        let progress = |progress| events(Event::Collecting(progress));
        let ticket = Ticket::parse(issue);
        let report = tai_collect::collect(host, policy, ticket, background, &scope, save, &progress)
            .await
            .map_err(Error::Collect)?;
        let bytes = report.evidence().map(|c| c.text.len()).sum();
        events(Event::Indexing { bytes });
        let work = move || {
            let findings = find_findings(&report, &runbooks);
            let index = Index::build(documents(&report), &options.chunks);
            let collected_tokens = report.evidence().map(|c| ApproximateWordPieces.count(&c.text)).sum();
            let (meaning, answered, prior) = (Meaning::default(), Vec::new(), Vec::new());
            Investigation { report, findings, index, meaning, collected_tokens, runbooks, options, answered, prior }
        };
        tokio::task::spawn_blocking(work).await.map_err(Error::Interrupted)
    }

    /// Lets meaning take part in retrieval from here on: makes vectors of what was collected, and of every question that is diagnosed or
    /// [`learnt`](Self::learn).
    ///
    /// # Errors
    ///
    /// When the embedder fails; then retrieval goes on as before.
    pub async fn embed(
        &mut self,
        embedder: Arc<dyn Embedder>,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<(), tai_rag::Error> {
        self.meaning.embed(&mut self.index, embedder, self.options.embed_bytes, events).await
    }

    /// Lets a reranker read the best chunks of every question that is diagnosed or [`learnt`](Self::learn) from here on.
    pub fn rerank_with(&mut self, reranker: Arc<dyn Reranker>) {
        self.meaning.rerank_with(reranker);
    }

    /// Makes the vector of a question for [`retrieve`](Self::retrieve) and [`prompt`](Self::prompt), and lets the reranker read what is found. Nothing to do without
    /// either.
    ///
    /// # Errors
    ///
    /// When the embedder or the reranker fails; then retrieval does without what it would have said.
    pub async fn learn(&mut self, question: &str) -> Result<(), tai_rag::Error> {
        self.meaning.learn(&self.index, question).await
    }

    /// Lets prompts and reports from here on tell of these past sessions, in place of those that were given before.
    pub fn recall(&mut self, prior: Vec<PriorSession>) {
        self.prior = prior;
    }

    /// What was collected.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// What the runbooks' signals found, the worst first.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The `k` chunks that fit the question best: by its meaning as well where it was learnt.
    pub fn retrieve(&self, question: &str, k: usize) -> Vec<Evidence> {
        self.explain(question, k).into_iter().map(|(evidence, _)| evidence).collect()
    }

    /// As [`retrieve`](Self::retrieve), and no line is left out because it repeats others.
    pub fn retrieve_full(&self, question: &str, k: usize) -> Vec<Evidence> {
        let mut found = self.retrieve(question, k);
        found.iter_mut().for_each(|evidence| self.index.unfold(evidence));
        found
    }

    /// As [`retrieve`](Self::retrieve), and what each ranker contributed.
    pub fn explain(&self, question: &str, k: usize) -> Vec<(Evidence, Shares)> {
        self.meaning.search(&self.index, question, k)
    }

    /// The prompt that a model would get for the question.
    pub fn prompt(&self, question: &str) -> Prompt {
        let findings = self.findings_for(question);
        prompt::build(&prompt::Parts {
            report: &self.report,
            findings: &findings,
            evidence: &self.evidence_for(question),
            sections: &self.sections_for(question, &findings),
            prior: &self.prior,
            answered: &self.answered,
            question,
            options: &self.options,
        })
    }

    /// Answers a question: by `model` when there is one, and by findings and ranked evidence when there is none or it fails.
    pub async fn diagnose(
        &mut self,
        question: &str,
        model: Option<&dyn ChatModel>,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Diagnosis {
        if let Err(error) = self.learn(question).await {
            events(Event::EmbeddingFailed { reasons: reasons(&error) });
        }
        let Some(model) = model else { return self.without_model(question, ModelUse::NotAsked) };
        let prompt = self.prompt(question);
        events(Event::Asking { model: model.name().to_owned(), tokens: prompt.tokens });
        let mut request = ChatRequest::new(prompt.messages.clone());
        request.max_tokens = Some(self.options.answer_tokens);
        request.temperature = Some(0.0);
        let name = visible(model.name().as_bytes().to_vec());
        match model.chat(&request).await {
            Ok(reply) => {
                let text = visible(reply.text.into_bytes().into_iter().take(MAX_ANSWER_BYTES).collect());
                let complete = reply.finish != Finish::Length;
                let used = ModelUse::Answered { name, usage: reply.usage, complete };
                let diagnosis = self.answered_by(question, &text, &prompt, used);
                self.answered.push((question.to_owned(), text));
                diagnosis
            }
            Err(error) => self.without_model(question, ModelUse::Failed { name, reasons: reasons(&error) }),
        }
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
        let sent = self.prompt(question).tokens;
        self.diagnosis(
            question,
            causes(&self.chains(question)),
            evidence,
            self.actions(question, &findings),
            model,
            sent,
        )
    }

    fn answered_by(&self, question: &str, text: &str, prompt: &Prompt, model: ModelUse) -> Diagnosis {
        let answer = Answer::parse(text);
        let findings = self.findings_for(question);
        let sources = self.sources(question);
        let mut evidence: Vec<Quote> = answer.evidence.iter().map(|item| quote_of(item, &sources)).collect();
        for proof in proofs(&findings) {
            push_distinct(&mut evidence, proof);
        }
        evidence.truncate(MAX_QUOTES);
        // The model's numbers are those of the prompt's chunks, not of the report's quotations.
        let renamed = |text: String| rename_citations(&text, |number| cited(number, prompt, &evidence));
        let claim =
            |text: &String| Cause { text: renamed(mark_unfound(text, &sources)), severity: None, runbook: None };
        let mut root_cause: Vec<Cause> = answer.root_cause.iter().map(claim).collect();
        root_cause.extend(causes(&self.chains(question)));
        let advice = |text: &String| Action { text: renamed(mark_unfound_in_action(text, &sources)), runbook: None };
        let mut actions: Vec<Action> = answer.actions.iter().map(advice).collect();
        if actions.is_empty() {
            actions = self.actions(question, &findings);
        }
        self.diagnosis(question, root_cause, evidence, actions, model, prompt.tokens)
    }

    fn diagnosis(
        &self,
        question: &str,
        root_cause: Vec<Cause>,
        mut evidence: Vec<Quote>,
        recommended_actions: Vec<Action>,
        model: ModelUse,
        sent: usize,
    ) -> Diagnosis {
        evidence.truncate(MAX_QUOTES);
        for (number, quote) in (1..).zip(&mut evidence) {
            quote.id = format!("E{number}");
        }
        Diagnosis {
            schema: "tai.report/1",
            host: self.report.host.clone(),
            os: visible(self.report.facts.os_name().as_bytes().to_vec()),
            collected_at: self.report.collected_at.clone(),
            question: question.to_owned(),
            root_cause,
            evidence,
            recommended_actions,
            prior_sessions: self.prior.clone(),
            gaps: self.report.gaps().into_iter().map(|(command, reason)| Gap { command, reason }).collect(),
            model,
            tokens: TokenCount::new(self.collected_tokens, sent),
        }
    }

    /// The chunks for a question; where none shares a word with it, the chunks that report trouble of any kind.
    fn evidence_for(&self, question: &str) -> Vec<Evidence> {
        let found = self.retrieve(question, self.options.top_k);
        if found.is_empty() { self.retrieve(WORDS_OF_TROUBLE, self.options.top_k) } else { found }
    }

    /// The findings that are not over, as chains of causes and consequences, the most probable first.
    fn chains(&self, question: &str) -> Vec<Ranked<'_>> {
        rank(&self.findings, &self.report, question)
    }

    /// The findings that are not over: causes before what follows from them.
    fn findings_for(&self, question: &str) -> Vec<&Finding> {
        let chains = self.chains(question);
        let consequences = chains.iter().flat_map(|chain| chain.consequences.iter().copied());
        chains.iter().map(|chain| chain.finding).chain(consequences).collect()
    }

    /// The runbook sections of the findings; where there is no finding, those that fit the words of the question.
    fn sections_for<'a>(&'a self, question: &str, findings: &[&'a Finding]) -> Vec<&'a tai_runbook::Section> {
        let mut cited = BTreeSet::new();
        let mut sections: Vec<_> =
            findings.iter().map(|f| &f.section).filter(|s| cited.insert(s.citation.as_str())).collect();
        if sections.is_empty() {
            let hints: Vec<String> = self.report.ticket.categories.iter().map(ToString::to_string).collect();
            let hints: Vec<&str> = hints.iter().map(String::as_str).collect();
            sections.extend(self.runbooks.matching(question, &hints, 1).into_iter().map(|s| s.section));
        }
        sections.truncate(3);
        sections
    }

    fn actions(&self, question: &str, findings: &[&Finding]) -> Vec<Action> {
        let sections = self.sections_for(question, findings);
        let actions = sections.iter().flat_map(|section| {
            let runbook = Some(section.citation.clone());
            section.actions().into_iter().map(move |text| Action { text, runbook: runbook.clone() })
        });
        actions.take(MAX_ACTIONS).collect()
    }

    /// All outputs, those that the prompt quotes first.
    fn sources(&self, question: &str) -> Vec<Source> {
        let sent: Vec<usize> = self.evidence_for(question).iter().map(|chunk| chunk.document).collect();
        let documents = self.index.documents();
        let rest = (0..documents.len()).filter(|i| !sent.contains(i));
        let order: Vec<usize> = sent.iter().copied().chain(rest).collect();
        let source =
            |i: &usize| Source { command: documents[*i].command.clone(), text: Arc::clone(&documents[*i].text) };
        order.iter().map(source).collect()
    }
}

/// The error and its causes, fit to be shown.
fn reasons(error: &dyn std::error::Error) -> Vec<String> {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(|cause| visible(cause.to_string().into_bytes())).collect()
}
