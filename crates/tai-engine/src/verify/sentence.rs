//! A paragraph as sentences, and what they cite.

use std::ops::Range;

use super::quotation::quotations;

/// The sentences of a text, without white space round them: split behind `.`, `!` or `?` where white space follows, never within a quotation or behind an abbreviation. What only cites (`… is full. [E1]`)
/// belongs to the sentence before.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    let quoted: Vec<Range<usize>> = quotations(text).iter().map(|quotation| quotation.range(text)).collect();
    let is_quoted = |at: usize| quoted.iter().any(|range| range.contains(&at));
    let mut ends = Vec::new();
    for (at, mark) in text.match_indices(['.', '!', '?']) {
        let rest = &text[at + mark.len()..];
        let next = rest.trim_start();
        let is_end = rest.len() > next.len() && !is_quoted(at);
        if is_end && !is_abbreviation(&text[..at]) && !is_citation(next.split_inclusive(['.', '!', '?']).next()) {
            ends.push(at + mark.len());
        }
    }
    ends.push(text.len());
    let mut start = 0;
    let mut found = Vec::new();
    for end in ends {
        found.push(text[start..end].trim());
        start = end;
    }
    found.retain(|sentence| !sentence.is_empty());
    found
}

/// The citations in a text, `[E3]` and the numbers of `[E1, E2]`: byte range of the brackets and number. What stands in a quotation cites nothing: a host may have written it.
pub(crate) fn citations(text: &str) -> Vec<(Range<usize>, usize)> {
    numbered(text, 'E')
}

/// The same of past sessions, `[P1]`.
pub(crate) fn session_citations(text: &str) -> Vec<(Range<usize>, usize)> {
    numbered(text, 'P')
}

fn numbered(text: &str, letter: char) -> Vec<(Range<usize>, usize)> {
    let quoted: Vec<Range<usize>> = quotations(text).iter().map(|quotation| quotation.range(text)).collect();
    let mut found = Vec::new();
    for (open, _) in text.match_indices('[') {
        let Some(close) = text[open..].find(']').map(|i| open + i) else { break };
        let number = |part: &str| part.trim().strip_prefix([letter, letter.to_ascii_lowercase()])?.parse().ok();
        let numbers: Option<Vec<usize>> = text[open + 1..close].split([',', ';']).map(number).collect();
        if !quoted.iter().any(|range| range.contains(&open)) {
            found.extend(numbers.into_iter().flatten().map(|number| (open..close + 1, number)));
        }
    }
    found
}

/// Whether a sentence speaks of what the one before it named, and cites nothing of its own: `They are …`, `What it does …`.
pub(crate) fn refers_back(sentence: &str) -> bool {
    const BACK: [&str; 8] = ["it", "its", "that", "their", "these", "they", "this", "those"];
    let words = sentence.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    citations(sentence).is_empty() && words.take(3).any(|word| BACK.contains(&word.to_lowercase().as_str()))
}

/// Whether a text speaks of what was found another time.
pub(crate) fn speaks_of_the_past(text: &str) -> bool {
    const SESSIONS: [&str; 6] = ["session", "sessions", "investigation", "investigations", "diagnosis", "ticket"];
    const BEFORE: [&str; 6] = ["past", "prior", "previous", "earlier", "last", "former"];
    let lower = text.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    let is_before = |at: usize| words[at.saturating_sub(3)..at].iter().any(|word| BEFORE.contains(word));
    words.iter().enumerate().any(|(at, word)| SESSIONS.contains(word) && is_before(at))
}

/// The text with each citation replaced by what `name` makes of its number.
pub(crate) fn rename_citations(text: &str, name: impl Fn(usize) -> String) -> String {
    let mut renamed = String::with_capacity(text.len());
    let mut copied = 0;
    for (range, number) in citations(text) {
        renamed.push_str(if range.start >= copied { &text[copied..range.start] } else { " " });
        renamed.push_str(&name(number));
        copied = range.end;
    }
    renamed + &text[copied..]
}

/// The text with a space for each citation, of evidence and of past sessions.
pub(crate) fn without_citations(text: &str) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut copied = 0;
    let mut ranges: Vec<Range<usize>> =
        citations(text).into_iter().chain(session_citations(text)).map(|(range, _)| range).collect();
    ranges.sort_by_key(|range| range.start);
    for range in ranges {
        rest.push_str(text.get(copied..range.start).unwrap_or_default());
        rest.push(' ');
        copied = copied.max(range.end);
    }
    rest + &text[copied..]
}

/// An item of evidence without its citations, `[E3]` anywhere and `E3:` or `(E3)` at its beginning or end, and the numbers of all of them.
pub(crate) fn split_citations(item: &str) -> (Vec<usize>, String) {
    let mut numbers: Vec<usize> = citations(item).into_iter().map(|(_, number)| number).collect();
    let bare = without_citations(item);
    let mut rest = bare.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '–' | '—' | ','));
    let cited = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        bare.strip_prefix(['E', 'e'])?.parse::<usize>().ok()
    };
    while let Some((number, after)) =
        rest.split_once(char::is_whitespace).and_then(|(first, after)| Some((cited(first)?, after)))
    {
        numbers.push(number);
        rest = after.trim_start_matches([':', '-', ' ']);
    }
    while let Some((number, before)) =
        rest.rsplit_once(char::is_whitespace).and_then(|(before, last)| Some((cited(last)?, before)))
    {
        numbers.push(number);
        rest = before.trim_end();
    }
    (numbers, rest.to_owned())
}

/// Runbook citations in a text, `nginx.md#port-already-in-use`.
pub(crate) fn runbook_citations(text: &str) -> impl Iterator<Item = &str> {
    let outside = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '#' | '/'));
    text.split(outside)
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.split_once(".md#").is_some_and(|(file, anchor)| !file.is_empty() && !anchor.is_empty()))
}

fn is_citation(sentence: Option<&str>) -> bool {
    sentence.is_some_and(|sentence| {
        !citations(sentence).is_empty() && !without_citations(sentence).contains(char::is_alphanumeric)
    })
}

/// Whether what stands before a full stop is shortened rather than ended: `e.g`, `i.e`, `etc`, `vs`, a single letter.
fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    matches!(word, "etc" | "vs" | "approx" | "cf" | "No") || (word.len() <= 3 && word.contains('.')) || word.len() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_split() {
        let check = |text: &str, expect: &[&str]| assert_eq!(sentences(text), expect, "{text}");
        check("One. Two! Three?", &["One.", "Two!", "Three?"]);
        check(
            "nginx.conf is 1.5 kB, e.g. Small. [E1]. Next [E2].",
            &["nginx.conf is 1.5 kB, e.g. Small. [E1].", "Next [E2]."],
        );
        check("It is down. nginx failed.", &["It is down.", "nginx failed."]);
        check("It says `a. B` and ends.", &["It says `a. B` and ends."]);
        check("", &[]);
    }

    #[test]
    fn what_was_another_time_is_told() {
        assert!(
            speaks_of_the_past("As in last month's session, it is full") && speaks_of_the_past("In a previous session")
        );
        assert!(!speaks_of_the_past("The session was closed") && !speaks_of_the_past("the last line"));
    }

    #[test]
    fn citations_are_found_and_renamed() {
        let numbers = |text| citations(text).into_iter().map(|(_, number)| number).collect::<Vec<_>>();
        assert_eq!(numbers("[E1] and [E2, E3] but [Ex], [E] and [E4"), [1, 2, 3]);
        assert_eq!(rename_citations("see [E1, E12] and [E], [Ex]", |n| format!("<{n}>")), "see <1> <12> and [E], [Ex]");
        assert_eq!(numbers("`[E9] is what the host says` [E1]"), [1]);
        let split = |item: &str| split_citations(item);
        assert_eq!(split("[E1]: `a b` [E2, E3]"), (vec![1, 2, 3], "`a b`".to_owned()));
        assert_eq!(split("E4: a line (E5)"), (vec![4, 5], "a line".to_owned()));
        let runbooks: Vec<&str> = runbook_citations("Based on runbook: ssh.md#a-b, (x/y.md#c). No .md# here").collect();
        assert_eq!(runbooks, ["ssh.md#a-b", "x/y.md#c"]);
    }
}
