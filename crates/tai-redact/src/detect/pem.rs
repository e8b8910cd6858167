//! Private keys over several lines: PEM, OpenSSH and PGP; also those whose beginning or end is missing.

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memmem, memrchr};

use super::base64::is_base64;
use crate::numbers::TAG;
use crate::scan::Scan;

/// A key has no more lines, and a run of base64 that has more is none.
const MAX_LINES: usize = 400;
const MAX_BYTES: usize = 48 << 10;
/// Without a first line, fewer bytes are no key, and lines before the last are at least so long: other words pass for base64 too.
const SHORTEST: usize = 24;
const KIND: &str = "private-key";

/// Called at the word `KEY`. True when it belongs to the first or last line of a private key.
pub(super) fn detect(scan: &mut Scan<'_>, hit: &Range<usize>) -> bool {
    let before = scan.line_before(hit.start);
    if !before.ends_with(b"PRIVATE ") {
        return false;
    }
    let after = scan.line_after(hit.end);
    let Some(tail) = after.strip_prefix(b" BLOCK").unwrap_or(after).strip_prefix(b"----") else { return false };
    let dashes = tail.iter().take(2).take_while(|b| **b == b'-').count();
    let end = hit.end + after.len() - tail.len() + dashes;
    let word = |name: &[u8]| memmem::rfind(before, name).filter(|at| before[..*at].trim_ascii_end().ends_with(b"----"));
    if let Some(at) = word(b"BEGIN ") {
        let prefix = dashes_start(&before[..at]);
        private_key(scan, hit.start - before.len(), prefix, end);
        return true;
    }
    if let Some(at) = word(b"END ") {
        let start = hit.start - before.len() + dashes_start(&before[..at]);
        cut_key(scan, start);
        return true;
    }
    false
}

fn dashes_start(head: &[u8]) -> usize {
    let head = head.trim_ascii_end();
    head.len() - head.iter().rev().take_while(|b| **b == b'-').count()
}

/// After `-----BEGIN … KEY-----`, which ends at `end`: what is in the line, and the lines of the key.
fn private_key(scan: &mut Scan<'_>, line_start: usize, prefix: usize, end: usize) {
    let line_end = scan.line_end(end);
    let rest = &scan.text[end..line_end];
    let in_line = memmem::find(rest, b"----")
        .unwrap_or_else(|| rest.iter().position(|b| matches!(b, b'"' | b'\'' | b'<' | b',')).unwrap_or(rest.len()));
    let body = &rest[..in_line];
    let body = body.trim_ascii_end();
    let marks = body.iter().filter(|b| is_base64(**b)).count();
    if marks >= 8 {
        // Escaped newlines at both ends are the form, not the key.
        let lead = body.iter().take_while(|b| matches!(b, b'\\' | b' ')).count();
        let lead = if lead > 0 && matches!(body.get(lead), Some(b'n' | b'r')) && body[lead - 1] == b'\\' {
            lead + 1
        } else {
            lead
        };
        if !body[lead..].starts_with(TAG) {
            scan.redact(end + lead..end + body.len(), KIND);
        }
        return;
    }
    if in_line < rest.len() && rest[in_line..].starts_with(b"----") {
        return;
    }
    let prefix = scan.text[line_start..line_start + prefix].to_vec();
    let (lines, _) = body_lines(scan.text, line_end + 1, &prefix);
    mark(scan, &lines);
}

/// Marks all lines as one secret: each its own span, the tag is that of the whole.
fn mark(scan: &mut Scan<'_>, lines: &[Range<usize>]) {
    let whole: Vec<u8> = lines.iter().flat_map(|range| &scan.text[range.clone()]).copied().collect();
    let whole: Arc<[u8]> = whole.into();
    for range in lines {
        scan.redact_part(range.clone(), KIND, Arc::clone(&whole));
    }
}

/// The lines of a key from `at` on: base64, and the headers of old forms. And whether the text ended before the key did.
fn body_lines(text: &[u8], mut at: usize, prefix: &[u8]) -> (Vec<Range<usize>>, bool) {
    let mut lines = Vec::new();
    let (first, mut blank) = (at, 0);
    while at < text.len() {
        let end = memchr(b'\n', &text[at..]).map_or(text.len(), |newline| at + newline);
        match body_of(&text[at..end], prefix) {
            Some(Body::Base64(range)) => {
                lines.push(at + range.start..at + range.end);
                blank = 0;
            }
            Some(Body::Header) => blank += 1,
            None => return (lines, false),
        }
        if lines.len() >= MAX_LINES || at - first >= MAX_BYTES || blank > 4 {
            return (lines, false);
        }
        at = end + 1;
    }
    (lines, true)
}

enum Body {
    Base64(Range<usize>),
    Header,
}

/// What a line of a key holds. `prefix` is what stood before `-----BEGIN`: the stamp of a log, an indentation, the mark of a diff.
fn body_of(line: &[u8], prefix: &[u8]) -> Option<Body> {
    let trimmed = line.trim_ascii_end();
    let trimmed = trimmed.strip_suffix(b"\\n").unwrap_or(trimmed);
    let mut end = trimmed.len();
    while end > 0
        && matches!(trimmed[end - 1], b'"' | b'\'' | b',' | b'\\' | b'+')
        && !(trimmed[end - 1] == b'+' && prefix.is_empty())
    {
        end -= 1;
    }
    let trimmed = line[..end].trim_ascii_end();
    let start = memrchr(b' ', trimmed).or_else(|| memrchr(b'\t', trimmed)).map_or(0, |at| at + 1);
    let start = start + trimmed[start..].iter().take_while(|b| matches!(b, b'"' | b'\'' | b'>' | b'|')).count();
    let word = &trimmed[start..];
    let head = trimmed[..start].trim_ascii();
    // The mark of a diff would pass for base64.
    let mark = usize::from(prefix.len() == 1 && start == 0 && word.first() == prefix.first());
    let is_stamp = !prefix.trim_ascii().is_empty();
    // A tag is not as long as what it stands for: of a line with one, the length says nothing.
    let below_begin = is_stamp && start == prefix.len() && !has_tag(prefix) && !has_tag(head);
    if ["Proc-Type", "DEK-Info", "Version", "Comment", "Subject", "X-"]
        .iter()
        .any(|name| head.starts_with(name.as_bytes()) || word.starts_with(name.as_bytes()))
    {
        return Some(Body::Header);
    }
    if word.is_empty() {
        return (head.is_empty() || below_begin).then_some(Body::Header);
    }
    let plain = head.is_empty() || head.iter().all(u8::is_ascii_punctuation);
    let fits = plain || below_begin || (is_stamp && word.len() >= 40);
    let word = start + mark..start + word.len();
    (fits && !word.is_empty() && line[word.clone()].iter().all(|b| is_base64(*b))).then_some(Body::Base64(word))
}

fn has_tag(text: &[u8]) -> bool {
    memmem::find(text, TAG).is_some()
}

/// A last line without its first: the run of base64 lines before it.
fn cut_key(scan: &mut Scan<'_>, line: usize) {
    let line_start = memrchr(b'\n', &scan.text[..line]).map_or(0, |newline| newline + 1);
    let prefix = scan.text[line_start..line].to_vec();
    let mut lines = Vec::new();
    let mut end = line_start;
    while end > scan.floor && lines.len() < MAX_LINES && line - end < MAX_BYTES {
        let start = memrchr(b'\n', &scan.text[..end - 1]).map_or(0, |newline| newline + 1);
        let Some(Body::Base64(range)) = body_of(&scan.text[start..end - 1], &prefix) else { break };
        if start < scan.floor || (!lines.is_empty() && range.len() < SHORTEST) {
            break;
        }
        lines.push(start + range.start..start + range.end);
        end = start;
    }
    lines.reverse();
    if lines.iter().map(ExactSizeIterator::len).sum::<usize>() >= SHORTEST {
        mark(scan, &lines);
    }
}

/// Where the run of lines begins that ends `text` and could be the rest of a key whose last line is to come.
pub(crate) fn body_start(text: &[u8]) -> usize {
    let mut start = text.len();
    for _ in 0..MAX_LINES {
        if start == 0 || text.len() - start > MAX_BYTES {
            break;
        }
        let line = memrchr(b'\n', &text[..start - 1]).map_or(0, |newline| newline + 1);
        let word = text[line..start].trim_ascii();
        let word = word.rsplit(|b| matches!(b, b' ' | b'\t')).next().unwrap_or_default();
        let word = word.strip_suffix(b"\\n").unwrap_or(word);
        let word = word.trim_ascii_start();
        let base = word.iter().filter(|b| is_base64(**b)).count();
        if word.is_empty() || base + 6 < word.len() {
            break;
        }
        start = line;
    }
    start
}

/// Where the line of the last `-----BEGIN … PRIVATE KEY-----` is, if the key may go on after `text`.
pub(crate) fn open_key(text: &[u8]) -> Option<usize> {
    let from = text.len().saturating_sub(MAX_BYTES + 4096);
    let begin = from + memmem::rfind(&text[from..], b"PRIVATE KEY")?;
    let line = memrchr(b'\n', &text[..begin]).map_or(0, |newline| newline + 1);
    let line_end = memchr(b'\n', &text[begin..]).map(|newline| begin + newline)?;
    let dashes = memmem::find(&text[line..begin], b"---")?;
    if !text[line..begin].windows(6).any(|w| w == b"BEGIN ") {
        return None;
    }
    let (_, ended) = body_lines(text, line_end + 1, &text[line..line + dashes]);
    ended.then_some(line)
}
