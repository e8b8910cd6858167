use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::captures::Captures;
use super::case::{Begun, Case};
use super::{Opening, asked, cleanup};
use crate::args::{Format, HostFlags, Run};
use crate::coming::meanwhile;
use crate::exit::{Exit, Failure};
use crate::fleet::Fleet;
use crate::output::Output;
use crate::progress::Screen;
use crate::render::Style;
use crate::repl::{self, Editor};
use crate::terminal::is_interactive;
use crate::wire::{self, ModelFlags, Opener, Timeouts};

pub(crate) async fn run(args: Run, screen: Screen) -> Result<Exit, Failure> {
    let screen = screen.looking(wire::look(args.color, args.plain));
    let flags = wire::with_environment(args.where_to_look());
    let (mut issue, mut flags) = asked(&args.issue, args.ticket.as_deref(), flags)?;
    let (config, persists) = (wire::config()?, !flags.no_persist);
    refuse_contradictions(&args, persists)?;
    let args = Arc::new(args);
    let format = format(&args)?;
    let is_asked_on = !args.once && !args.show_prompt && args.output_file.is_none() && format == Format::Text;
    let converses = is_asked_on && is_interactive();
    let editor = editor(converses, &mut flags, &mut issue, &screen).await?;
    if issue.is_empty() {
        return super::issue(issue).map(|_| Exit::Done);
    }
    let policy = wire::logged_policy(flags.policy_log.as_deref(), &screen)?;
    let model = wire::model(model_flags(&args))?;
    let model = Arc::new(model);
    let fleet = Fleet::new(&flags, &screen)?;
    let output = Output::to(args.output_file.as_deref())?;
    let format = fleet.format(format);
    let style = if matches!(output, Output::Stdout) { screen.style() } else { Style::PLAIN };
    let opener = Opener::new(flags, policy.clone(), &screen);
    let opening = Opening::default();
    let opened = opening.clone().open(Arc::clone(&args), persists, fleet.only().is_some(), screen.clone());
    let case = Case {
        args: &args,
        issue: &issue,
        format,
        style,
        converses,
        policy: &policy,
        scope: wire::scope(&policy, &args.dir)?,
        opening,
        templates: wire::templates()?,
        model: Mutex::new(Arc::clone(&model)),
        turn: tokio::sync::Mutex::default(),
        fleet: &fleet,
        captures: Captures::to(args.save_capture.as_deref(), args.raw, false, &fleet),
        opener,
    };
    if !args.show_prompt {
        tokio::spawn(async move {
            if let Some(model) = &model.model {
                model.prepare().await;
            }
        });
    }
    let (exit, begun) = meanwhile(opened, look(&case, output)).await?;
    if let [Begun { session: Some(session), .. }] = begun.as_slice() {
        screen.note(&format!("remembered as {}", session.id));
    }
    let exit = match editor.filter(|_| converses && !begun.is_empty()) {
        Some(editor) => exit.max(repl::converse(&case, begun, editor, persists, &screen).await?),
        None => exit,
    };
    if persists {
        cleanup::retain(&config, &screen).await;
    }
    Ok(exit)
}

/// What reads lines, where questions follow or something is missing that can be asked for; it is asked for then.
async fn editor(
    converses: bool,
    flags: &mut HostFlags,
    issue: &mut String,
    screen: &Screen,
) -> Result<Option<Editor>, Failure> {
    let lacks_something = issue.is_empty() || !flags.names_a_place();
    if !(converses || lacks_something && is_interactive()) {
        return Ok(None);
    }
    let editor = Editor::start(screen.look(), wire::host_names(flags))?;
    repl::ask_for_the_rest(&editor, flags, issue).await?;
    Ok(Some(editor))
}

/// Looks at all places and prints what was found; where questions follow, with what they can be asked of.
async fn look(case: &Case<'_>, output: Output<'_>) -> Result<(Exit, Vec<Begun>), Failure> {
    let kept = Mutex::new(Vec::new());
    let is_only = case.fleet.only().is_some();
    let exit = case
        .fleet
        .look(case.format, output, async |place| {
            let (looked, mut begun) = case.look(place).await?;
            if case.converses {
                // A connection each to many hosts is more than a conversation with one of them needs.
                begun.host = begun.host.filter(|_| is_only);
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(begun);
            } else if is_only && begun.session.is_some() {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(begun);
            }
            Ok(looked)
        })
        .await?;
    let mut kept = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    kept.sort_by_key(|begun: &Begun| case.fleet.position(&begun.place));
    Ok((exit, kept))
}

/// What the flags say of the model.
pub(crate) fn model_flags(args: &Run) -> ModelFlags<'_> {
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

fn refuse_contradictions(args: &Run, persists: bool) -> Result<(), Failure> {
    if args.ask && !is_interactive() {
        return Err(
            Failure::usage("--ask needs a terminal to ask on").hint("--rounds 0 lets the model ask for nothing")
        );
    }
    if args.log && !persists {
        return Err(
            Failure::usage("--log writes a file, and nothing is to be kept").hint("leave out --log, or --no-persist")
        );
    }
    Ok(())
}

fn format(args: &Run) -> Result<Format, Failure> {
    match (args.format, args.json) {
        (Some(Format::Text | Format::Markdown | Format::Html), true) => {
            Err(Failure::usage("--json and --format exclude each other"))
        }
        (_, true) => Ok(Format::Json),
        (Some(format), false) => Ok(format),
        (None, false) => Ok(args.output_file.as_deref().map_or(Format::Text, format_of)),
    }
}

/// The format that the name of a file says.
pub(crate) fn format_of(file: &Path) -> Format {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("md" | "markdown") => Format::Markdown,
        Some("html" | "htm") => Format::Html,
        Some("json") => Format::Json,
        _ => Format::Text,
    }
}
