use std::io::{self, BufRead};
use std::path::Path;

use tai_collect::Scope;
use tai_engine::{Diagnosis, Investigation, ModelUse, Options, Start};
use tai_runbook::Library;
use tai_ssh::Policy;
use tokio::sync::Mutex;

use super::captures::Captures;
use super::{completeness, embed, embed_ahead, issue};
use crate::args::{Format, Run};
use crate::exit::{Exit, Failure};
use crate::fleet::{Fleet, Looked};
use crate::output::Output;
use crate::progress::Screen;
use crate::terminal::is_interactive;
use crate::wire::{ModelFlags, Opener, Place, WiredModel, WiredRankers};
use crate::{render, wire};

pub(crate) async fn run(args: Run, screen: Screen) -> Result<Exit, Failure> {
    let issue = issue(&args.issue)?;
    let format = format(&args)?;
    let flags = args.where_to_look();
    let policy = wire::logged_policy(flags.policy_log.as_deref(), &screen)?;
    let model_flags = ModelFlags {
        base_url: args.base_url.as_deref(),
        model: args.model.as_deref(),
        fallback: &args.fallback,
        allow_remote: args.allow_remote,
        ca_file: args.ca_file.as_deref(),
        api_key_file: args.api_key_file.as_deref(),
    };
    let model = wire::model(model_flags)?;
    let rankers = (args.embedder.as_deref(), args.reranker.as_deref());
    let rankers = wire::rankers(rankers.0, rankers.1, model_flags, !flags.no_persist).await?;
    let fleet = Fleet::new(&flags, &screen)?;
    let mut output = Output::to(args.output_file.as_deref())?;
    let format = fleet.format(format);
    let opener = Opener::new(flags, policy.clone(), &screen);
    let case = Case {
        args: &args,
        issue: &issue,
        format,
        policy: &policy,
        scope: wire::scope(&policy, &args.dir)?,
        model: &model,
        rankers: &rankers,
        turn: Mutex::default(),
        fleet: &fleet,
        captures: Captures::to(args.save_capture.as_deref(), args.raw, false, &fleet),
        opener,
    };
    let Some(place) = fleet.only() else {
        return fleet.look(format, output, |place| case.look_among(place)).await;
    };
    let (looked, investigation) = case.look(place).await?;
    let is_file = matches!(output, Output::File(_));
    output.write(&looked.text, &screen)?;
    output.finish()?;
    if args.once || args.show_prompt || is_file || format != Format::Text || !is_interactive() {
        return Ok(looked.exit);
    }
    Ok(looked.exit.max(converse(investigation, &model, &screen).await?))
}

/// What is to be found out, at any host.
struct Case<'a> {
    args: &'a Run,
    issue: &'a str,
    format: Format,
    policy: &'a Policy,
    scope: Scope,
    model: &'a WiredModel,
    rankers: &'a WiredRankers,
    /// A model of one's own answers one question at a time.
    turn: Mutex<()>,
    fleet: &'a Fleet,
    captures: Captures,
    opener: Opener,
}

impl Case<'_> {
    async fn look_among(&self, place: &Place) -> Result<Looked, Failure> {
        self.look(place).await.map(|(looked, _)| looked)
    }

    async fn look(&self, place: &Place) -> Result<(Looked, Investigation), Failure> {
        let Case { args, issue, format, .. } = *self;
        let mut capture = self.captures.writer(place)?;
        let line = self.fleet.line(place);
        let wired = self.opener.open(place, &line).await?;
        let ahead = embed_ahead(&*wired.host, place, self.rankers);
        let start = Start {
            host: ahead.as_ref().map_or(&*wired.host, |ahead| ahead),
            policy: self.policy,
            runbooks: Library::builtin(),
            issue,
            background: wired.background,
            scope: self.scope.clone(),
            save: capture.as_mut(),
            options: Options::default(),
        };
        let mut investigation = Investigation::start(start, &|event| line.show(event)).await?;
        let mut exit = completeness(investigation.report());
        if let Some(writer) = capture {
            exit = exit.max(self.captures.save(writer, investigation.report(), &line));
        }
        exit = exit.max(embed(&mut investigation, issue, self.rankers, ahead.as_ref(), &line).await);
        if args.rag_debug {
            let explained = investigation.explain(issue, Options::default().top_k);
            line.note(&render::ranking(&explained, &self.rankers.said));
        }
        if args.show_prompt {
            let text = render::prompt(&investigation.prompt(issue), format)?;
            return Ok((Looked { exit, text, gist: String::new() }, investigation));
        }
        let diagnosis = {
            let _turn = self.turn.lock().await;
            investigation.diagnose(issue, self.model.model.as_deref(), &|event| line.show(event)).await
        };
        exit = exit.max(model_exit(&diagnosis, self.model));
        let gist = diagnosis.root_cause.first().map(|cause| cause.text.clone()).unwrap_or_default();
        Ok((Looked { exit, text: render::diagnosis(&diagnosis, format)?, gist }, investigation))
    }
}

/// Answers questions until there are no more.
async fn converse(mut investigation: Investigation, model: &WiredModel, screen: &Screen) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    while let Some(question) = read_question(screen).await? {
        let line = screen.line(None);
        let diagnosis = investigation.diagnose(&question, model.model.as_deref(), &|event| line.show(event)).await;
        line.clear();
        screen.print(&render::diagnosis(&diagnosis, Format::Text)?)?;
        exit = exit.max(model_exit(&diagnosis, model));
    }
    Ok(exit)
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
        (Some(Format::Text | Format::Markdown), true, _) => {
            Err(Failure::usage("--json and --format exclude each other"))
        }
        (_, true, _) => Ok(Format::Json),
        (Some(format), false, _) => Ok(format),
        (None, false, Some("md" | "markdown")) => Ok(Format::Markdown),
        (None, false, Some("json")) => Ok(Format::Json),
        (None, false, _) => Ok(Format::Text),
    }
}
