//! Long texts on a terminal, page by page. No other program is started.

use std::io;

use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};
use textwrap::core::display_width;

use crate::exit::Failure;
use crate::terminal::{self, Look, is_interactive};

/// What is to be shown next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Page,
    Line,
    Back,
    Rest,
    Quit,
}

/// Shows a text: all of it at once where it fits, where nobody can press a key, and where nothing may be drawn over.
pub(super) fn view(text: &str, look: Look) -> Result<(), Failure> {
    let (columns, rows) = terminal::size();
    let lines: Vec<&str> = text.lines().collect();
    let needed: usize = lines.iter().map(|line| height(line, columns)).sum();
    if !look.redraws || !is_interactive() || needed < rows {
        return terminal::print(text);
    }
    let (mut at, mut room) = (0, rows.saturating_sub(1));
    loop {
        let page = fitting(&lines[at..], columns, room);
        terminal::print(&lines[at..at + page].iter().map(|line| format!("{line}\n")).collect::<String>())?;
        at += page;
        if at == lines.len() {
            return Ok(());
        }
        terminal::print(&status(at, lines.len(), columns))?;
        let key = pressed();
        terminal::print("\r\x1b[K")?;
        match key {
            Key::Page => room = rows.saturating_sub(1),
            Key::Line => room = 1,
            Key::Back => {
                room = rows.saturating_sub(1);
                // The page before the one that ends here.
                at = before(&lines[..before(&lines[..at], columns, room)], columns, room);
            }
            Key::Rest => room = usize::MAX,
            Key::Quit => return Ok(()),
        }
    }
}

fn status(at: usize, of: usize, columns: usize) -> String {
    let long = format!("-- line {at} of {of}: Space next page, Enter next line, b back, a all, q end --");
    let short = format!("-- {at}/{of}: Space, b, q --");
    if long.len() < columns { long } else { short }
}

/// Rows that a line takes.
fn height(line: &str, columns: usize) -> usize {
    display_width(line).div_ceil(columns.max(1)).max(1)
}

/// How many of the lines fit into so many rows; at least one.
fn fitting(lines: &[&str], columns: usize, rows: usize) -> usize {
    let mut used = 0_usize;
    let fits = |line: &&&str| {
        used = used.saturating_add(height(line, columns));
        used <= rows
    };
    lines.iter().take_while(fits).count().clamp(1, lines.len().max(1))
}

/// Where the page begins that ends with these lines.
fn before(lines: &[&str], columns: usize, rows: usize) -> usize {
    let mut used = 0;
    let fits = |line: &&&str| {
        used += height(line, columns);
        used <= rows
    };
    lines.len() - lines.iter().rev().take_while(fits).count()
}

/// Waits for a key. A terminal that is gone, or that tells nothing of its modes, ends it.
fn pressed() -> Key {
    let Ok(modes) = tcgetattr(io::stdin()) else { return Key::Quit };
    let mut raw = modes.clone();
    cfmakeraw(&mut raw);
    if tcsetattr(io::stdin(), SetArg::TCSADRAIN, &raw).is_err() {
        return Key::Quit;
    }
    let _restored = Modes(modes);
    loop {
        let mut bytes = [0; 16];
        // Not through the buffer of standard input: what it held back would be lost to the editor.
        let read = nix::unistd::read(io::stdin(), &mut bytes).unwrap_or(0);
        match &bytes[..read] {
            b" " | b"f" | b"\x1b[6~" => return Key::Page,
            b"\r" | b"\n" | b"j" | b"\x1b[B" => return Key::Line,
            b"b" | b"\x1b[5~" => return Key::Back,
            b"a" | b"G" => return Key::Rest,
            // Nothing more comes, q, Ctrl-C, Ctrl-D, Escape.
            b"" | b"q" | b"Q" | b"\x03" | b"\x04" | b"\x1b" => return Key::Quit,
            _ => {}
        }
    }
}

/// The terminal as it was, once this is dropped.
struct Modes(Termios);

impl Drop for Modes {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_fit_whatever_is_long() {
        let long = "x".repeat(95);
        let lines = ["one", &long, "three", "four", "\u{1b}[1mfive\u{1b}[0m"];
        assert_eq!((height(lines[1], 40), height(lines[4], 4), height("", 40)), (3, 1, 1));
        assert_eq!(fitting(&lines, 40, 4), 2);
        assert_eq!(fitting(&lines, 40, 3), 1);
        assert_eq!(fitting(&lines[1..], 40, 2), 1, "a line that is longer than a page is shown all the same");
        assert_eq!(fitting(&lines, 40, usize::MAX), 5);
        assert_eq!(before(&lines, 40, 4), 2);
        assert_eq!(before(&lines[..2], 40, 4), 0);
        assert_eq!(before(&[], 40, 4), 0);
    }
}
