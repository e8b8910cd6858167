use std::ops::Range;

use memchr::{memchr, memrchr};

use crate::detect::{body_start, open_key};
use crate::extra::Extra;
use crate::numbers::Numbers;
use crate::scan::{Scan, Span};
use crate::{Error, Redactor};

/// Text is worked on in pieces of about this size, which fit into a cache.
const PIECE: usize = 128 << 10;
/// A line that is longer is cut, at a blank or a comma where there is one. A secret over the cut is not seen as one.
const MAX_LINE: usize = 1 << 20;

/// What is redacted beside secrets.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Addresses of mail, as `email`.
    pub emails: bool,
    /// Addresses of IP, versions 4 and 6, as `address`.
    pub addresses: bool,
    /// An operator's own: a kind (lower-case letters, digits, hyphens) and a regular expression of the crate `regex`. A group named `secret` is what is hidden of a
    /// match, else all of it. It sees one line at a time.
    pub patterns: Vec<(String, String)>,
}

/// tai's own redactor: known forms of secrets, and names beside which secrets stand. Numbers count as long as it lives.
#[derive(Debug, Default)]
pub struct Secrets {
    extra: Extra,
    numbers: Numbers,
    folded: Vec<u8>,
}

impl Secrets {
    /// Secrets alone, as [`Default`] has it, and what the options add.
    ///
    /// # Errors
    ///
    /// When a pattern of the operator's is no regular expression, matches the empty text, or has a name that does not fit into a tag.
    pub fn new(options: &Options) -> Result<Self, Error> {
        let extra = Extra::new(options.emails, options.addresses, &options.patterns)?;
        Ok(Secrets { extra, ..Secrets::default() })
    }

    /// Redacts a text that comes in chunks, cut anywhere.
    pub fn stream(&mut self) -> Stream<'_> {
        Stream { secrets: self, pending: Vec::new(), announced: None }
    }

    /// Redacts whole lines. Gives on what the last line announced of the next.
    fn piece(&mut self, text: &[u8], announced: Option<&'static str>, out: &mut Vec<u8>) -> Option<&'static str> {
        let Found { spans, tags, announced } = find(&self.extra, &mut self.folded, text, announced);
        let (mut at, mut tags) = (0, tags.into_iter().peekable());
        for spans in spans.chunk_by(|one, other| memchr(b'\n', &text[one.range.end..other.range.start]).is_none()) {
            let [first, ..] = spans else { continue };
            while let Some(tag) = tags.next_if(|tag| tag.start < first.range.start) {
                self.numbers.note(&text[tag]);
            }
            let start = memrchr(b'\n', &text[at..first.range.start]).map_or(at, |newline| at + newline + 1);
            let end = memchr(b'\n', &text[first.range.end..]).map_or(text.len(), |newline| first.range.end + newline);
            out.extend_from_slice(&text[at..start]);
            let line = self.numbers.tagged(text, start..end, spans);
            out.extend_from_slice(&until_stable(&self.extra, &mut self.folded, &mut self.numbers, line));
            at = end;
        }
        tags.for_each(|tag| self.numbers.note(&text[tag]));
        out.extend_from_slice(&text[at..]);
        announced
    }
}

/// What is in a text: secrets, and tags that are there already.
struct Found<'k> {
    spans: Vec<Span<'k>>,
    tags: Vec<Range<usize>>,
    announced: Option<&'static str>,
}

fn find<'k>(extra: &'k Extra, folded: &mut Vec<u8>, text: &[u8], announced: Option<&'static str>) -> Found<'k> {
    let Scan { mut spans, tags, announced, .. } = Scan::run(text, folded, announced);
    extra.find(text, &tags, &mut spans);
    Found { spans, tags, announced }
}

/// A redacted line, redacted again until nothing changes: a tag in place of a secret can part what was one word with it.
fn until_stable(extra: &Extra, folded: &mut Vec<u8>, numbers: &mut Numbers, mut line: Vec<u8>) -> Vec<u8> {
    const ROUNDS: usize = 8;
    for _ in 0..ROUNDS {
        let Found { spans, .. } = find(extra, folded, &line, None);
        if spans.is_empty() {
            break;
        }
        line = numbers.tagged(&line, 0..line.len(), &spans);
    }
    line
}

impl Redactor for Secrets {
    fn redact(&mut self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() + text.len() / 64);
        let mut stream = self.stream();
        stream.push(text, &mut out);
        stream.finish(&mut out);
        out
    }
}

/// A text that comes in chunks. What is appended to `out` does not depend on where the chunks are cut; it comes late by a line, and by a whole key where one begins.
#[derive(Debug)]
pub struct Stream<'s> {
    secrets: &'s mut Secrets,
    pending: Vec<u8>,
    announced: Option<&'static str>,
}

impl Stream<'_> {
    /// Takes the next chunk, and appends to `out` what is decided.
    pub fn push(&mut self, mut chunk: &[u8], out: &mut Vec<u8>) {
        while !chunk.is_empty() {
            // Whole pieces go through without a copy.
            if self.pending.is_empty() && chunk.len() > PIECE {
                let text = chunk;
                let taken = self.decided(text, PIECE);
                if taken > 0 {
                    self.announced = self.secrets.piece(&text[..taken], self.announced, out);
                    chunk = &text[taken..];
                    continue;
                }
            }
            let room = chunk.len().min(PIECE);
            self.pending.extend_from_slice(&chunk[..room]);
            chunk = &chunk[room..];
            let pending = std::mem::take(&mut self.pending);
            let taken = self.decided(&pending, pending.len());
            if taken > 0 {
                self.announced = self.secrets.piece(&pending[..taken], self.announced, out);
            }
            self.pending = pending;
            self.pending.drain(..taken);
        }
    }

    /// Takes the end of the text.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        let pending = std::mem::take(&mut self.pending);
        self.secrets.piece(&pending, self.announced, out);
    }

    /// How much of `text` may be worked on without the rest of it, looking at about `most` bytes.
    fn decided(&self, text: &[u8], most: usize) -> usize {
        let head = &text[..most.min(text.len())];
        let Some(newline) = memrchr(b'\n', head) else {
            return if head.len() >= MAX_LINE { cut(&head[..MAX_LINE]) } else { 0 };
        };
        let whole = &head[..=newline];
        if let Some(first) = memchr(b'\n', whole).filter(|first| *first >= MAX_LINE) {
            debug_assert!(first > 0);
            return cut(&head[..MAX_LINE]);
        }
        let end = body_start(whole);
        open_key(&whole[..end]).unwrap_or(end)
    }
}

/// Where a line that is too long is cut: after its last blank or comma, as far as there is one in the last part.
fn cut(line: &[u8]) -> usize {
    let from = line.len() - (64 << 10);
    line[from..].iter().rposition(|b| matches!(b, b' ' | b'\t' | b',')).map_or(line.len(), |at| from + at + 1)
}
