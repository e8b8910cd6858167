use std::io::{self, BufRead};
use std::path::Path;

use async_trait::async_trait;
use tai_collect::Scope;
use tai_engine::{Asking, Consent, Diagnosis, Event, Further, Investigation, ModelUse, Options, Start, Templates};
use tai_runbook::Library;
use tai_ssh::{Host, Policy};
use tai_store::Session;
use tokio::sync::Mutex;

use super::captures::{Captures, Saved};
use super::recall::Recall;
use super::sections::Sections;
use super::{cleanup, completeness, embed, embed_ahead, issue};
use crate::args::{Format, Run};
use crate::exit::{Exit, Failure};
use crate::fleet::{Fleet, Looked};
use crate::output::Output;
use crate::progress::Screen;
use crate::terminal::{confirm, is_interactive};
use crate::wire::{ModelFlags, Opener, Place, RunLog, Timeouts, WiredModel, WiredRankers};
use crate::{render, wire};

pub(crate) async fn run(args: Run, screen: Screen) -> Result<Exit, Failure> {
    let issue = issue(&args.issue)?;
    if args.ask && !is_interactive() {
        return Err(
            Failure::usage("--ask needs a terminal to ask on").hint("--rounds 0 lets the model ask for nothing")
        );
    }
    let format = format(&args)?;
    let flags = wire::with_environment(args.where_to_look());
    let (config, persists) = (wire::config()?, !flags.no_persist);
    if args.log && !persists {
        return Err(
            Failure::usage("--log writes a file, and nothing is to be kept").hint("leave out --log, or --no-persist")
        );
    }
    let policy = wire::logged_policy(flags.policy_log.as_deref(), &screen)?;
    let model_flags = model_flags(&args);
    let model = wire::model(model_flags)?;
    let rankers = (args.embedder.as_deref(), args.reranker.as_deref());
    let rankers = wire::rankers(rankers.0, rankers.1, model_flags, persists).await?;
    let fleet = Fleet::new(&flags, &screen)?;
    let output = Output::to(args.output_file.as_deref())?;
    let format = fleet.format(format);
    let opener = Opener::new(flags, policy.clone(), &screen);
    let recall = Recall::new(&args, persists, fleet.only().is_some(), &rankers, &screen);
    let runbooks = wire::library(persists, &screen).await;
    let case = Case {
        args: &args,
        issue: &issue,
        format,
        policy: &policy,
        scope: wire::scope(&policy, &args.dir)?,
        sections: Sections::new(&runbooks, rankers.embedder.clone(), persists, &screen),
        runbooks,
        templates: wire::templates()?,
        model: &model,
        rankers: &rankers,
        recall: &recall,
        turn: Mutex::default(),
        fleet: &fleet,
        captures: Captures::to(args.save_capture.as_deref(), args.raw, false, &fleet),
        opener,
    };
    let done = match fleet.only() {
        None => fleet.look(format, output, |place| case.look_among(place)).await,
        Some(place) => case.look_and_converse(place, output, &screen).await,
    };
    if persists {
        cleanup::retain(&config, &screen).await;
    }
    done
}

fn model_flags(args: &Run) -> ModelFlags<'_> {
    ModelFlags {
        base_url: args.base_url.as_deref(),
        model: args.model.as_deref(),
        fallback: &args.fallback,
        allow_remote: args.allow_remote,
        ca_file: args.ca_file.as_deref(),
        api_key_file: args.api_key_file.as_deref(),
        redact_prompt: args.redact_prompt,
        timeouts: Timeouts {
            connect: args.connect_timeout,
            first_token: args.first_token_timeout,
            answer: args.answer_timeout,
        },
    }
}

/// An investigation whose issue is answered.
struct Begun {
    looked: Looked,
    investigation: Investigation,
    /// Where a model may look further.
    host: Box<dyn Host>,
    /// What is remembered of it.
    session: Option<Session>,
    log: Option<RunLog>,
}

/// What is to be found out, at any host.
struct Case<'a> {
    args: &'a Run,
    issue: &'a str,
    format: Format,
    policy: &'a Policy,
    scope: Scope,
    runbooks: Library,
    sections: Sections,
    templates: Templates,
    model: &'a WiredModel,
    rankers: &'a WiredRankers,
    recall: &'a Recall,
    /// A model of one's own answers one question at a time.
    turn: Mutex<()>,
    fleet: &'a Fleet,
    captures: Captures,
    opener: Opener,
}

impl Case<'_> {
    async fn look_among(&self, place: &Place) -> Result<Looked, Failure> {
        self.look(place).await.map(|begun| begun.looked)
    }

    async fn look(&self, place: &Place) -> Result<Begun, Failure> {
        let Case { args, issue, format, .. } = *self;
        let mut capture = self.captures.writer(place)?;
        let line = self.fleet.line(place);
        let wired = self.opener.open(place, &line).await?;
        let name = wired.host.name().to_owned();
        let prior = self.recall.for_question(issue, &name, None).await;
        let log = args.log.then(|| RunLog::create(&name, issue)).transpose()?;
        let events = |event| {
            log.iter().for_each(|log| log.event(&event));
            line.show(event);
        };
        let ahead = embed_ahead(&*wired.host, place, self.rankers);
        let start = Start {
            host: ahead.as_ref().map_or(&*wired.host, |ahead| ahead),
            policy: self.policy,
            runbooks: self.runbooks.clone(),
            issue,
            background: wired.background,
            scope: self.scope.clone(),
            save: capture.as_mut(),
            options: Options { no_rag: args.no_rag, ..Options::default() },
        };
        let mut investigation = Investigation::start(start, &events).await?;
        investigation.recall(prior);
        investigation.compare_sections(self.sections.near(issue).await);
        investigation.tell_by(self.templates.clone());
        let mut exit = completeness(investigation.report());
        let saved = capture.as_mut().map(|writer| self.captures.save(writer, investigation.report(), &line));
        exit = exit.max(saved.unwrap_or(Exit::Done));
        exit = exit.max(embed(&mut investigation, issue, self.rankers, ahead.as_ref(), &line).await);
        drop(ahead);
        let host: Box<dyn Host> = match capture.filter(|_| saved == Some(Exit::Done)) {
            Some(writer) => Box::new(Saved::new(wired.host, writer, investigation.report(), line.screen())),
            None => wired.host,
        };
        if args.rag_debug {
            let explained = investigation.explain(issue, Options::default().top_k);
            line.note(&render::ranking(&explained, &self.rankers.said));
        }
        if args.show_prompt {
            let text = render::prompt(&investigation.prompt(issue), format)?;
            let looked = Looked { exit, text, gist: String::new() };
            return Ok(Begun { looked, investigation, host, session: None, log });
        }
        let diagnosis = {
            let _turn = self.turn.lock().await;
            self.diagnose(&mut investigation, &*host, issue, line.screen(), &events).await
        };
        // Before anything is printed: whoever ends tai now has read nothing yet, and what was found is not lost.
        let session = self.recall.keep(&investigation, &diagnosis).await;
        exit = exit.max(model_exit(&diagnosis, self.model));
        log.iter().for_each(|log| log.answered(&diagnosis, exit));
        let gist = diagnosis.root_cause.first().map(|cause| cause.text.clone()).unwrap_or_default();
        let looked = Looked { exit, text: render::report(&diagnosis, investigation.report(), format)?, gist };
        Ok(Begun { looked, investigation, host, session, log })
    }

    async fn diagnose(
        &self,
        investigation: &mut Investigation,
        host: &dyn Host,
        question: &str,
        screen: &Screen,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Diagnosis {
        let operator = Operator { screen: screen.clone() };
        let consent: Option<&dyn Consent> = if self.args.ask { Some(&operator) } else { None };
        let further = Some(Further { host, rounds: self.args.rounds, consent });
        let asking = self.model.model.as_deref().map(|model| Asking { model, further });
        investigation.diagnose_with(question, asking, events).await
    }

    /// Looks at the only place there is; on a terminal questions may follow.
    async fn look_and_converse(&self, place: &Place, mut output: Output<'_>, screen: &Screen) -> Result<Exit, Failure> {
        let mut begun = self.look(place).await?;
        let is_file = matches!(output, Output::File(_));
        output.write(&begun.looked.text, screen)?;
        output.finish()?;
        if let Some(session) = &begun.session {
            screen.note(&format!("remembered as {}", session.id));
        }
        let Case { args, format, .. } = *self;
        if args.once || args.show_prompt || is_file || format != Format::Text || !is_interactive() {
            return Ok(begun.looked.exit);
        }
        self.converse(&mut begun, screen).await
    }

    /// Answers questions until there are no more.
    async fn converse(&self, begun: &mut Begun, screen: &Screen) -> Result<Exit, Failure> {
        let Begun { looked, investigation, host, session, log } = begun;
        let name = investigation.report().host.clone();
        let mut exit = looked.exit;
        while let Some(question) = read_question(screen).await? {
            let current = session.as_ref().map(|session| session.id.as_str());
            let prior = self.recall.for_question(&question, &name, current).await;
            investigation.recall(prior);
            investigation.compare_sections(self.sections.near(&question).await);
            let line = screen.line(None);
            let events = |event| {
                log.iter().for_each(|log| log.event(&event));
                line.show(event);
            };
            let diagnosis = self.diagnose(investigation, &**host, &question, screen, &events).await;
            line.clear();
            if let Some(session) = session {
                self.recall.amend(session, &diagnosis).await;
            }
            screen.print(&render::diagnosis(&diagnosis, Format::Text)?)?;
            exit = exit.max(model_exit(&diagnosis, self.model));
            log.iter().for_each(|log| log.answered(&diagnosis, exit));
        }
        Ok(exit)
    }
}

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

/// The next question; `None` at an empty line or the end of input.
async fn read_question(screen: &Screen) -> Result<Option<String>, Failure> {
    screen.print("\nAsk on, or press Enter to end: ")?;
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let line = read.await.map_err(|error| Failure::new(Exit::Bug, error))?;
    let line = line.map_err(|error| Failure::usage(error).hint("standard input cannot be read"))?;
    let question = line.trim();
    Ok((!question.is_empty()).then(|| question.to_owned()))
}

fn model_exit(diagnosis: &Diagnosis, model: &WiredModel) -> Exit {
    match &diagnosis.model {
        ModelUse::Failed { .. } if model.by_name => Exit::Model,
        ModelUse::Failed { .. } | ModelUse::Answered { .. } | ModelUse::NotAsked => Exit::Done,
    }
}

fn format(args: &Run) -> Result<Format, Failure> {
    let extension = args.output_file.as_deref().and_then(Path::extension).and_then(|e| e.to_str());
    match (args.format, args.json, extension) {
        (Some(Format::Text | Format::Markdown | Format::Html), true, _) => {
            Err(Failure::usage("--json and --format exclude each other"))
        }
        (_, true, _) => Ok(Format::Json),
        (Some(format), false, _) => Ok(format),
        (None, false, Some("md" | "markdown")) => Ok(Format::Markdown),
        (None, false, Some("html" | "htm")) => Ok(Format::Html),
        (None, false, Some("json")) => Ok(Format::Json),
        (None, false, _) => Ok(Format::Text),
    }
}
