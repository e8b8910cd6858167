use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tai_collect::{Background, Report, Scope, Ticket};
use tai_rag::{ApproximateWordPieces, ChunkOptions, Embedder, Evidence, Index, Reranker, Scores, Shares, TokenCounter};
use tai_runbook::{Finding, Library};
use tai_ssh::capture::CaptureWriter;
use tai_ssh::{Host, Policy, visible};

use crate::conversation::Exchange;
use crate::convert::{documents, find_findings};
use crate::meaning::Meaning;
use crate::prompt::{self, Prompt};
use crate::ranking::{Ranked, rank};
use crate::{Error, Event, Outcome, PriorSession, Request, Templates, Unverified};

/// Asked of the index when the operator's own words are in no output.
const WORDS_OF_TROUBLE: &str = "error failed fatal critical emergency panic denied refused timeout killed full corrupt";

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
    /// Whether a prompt has all that was collected, in its order and cut to the context, in place of what fits the question.
    pub no_rag: bool,
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
            no_rag: false,
        }
    }
}

/// One investigation: what was collected for one issue, and what can be asked of it.
pub struct Investigation {
    pub(crate) report: Arc<Report>,
    findings: Vec<Finding>,
    pub(crate) index: Index,
    meaning: Meaning,
    /// Tokens of all evidence, estimated.
    pub(crate) collected_tokens: usize,
    pub(crate) runbooks: Arc<Library>,
    pub(crate) policy: Policy,
    templates: Templates,
    pub(crate) options: Options,
    /// Questions that a model has answered.
    pub(crate) answered: Vec<Exchange>,
    pub(crate) prior: Vec<PriorSession>,
    /// How near the sections of the runbooks are to the question.
    near: BTreeMap<String, f32>,
    /// What models asked for so far.
    pub(crate) requests: Vec<Request>,
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
        let policy = policy.clone();
        let work = move || {
            let (report, runbooks) = (Arc::new(report), Arc::new(runbooks));
            let Indexed { findings, index, collected_tokens } = Indexed::of(&report, &runbooks, &options);
            let (meaning, templates, answered, prior, near, requests) = Default::default();
            Investigation {
                report,
                findings,
                index,
                meaning,
                collected_tokens,
                runbooks,
                policy,
                templates,
                options,
                answered,
                prior,
                near,
                requests,
            }
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
        self.prior = prior.into_iter().map(PriorSession::visible).collect();
    }

    /// Lets meaning take part in the choice of runbook sections from here on: cosines with the question, by what
    /// [`Library::passages`] cites, in place of those that were given before.
    pub fn compare_sections(&mut self, cosines: BTreeMap<String, f32>) {
        self.near = cosines;
    }

    /// Lets prompts from here on be made of these texts.
    pub fn tell_by(&mut self, templates: Templates) {
        self.templates = templates;
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
        self.prompt_for(question, &Turn::default())
    }

    pub(crate) fn prompt_for(&self, question: &str, turn: &Turn<'_>) -> Prompt {
        let findings = self.findings_for(question);
        let context_tokens =
            turn.context.map_or(self.options.context_tokens, |most| most.min(self.options.context_tokens));
        prompt::build(&prompt::Parts {
            report: &self.report,
            findings: &findings,
            evidence: &self.evidence_to_send(question),
            sections: &self.sections_for(question, &findings),
            prior: &self.prior,
            answered: &self.answered,
            question,
            requests: &self.requests,
            turn,
            templates: &self.templates,
            options: &Options { context_tokens, ..self.options },
        })
    }

    /// The chunks for a question behind those that a model asked for.
    fn evidence_to_send(&self, question: &str) -> Vec<Evidence> {
        if self.options.no_rag {
            return self.outputs();
        }
        let ran = self.requests.iter().filter(|request| matches!(request.outcome, Outcome::Ran | Outcome::Missing(_)));
        let of_command = |request: &Request| {
            let found = self.retrieve(&request.command, self.options.top_k);
            found.into_iter().filter(|chunk| chunk.command == request.command).take(2).collect::<Vec<_>>()
        };
        let mut chunks: Vec<Evidence> = ran.flat_map(of_command).collect();
        for chunk in self.evidence_for(question) {
            if !chunks.iter().any(|sent| sent.document == chunk.document && sent.start_line == chunk.start_line) {
                chunks.push(chunk);
            }
        }
        (1..).zip(&mut chunks).for_each(|(rank, chunk)| chunk.rank = rank);
        chunks
    }

    /// All outputs, whole.
    fn outputs(&self) -> Vec<Evidence> {
        let whole = |(document, output): (usize, &tai_rag::Document)| Evidence {
            rank: document + 1,
            command: output.command.clone(),
            start_line: 1,
            end_line: output.text.lines().count(),
            text: output.text.trim_end_matches('\n').to_owned(),
            tokens: 0,
            score: 0.0,
            scores: Scores::default(),
            unit: None,
            from: None,
            to: None,
            document,
            folds: Vec::new(),
        };
        self.index.documents().iter().enumerate().map(whole).filter(|output| !output.text.is_empty()).collect()
    }

    /// Looks for findings and indexes again, after something was added to the report.
    pub(crate) async fn index_again(&mut self, events: &(dyn Fn(Event) + Send + Sync)) {
        events(Event::Indexing { bytes: self.report.evidence().map(|c| c.text.len()).sum() });
        let (report, runbooks, options) = (Arc::clone(&self.report), Arc::clone(&self.runbooks), self.options);
        let work = tokio::task::spawn_blocking(move || Indexed::of(&report, &runbooks, &options));
        // Nobody aborts it: it ends, or has panicked.
        let Ok(Indexed { findings, index, collected_tokens }) = work.await else { return };
        (self.findings, self.index, self.collected_tokens) = (findings, index, collected_tokens);
        if let Some(embedder) = self.meaning.embedder() {
            // Without vectors, retrieval goes by words.
            if let Err(error) = self.embed(embedder, events).await {
                events(Event::EmbeddingFailed { reasons: reasons(&error) });
            }
        }
    }

    /// The chunks for a question; where none shares a word with it, the chunks that report trouble of any kind.
    pub(crate) fn evidence_for(&self, question: &str) -> Vec<Evidence> {
        let found = self.retrieve(question, self.options.top_k);
        if found.is_empty() { self.retrieve(WORDS_OF_TROUBLE, self.options.top_k) } else { found }
    }

    /// The findings that are not over, as chains of causes and consequences, the most probable first.
    pub(crate) fn chains(&self, question: &str) -> Vec<Ranked<'_>> {
        rank(&self.findings, &self.report, question)
    }

    /// The findings that are not over: causes before what follows from them.
    pub(crate) fn findings_for(&self, question: &str) -> Vec<&Finding> {
        let chains = self.chains(question);
        let consequences = chains.iter().flat_map(|chain| chain.consequences.iter().copied());
        chains.iter().map(|chain| chain.finding).chain(consequences).collect()
    }

    /// The runbook sections of the findings; where there is no finding, the one that fits the question.
    pub(crate) fn sections_for<'a>(
        &'a self,
        question: &str,
        findings: &[&'a Finding],
    ) -> Vec<&'a tai_runbook::Section> {
        let mut cited = BTreeSet::new();
        let mut sections: Vec<_> =
            findings.iter().map(|f| &f.section).filter(|s| cited.insert(s.citation.as_str())).collect();
        if sections.is_empty() {
            let hints: Vec<String> = self.report.ticket.categories.iter().map(ToString::to_string).collect();
            let hints: Vec<&str> = hints.iter().map(String::as_str).collect();
            let fitting = self.runbooks.matching_by_meaning(question, &hints, &self.near, 1);
            sections.extend(fitting.into_iter().map(|suggestion| suggestion.section));
        }
        sections.truncate(3);
        sections
    }
}

/// What a report gives for questions to come.
struct Indexed {
    findings: Vec<Finding>,
    index: Index,
    collected_tokens: usize,
}

impl Indexed {
    fn of(report: &Report, runbooks: &Library, options: &Options) -> Self {
        Indexed {
            findings: find_findings(report, runbooks),
            index: Index::build(documents(report), &options.chunks),
            collected_tokens: report.evidence().map(|c| ApproximateWordPieces.count(&c.text)).sum(),
        }
    }
}

/// What a prompt has besides its question.
#[derive(Clone, Copy, Default)]
pub(crate) struct Turn<'a> {
    /// Whether the model may ask for further commands.
    pub(crate) may_ask: bool,
    /// The most tokens that the model takes, where that is known.
    pub(crate) context: Option<usize>,
    /// An answer of which some statements do not hold.
    pub(crate) rejected: Option<(&'a str, &'a [Unverified])>,
}

/// The error and its causes, fit to be shown.
pub(crate) fn reasons(error: &dyn std::error::Error) -> Vec<String> {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(|cause| visible(cause.to_string().into_bytes())).collect()
}
