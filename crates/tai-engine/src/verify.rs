//! Whether a model's quotations are in what was collected, and where.

use std::sync::Arc;

use crate::quotation::quotations;

/// A quotation shorter than this proves nothing: `80` is in every output.
const MIN_QUOTE_CHARS: usize = 6;

/// Text of one command in which quotations are looked for.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) command: String,
    pub(crate) text: Arc<str>,
}

/// Where a quotation was found: whole lines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) source: usize,
    pub(crate) start_line: usize,
    pub(crate) end_line: usize,
    pub(crate) text: String,
}

/// Finds `quote` in the first of `sources` that holds it, byte for byte; and if in none, in the first that holds it on one line when the width of white space is not
/// compared, since models do not keep the spaces of a table.
pub(crate) fn find(quote: &str, sources: &[Source]) -> Option<Place> {
    let quote = quote.trim();
    if quote.chars().filter(|c| !c.is_whitespace()).count() < MIN_QUOTE_CHARS {
        return None;
    }
    let exact = sources.iter().enumerate().find_map(|(i, source)| {
        let start = source.text.find(quote)?;
        Some(place(i, &source.text, start, start + quote.len()))
    });
    exact.or_else(|| {
        let words: Vec<&str> = quote.split_whitespace().collect();
        sources.iter().enumerate().find_map(|(i, source)| {
            let (start, end) = find_words(&words, &source.text)?;
            Some(place(i, &source.text, start, end))
        })
    })
}

/// Finds the item of an evidence list: what it quotes, else the whole of it without its citation, else what follows a colon (after a command or a label).
pub(crate) fn find_item(item: &str, sources: &[Source]) -> Option<Place> {
    let mut quoted: Vec<&str> = quotations(item).iter().map(|q| q.text).collect();
    quoted.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let plain = without_citation(item);
    let after_colon = plain.match_indices(": ").map(|(at, colon)| &plain[at + colon.len()..]);
    quoted.into_iter().chain([plain]).chain(after_colon.take(4)).find_map(|candidate| find(candidate, sources))
}

/// The text, with a mark behind each quotation that is in none of the sources. Quotations too short to prove anything must be there as well.
pub(crate) fn mark_unfound(text: &str, sources: &[Source]) -> String {
    mark(text, sources, false)
}

/// [`mark_unfound`] for a recommendation: what is marked as code there is a command to run, unless the text cites evidence.
pub(crate) fn mark_unfound_in_action(text: &str, sources: &[Source]) -> String {
    mark(text, sources, citations(text).is_empty())
}

fn mark(text: &str, sources: &[Source], code_is_advice: bool) -> String {
    let mut marked = String::with_capacity(text.len());
    let mut copied = 0;
    for quotation in quotations(text) {
        let quoted = quotation.text.trim();
        let is_there = (quotation.is_code && code_is_advice)
            || find(quoted, sources).is_some()
            || sources.iter().any(|source| source.text.contains(quoted) || source.command.contains(quoted));
        if !is_there && quotation.end > copied {
            marked.push_str(&text[copied..quotation.end]);
            marked.push_str(" [not in the evidence]");
            copied = quotation.end;
        }
    }
    marked.push_str(&text[copied..]);
    marked
}

/// The citations in a text, `[E3]`: byte range and number.
pub(crate) fn citations(text: &str) -> Vec<(std::ops::Range<usize>, usize)> {
    let citation = |(start, _): (usize, &str)| {
        let digits = text[start + 2..].bytes().take_while(u8::is_ascii_digit).count();
        let end = start + 2 + digits;
        let number = text[start + 2..end].parse().ok()?;
        text[end..].starts_with(']').then_some((start..end + 1, number))
    };
    text.match_indices("[E").filter_map(citation).collect()
}

/// The text with each citation of `[E3]` replaced by what `name` makes of its number.
pub(crate) fn rename_citations(text: &str, name: impl Fn(usize) -> String) -> String {
    let mut renamed = String::with_capacity(text.len());
    let mut copied = 0;
    for (range, number) in citations(text) {
        renamed.push_str(&text[copied..range.start]);
        renamed.push_str(&name(number));
        copied = range.end;
    }
    renamed + &text[copied..]
}

/// Without `[E3]`, `E3:` or `(E3)` at its beginning or end.
fn without_citation(item: &str) -> &str {
    let is_citation = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        bare.strip_prefix(['E', 'e']).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let mut item = item.trim();
    while let Some((_, rest)) = item.split_once(char::is_whitespace).filter(|(first, _)| is_citation(first)) {
        item = rest.trim_start_matches([':', '-', ' ']);
    }
    while let Some((rest, _)) = item.rsplit_once(char::is_whitespace).filter(|(_, last)| is_citation(last)) {
        item = rest.trim_end();
    }
    item
}

/// The byte range of the words in a row on one line, with any white space between them.
fn find_words(words: &[&str], text: &str) -> Option<(usize, usize)> {
    let first = words.first()?;
    text.match_indices(first).find_map(|(start, _)| {
        let mut end = start + first.len();
        for word in &words[1..] {
            let rest = &text[end..];
            let gap = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            if gap == 0 || !rest[gap..].starts_with(word) {
                return None;
            }
            end += gap + word.len();
        }
        Some((start, end))
    })
}

fn place(source: usize, text: &str, start: usize, end: usize) -> Place {
    let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let line_end = text[end..].find('\n').map_or(text.len(), |i| end + i);
    let start_line = 1 + text[..start].matches('\n').count();
    let end_line = start_line + text[start..end].trim_end_matches('\n').matches('\n').count();
    Place { source, start_line, end_line, text: text[line_start..line_end].to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sources() -> Vec<Source> {
        let source = |command: &str, text: &str| Source { command: command.into(), text: text.into() };
        vec![
            source(
                "journalctl",
                "one\nnginx: bind() to 0.0.0.0:80 failed (98: Address already in use)\nlast: line here",
            ),
            source("df", "/dev/vdb1      100%   /srv\n"),
        ]
    }

    #[test]
    fn quotations_are_found_or_not() {
        let check = |quote: &str, expect: Option<(usize, usize)>| {
            let place = find(quote, &sources());
            assert_eq!(place.map(|p| (p.source, p.start_line)), expect, "{quote}");
        };
        check("bind() to 0.0.0.0:80 failed", Some((0, 2)));
        check("/dev/vdb1 100% /srv", Some((1, 1)));
        check("last: line here", Some((0, 3)));
        check("bind() to 0.0.0.0:81 failed", None);
        check("bind()to 0.0.0.0:80", None);
        check("in use) last: line", None);
        check("80", None);
        check("", None);
    }

    #[test]
    fn items_are_found_however_they_are_written() {
        let check = |item: &str, expect: Option<usize>| {
            assert_eq!(find_item(item, &sources()).map(|p| p.start_line), expect, "{item}");
        };
        check("[E1] nginx: bind() to 0.0.0.0:80 failed (98: Address already in use)", Some(2));
        check("journalctl:2: nginx: bind() to 0.0.0.0:80 failed", Some(2));
        check("The log says `nginx: bind() to 0.0.0.0:80 failed` (E1)", Some(2));
        check("/dev/vdb1 100% /srv [E2]", Some(1));
        check("[E1] the disk is broken", None);
    }

    #[test]
    fn what_was_made_up_is_marked() {
        let check = |text: &str, expect: &str| assert_eq!(mark_unfound(text, &sources()), expect);
        check("`/srv` is full", "`/srv` is full");
        check("it says \"disk on fire\", and `df`.", "it says \"disk on fire\" [not in the evidence], and `df`.");
        check("no quotation", "no quotation");
    }

    #[test]
    fn advice_may_name_commands_and_not_make_up_lines() {
        let check = |text: &str, expect: &str| assert_eq!(mark_unfound_in_action(text, &sources()), expect);
        check("Run `systemctl restart x`.", "Run `systemctl restart x`.");
        check("The log says \"disk on fire\".", "The log says \"disk on fire\" [not in the evidence].");
        check("[E2] `disk on fire`", "[E2] `disk on fire` [not in the evidence]");
    }

    #[test]
    fn citations_are_renamed() {
        let name = |n: usize| format!("<{n}>");
        assert_eq!(rename_citations("see [E1], [E12] and [E], [Ex]", name), "see <1>, <12> and [E], [Ex]");
    }

    proptest! {
        #[test]
        fn what_is_found_is_really_there(text in "([a-c ]|\n){0,60}", quote in "[a-c \n]{0,12}") {
            let source = Source { command: "c".into(), text: text.as_str().into() };
            if let Some(place) = find(&quote, &[source]) {
                let squeeze = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
                prop_assert!(squeeze(&place.text).contains(&squeeze(&quote)));
                let lines: Vec<&str> = text.split('\n').collect();
                prop_assert_eq!(lines[place.start_line - 1..place.end_line].join("\n"), place.text);
            }
        }
    }
}
