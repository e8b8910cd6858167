//! Where a quotation stands in what was collected.

use tai_rag::{Document, Evidence};

/// A quotation shorter than this proves nothing: `80` is in every output.
const MIN_QUOTE_CHARS: usize = 6;

/// Where a quotation was found: whole lines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) document: usize,
    pub(crate) start_line: usize,
    pub(crate) end_line: usize,
    pub(crate) text: String,
}

/// Whether a quotation is long enough to prove anything.
pub(crate) fn is_telling(quote: &str) -> bool {
    quote.chars().filter(|c| !c.is_whitespace()).count() >= MIN_QUOTE_CHARS
}

/// Finds `quote` in a chunk, runs of white space counting as one: in the lines that were sent, and if not there in those between that were left out because they repeat others.
pub(crate) fn find_in(quote: &str, chunk: &Evidence, documents: &[Document]) -> Option<Place> {
    let document = documents.get(chunk.document)?;
    let all = || (1..).zip(document.text.lines()).take(chunk.end_line).skip(chunk.start_line - 1);
    let (start, end) = find_folded(quote, chunk.lines()).or_else(|| find_folded(quote, all()))?;
    let lines: Vec<&str> =
        all().skip_while(|(n, _)| *n < start).take_while(|(n, _)| *n <= end).map(|(_, line)| line).collect();
    Some(Place { document: chunk.document, start_line: start, end_line: end, text: lines.join("\n") })
}

/// The numbers of the first and the last line in which `quote` stands, when runs of white space, line breaks among them, count as one.
fn find_folded<'t>(quote: &str, lines: impl Iterator<Item = (usize, &'t str)>) -> Option<(usize, usize)> {
    let quote = quote.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = String::new();
    // Where each line begins in the text.
    let mut starts: Vec<(usize, usize)> = Vec::new();
    for (number, line) in lines {
        starts.push((text.len(), number));
        for word in line.split_whitespace() {
            text.push_str(word);
            text.push(' ');
        }
    }
    let at = text.find(&quote).filter(|_| !quote.is_empty())?;
    let line_at = |at: usize| starts[starts.partition_point(|(start, _)| *start <= at) - 1].1;
    Some((line_at(at), line_at(at + quote.len() - 1)))
}

/// Finds `quote` in the first of `documents` that holds it, byte for byte; and if in none, in the first that holds it on one line when the width of white space is not
/// compared, since models do not keep the spaces of a table.
pub(crate) fn find(quote: &str, documents: &[Document]) -> Option<Place> {
    let quote = quote.trim();
    if !is_telling(quote) {
        return None;
    }
    let exact = documents.iter().enumerate().find_map(|(i, document)| {
        let start = document.text.find(quote)?;
        Some(place(i, &document.text, start, start + quote.len()))
    });
    exact.or_else(|| {
        let words: Vec<&str> = quote.split_whitespace().collect();
        documents.iter().enumerate().find_map(|(i, document)| {
            let (start, end) = find_words(&words, &document.text)?;
            Some(place(i, &document.text, start, end))
        })
    })
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

fn place(document: usize, text: &str, start: usize, end: usize) -> Place {
    let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let line_end = text[end..].find('\n').map_or(text.len(), |i| end + i);
    let start_line = 1 + text[..start].matches('\n').count();
    let end_line = start_line + text[start..end].trim_end_matches('\n').matches('\n').count();
    Place { document, start_line, end_line, text: text[line_start..line_end].to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn documents() -> Vec<Document> {
        let document =
            |command: &str, text: &str| Document { command: command.into(), about: String::new(), text: text.into() };
        vec![
            document(
                "journalctl",
                "one\nnginx: bind() to 0.0.0.0:80 failed (98: Address already in use)\nlast: line here",
            ),
            document("df", "/dev/vdb1      100%   /srv\n"),
        ]
    }

    #[test]
    fn quotations_are_found_or_not() {
        let check = |quote: &str, expect: Option<(usize, usize)>| {
            let place = find(quote, &documents());
            assert_eq!(place.map(|p| (p.document, p.start_line)), expect, "{quote}");
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
    fn a_chunk_is_searched_with_what_was_left_out() {
        let log: String =
            (0..40).map(|n| format!("2026-05-04T10:00:{n:02}+0000 web1 app[7]: retry  {n} of 40\n")).collect();
        let document = Document { command: "journalctl".into(), about: String::new(), text: log.into() };
        let index = tai_rag::Index::build(vec![document], &tai_rag::ChunkOptions::default());
        let chunk = &index.search("retry", 1)[0];
        assert!(chunk.folds.len() == 1 && !chunk.text.contains("retry  20 of"), "{}", chunk.text);
        let lines = |quote: &str| find_in(quote, chunk, index.documents()).map(|p| (p.start_line, p.end_line, p.text));
        let line = "2026-05-04T10:00:20+0000 web1 app[7]: retry  20 of 40".to_owned();
        assert_eq!(lines("app[7]: retry 20 of 40"), Some((21, 21, line)));
        assert_eq!(lines("retry 0 of 40 2026-05-04T10:00:01+0000").map(|(start, end, _)| (start, end)), Some((1, 2)));
        assert_eq!(lines("retry 41 of 40"), None);
        assert_eq!(lines(""), None);
    }

    proptest! {
        #[test]
        fn what_is_found_is_really_there(text in "([a-c ]|\n){0,60}", quote in "[a-c \n]{0,12}") {
            let document = Document { command: "c".into(), about: String::new(), text: text.as_str().into() };
            if let Some(place) = find(&quote, &[document]) {
                let squeeze = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
                prop_assert!(squeeze(&place.text).contains(&squeeze(&quote)));
                let lines: Vec<&str> = text.split('\n').collect();
                prop_assert_eq!(lines[place.start_line - 1..place.end_line].join("\n"), place.text);
            }
        }
    }
}
