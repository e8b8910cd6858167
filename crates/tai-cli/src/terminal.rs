//! What tai writes to, how wide it is, and how it may be written to.

use std::io::{self, IsTerminal, Write};

use nix::sys::signal::{Signal, raise};
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use tai_ssh::visible_line;

use crate::exit::Failure;

/// Lines are wrapped to the terminal, between these widths.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=100;

/// How things are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// In colours, on standard output.
    pub(crate) colour: bool,
    /// What was written may be taken back: the cursor can be moved, and nobody has it read out.
    pub(crate) redraws: bool,
}

impl Look {
    /// Fit for files, pipes and screen readers.
    #[cfg(test)]
    pub(crate) const PLAIN: Look = Look { colour: false, redraws: false };
}

/// The width of the terminal; 80 where there is none.
pub(crate) fn width() -> usize {
    textwrap::termwidth().clamp(*WIDTHS.start(), *WIDTHS.end())
}

/// Columns and rows of the terminal; 80 and 24 where nobody says.
pub(crate) fn size() -> (usize, usize) {
    let known = terminal_size::terminal_size().map(|(columns, rows)| (columns.0.into(), rows.0.into()));
    known.filter(|(columns, rows)| *columns > 0 && *rows > 0).unwrap_or((80, 24))
}

/// Whether questions can be asked and answers be read.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Writes to standard output; [`Failure::reader_gone`] when nobody reads it any more.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::reader_gone()),
        Err(error) => Err(Failure::usage(error).hint("standard output cannot be written to")),
    }
}

/// Asks a question that only `y` and `yes` answer with yes. Ctrl-C is a no, and goes on to whoever waits for it.
pub(crate) fn confirm(question: &str) -> Result<bool, Failure> {
    // No line of the terminal's own: a Ctrl-C would leave it waiting, and it would swallow the next thing that is typed.
    let editor = rustyline::Editor::<(), _>::with_history(rustyline::Config::default(), MemHistory::new());
    match editor.and_then(|mut editor| editor.readline(&format!("{} [y/N] ", visible_line(question.to_owned())))) {
        Ok(answer) => Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")),
        Err(ReadlineError::Interrupted) => {
            // Nobody is there to hear it when that fails.
            let _ = raise(Signal::SIGINT);
            Ok(false)
        }
        Err(ReadlineError::Eof) => Ok(false),
        Err(error) => Err(Failure::usage(error)),
    }
}

/// Writes a line for the operator to standard error.
pub(crate) fn note(text: &str) {
    // With standard error gone there is nobody to tell.
    drop(writeln!(io::stderr(), "{text}"));
}
