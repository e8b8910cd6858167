//! Which lines belong together: an entry of a log with its further lines, a traceback, an oops of the kernel, a block of
//! `systemctl status`, an object of JSON or YAML, a paragraph.

use std::ops::Range;

use crate::TokenCounter;
use crate::chunk::cost;
use crate::fold::is_log;
use crate::header::Header;
use crate::template::Template;

/// Lines of a report of the kernel that is not closed by its own last line.
const MAX_REPORT_LINES: usize = 200;
/// How deep a record that is too long is taken apart by its indentation. What is left then is taken apart by lines.
const MAX_DEPTH: usize = 12;

/// A line of a document, and what cutting needs to know of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// First byte in the document.
    pub(crate) start: usize,
    /// Past the last byte, the line break included.
    pub(crate) end: usize,
    pub(crate) tokens: usize,
    pub(crate) template: Template,
    /// How far its message is indented.
    indent: u16,
    is_blank: bool,
    /// Whether it is a comment, as files of settings have them: it says what may be, not what is.
    pub(crate) is_comment: bool,
    /// Where it goes on after the time before the message: 0 where there is none.
    pub(crate) after_time: usize,
    /// Whether a time stands before the message.
    pub(crate) is_timed: bool,
    /// Whether it begins a record.
    pub(crate) begins: bool,
}

/// Reads the lines of one output, in order.
pub(crate) struct Reader<'a> {
    counter: &'a dyn TokenCounter,
    /// Whether the output is that of `systemctl status`.
    is_status: bool,
    /// Whether it is a log.
    is_log: bool,
    state: State,
    /// Whether the record that is open began with a time.
    is_timed: bool,
    /// A hash of the program that began the record that is open.
    program: Option<Template>,
    buffer: Vec<u8>,
}

/// What is going on between the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Plain,
    /// In a block of `systemctl status`.
    Block,
    /// After `Traceback (most recent call last):`.
    Traceback,
    /// After the last line of a traceback: another may follow that it caused.
    Raised,
    /// In a report of the kernel, for so many lines.
    Oops(usize),
    /// In its report that memory ran out.
    OutOfMemory(usize),
}

impl<'a> Reader<'a> {
    pub(crate) fn new(command: &str, counter: &'a dyn TokenCounter) -> Self {
        let mut words = command.split_whitespace();
        let is_status = words.any(|word| word.ends_with("systemctl")) && words.any(|word| word == "status");
        Self {
            counter,
            is_status,
            is_log: is_log(command),
            state: State::Plain,
            is_timed: false,
            program: None,
            buffer: Vec::new(),
        }
    }

    /// Reads the line at `start..end` of `text`.
    pub(crate) fn line(&mut self, text: &str, start: usize, end: usize) -> Line {
        let line = &text[start..end];
        let header = Header::of(line);
        let is_blank = header.time.is_none() && line.trim().is_empty();
        let template = Template::of_header(&header, &mut self.buffer);
        let indent = if is_blank { 0 } else { indent(header.message) };
        let begins = !is_blank && self.begins(&header, indent);
        if begins {
            self.is_timed = header.time.is_some();
            self.program = header.program.map(name);
        }
        let tokens = cost(line, self.counter);
        let after_time = header.time.map_or(0, |time| time.as_ptr().addr() - line.as_ptr().addr() + time.len());
        let is_timed = header.time.is_some();
        let is_comment = !self.is_log && !is_timed && is_comment(header.message);
        Line { start, end, tokens, template, indent, is_blank, is_comment, after_time, is_timed, begins }
    }

    /// Whether a line that is not blank begins a record.
    fn begins(&mut self, header: &Header<'_>, indent: u16) -> bool {
        let message = header.message;
        if self.is_status && ["● ", "○ ", "× ", "↻ ", "* "].iter().any(|mark| message.starts_with(mark)) {
            self.state = State::Block;
            return true;
        }
        match self.state {
            State::Block => return false,
            State::Traceback => {
                if indent == 0 && !is_traceback(message) {
                    self.state = State::Raised;
                }
                return false;
            }
            State::Raised if is_traceback(message) => {
                self.state = State::Traceback;
                return false;
            }
            State::Oops(lines) if lines < MAX_REPORT_LINES && is_of_oops(message, indent) => {
                let is_last = message.starts_with("---[ end");
                self.state = if is_last { State::Plain } else { State::Oops(lines + 1) };
                return false;
            }
            State::OutOfMemory(lines) if lines < MAX_REPORT_LINES && is_kernel(header) => {
                let is_last = message.contains("Killed process");
                self.state = if is_last { State::Plain } else { State::OutOfMemory(lines + 1) };
                return false;
            }
            _ => self.state = State::Plain,
        }
        let begins = self.begins_plain(header, indent);
        if message.starts_with("Traceback (most recent call last)") {
            self.state = State::Traceback;
        } else if is_kernel(header) {
            self.state = match message {
                _ if message.contains("invoked oom-killer") => State::OutOfMemory(0),
                _ if begins_oops(message) => State::Oops(0),
                _ => State::Plain,
            };
        }
        begins
    }

    fn begins_plain(&self, header: &Header<'_>, indent: u16) -> bool {
        let message = header.message;
        if header.time.is_some() {
            // Some programs put one blank more before each message.
            let is_further = indent >= 2 || is_cause(message);
            return !(is_further && self.is_timed && self.program == header.program.map(name));
        }
        if self.is_timed {
            return ["-- ", "==> ", "=== "].iter().any(|mark| message.starts_with(mark));
        }
        indent == 0 && !message.starts_with(['}', ']', ')']) && !is_cause(message)
    }
}

/// Number signs before a digit are something else: steps of a build, numbers of issues.
fn is_comment(message: &str) -> bool {
    let text = message.trim_start_matches([' ', '\t']);
    text.starts_with('#') && !text[1..].starts_with(|next: char| next.is_ascii_digit())
}

fn name(program: &str) -> Template {
    Template::of_mask(program.as_bytes())
}

fn indent(message: &str) -> u16 {
    let width = |byte: u8| if byte == b'\t' { 8 } else { 1 };
    message.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).take(200).map(width).sum()
}

fn is_traceback(message: &str) -> bool {
    ["Traceback (most recent", "During handling of the above", "The above exception was the"]
        .iter()
        .any(|start| message.starts_with(start))
}

/// Lines of a stack trace of Java that are not indented.
fn is_cause(message: &str) -> bool {
    message.starts_with(['C', 'S', '.'])
        && ["Caused by: ", "Suppressed: ", "... "].iter().any(|start| message.starts_with(start))
}

fn is_kernel(header: &Header<'_>) -> bool {
    header.time.is_some() && header.program.is_none_or(|program| program == "kernel")
}

fn begins_oops(message: &str) -> bool {
    if !message.starts_with(['-', 'B', 'k', 'O', 'g', 'U', 'K', 'I', 'W']) {
        return false;
    }
    const STARTS: [&str; 9] = [
        "------------[ cut here",
        "BUG: ",
        "kernel BUG at",
        "Oops: ",
        "general protection fault",
        "Unable to handle kernel",
        "Kernel panic",
        "INFO: task ",
        "WARNING: CPU: ",
    ];
    STARTS.iter().any(|start| message.starts_with(start))
}

/// Lines as they follow in a report of the kernel: registers, the call trace, modules.
fn is_of_oops(message: &str, indent: u16) -> bool {
    const STARTS: [&str; 30] = [
        "Call Trace",
        "RIP",
        "RSP",
        "RAX",
        "RDX",
        "RBP",
        "R10",
        "R13",
        "CR2",
        "CS:",
        "FS:",
        "PKRU",
        "Code:",
        "Modules linked",
        "CPU:",
        "Hardware name",
        "---[",
        "Workqueue",
        "Tainted",
        "task:",
        "Not tainted",
        "<",
        "? ",
        "[<",
        "PGD",
        "#PF",
        "DR",
        "ORIG_RAX",
        "\"echo 0",
        "Oops",
    ];
    indent > 0 || begins_oops(message) || STARTS.iter().any(|start| message.starts_with(start))
}

/// Some lines that stay together: their places among the lines of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) lines: Range<usize>,
    /// Of what is shown of them.
    pub(crate) tokens: usize,
    /// Those of them that are left out, for they repeat the ones before.
    pub(crate) hidden: Option<Range<usize>>,
}

/// The records of some lines. Lines before the first beginning are one.
pub(crate) fn records(lines: &[Line]) -> Vec<Piece> {
    let mut records = Vec::new();
    let mut first = 0;
    for at in 1..=lines.len() {
        if at == lines.len() || lines[at].begins {
            records.push(piece(lines, first..at));
            first = at;
        }
    }
    records
}

/// Joins the records of each paragraph, where it fits into `max_tokens`. Logs have none.
pub(crate) fn paragraphs(records: Vec<Piece>, lines: &[Line], max_tokens: usize) -> Vec<Piece> {
    let is_end = |record: &Piece| lines[record.lines.end - 1].is_blank || lines[record.lines.start].is_timed;
    let mut joined: Vec<Piece> = Vec::new();
    for paragraph in records.chunk_by(|before, _| !is_end(before)) {
        let tokens = paragraph.iter().map(|record| record.tokens).sum::<usize>();
        let is_one = paragraph.iter().all(|record| record.hidden.is_none());
        match paragraph {
            [first, .., last] if is_one && tokens <= max_tokens => {
                joined.push(Piece { lines: first.lines.start..last.lines.end, tokens, hidden: None });
            }
            _ => joined.extend_from_slice(paragraph),
        }
    }
    joined
}

/// Takes a record apart that is more than `max_tokens`: where its lines are indented least, and again what is still too long.
pub(crate) fn take_apart(piece: Piece, lines: &[Line], max_tokens: usize, pieces: &mut Vec<Piece>) {
    take_apart_at(piece, lines, max_tokens, MAX_DEPTH, pieces);
}

fn take_apart_at(whole: Piece, lines: &[Line], max_tokens: usize, depth: usize, pieces: &mut Vec<Piece>) {
    if whole.tokens <= max_tokens || whole.lines.len() == 1 || whole.hidden.is_some() {
        return pieces.push(whole);
    }
    let inner = whole.lines.start + 1..whole.lines.end;
    let least = lines[inner.clone()].iter().filter(|line| !line.is_blank).map(|line| line.indent).min();
    let (Some(least), true) = (least, depth > 0) else {
        return pieces.extend(whole.lines.map(|line| piece(lines, line..line + 1)));
    };
    let mut first = whole.lines.start;
    for at in inner.start..=inner.end {
        if at == inner.end || (!lines[at].is_blank && lines[at].indent == least) {
            take_apart_at(piece(lines, first..at), lines, max_tokens, depth - 1, pieces);
            first = at;
        }
    }
}

fn piece(lines: &[Line], range: Range<usize>) -> Piece {
    let tokens = lines[range.clone()].iter().map(|line| line.tokens).sum();
    Piece { lines: range, tokens, hidden: None }
}
