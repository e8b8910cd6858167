//! What the slash commands do.

use futures_util::future::BoxFuture;
use tai_collect::{Category, Ticket};
use tai_engine::Outcome;
use tai_ssh::visible_line;

use super::table::{TABLE, command, unknown, usage};
use super::{Repl, Then};
use crate::commands::{format_of, model_flags};
use crate::exit::{Exit, Failure};
use crate::nearest::nearest;
use crate::output::Output;
use crate::render::{self, Style};
use crate::terminal::width;
use crate::wire::{self, ModelFlags, Place};

impl Repl<'_> {
    /// Collects more, for the last question, of a category, or by one command.
    pub(super) async fn collect(&mut self, words: &str) -> Result<Then, Failure> {
        let begun = &self.begun[self.current];
        let report = begun.investigation.report();
        let category = Category::ALL.into_iter().find(|category| category.to_string() == words);
        let ticket = match (category, words) {
            (Some(category), _) => Some(Ticket {
                text: report.ticket.text.clone(),
                categories: vec![category],
                weights: [(category, 1.0)].into(),
                targets: report.targets.clone(),
            }),
            (None, "") => Some(Ticket::parse(&begun.question)),
            (None, _) => None,
        };
        let done = match ticket {
            Some(ticket) => self.collect_for(ticket).await?,
            None => self.run_command(words).await?,
        };
        self.say(&done.unwrap_or_else(|| "stopped; nothing is lost of what was there".to_owned()));
        Ok(Then::GoOn)
    }

    /// What came of it, in a line; `None` when Ctrl-C ended it. A connection that was lost is made again, once.
    async fn collect_for(&mut self, ticket: Ticket) -> Result<Option<String>, Failure> {
        let Repl { case, screen, begun, current, .. } = self;
        let begun = &mut begun[*current];
        let line = screen.line(None);
        let collecting = async {
            for is_last in [false, true] {
                begun.investigation.catch_up(&|event| line.show(event)).await;
                if begun.host.is_none() {
                    case.connect(begun, &line).await?;
                }
                let Some(host) = &begun.host else { continue };
                let events = |event| line.show(event);
                match begun.investigation.collect_more(&**host, ticket.clone(), &case.scope, &events).await {
                    Ok(more) => return Ok(more),
                    Err(error) if is_last => return Err(Failure::from(error)),
                    Err(error) => {
                        line.note(&format!("{}; connecting again", Failure::from(error).gist()));
                        begun.host = None;
                    }
                }
            }
            Ok(0)
        };
        let done = screen.interrupts().step(collecting).await.transpose()?;
        drop(line);
        Ok(done.map(|more| match more {
            0 => "there is nothing more to collect for that".to_owned(),
            more => format!("{more} more commands were asked; /redo answers with them, /show logs lists them"),
        }))
    }

    async fn run_command(&mut self, words: &str) -> Result<Option<String>, Failure> {
        let Repl { case, screen, begun, current, .. } = self;
        let begun = &mut begun[*current];
        let line = screen.line(None);
        let running = async {
            let mut outcome = Outcome::Lost("nobody is connected".to_owned());
            for _ in 0..2 {
                begun.investigation.catch_up(&|event| line.show(event)).await;
                if begun.host.is_none() {
                    case.connect(begun, &line).await?;
                }
                let Some(host) = &begun.host else { continue };
                outcome = begun.investigation.run_command(&**host, words, &|event| line.show(event)).await;
                let Outcome::Lost(reason) = &outcome else { break };
                line.note(&format!("the host was lost: {reason}"));
                begun.host = None;
            }
            Ok::<_, Failure>(outcome)
        };
        let Some(outcome) = screen.interrupts().step(running).await.transpose()? else { return Ok(None) };
        drop(line);
        match outcome {
            Outcome::Denied(reason) => Err(denied(words, &reason)),
            Outcome::Lost(reason) => Err(Failure::new(Exit::Unreachable, format!("the host was lost: {reason}"))),
            Outcome::Declined => Ok(Some("declined".to_owned())),
            Outcome::Missing(reason) => Ok(Some(format!("{}: {reason}", visible_line(words.to_owned())))),
            Outcome::Ran | Outcome::Known => {
                self.show_outputs(words).await?;
                let word = if outcome == Outcome::Ran { "it is evidence from here on" } else { "it had run before" };
                Ok(Some(format!("{word}; /redo answers with it")))
            }
        }
    }

    /// Lists the hosts, switches to one, or looks at a further one.
    pub(super) async fn host(&mut self, name: &str) -> Result<Then, Failure> {
        if name.is_empty() {
            let row = |(i, begun): (usize, &crate::commands::Begun)| {
                let mark = if i == self.current { '*' } else { ' ' };
                let report = begun.investigation.report();
                format!(
                    "{mark} {}  {} answers, {} commands\n",
                    begun.place.name(),
                    begun.answers.len(),
                    report.collected.len()
                )
            };
            self.screen.print(&self.begun.iter().enumerate().map(row).collect::<String>())?;
            return Ok(Then::GoOn);
        }
        let is_it =
            |begun: &crate::commands::Begun| begun.place.name() == name || begun.investigation.report().host == name;
        if let Some(at) = self.begun.iter().position(is_it) {
            self.current = at;
            self.switched();
            let gist = self.current().answers.last().and_then(|last| last.root_cause.first()).map(|cause| &cause.text);
            self.say(gist.map_or("no cause was found here", String::as_str));
            return Ok(Then::GoOn);
        }
        let place = Place::of_host(name)?;
        let Repl { case, screen, .. } = self;
        let line = screen.line(None);
        let mut begun = match case.collect(&place, &line).await {
            Ok(begun) => begun,
            Err(failure) if failure.exit == Exit::Interrupted => {
                drop(line);
                self.say("stopped; the host is as it was before");
                return Ok(Then::GoOn);
            }
            Err(failure) => return Err(failure),
        };
        let line = line.streaming(true);
        let diagnosis = case.answer_issue(&mut begun, &line).await;
        drop(line);
        self.editor.known().add_host(&begun.place.name());
        self.begun.push(begun);
        self.current = self.begun.len() - 1;
        self.tell(&diagnosis)?;
        self.say_if_stopped(self.current().is_stopped);
        Ok(Then::GoOn)
    }

    /// Says which model is asked, or asks another from here on.
    pub(super) async fn model(&mut self, name: &str) -> Result<Then, Failure> {
        if !name.is_empty() {
            let flags = ModelFlags { model: Some(name), fallback: &[], ..model_flags(self.case.args) };
            self.case.ask_instead(wire::model(flags)?);
            self.editor.known().add_model(name);
        }
        let model = self.case.model();
        self.say(&match &model.model {
            Some(model) => format!("asked from here on: {}", visible_line(model.name().to_owned())),
            None => "no model is asked: reports come from known signals and ranked evidence".to_owned(),
        });
        Ok(Then::GoOn)
    }

    pub(super) async fn redo(&mut self) -> Result<Then, Failure> {
        let question = self.current().question.clone();
        self.ask(&question).await?;
        Ok(Then::GoOn)
    }

    /// Writes the last report to a file.
    pub(super) async fn save(&mut self, file: &str) -> Result<Then, Failure> {
        if file.is_empty() {
            return Err(Failure::usage("/save takes the name of a file").hint(usage_of("/save")));
        }
        let Some(last) = self.current().answers.last() else {
            return Err(Failure::usage("there is no report yet"));
        };
        let path = wire::of_home(file);
        let text = render::report(last, self.current().investigation.report(), format_of(&path), Style::PLAIN)?;
        let mut output = Output::to(Some(&path))?;
        output.write(&text, self.screen)?;
        output.finish()?;
        Ok(Then::GoOn)
    }

    /// Notes what came of it.
    pub(super) async fn outcome(&mut self, words: &str) -> Result<Then, Failure> {
        let (word, note) = words.split_once(' ').unwrap_or((words, ""));
        let fixed = match word {
            "fixed" => true,
            "not-fixed" => false,
            _ => return Err(Failure::usage("/outcome takes fixed or not-fixed").hint(usage_of("/outcome"))),
        };
        let Some(session) = self.current().session.as_ref() else {
            return Err(
                Failure::usage("nothing is remembered of this").hint("--no-persist and TAI_NO_PERSIST keep nothing")
            );
        };
        let session = self.case.aids().await.recall.conclude(&session.id, fixed, note.trim()).await?;
        let outcome = session.outcome.as_ref().map(crate::commands::outcome).unwrap_or_default();
        self.say(&format!("{}: {outcome}", session.id));
        self.begun[self.current].session = Some(session);
        Ok(Then::GoOn)
    }

    pub(super) async fn clear(&mut self) -> Result<Then, Failure> {
        self.begun[self.current].investigation.forget_answers();
        self.editor.clear_screen().await;
        self.say("what was asked and answered is forgotten; what was collected stays");
        Ok(Then::GoOn)
    }

    /// Lists the commands, or explains one. Its type is written out: the table that it lists names it.
    pub(super) fn help<'r>(&'r mut self, name: &'r str) -> BoxFuture<'r, Result<Then, Failure>> {
        let text = explained(name, self.screen.style());
        Box::pin(async move {
            self.editor.view(text?).await?;
            Ok(Then::GoOn)
        })
    }
}

/// The command of this name, or all of them.
fn explained(name: &str, style: Style) -> Result<String, Failure> {
    let explain = |command: &super::table::Command| {
        let options = textwrap::Options::new(width()).initial_indent("    ").subsequent_indent("    ");
        format!(
            "{}\n{}\n",
            style.heading(&textwrap::fill(&usage(command), width())),
            textwrap::fill(command.help, options)
        )
    };
    if name.is_empty() {
        return Ok(TABLE.iter().map(explain).collect::<String>() + &textwrap::fill(KEYS, width()) + "\n");
    }
    let name = if name.starts_with('/') { name.to_owned() } else { format!("/{name}") };
    command(&name).map(explain).ok_or_else(|| unknown(&name))
}

const KEYS: &str = "Anything else is a question. Tab completes; Up brings earlier lines back, Ctrl-R searches them; a paste may have several lines, and a line \
                    that ends in \\ goes on in the next. Ctrl-C stops what is going on; Ctrl-D leaves.";

fn usage_of(name: &str) -> String {
    command(name).map(usage).unwrap_or_default()
}

/// Why a command does not run, and what may have been meant.
fn denied(words: &str, reason: &str) -> Failure {
    let failure = Failure::new(Exit::Denied, format!("denied by the policy: {reason}"));
    let categories: Vec<String> = Category::ALL.iter().map(ToString::to_string).collect();
    match nearest(words, categories.iter().map(String::as_str)) {
        Some(category) => failure.hint(format!("do you mean the category {category}?")),
        None => failure,
    }
}
