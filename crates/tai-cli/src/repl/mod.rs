//! Questions and commands after the first report, on a terminal.

mod ask;
mod commands;
mod complete;
mod editor;
mod history;
mod show;
mod table;
mod viewer;

pub(crate) use ask::ask_for_the_rest;
pub(crate) use editor::Editor;

use tai_engine::Diagnosis;
use tai_ssh::visible_line;
use textwrap::{Options, fill};

use crate::args::Format;
use crate::commands::{Begun, Case};
use crate::exit::{Exit, Failure};
use crate::progress::Screen;
use crate::render;
use crate::terminal::{self, width};
use crate::wire::Place;
use complete::Wanted;
use editor::Read;
use history::History;

/// What follows a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    GoOn,
    Leave,
}

/// A conversation.
struct Repl<'a> {
    case: &'a Case<'a>,
    screen: &'a Screen,
    editor: Editor,
    history: Option<History>,
    /// One for each host.
    begun: Vec<Begun>,
    /// The one that is asked.
    current: usize,
}

/// Answers questions and runs commands until there are no more. Gives the most severe of what happened.
pub(crate) async fn converse(
    case: &Case<'_>,
    begun: Vec<Begun>,
    editor: Editor,
    persists: bool,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let _held = screen.interrupts().hold();
    let history = if persists { History::open(screen) } else { None };
    if let Some(history) = &history {
        editor.remember(history.lines()).await;
    }
    let mut repl = Repl { case, screen, editor, history, begun, current: 0 };
    repl.begun.iter().for_each(|begun| repl.editor.known().add_host(&begun.place.name()));
    repl.switched();
    repl.say_if_stopped(repl.begun.iter().any(|begun| begun.is_stopped));
    repl.say("\nAsk on. /help lists the commands, Ctrl-D leaves.");
    repl.run().await?;
    Ok(repl.begun.iter().map(|begun| begun.exit).max().unwrap_or(Exit::Done))
}

impl Repl<'_> {
    async fn run(&mut self) -> Result<(), Failure> {
        let mut interrupts = 0;
        loop {
            match self.editor.read(self.prompt(), Wanted::Anything).await? {
                Read::End => return Ok(()),
                Read::Interrupted => {
                    interrupts += 1;
                    if interrupts > 1 {
                        self.say("Ctrl-D or /quit leaves");
                    }
                }
                Read::Line(line) => {
                    interrupts = 0;
                    match self.take(&line).await {
                        Ok(Then::GoOn) => {}
                        Ok(Then::Leave) => return Ok(()),
                        // Nobody reads any more.
                        Err(failure) if failure.exit == Exit::Done => return Err(failure),
                        Err(failure) => self.say(failure.message().trim_end()),
                    }
                }
            }
        }
    }

    fn prompt(&self) -> String {
        let (columns, _) = terminal::size();
        let host = match &self.current().place {
            Place::Replay(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            place => place.name(),
        };
        let most = (columns / 3).max(8);
        let host = match host.chars().count() {
            length if length > most => host.chars().take(most - 1).chain(['…']).collect(),
            _ => host,
        };
        format!("tai {}> ", visible_line(host))
    }

    async fn take(&mut self, line: &str) -> Result<Then, Failure> {
        if line.trim().is_empty() {
            return Ok(Then::GoOn);
        }
        self.editor.remember(vec![line.to_owned()]).await;
        if let Some(history) = &mut self.history {
            history.add(line);
        }
        let name = line.split_whitespace().next().filter(|name| line.starts_with('/') && !name[1..].contains('/'));
        let Some(name) = name else {
            self.ask(line.trim()).await?;
            return Ok(Then::GoOn);
        };
        let command = table::command(name).ok_or_else(|| table::unknown(name))?;
        let words = line[name.len()..].replace('\n', " ");
        (command.run)(self, words.trim()).await
    }

    /// Answers a question about the current host, unless Ctrl-C ends it.
    async fn ask(&mut self, question: &str) -> Result<(), Failure> {
        let line = self.screen.line(None).streaming(true);
        let begun = &mut self.begun[self.current];
        question.clone_into(&mut begun.question);
        let answered = self.screen.interrupts().step(self.case.answer(begun, question, &line)).await;
        drop(line);
        match answered {
            Some(diagnosis) => self.tell(&diagnosis),
            None => {
                self.say("stopped; /redo asks again");
                Ok(())
            }
        }
    }

    /// Tells the operator something, in lines that fit.
    fn say(&self, text: &str) {
        let fit = |line: &str| {
            let indent = " ".repeat(line.len() - line.trim_start().len());
            fill(
                line.trim_start(),
                Options::new(width()).initial_indent(&indent).subsequent_indent(&indent).break_words(false),
            )
        };
        self.screen.note(&text.lines().map(fit).collect::<Vec<_>>().join("\n"));
    }

    fn tell(&self, diagnosis: &Diagnosis) -> Result<(), Failure> {
        self.switched();
        let report = self.current().investigation.report();
        self.screen.print(&render::report(diagnosis, report, Format::Text, self.screen.style())?)
    }

    /// What to do where collecting was stopped.
    fn say_if_stopped(&self, is_stopped: bool) {
        if is_stopped {
            self.say("Collecting was stopped with Ctrl-C: /collect goes on with it, /redo answers anew.");
        }
    }

    fn current(&self) -> &Begun {
        &self.begun[self.current]
    }

    /// Lets the citations of the current host be completed.
    fn switched(&self) {
        let quotes = self.current().answers.last().map(|last| last.evidence.as_slice()).unwrap_or_default();
        self.editor.known().cite(quotes.iter().map(|quote| quote.id.clone()).collect());
    }
}
