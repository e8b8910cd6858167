//! What tai writes to, and how wide it is.

use std::io::{self, IsTerminal, Write};

use crate::exit::Failure;

/// Lines are wrapped to the terminal, between these widths.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=100;

/// The width of the terminal; 80 where there is none.
pub(crate) fn width() -> usize {
    textwrap::termwidth().clamp(*WIDTHS.start(), *WIDTHS.end())
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

/// Asks a question that only `y` and `yes` answer with yes.
pub(crate) fn confirm(question: &str) -> Result<bool, Failure> {
    let mut stderr = io::stderr().lock();
    // With standard error gone nobody sees the question, and nothing is answered.
    drop(write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush()));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(Failure::usage)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Writes a line for the operator to standard error.
pub(crate) fn note(text: &str) {
    // With standard error gone there is nobody to tell.
    drop(writeln!(io::stderr(), "{text}"));
}
