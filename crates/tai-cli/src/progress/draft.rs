//! What a model says, while it says it: shown as it comes, and taken back when the verified answer is there.

use textwrap::core::display_width;

use super::Screen;
use crate::render::MarkdownStream;
use crate::terminal;

/// An answer that nobody has checked yet.
pub(super) struct Draft {
    screen: Screen,
    markdown: MarkdownStream,
    /// Rows of the terminal that it takes.
    rows: usize,
    size: (usize, usize),
    /// What had been written before its last line: anything else that is written since stands below it.
    written: usize,
}

impl Draft {
    pub(super) fn new(screen: &Screen, model: &str) -> Self {
        let size = terminal::size();
        let style = screen.style();
        let mut draft =
            Draft { screen: screen.clone(), markdown: MarkdownStream::new(style), rows: 0, size, written: 0 };
        draft.write(&format!("{}\n", style.faint(&format!("{model} says, and nothing of it is checked yet:"))));
        draft
    }

    pub(super) fn push(&mut self, text: &str) {
        let lines = self.markdown.push(text);
        self.write(&lines);
    }

    /// The line that is not complete yet.
    pub(super) fn line(&self) -> &str {
        self.markdown.line()
    }

    /// Takes it back. What scrolled away, or has something else below it, stays and is told to be void.
    pub(super) fn end(mut self, why: &str) {
        let (_, height) = terminal::size();
        let stands = self.written == self.screen.written() && self.size == terminal::size() && self.rows < height;
        if stands {
            self.screen.erase(self.rows);
            return;
        }
        let rest = self.markdown.finish();
        self.write(&rest);
        self.write(&format!("{}\n\n", self.screen.style().faint(why)));
    }

    fn write(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.rows > 0 && self.written != self.screen.written() {
            // Something came in between: there is no way back to the beginning.
            self.rows = usize::MAX / 2;
        }
        let columns = self.size.0.max(1);
        self.rows += text.lines().map(|line| display_width(line).div_ceil(columns).max(1)).sum::<usize>();
        // With standard output gone the report will say so.
        drop(self.screen.print(text));
        self.written = self.screen.written();
    }
}
