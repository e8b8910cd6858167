//! Markdown for a terminal, line by line, as it comes.

use tai_ssh::visible_line;
use textwrap::{Options, WordSplitter, fill};

use super::Style;
use crate::terminal::width;

/// Renders Markdown while it is being written.
pub(crate) struct MarkdownStream {
    style: Style,
    /// The line that is not complete yet.
    line: String,
    in_fence: bool,
    /// Whether the last line was empty: one is enough.
    is_blank: bool,
}

impl MarkdownStream {
    pub(crate) fn new(style: Style) -> Self {
        MarkdownStream { style, line: String::new(), in_fence: false, is_blank: true }
    }

    /// A whole text at once.
    pub(crate) fn whole(text: &str, style: Style) -> String {
        let mut stream = MarkdownStream::new(style);
        let mut rendered = stream.push(text);
        rendered += &stream.finish();
        rendered
    }

    /// Takes what has come, and gives the lines that are complete with it.
    pub(crate) fn push(&mut self, text: &str) -> String {
        let mut rendered = String::new();
        let mut rest = text;
        while let Some((end, after)) = rest.split_once('\n') {
            let line = std::mem::take(&mut self.line) + end;
            rendered += &self.rendered(&line);
            rest = after;
        }
        self.line += rest;
        rendered
    }

    /// What is complete only now that nothing more comes.
    pub(crate) fn finish(&mut self) -> String {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() { line } else { self.rendered(&line) }
    }

    /// The line that is not complete yet.
    pub(crate) fn line(&self) -> &str {
        &self.line
    }

    fn rendered(&mut self, line: &str) -> String {
        let line = visible_line(line.trim_end().to_owned());
        let text = line.trim_start();
        if text.is_empty() {
            let was_blank = std::mem::replace(&mut self.is_blank, true);
            return if was_blank && !self.in_fence { String::new() } else { "\n".to_owned() };
        }
        self.is_blank = false;
        if text.starts_with("```") || text.starts_with("~~~") {
            self.in_fence = !self.in_fence;
            return String::new();
        }
        if self.in_fence {
            // Never wrapped: it can be copied as it is.
            return format!("    {}\n", self.style.code(&line));
        }
        if let Some(title) = heading(text) {
            return format!("{}\n", self.style.heading(title));
        }
        let indent = " ".repeat((line.len() - text.len()).min(8));
        let (mark, text) = item(text);
        let first = format!("{indent}{mark}");
        let rest = " ".repeat(first.chars().count());
        let options = Options::new(width())
            .initial_indent(&first)
            .subsequent_indent(&rest)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation);
        fill(&self.inline(text), options) + "\n"
    }

    /// Code keeps its backquotes, so that it is told from words without colours; bold text loses its stars where it is painted.
    fn inline(&self, text: &str) -> String {
        let mut painted = String::new();
        for (i, part) in text.split('`').enumerate() {
            let is_last = text.matches('`').count() == i;
            if i % 2 == 1 && !is_last {
                painted += &self.style.code(&format!("`{part}`"));
            } else if i % 2 == 1 {
                painted = painted + "`" + part;
            } else {
                painted += &self.bold(part);
            }
        }
        painted
    }

    fn bold(&self, text: &str) -> String {
        let parts: Vec<&str> = text.split("**").collect();
        if parts.len().is_multiple_of(2) {
            return self.style.cited(text).into_owned();
        }
        let part = |(i, part): (usize, &&str)| {
            if i % 2 == 1 { self.style.heading(part) } else { self.style.cited(part).into_owned() }
        };
        parts.iter().enumerate().map(part).collect()
    }
}

/// The title of a line that is a heading: `## Root Cause`, or `**Evidence:**` alone.
fn heading(line: &str) -> Option<&str> {
    let marks = line.bytes().take_while(|byte| *byte == b'#').count();
    if (1..=6).contains(&marks) {
        return line[marks..].strip_prefix(' ').map(|title| title.trim_matches(['#', '*', ' ']));
    }
    let title = line.strip_prefix("**")?.strip_suffix("**")?;
    (!title.is_empty() && !title.contains("**")).then_some(title)
}

/// The mark of an item as it is shown, and the text behind it.
fn item(line: &str) -> (String, &str) {
    if let Some(rest) = ["- ", "* ", "+ "].iter().find_map(|mark| line.strip_prefix(mark)) {
        return ("- ".to_owned(), rest.trim_start());
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if let Some(rest) =
        line[digits..].strip_prefix(['.', ')']).filter(|rest| (1..=3).contains(&digits) && rest.starts_with(' '))
    {
        return (format!("{}. ", &line[..digits]), rest.trim_start());
    }
    match line.strip_prefix('>') {
        Some(rest) => ("| ".to_owned(), rest.trim_start()),
        None => (String::new(), line),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_come_when_they_are_complete() {
        let mut stream = MarkdownStream::new(Style::PLAIN);
        assert_eq!(stream.push("## Root"), "");
        assert_eq!(stream.push(" Cause\nThe disk is **fu"), "Root Cause\n");
        assert_eq!(stream.line(), "The disk is **fu");
        assert_eq!(
            stream.push("ll** [E1].\n\n\n* `df -h`\n1) look\n> quoted\n"),
            "The disk is full [E1].\n\n- `df -h`\n1. look\n| quoted\n"
        );
        assert_eq!(stream.push("```sh\ndf  -h\n```\n**Evidence:**"), "    df  -h\n");
        assert_eq!(stream.finish(), "Evidence:\n");
        assert_eq!(stream.finish(), "");
    }

    #[test]
    fn colours_wrap_what_they_paint() {
        let painted = |text: &str| MarkdownStream::whole(text, Style::new(true));
        assert_eq!(painted("# A"), "\x1b[1mA\x1b[0m\n");
        assert_eq!(painted("see [E2] `x` **y**"), "see \x1b[1;36m[E2]\x1b[0m \x1b[36m`x`\x1b[0m \x1b[1my\x1b[0m\n");
        assert_eq!(painted("`open **two"), "`open **two\n");
    }

    proptest! {
        #[test]
        fn nothing_of_it_reaches_the_terminal_as_a_command(text in any::<String>(), more in "([#*>`\\[E1\\]\\n -]|\u{1b}|\u{9b}|\r|\u{7}|\u{202e}){0,60}") {
            for text in [text, more] {
                let plain = MarkdownStream::whole(&text, Style::PLAIN);
                prop_assert!(!plain.chars().any(|c| c.is_control() && c != '\n'), "{plain:?}");
                let painted = MarkdownStream::whole(&text, Style::new(true));
                prop_assert!(!painted.contains(['\u{9b}', '\u{7}', '\u{202e}', '\r']), "{painted:?}");
            }
        }
    }
}
