//! Which tag a value has.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use crate::scan::Span;

/// How a tag begins; it ends with `]`.
pub(crate) const TAG: &[u8] = b"[REDACTED:";

/// The tags given so far. Values are kept as hashes under a key of this process, never themselves.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    tags: HashMap<u64, (String, u64)>,
    /// The greatest number of each kind.
    last: HashMap<String, u64>,
    hasher: RandomState,
}

impl Numbers {
    /// The part `range` of `text`, with a tag in place of each span, all of which are in it.
    pub(crate) fn tagged(&mut self, text: &[u8], range: Range<usize>, spans: &[Span<'_>]) -> Vec<u8> {
        let (mut out, mut at) = (Vec::with_capacity(range.len() + 32 * spans.len()), range.start);
        for span in spans {
            out.extend_from_slice(&text[at..span.range.start]);
            let value = span.whole.as_deref().unwrap_or(&text[span.range.clone()]);
            self.write(value, span.kind, &mut out);
            at = span.range.end;
        }
        out.extend_from_slice(&text[at..range.end]);
        out
    }

    /// Appends the tag of `value`: that of its first appearance, when it is not the first.
    fn write(&mut self, value: &[u8], kind: &str, out: &mut Vec<u8>) {
        let last = &mut self.last;
        let (kind, number) = self.tags.entry(self.hasher.hash_one(value)).or_insert_with(|| {
            let number = last.entry(kind.to_owned()).or_default();
            *number = number.saturating_add(1);
            (kind.to_owned(), *number)
        });
        out.extend_from_slice(format!("[REDACTED:{kind}#{number}]").as_bytes());
    }

    /// Takes note of a tag that is in the text already, so that its number is not given again.
    pub(crate) fn note(&mut self, tag: &[u8]) {
        let inner = tag.strip_prefix(TAG).and_then(|rest| rest.strip_suffix(b"]")).unwrap_or_default();
        let Some((kind, number)) = std::str::from_utf8(inner).ok().and_then(|inner| inner.split_once('#')) else {
            return;
        };
        let last = self.last.entry(kind.to_owned()).or_default();
        // A number that leaves no room is somebody's joke.
        *last = number.parse().ok().filter(|n| *n < 1 << 40).unwrap_or(0).max(*last);
    }
}

/// The length of the tag that the text begins with.
pub(crate) fn tag_length(text: &[u8]) -> Option<usize> {
    let inner = text.strip_prefix(TAG)?;
    let kind =
        inner.iter().take(41).take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || **b == b'-').count();
    let number = inner[kind..].strip_prefix(b"#")?;
    let digits = number.iter().take(21).take_while(|b| b.is_ascii_digit()).count();
    let closed = number.get(digits) == Some(&b']');
    (closed && (1..=40).contains(&kind) && (1..=20).contains(&digits)).then_some(TAG.len() + kind + 1 + digits + 1)
}
