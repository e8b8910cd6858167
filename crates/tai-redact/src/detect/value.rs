//! Where a value begins and ends.

use std::ops::Range;

use memchr::memchr2;

use crate::scan::Scan;

/// A value in the text, without its quotes.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) range: Range<usize>,
    pub(super) quoted: bool,
}

/// The quote that opens at `at`: backslashes, as many as text in text has, and the mark.
pub(super) fn quote_at(text: &[u8], at: usize) -> Option<&[u8]> {
    let slashes = text[at..].iter().take(3).take_while(|b| **b == b'\\').count();
    matches!(text.get(at + slashes), Some(b'"' | b'\'' | b'`')).then(|| &text[at..=at + slashes])
}

/// The value that begins at `at` or after blanks: quoted up to the quote, else up to a blank or what closes it. `None` where the line ends.
pub(super) fn value_at(scan: &Scan<'_>, at: usize) -> Option<Value> {
    let mut at = scan.run_end(at, 80, |b| b == b' ' || b == b'\t');
    // Prefixes of strings in programs.
    if matches!(scan.byte(at), Some(b'b' | b'r' | b'u' | b'f')) && quote_at(scan.text, at + 1).is_some() {
        at += 1;
    }
    if let Some(quote) = quote_at(scan.text, at) {
        let start = at + quote.len();
        if let Some(end) = closing(scan, start, quote) {
            return Some(Value { range: start..end, quoted: true });
        }
        return bare(scan, start);
    }
    bare(scan, at)
}

/// Where the text in quotes ends: at the same mark behind as many backslashes.
fn closing(scan: &Scan<'_>, start: usize, quote: &[u8]) -> Option<usize> {
    let (slashes, mark) = (quote.len() - 1, quote[quote.len() - 1]);
    let (mut from, mut last) = (start, None);
    loop {
        let at = from + memchr2(mark, b'\n', &scan.text[from..])?;
        if scan.text[at] == b'\n' {
            // One that a backslash takes is part of the text, but for the last of the line.
            return last.filter(|_| slashes == 0);
        }
        let before = scan.text[start..at].iter().rev().take_while(|b| **b == b'\\').count();
        if before == slashes || (slashes == 0 && before % 2 == 0) {
            return Some(at - slashes);
        }
        (from, last) = (at + 1, Some(at));
    }
}

/// The text of an element, up to its closing tag.
pub(super) fn element_at(scan: &Scan<'_>, at: usize) -> Option<Value> {
    const CDATA: &[u8] = b"<![CDATA[";
    let is_data = scan.text[at..].starts_with(CDATA);
    let start = if is_data { at + CDATA.len() } else { scan.run_end(at, 80, |b| b == b' ') };
    let end = start + memchr2(if is_data { b']' } else { b'<' }, b'\n', &scan.text[start..])?;
    (end > start && scan.text[end] != b'\n').then_some(Value { range: start..end, quoted: is_data })
}

fn bare(scan: &Scan<'_>, start: usize) -> Option<Value> {
    let mut end = start;
    while let Some(b) = scan.byte(end) {
        if b <= b' ' || b == 0x7f || ends_value(scan, start, end, b) {
            break;
        }
        end += 1;
    }
    end -= scan.text[start..end].iter().rev().take_while(|b| matches!(b, b',' | b';')).count();
    end = without_closing(scan.text, start, end);
    (end > start).then_some(Value { range: start..end, quoted: false })
}

/// Whether a value without quotes ends before the byte `b` at `at`.
fn ends_value(scan: &Scan<'_>, start: usize, at: usize, b: u8) -> bool {
    let next = scan.byte(at + 1);
    let closes =
        |next: Option<u8>| next.is_none_or(|b| b <= b' ' || matches!(b, b',' | b';' | b')' | b']' | b'}' | b'\\'));
    match b {
        b'"' | b'\'' | b'`' => closes(next),
        b'\\' => matches!(next, Some(b'"' | b'n' | b'\'')) && at > start || next.is_none_or(|b| b == b'\n'),
        b'<' => next == Some(b'/'),
        b'&' | b';' | b',' | b'|' => scan.byte(at + 1).is_some() && name_and_sign(scan, at + 1),
        _ => false,
    }
}

/// Whether `name=` or `name:` stands at `at`: the next of several pairs.
fn name_and_sign(scan: &Scan<'_>, at: usize) -> bool {
    let at = at + usize::from(matches!(scan.byte(at), Some(b'"' | b'\'')));
    let end = scan.run_end(at, 40, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    // Connection strings have names of several words.
    let end = scan.run_end(end, 24, |b| b.is_ascii_alphanumeric() || b == b' ');
    let end = end + usize::from(matches!(scan.byte(end), Some(b'"' | b'\'')));
    end > at && scan.text[at].is_ascii_alphabetic() && matches!(scan.byte(end), Some(b'=' | b':'))
}

/// The end without brackets that were opened before the value.
fn without_closing(text: &[u8], start: usize, mut end: usize) -> usize {
    while end > start {
        let open = match text[end - 1] {
            b')' => b'(',
            b']' => b'[',
            b'}' => b'{',
            b'>' => b'<',
            _ => break,
        };
        // A long value is not searched again and again.
        if text[start..end].iter().take(4096).any(|b| *b == open) {
            break;
        }
        end -= 1;
    }
    end
}
