//! Cutting one command's output into chunks.

use std::ops::Range;

use crate::TokenCounter;

/// A token stands for at most this many bytes. White space costs no word piece, yet it takes room in
/// a prompt: this bounds a chunk of blank lines or of padding.
const MAX_BYTES_PER_TOKEN: usize = 16;

/// How large chunks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkOptions {
    /// No chunk has more tokens than this. 0 is taken as 1.
    pub max_tokens: usize,
    /// A chunk begins with the last whole lines of the one before it, up to this many tokens.
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
    /// Tokens as counted, at least one for every 16 bytes.
    pub tokens: usize,
}

/// Cuts `text`, the output of one command, into chunks in order. `document` is copied into each.
///
/// Every line that is not blank is in at least one chunk, and a chunk is whole lines. Lines that
/// begin with white space stay with the line before them where that leaves the chunk at least half
/// full. A line of more than `max_tokens` is split between characters, at white space where there is
/// some, into chunks of its own. White space alone gives no chunk.
pub fn chunk_document(document: usize, text: &str, options: &ChunkOptions, counter: &dyn TokenCounter) -> Vec<Chunk> {
    let max_tokens = options.max_tokens.max(1);
    let mut chunker = Chunker {
        document,
        text,
        max_tokens,
        overlap: options.overlap.min(max_tokens / 2),
        open: Vec::new(),
        fresh: 0,
        chunks: Vec::new(),
    };
    let mut start = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        chunker.add_line(number, start..start + line.len(), counter);
        start += line.len();
    }
    chunker.emit(chunker.open.len());
    chunker.chunks
}

/// A line of the chunk that is being filled.
#[derive(Debug, Clone)]
struct Line {
    number: usize,
    bytes: Range<usize>,
    tokens: usize,
}

struct Chunker<'a> {
    document: usize,
    text: &'a str,
    max_tokens: usize,
    overlap: usize,
    /// Lines of the chunk that is being filled, those repeated from the chunk before it first.
    open: Vec<Line>,
    /// How many of `open` are repeated.
    fresh: usize,
    chunks: Vec<Chunk>,
}

impl Chunker<'_> {
    fn add_line(&mut self, number: usize, bytes: Range<usize>, counter: &dyn TokenCounter) {
        if bytes.len() > self.max_tokens * MAX_BYTES_PER_TOKEN {
            return self.split_line(number, bytes, counter);
        }
        let tokens = cost(&self.text[bytes.clone()], counter);
        if tokens > self.max_tokens {
            return self.split_line(number, bytes, counter);
        }
        while !self.open.is_empty() && tokens_of(&self.open) + tokens > self.max_tokens {
            self.make_room(&bytes, tokens);
        }
        self.open.push(Line { number, bytes, tokens });
    }

    /// Emits lines, at a record's start when the next line continues one, and keeps the overlap.
    fn make_room(&mut self, next: &Range<usize>, next_tokens: usize) {
        if self.fresh == self.open.len() {
            self.open.clear();
            self.fresh = 0;
            return;
        }
        let cut = self.cut_before(next);
        self.emit(cut);
        let carried = tokens_of(&self.open[cut..]) + next_tokens;
        let mut room = self.overlap.min(self.max_tokens.saturating_sub(carried));
        let mut first = cut;
        while first > 1 && self.open[first - 1].tokens <= room {
            first -= 1;
            room -= self.open[first].tokens;
        }
        self.open.drain(..first);
        self.fresh = cut - first;
    }

    /// Where to end the chunk: after its last line, or before the record that `next` continues.
    fn cut_before(&self, next: &Range<usize>) -> usize {
        let all = self.open.len();
        if !self.is_continuation(next) {
            return all;
        }
        let record = self.open.iter().rposition(|line| !self.is_continuation(&line.bytes));
        match record {
            Some(cut) if cut > self.fresh && tokens_of(&self.open[..cut]) * 2 >= self.max_tokens => cut,
            _ => all,
        }
    }

    fn is_continuation(&self, line: &Range<usize>) -> bool {
        let line = &self.text[line.clone()];
        line.starts_with([' ', '\t']) && !line.trim().is_empty()
    }

    /// Emits the first `end` of the open lines as a chunk, unless all of them are repeated.
    fn emit(&mut self, end: usize) {
        if end <= self.fresh {
            return;
        }
        let (first, last) = (&self.open[0], &self.open[end - 1]);
        self.push(Chunk {
            document: self.document,
            start_line: first.number,
            end_line: last.number,
            bytes: without_line_break(self.text, first.bytes.start..last.bytes.end),
            tokens: tokens_of(&self.open[..end]),
        });
    }

    fn push(&mut self, chunk: Chunk) {
        if !self.text[chunk.bytes.clone()].trim().is_empty() {
            self.chunks.push(chunk);
        }
    }

    fn split_line(&mut self, number: usize, line: Range<usize>, counter: &dyn TokenCounter) {
        self.emit(self.open.len());
        self.open.clear();
        self.fresh = 0;
        let mut rest = without_line_break(self.text, line);
        while !rest.is_empty() {
            let (length, tokens) = self.piece(&self.text[rest.clone()], counter);
            self.push(Chunk {
                document: self.document,
                start_line: number,
                end_line: number,
                bytes: rest.start..rest.start + length,
                tokens,
            });
            rest.start += length;
        }
    }

    /// Length in bytes and tokens of a long beginning of `rest` that fits in a chunk.
    fn piece(&self, rest: &str, counter: &dyn TokenCounter) -> (usize, usize) {
        let shortest = rest.chars().next().map_or(0, char::len_utf8);
        let longest = self.max_tokens * MAX_BYTES_PER_TOKEN;
        let mut end = char_boundary(rest, longest).max(shortest);
        loop {
            let tokens = cost(&rest[..end], counter);
            if tokens <= self.max_tokens || end <= shortest {
                return (end, tokens);
            }
            let fitting = (end * self.max_tokens / tokens).min(end - 1);
            end = handy_end(rest, char_boundary(rest, fitting)).max(shortest);
        }
    }
}

fn cost(text: &str, counter: &dyn TokenCounter) -> usize {
    counter.count(text).max(text.len().div_ceil(MAX_BYTES_PER_TOKEN))
}

fn tokens_of(lines: &[Line]) -> usize {
    lines.iter().map(|line| line.tokens).sum()
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
        let chunks: Vec<_> = chunk_document(0, text, &options, &Words)
            .into_iter()
            .map(|chunk| {
                let Chunk { start_line, end_line, bytes, .. } = chunk;
                format!("{start_line}-{end_line} {}", &text[bytes])
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
        let chunks = chunk_document(0, &text, &ChunkOptions::default(), &Words);
        let lines: Vec<_> = chunks.iter().map(|c| (c.start_line, c.end_line)).collect();
        assert_eq!(lines, [(1, 512), (897, 1001)]);
    }
}
