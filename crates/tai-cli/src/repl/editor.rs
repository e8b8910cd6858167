//! The line editor, on a thread of its own: it blocks.

use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};
use rustyline::config::{BellStyle, CompletionType};
use rustyline::error::ReadlineError;
use rustyline::history::{History as _, MemHistory};
use rustyline::{ColorMode, Config};
use tokio::sync::oneshot;

use super::complete::{Known, Wanted, Words};
use super::viewer;
use crate::exit::{Exit, Failure};
use crate::terminal::{self, Look};

/// Lines that are remembered.
pub(super) const MAX_LINES: usize = 1000;

type Lines = rustyline::Editor<Words, MemHistory>;
type Job = Box<dyn FnOnce(&mut Lines) + Send>;

/// Reads what is typed.
pub(crate) struct Editor {
    jobs: mpsc::Sender<Job>,
    /// How the terminal was: a line that is read no further must not leave it raw.
    modes: Option<Mutex<Termios>>,
    look: Look,
    known: Known,
}

/// What came of asking for a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// A line, or several that were pasted, safe to show.
    Line(String),
    /// Ctrl-C.
    Interrupted,
    /// Ctrl-D, or the terminal is gone.
    End,
}

impl Editor {
    /// Starts the thread. `hosts` are offered where one is asked for.
    pub(crate) fn start(look: Look, hosts: Vec<String>) -> Result<Self, Failure> {
        let known = Known::new(hosts);
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .bell_style(BellStyle::None)
            .color_mode(if look.colour { ColorMode::Forced } else { ColorMode::Disabled })
            .max_history_size(MAX_LINES)
            .map_err(unusable)?
            .build();
        let history = MemHistory::with_config(&config);
        let mut lines = Lines::with_history(config, history).map_err(unusable)?;
        lines.set_helper(Some(Words::new(known.clone(), look)));
        let (jobs, todo) = mpsc::channel::<Job>();
        thread::spawn(move || todo.into_iter().for_each(|job| job(&mut lines)));
        Ok(Editor { jobs, modes: tcgetattr(std::io::stdin()).ok().map(Mutex::new), look, known })
    }

    /// What may be completed.
    pub(crate) fn known(&self) -> &Known {
        &self.known
    }

    /// Adds lines to those that the arrow keys bring back, the oldest first.
    pub(crate) async fn remember(&self, lines: Vec<String>) {
        let adding = move |editor: &mut Lines| {
            // One that cannot be kept is not brought back.
            lines.into_iter().for_each(|line| drop(editor.history_mut().add_owned(line)));
        };
        self.run(adding).await;
    }

    /// Reads a line; what `wanted` names can be completed.
    pub(crate) async fn read(&self, prompt: String, wanted: Wanted) -> Result<Read, Failure> {
        let read = move |editor: &mut Lines| {
            if let Some(words) = editor.helper_mut() {
                words.wanted = wanted;
            }
            editor.readline(&prompt)
        };
        match self.run(read).await {
            None | Some(Err(ReadlineError::Eof)) => Ok(Read::End),
            Some(Ok(line)) => {
                // A line that ends in a backslash goes on in the next one.
                let line = line.replace("\\\n", "\n");
                Ok(Read::Line(tai_ssh::visible(line.into_bytes())))
            }
            Some(Err(ReadlineError::Interrupted)) => Ok(Read::Interrupted),
            // A terminal that is gone says nothing more.
            Some(Err(ReadlineError::Io(_) | ReadlineError::Errno(_))) => Ok(Read::End),
            Some(Err(error)) => Err(unusable(error)),
        }
    }

    /// Shows a text that may be longer than the terminal: page by page, where somebody can press a key for the next one.
    pub(crate) async fn view(&self, text: String) -> Result<(), Failure> {
        let look = self.look;
        self.run(move |_| viewer::view(&text, look)).await.unwrap_or(Ok(()))
    }

    /// Takes what is shown off the terminal.
    pub(crate) async fn clear_screen(&self) {
        if self.look.redraws {
            self.run(|editor| drop(editor.clear_screen())).await;
        }
    }

    /// Does something on the thread. `None` when it is gone.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Lines) -> T + Send + 'static) -> Option<T> {
        let (done, waiting) = oneshot::channel();
        let job = move |editor: &mut Lines| drop(done.send(work(editor)));
        self.jobs.send(Box::new(job)).ok()?;
        waiting.await.ok()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let Some(modes) = &mut self.modes else { return };
        let modes = modes.get_mut().unwrap_or_else(PoisonError::into_inner);
        let is_raw = tcgetattr(std::io::stdin()).is_ok_and(|now| now != *modes);
        // A terminal that is gone needs nothing.
        if is_raw && tcsetattr(std::io::stdin(), SetArg::TCSADRAIN, modes).is_ok() {
            // Pastes come as they are again, and the line that was being typed ends.
            drop(terminal::print("\x1b[?2004l\n"));
        }
    }
}

fn unusable(error: ReadlineError) -> Failure {
    Failure::new(Exit::Usage, error).hint("the terminal cannot be read; --once asks for nothing")
}
