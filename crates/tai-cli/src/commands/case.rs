//! What `tai run` does at a host, for the first question and for those that follow.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use tai_collect::{Scope, Until};
use tai_engine::{
    Asking, Consent, Diagnosis, EmbedAhead, Event, Further, Investigation, ModelUse, Options, Start, Templates,
};
use tai_ssh::{Host, Policy};
use tai_store::Session;

use super::captures::{Captures, Saved};
use super::{Aids, Opening, completeness, embed, embed_ahead};
use crate::args::{Format, Run};
use crate::exit::{Exit, Failure};
use crate::fleet::{Fleet, Looked};
use crate::progress::{ProgressLine, Screen};
use crate::render::{self, Style};
use crate::terminal::confirm;
use crate::wire::{Opener, Place, RunLog, WiredModel};

/// What is to be found out, at any host.
pub(crate) struct Case<'a> {
    pub(crate) args: &'a Run,
    pub(crate) issue: &'a str,
    pub(crate) format: Format,
    pub(crate) style: Style,
    /// Whether questions follow, on a terminal.
    pub(crate) converses: bool,
    pub(crate) policy: &'a Policy,
    pub(crate) scope: Scope,
    pub(crate) opening: Opening,
    pub(crate) templates: Templates,
    pub(crate) model: Mutex<Arc<WiredModel>>,
    /// A model of one's own answers one question at a time.
    pub(crate) turn: tokio::sync::Mutex<()>,
    pub(crate) fleet: &'a Fleet,
    pub(crate) captures: Captures,
    pub(crate) opener: Opener,
}

/// An investigation at one place, with what came of it so far.
pub(crate) struct Begun {
    pub(crate) place: Place,
    pub(crate) investigation: Investigation,
    /// Where to look further; none while nobody is connected.
    pub(crate) host: Option<Box<dyn Host>>,
    /// What was asked last, answered or not.
    pub(crate) question: String,
    /// The answers so far.
    pub(crate) answers: Vec<Diagnosis>,
    pub(crate) exit: Exit,
    /// Whether Ctrl-C ended the collecting.
    pub(crate) is_stopped: bool,
    /// What is remembered of it.
    pub(crate) session: Option<Session>,
    log: Option<RunLog>,
}

impl Begun {
    /// Tells the log and the line what happens.
    fn events<'e>(log: Option<&'e RunLog>, line: &'e ProgressLine) -> impl Fn(Event) + Send + Sync + 'e {
        move |event| {
            log.iter().for_each(|log| log.event(&event));
            line.show(event);
        }
    }
}

impl Case<'_> {
    pub(crate) fn model(&self) -> Arc<WiredModel> {
        Arc::clone(&self.model.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What helps to answer, once it is there.
    pub(crate) async fn aids(&self) -> &Aids {
        self.opening.aids.get().await
    }

    /// Asks this model from here on.
    pub(crate) fn ask_instead(&self, model: WiredModel) {
        *self.model.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(model);
    }

    /// Looks at a place and answers the issue, in print.
    pub(crate) async fn look(&self, place: &Place) -> Result<(Looked, Begun), Failure> {
        let line = self.fleet.line(place);
        let mut begun = self.collect(place, &line).await?;
        if self.args.show_prompt {
            let text = render::prompt(&begun.investigation.prompt(self.issue), self.format)?;
            return Ok((Looked { exit: begun.exit, text, gist: String::new() }, begun));
        }
        let line = line.streaming(self.streams());
        let diagnosis = self.answer_issue(&mut begun, &line).await;
        line.clear();
        let gist = diagnosis.root_cause.first().map(|cause| cause.text.clone()).unwrap_or_default();
        let text = render::report(&diagnosis, begun.investigation.report(), self.format, self.style)?;
        Ok((Looked { exit: begun.exit, text, gist }, begun))
    }

    /// Whether answers may be shown while they come.
    pub(crate) fn streams(&self) -> bool {
        self.converses && self.fleet.only().is_some()
    }

    /// Looks at a place for the issue. Where questions may follow, Ctrl-C ends the connecting, which is [interrupted](Exit::Interrupted) then, or the collecting, which gives what there is.
    pub(crate) async fn collect(&self, place: &Place, line: &ProgressLine) -> Result<Begun, Failure> {
        let Case { args, issue, .. } = *self;
        // A capture is of the hosts of the command line.
        let is_named = self.fleet.position(place).is_some();
        let mut capture = if is_named { self.captures.writer(place)? } else { None };
        let wired = self.unless_stopped(line, self.opener.open(place, line)).await.ok_or_else(interrupted)??;
        let log = args.log.then(|| RunLog::create(wired.host.name(), issue)).transpose()?;
        let aids = self.opening.aids.clone();
        let ahead = embed_ahead(&*wired.host, place, async move { aids.get().await.rankers.embedder.clone() });
        let start = Start {
            host: ahead.as_ref().map_or(&*wired.host, |ahead| ahead),
            policy: self.policy,
            runbooks: self.opening.runbooks.get().await.clone(),
            issue,
            background: wired.background,
            scope: self.scope.clone(),
            save: capture.as_mut(),
            options: Options { no_rag: args.no_rag, ..Options::default() },
        };
        let (mut investigation, is_stopped) = self.investigate(start, &Begun::events(log.as_ref(), line), line).await?;
        investigation.tell_by(self.templates.clone());
        let mut exit = completeness(investigation.report());
        let saved = capture.as_mut().map(|writer| self.captures.save(writer, investigation.report(), line));
        exit = exit.max(saved.unwrap_or(Exit::Done));
        if !is_stopped {
            // Words do where somebody will not wait.
            let aided = self.unless_stopped(line, self.aid(&mut investigation, ahead.as_ref(), line)).await;
            exit = exit.max(aided.unwrap_or(Exit::Done));
        }
        drop(ahead);
        let host: Box<dyn Host> = match capture.filter(|_| saved == Some(Exit::Done)) {
            Some(writer) => Box::new(Saved::new(wired.host, writer, investigation.report(), line.screen())),
            None => wired.host,
        };
        if args.rag_debug {
            let explained = investigation.explain(issue, Options::default().top_k);
            line.note(&render::ranking(&explained, &self.aids().await.rankers.said));
        }
        let (host, answers, question) = (Some(host), Vec::new(), issue.to_owned());
        Ok(Begun { place: place.clone(), investigation, host, question, answers, exit, is_stopped, session: None, log })
    }

    /// Lets past sessions and meaning take part in the answer to the issue.
    async fn aid(
        &self,
        investigation: &mut Investigation,
        ahead: Option<&EmbedAhead<'_>>,
        line: &ProgressLine,
    ) -> Exit {
        let Aids { rankers, recall, sections } = self.aids().await;
        let host = investigation.report().host.clone();
        investigation.recall(recall.for_question(self.issue, &host, None).await);
        investigation.compare_sections(sections.near(self.issue).await);
        embed(investigation, self.issue, rankers, ahead, line).await
    }

    /// Something that Ctrl-C ends where questions may follow; then it gives `None`.
    async fn unless_stopped<T>(&self, line: &ProgressLine, work: impl Future<Output = T>) -> Option<T> {
        if self.converses { line.screen().interrupts().step(work).await } else { Some(work.await) }
    }

    /// Collects and indexes. Where questions may follow, a Ctrl-C ends the collecting with what ran by then, which is said, and a second one all of it.
    async fn investigate(
        &self,
        mut start: Start<'_>,
        events: &(dyn Fn(Event) + Send + Sync),
        line: &ProgressLine,
    ) -> Result<(Investigation, bool), Failure> {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        start.scope.until = Until::new(async { drop(stopped.await) });
        let mut work = std::pin::pin!(Investigation::start(start, events));
        if let Some(done) = self.unless_stopped(line, &mut work).await {
            return Ok((done?, false));
        }
        drop(stop);
        line.show_text("stopping; Ctrl-C again leaves".to_owned());
        Ok((self.unless_stopped(line, work).await.ok_or_else(interrupted)??, true))
    }

    /// Answers the issue. Where questions may follow, Ctrl-C ends the asking, and what was found answers without a model.
    pub(crate) async fn answer_issue(&self, begun: &mut Begun, line: &ProgressLine) -> Diagnosis {
        let asked = if begun.is_stopped {
            None
        } else {
            let _turn = self.turn.lock().await;
            self.unless_stopped(line, self.diagnose(begun, self.issue, line)).await
        };
        let diagnosis = match asked {
            Some(diagnosis) => diagnosis,
            None => self.stopped(begun, line).await,
        };
        // Before anything is printed: whoever ends tai now has read nothing yet, and what was found is not lost.
        begun.session = self.aids().await.recall.keep(&begun.investigation, &diagnosis).await;
        begun.exit = begun.exit.max(self.model_exit(&diagnosis));
        self.taken_down(begun, &diagnosis);
        diagnosis
    }

    /// The answer without a model: it was asked in vain, or not at all, since collecting was stopped.
    async fn stopped(&self, begun: &mut Begun, line: &ProgressLine) -> Diagnosis {
        begun.investigation.catch_up(&|event| line.show(event)).await;
        let diagnosis = begun.investigation.diagnose(self.issue, None, &|event| line.show(event)).await;
        let name = self.model().model.as_ref().map(|model| model.name().to_owned());
        let Some(name) = name.filter(|_| !begun.is_stopped) else { return diagnosis };
        Diagnosis { model: ModelUse::Failed { name, reasons: vec![STOPPED.to_owned()] }, ..diagnosis }
    }

    /// Answers a question that follows.
    pub(crate) async fn answer(&self, begun: &mut Begun, question: &str, line: &ProgressLine) -> Diagnosis {
        begun.investigation.catch_up(&|event| line.show(event)).await;
        let current = begun.session.as_ref().map(|session| session.id.as_str());
        let name = begun.investigation.report().host.clone();
        let Aids { recall, sections, .. } = self.aids().await;
        let prior = recall.for_question(question, &name, current).await;
        begun.investigation.recall(prior);
        begun.investigation.compare_sections(sections.near(question).await);
        let diagnosis = self.diagnose(begun, question, line).await;
        if let Some(session) = &mut begun.session {
            recall.amend(session, &diagnosis).await;
        }
        begun.exit = begun.exit.max(self.model_exit(&diagnosis));
        self.taken_down(begun, &diagnosis);
        diagnosis
    }

    fn taken_down(&self, begun: &mut Begun, diagnosis: &Diagnosis) {
        begun.log.iter().for_each(|log| log.answered(diagnosis, begun.exit));
        begun.answers.push(diagnosis.clone());
    }

    async fn diagnose(&self, begun: &mut Begun, question: &str, line: &ProgressLine) -> Diagnosis {
        let model = self.model();
        if self.args.rounds > 0 && model.model.is_some() && begun.host.is_none() {
            // Whoever cannot connect again has the model do with what was collected.
            if let Err(failure) = self.connect(begun, line).await {
                line.note(&format!("the model can look no further\n{}", failure.message().trim_end()));
            }
        }
        let Begun { investigation, host, log, .. } = begun;
        let operator = Operator { screen: line.screen().clone() };
        let consent: Option<&dyn Consent> = if self.args.ask { Some(&operator) } else { None };
        let further = host.as_deref().map(|host| Further { host, rounds: self.args.rounds, consent });
        let asking = model.model.as_deref().map(|model| Asking { model, further });
        investigation.diagnose_with(question, asking, &Begun::events(log.as_ref(), line)).await
    }

    /// Connects again to the place of an investigation.
    pub(crate) async fn connect(&self, begun: &mut Begun, line: &ProgressLine) -> Result<(), Failure> {
        begun.host = None;
        begun.host = Some(self.opener.open(&begun.place, line).await?.host);
        Ok(())
    }

    fn model_exit(&self, diagnosis: &Diagnosis) -> Exit {
        match &diagnosis.model {
            ModelUse::Failed { reasons, .. } if self.model().by_name && *reasons != [STOPPED] => Exit::Model,
            ModelUse::Failed { .. } | ModelUse::Answered { .. } | ModelUse::NotAsked => Exit::Done,
        }
    }
}

fn interrupted() -> Failure {
    Failure::new(Exit::Interrupted, "interrupted")
}

/// Why a model did not answer that nobody wanted to wait for.
const STOPPED: &str = "it was stopped with Ctrl-C";

/// The person at the terminal, who may decline a command.
struct Operator {
    screen: Screen,
}

#[async_trait]
impl Consent for Operator {
    async fn allows(&self, command: &str) -> bool {
        let (screen, question) = (self.screen.clone(), format!("The model asks for `{command}`. Run it?"));
        let asked = tokio::task::spawn_blocking(move || screen.pause(|| confirm(&question)));
        // Without an answer nothing runs.
        matches!(asked.await, Ok(Ok(true)))
    }
}
