use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Value;

/// Rows that are kept of one output. A host has fewer file systems, units or sockets with a queue; what comes after is counted.
pub(super) const MAX_ROWS: usize = 2000;
/// Bytes of a line that are kept with a row: JSON comes in lines of megabytes.
const MAX_LINE: usize = 400;
/// Bytes of a text field that are kept.
const MAX_TEXT: usize = 400;

/// What a command printed, as a parser sees it.
#[derive(Clone, Copy)]
pub(super) struct Output<'a> {
    /// The program without its directory, and its arguments.
    pub(super) words: &'a [&'a str],
    /// What it printed.
    pub(super) text: &'a str,
    /// When, if that is known.
    pub(super) at: Option<Timestamp>,
}

/// A line of an output.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    pub(super) text: &'a str,
}

/// A parsed row.
pub(super) struct Row {
    pub(super) kind: &'static str,
    pub(super) fields: BTreeMap<&'static str, Value>,
    pub(super) line: usize,
    pub(super) text: String,
}

/// What a parser has read so far.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) unread: usize,
    pub(super) left_out: usize,
}

/// The fields of a row. What is not there is left out.
pub(super) struct Fields {
    kind: &'static str,
    map: BTreeMap<&'static str, Value>,
}

impl<'a> Output<'a> {
    /// The lines, but for the mark that says where the output was cut.
    pub(super) fn lines(&self) -> impl DoubleEndedIterator<Item = Line<'a>> + use<'a> {
        let text = self.text;
        let cut = text.trim_end().rfind('\n').filter(|&at| text[at + 1..].starts_with("[tai: cut after"));
        let lines = text[..cut.unwrap_or(text.len())].lines();
        let numbered: Vec<_> = lines.enumerate().map(|(i, text)| Line { number: i + 1, text }).collect();
        numbered.into_iter()
    }

    /// The lines that are not blank.
    pub(super) fn filled_lines(&self) -> impl DoubleEndedIterator<Item = Line<'a>> + use<'a> {
        self.lines().filter(|line| !line.text.trim().is_empty())
    }

    /// Whether one of the arguments is `word`, or begins with `word=`.
    pub(super) fn has(&self, word: &str) -> bool {
        self.args().any(|arg| arg.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    }

    /// Whether a group of short options has the letter.
    pub(super) fn has_flag(&self, letter: char) -> bool {
        self.args().any(|arg| arg.starts_with('-') && !arg.starts_with("--") && arg.contains(letter))
    }

    /// Whether one of the arguments is an option and holds `part`.
    pub(super) fn has_option_with(&self, part: &str) -> bool {
        self.args().any(|arg| arg.starts_with('-') && arg.contains(part))
    }

    pub(super) fn args(&self) -> impl DoubleEndedIterator<Item = &'a str> + use<'a> {
        self.words.iter().skip(1).copied()
    }

    /// The first argument that is no option: the verb of programs that have one.
    pub(super) fn verb(&self) -> &'a str {
        self.operands().next().unwrap_or_default()
    }

    /// The arguments that are no options.
    pub(super) fn operands(&self) -> impl DoubleEndedIterator<Item = &'a str> + use<'a> {
        self.args().filter(|arg| !arg.starts_with('-'))
    }

    /// The first line that holds `needle`, or the first of all.
    pub(super) fn line_with(&self, needle: &str) -> Line<'a> {
        let at = self.text.find(needle).unwrap_or(0);
        line_at(self.text, at)
    }

    /// Hours between a time in seconds since 1970 and the time of collecting.
    pub(super) fn hours_since(&self, seconds: Option<f64>) -> Option<f64> {
        Some((self.at?.as_second() as f64 - seconds?) / 3600.0)
    }
}

/// The line that the byte at `at` is in.
pub(super) fn line_at(text: &str, at: usize) -> Line<'_> {
    let begin = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let end = text[at..].find('\n').map_or(text.len(), |i| at + i);
    Line { number: line_ends(&text[..begin]) + 1, text: &text[begin..end] }
}

pub(super) fn line_ends(text: &str) -> usize {
    text.as_bytes().iter().filter(|&&byte| byte == b'\n').count()
}

impl Rows {
    pub(super) fn push(&mut self, line: Line<'_>, fields: Fields) {
        if self.rows.len() < MAX_ROWS {
            let Fields { kind, map } = fields;
            self.rows.push(Row { kind, fields: map, line: line.number, text: cut(line.text, MAX_LINE).to_owned() });
        } else {
            self.left_out += 1;
        }
    }

    /// A line that no one could make sense of.
    pub(super) fn unread(&mut self) {
        self.unread += 1;
    }

    /// A row if there is one, else an unread line.
    pub(super) fn push_or_unread(&mut self, line: Line<'_>, fields: Option<Fields>) {
        match fields {
            Some(fields) => self.push(line, fields),
            None => self.unread(),
        }
    }
}

impl Fields {
    pub(super) fn of(kind: &'static str) -> Self {
        Fields { kind, map: BTreeMap::new() }
    }

    /// A text, unless it is empty.
    pub(super) fn text(mut self, name: &'static str, text: &str) -> Self {
        let text = text.trim();
        if !text.is_empty() {
            self.map.insert(name, Value::Text(cut(text, MAX_TEXT).to_owned()));
        }
        self
    }

    /// A text, though it may be empty.
    pub(super) fn text_or_empty(mut self, name: &'static str, text: &str) -> Self {
        self.map.insert(name, Value::Text(cut(text.trim(), MAX_TEXT).to_owned()));
        self
    }

    /// A number, where there is one.
    pub(super) fn number(mut self, name: &'static str, number: impl Into<Option<f64>>) -> Self {
        if let Some(number) = number.into().filter(|n| n.is_finite()) {
            self.map.insert(name, Value::Number(number));
        }
        self
    }

    /// Yes or no, where it is known.
    pub(super) fn flag(self, name: &'static str, flag: impl Into<Option<bool>>) -> Self {
        let flag: Option<bool> = flag.into();
        self.number(name, flag.map(|yes| if yes { 1.0 } else { 0.0 }))
    }

    /// `part` as percent of `whole`.
    pub(super) fn share(self, name: &'static str, part: Option<f64>, whole: Option<f64>) -> Self {
        let share = part.zip(whole).filter(|(_, whole)| *whole > 0.0).map(|(part, whole)| part / whole * 100.0);
        self.number(name, share)
    }

    pub(super) fn number_of(&self, name: &str) -> Option<f64> {
        match self.map.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn text_of(&self, name: &str) -> &str {
        match self.map.get(name) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
}

/// At most `max` bytes of `text`, whole characters.
pub(super) fn cut(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
