//! Cutting one command's output into chunks.

use std::borrow::Cow;
use std::ops::Range;

use crate::TokenCounter;
use crate::fold::{fold, is_log};
use crate::header::Header;
use crate::record::{Line, Piece, Reader, paragraphs, records, take_apart};

/// A token stands for at most this many bytes. White space costs no word piece, yet it takes room in
/// a prompt: this bounds a chunk of blank lines or of padding.
const MAX_BYTES_PER_TOKEN: usize = 16;
/// Lines that are worked on at a time: this bounds the memory that they need. A chunk ends where they end.
const WINDOW: usize = 1 << 17;

/// How large chunks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkOptions {
    /// No chunk has more tokens than this. 0 is taken as 1.
    pub max_tokens: usize,
    /// A chunk begins with the last whole records of the one before it, up to this many tokens.
    /// Half of `max_tokens` is the most that is used.
    pub overlap: usize,
}

impl Default for ChunkOptions {
    /// 512 tokens with 64 tokens of overlap.
    fn default() -> Self {
        Self { max_tokens: 512, overlap: 64 }
    }
}

/// A part of one command's output: a place, not a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Index of the document, in the order in which the documents were given.
    pub document: usize,
    /// First line, counted from 1.
    pub start_line: usize,
    /// Last line, inclusive. Equal to `start_line` for a part of a line that was split.
    pub end_line: usize,
    /// Byte range in the document's text, without the last line's line break.
    pub bytes: Range<usize>,
    /// Tokens of what is shown of it as counted, at least one for every 16 bytes.
    pub tokens: usize,
    /// What of it is not shown, in order.
    pub folds: Vec<Fold>,
}

/// Lines that are not shown, because they repeat those before them in other numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// First line, counted from 1.
    pub start_line: usize,
    /// Last line, inclusive.
    pub end_line: usize,
    /// Byte range in the document's text, with the last line's line break.
    pub bytes: Range<usize>,
}

impl Chunk {
    /// What a model sees of it, given the text of its document: the lines, and for those that repeat others one that says so.
    pub fn text<'a>(&self, document: &'a str) -> Cow<'a, str> {
        if self.folds.is_empty() {
            return Cow::Borrowed(&document[self.bytes.clone()]);
        }
        let mut text = String::new();
        let mut from = self.bytes.start;
        for fold in &self.folds {
            text.push_str(&document[from..fold.bytes.start]);
            text.push_str(&fold.marker(document));
            from = fold.bytes.end;
        }
        text.push_str(&document[from..self.bytes.end]);
        Cow::Owned(text)
    }
}

impl Fold {
    /// The line that stands for them, with its line break.
    fn marker(&self, document: &str) -> String {
        let hidden = &document[self.bytes.clone()];
        let time = |line: Option<&'_ str>| line.and_then(|line| Header::of(line).time.map(str::to_owned));
        let times = time(hidden.lines().next()).zip(time(hidden.lines().rfind(|line| Header::of(line).time.is_some())));
        let times = times.map(|(first, last)| format!(", {first} to {last}")).unwrap_or_default();
        let lines = self.end_line + 1 - self.start_line;
        format!("[… {lines} more lines like these left out: {} to {}{times} …]\n", self.start_line, self.end_line)
    }
}

/// Cuts `text`, the output of `command`, into chunks in order. `document` is copied into each.
///
/// Every line that is not blank is in at least one chunk, and a chunk is whole lines. Records that fit into a chunk are whole too: entries of logs with their further lines,
/// tracebacks, blocks of `systemctl status`, objects of JSON and YAML, paragraphs. Runs of records that say the same are [folded](Chunk::folds). A line of more
/// than `max_tokens` is split between characters, at white space where there is some, into chunks of its own. White space alone gives no chunk.
pub fn chunk_document(
    document: usize,
    command: &str,
    text: &str,
    options: &ChunkOptions,
    counter: &dyn TokenCounter,
) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    cut(document, command, text, options, counter, &mut |_, cuts| {
        chunks.extend(cuts.into_iter().map(|cut| cut.chunk));
    });
    chunks
}

/// A chunk, and which lines of its window it has.
pub(crate) struct Cut {
    pub(crate) chunk: Chunk,
    pub(crate) lines: Range<usize>,
}

/// As [`chunk_document`], for one window of lines after the other.
pub(crate) fn cut(
    document: usize,
    command: &str,
    text: &str,
    options: &ChunkOptions,
    counter: &dyn TokenCounter,
    take: &mut dyn FnMut(&[Line], Vec<Cut>),
) {
    let max_tokens = options.max_tokens.max(1);
    let overlap = options.overlap.min(max_tokens / 2);
    let is_log = is_log(command);
    let mut reader = Reader::new(command, counter);
    let mut lines = Vec::new();
    let (mut start, mut first_line) = (0, 1);
    while start < text.len() {
        lines.clear();
        while start < text.len() && lines.len() < WINDOW {
            let end = memchr::memchr(b'\n', &text.as_bytes()[start..]).map_or(text.len(), |at| start + at + 1);
            lines.push(reader.line(text, start, end));
            start = end;
        }
        let mut packer = Packer {
            document,
            text,
            max_tokens,
            overlap,
            counter,
            lines: &lines,
            first_line,
            open: Vec::new(),
            fresh: 0,
            cuts: Vec::new(),
        };
        packer.pack(is_log);
        let cuts = packer.cuts;
        take(&lines, cuts);
        first_line += lines.len();
    }
}

struct Packer<'a> {
    document: usize,
    text: &'a str,
    max_tokens: usize,
    overlap: usize,
    counter: &'a dyn TokenCounter,
    /// Those of the window.
    lines: &'a [Line],
    /// The number of the first of them.
    first_line: usize,
    /// Pieces of the chunk that is being filled, those repeated from the chunk before it first.
    open: Vec<Piece>,
    /// How many of `open` are repeated.
    fresh: usize,
    cuts: Vec<Cut>,
}

impl Packer<'_> {
    fn pack(&mut self, is_log: bool) {
        let marker = |hidden: Range<usize>| cost(&self.fold(hidden).marker(self.text), self.counter);
        let records = fold(records(self.lines), self.lines, self.text, is_log, marker);
        let mut pieces = Vec::new();
        for piece in paragraphs(self.unfold(records), self.lines, self.max_tokens) {
            take_apart(piece, self.lines, self.max_tokens, &mut pieces);
        }
        for piece in pieces {
            self.add(piece);
        }
        self.emit();
    }

    /// Shows the runs again whose first and last record do not fit into one chunk.
    fn unfold(&self, pieces: Vec<Piece>) -> Vec<Piece> {
        let too_long = |piece: &Piece| piece.hidden.is_some() && piece.tokens > self.max_tokens;
        let mut shown = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match too_long(&piece) {
                true => shown.extend(records(&self.lines[piece.lines.clone()]).into_iter().map(|mut record| {
                    record.lines = record.lines.start + piece.lines.start..record.lines.end + piece.lines.start;
                    record
                })),
                false => shown.push(piece),
            }
        }
        shown
    }

    fn add(&mut self, piece: Piece) {
        if piece.tokens > self.max_tokens {
            self.emit();
            self.open.clear();
            self.fresh = 0;
            return self.split_line(piece.lines.start);
        }
        if tokens_of(&self.open) + piece.tokens > self.max_tokens {
            self.emit();
            self.keep_overlap(self.max_tokens - piece.tokens);
        }
        self.open.push(piece);
    }

    /// Keeps the last pieces of what was emitted, as far as there is room for them; never all.
    fn keep_overlap(&mut self, room: usize) {
        let mut room = room.min(self.overlap);
        let mut first = self.open.len();
        while first > 1 && self.open[first - 1].tokens <= room {
            first -= 1;
            room -= self.open[first].tokens;
        }
        self.open.drain(..first);
        self.fresh = self.open.len();
    }

    /// Emits the open pieces as a chunk, unless all of them are repeated.
    fn emit(&mut self) {
        if self.open.len() <= self.fresh {
            return;
        }
        let lines = self.open[0].lines.start..self.open[self.open.len() - 1].lines.end;
        let bytes = self.lines[lines.start].start..self.lines[lines.end - 1].end;
        let folds = self.open.iter().filter_map(|piece| piece.hidden.clone());
        let chunk = Chunk {
            document: self.document,
            start_line: self.first_line + lines.start,
            end_line: self.first_line + lines.end - 1,
            bytes: without_line_break(self.text, bytes),
            tokens: tokens_of(&self.open),
            folds: folds.map(|hidden| self.fold(hidden)).collect(),
        };
        self.push(Cut { chunk, lines });
    }

    fn fold(&self, hidden: Range<usize>) -> Fold {
        Fold {
            start_line: self.first_line + hidden.start,
            end_line: self.first_line + hidden.end - 1,
            bytes: self.lines[hidden.start].start..self.lines[hidden.end - 1].end,
        }
    }

    fn push(&mut self, cut: Cut) {
        if !self.text[cut.chunk.bytes.clone()].trim().is_empty() {
            self.cuts.push(cut);
        }
    }

    fn split_line(&mut self, line: usize) {
        let number = self.first_line + line;
        let mut rest = without_line_break(self.text, self.lines[line].start..self.lines[line].end);
        while !rest.is_empty() {
            let (length, tokens) = self.beginning(&self.text[rest.clone()]);
            let bytes = rest.start..rest.start + length;
            let chunk = Chunk {
                document: self.document,
                start_line: number,
                end_line: number,
                bytes,
                tokens,
                folds: Vec::new(),
            };
            self.push(Cut { chunk, lines: line..line + 1 });
            rest.start += length;
        }
    }

    /// Length in bytes and tokens of a long beginning of `rest` that fits in a chunk.
    fn beginning(&self, rest: &str) -> (usize, usize) {
        let shortest = rest.chars().next().map_or(0, char::len_utf8);
        let longest = self.max_tokens * MAX_BYTES_PER_TOKEN;
        let mut end = char_boundary(rest, longest).max(shortest);
        loop {
            let tokens = cost(&rest[..end], self.counter);
            if tokens <= self.max_tokens || end <= shortest {
                return (end, tokens);
            }
            let fitting = (end * self.max_tokens / tokens).min(end - 1);
            end = handy_end(rest, char_boundary(rest, fitting)).max(shortest);
        }
    }
}

/// The tokens of a text, at least one for every 16 bytes.
pub(crate) fn cost(text: &str, counter: &dyn TokenCounter) -> usize {
    counter.count(text).max(text.len().div_ceil(MAX_BYTES_PER_TOKEN))
}

fn tokens_of(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.tokens).sum()
}

fn without_line_break(text: &str, bytes: Range<usize>) -> Range<usize> {
    let ends_with_break = text[bytes.clone()].ends_with('\n');
    bytes.start..bytes.end - usize::from(ends_with_break)
}

/// The last character boundary of `text` at or before `end`.
fn char_boundary(text: &str, end: usize) -> usize {
    (0..=end.min(text.len())).rfind(|&position| text.is_char_boundary(position)).unwrap_or(0)
}

/// Where the last word that ends by `end` ends, if in the second half of `text[..end]`, else `end`.
fn handy_end(text: &str, end: usize) -> usize {
    if text[end..].starts_with(char::is_whitespace) {
        return end;
    }
    match text[..end].rfind(char::is_whitespace) {
        Some(space) if space > end / 2 => space,
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words are tokens.
    struct Words;

    impl TokenCounter for Words {
        fn count(&self, text: &str) -> usize {
            text.split_whitespace().count()
        }
    }

    /// Each chunk as `FIRST-LAST TEXT`, with up to 6 tokens in a chunk.
    fn check(text: &str, overlap: usize, expect: &[&str]) {
        let options = ChunkOptions { max_tokens: 6, overlap };
        let chunks: Vec<_> = chunk_document(0, "cat x", text, &options, &Words)
            .into_iter()
            .map(|chunk| {
                let Chunk { start_line, end_line, ref bytes, .. } = chunk;
                format!("{start_line}-{end_line} {}", &text[bytes.clone()])
            })
            .collect();
        assert_eq!(chunks, expect, "{text:?}");
    }

    #[test]
    fn cuts_at_lines_and_repeats_whole_lines() {
        check("", 2, &[]);
        check("\n \n\n", 2, &[]);
        check("one", 2, &["1-1 one"]);
        let text = "a b\nc d\ne f\ng h\ni j\n";
        check(text, 0, &["1-3 a b\nc d\ne f", "4-5 g h\ni j"]);
        check(text, 2, &["1-3 a b\nc d\ne f", "3-5 e f\ng h\ni j"]);
        check(text, 1, &["1-3 a b\nc d\ne f", "4-5 g h\ni j"]);
    }

    #[test]
    fn continuation_lines_stay_with_their_record() {
        check("a b\nc d\ne f\n g\nh\n", 0, &["1-2 a b\nc d", "3-5 e f\n g\nh"]);
        check("a\n b c\n d e\n f g\n", 0, &["1-3 a\n b c\n d e", "4-4  f g"]);
    }

    #[test]
    fn long_lines_are_chunks_of_their_own() {
        check("x\na b c d e f g h\ny\n", 2, &["1-1 x", "2-2 a b c d e f", "2-2  g h", "3-3 y"]);
    }

    #[test]
    fn blank_space_takes_room_too() {
        let text = format!("a{}b", "\n".repeat(1000));
        let chunks = chunk_document(0, "cat x", &text, &ChunkOptions::default(), &Words);
        let lines: Vec<_> = chunks.iter().map(|c| (c.start_line, c.end_line)).collect();
        assert_eq!(lines, [(1, 512), (897, 1001)]);
    }
}
