//! Quotations in running text.

use std::ops::Range;

/// A part of a text that claims to be a quotation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Quotation<'a> {
    /// What stands between the marks.
    pub(crate) text: &'a str,
    /// The byte after the closing mark.
    pub(crate) end: usize,
    /// Marked as code, which may also be a command that is recommended.
    pub(crate) is_code: bool,
}

impl Quotation<'_> {
    /// From the first byte between the marks of a quotation in `text` to the byte after the closing mark.
    pub(crate) fn range(&self, text: &str) -> Range<usize> {
        self.text.as_ptr() as usize - text.as_ptr() as usize..self.end
    }
}

/// What stands between marks of quotation, in the order of their ends: backticks as in Markdown, double quotes of any language, single quotes that stand round whole words. A mark that is not
/// closed quotes to the end of the text. An odd number of straight double quotes leaves open which belong together, so that what is between any two of them counts.
pub(crate) fn quotations(text: &str) -> Vec<Quotation<'_>> {
    // „…“ comes before “…”, whose opening mark is the closing one of the former.
    const PAIRS: [(char, char); 5] = [('„', '“'), ('“', '”'), ('«', '»'), ('‘', '’'), ('‹', '›')];
    let mut found = code_spans(text);
    found.extend(straight_quotes(text));
    found.extend(single_quotes(text));
    for (open, close) in PAIRS {
        let mut from = 0;
        while let Some(start) = text[from..].find(open).map(|i| from + i + open.len_utf8()) {
            let close_at = text[start..].find(close).map_or(text.len(), |i| start + i);
            if found.iter().any(|quotation: &Quotation<'_>| {
                quotation.end == start && quotation.end - quotation.text.len() > open.len_utf8()
            }) {
                from = start;
                continue;
            }
            from = (close_at + close.len_utf8()).min(text.len());
            found.push(Quotation { text: &text[start..close_at], end: from, is_code: false });
        }
    }
    found.retain(|quotation| !quotation.text.trim().is_empty());
    found.sort_by_key(|quotation| (quotation.end, quotation.text.len()));
    found
}

fn code_spans(text: &str) -> Vec<Quotation<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = text[from..].find('`').map(|i| from + i) {
        let marks = run_of_backticks(&text[open..]);
        let start = open + marks;
        // Closed by a run of the same length.
        let mut close = start;
        while let Some(next) = text[close..].find('`').map(|i| close + i) {
            let run = run_of_backticks(&text[next..]);
            if run == marks {
                close = next;
                break;
            }
            close = next + run;
        }
        let is_closed = close > start && run_of_backticks(&text[close..]) == marks;
        let (inner_end, end) = if is_closed { (close, close + marks) } else { (text.len(), text.len()) };
        found.push(Quotation { text: &text[start..inner_end], end, is_code: true });
        from = end;
    }
    found
}

fn run_of_backticks(text: &str) -> usize {
    text.bytes().take_while(|b| *b == b'`').count()
}

fn straight_quotes(text: &str) -> Vec<Quotation<'_>> {
    let marks: Vec<usize> = text.match_indices('"').map(|(i, _)| i).collect();
    let step = if marks.len().is_multiple_of(2) { 2 } else { 1 };
    let ends = marks.iter().skip(1).copied().chain((step == 1).then_some(text.len()));
    let pairs = marks.iter().copied().zip(ends).step_by(step);
    let quotation = |(open, close): (usize, usize)| Quotation {
        text: &text[open + 1..close],
        end: (close + 1).min(text.len()),
        is_code: false,
    };
    pairs.map(quotation).collect()
}

/// Round whole words, so that an apostrophe is none: `'` after a space or an opening mark, and up to one before a space or a mark.
fn single_quotes(text: &str) -> Vec<Quotation<'_>> {
    let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let marks: Vec<usize> = text.match_indices('\'').map(|(i, _)| i).collect();
    let opens = |i: usize| {
        outside(text[..i].chars().next_back()) && text[i + 1..].chars().next().is_some_and(|c| !c.is_whitespace())
    };
    let closes = |i: usize| outside(text[i + 1..].chars().next());
    let mut found = Vec::new();
    let mut from = 0;
    for &open in marks.iter().filter(|&&i| opens(i)) {
        if open < from {
            continue;
        }
        if let Some(&close) = marks.iter().find(|&&i| i > open + 1 && closes(i)) {
            found.push(Quotation { text: &text[open + 1..close], end: close + 1, is_code: false });
            from = close + 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotations_are_found() {
        let check = |text: &str, expect: &[&str]| {
            assert_eq!(quotations(text).iter().map(|q| q.text).collect::<Vec<_>>(), expect, "{text}");
        };
        check("it says `a b` and \"c\"", &["a b", "c"]);
        check("“curly” and ``", &["curly"]);
        check("open `to the end", &["to the end"]);
        check("``two ` marks`` and 'single words', it's", &["two ` marks", "single words"]);
        check("a 12\" rack says \"x y\"", &[" rack says ", "x y"]);
        check("«a» „b“ ‘c’", &["a", "b", "c"]);
        check("none", &[]);
    }

    proptest! {
        #[test]
        fn no_text_is_too_broken(text in "\\PC{0,200}", marks in "[`\"'“”„ a-z0-9]{0,60}") {
            for text in [text, marks] {
                for quotation in quotations(&text) {
                    prop_assert!(text.is_char_boundary(quotation.end));
                }
            }
        }
    }
}
