//! Cutting text into the terms that BM25 matches, made for diagnostics.

use std::ops::Range;

use crate::stem::stem;

/// Longer names are matched by their parts alone.
const MAX_NAME_BYTES: usize = 128;
/// Longer words (base64, minified code) are not matched.
const MAX_WORD_BYTES: usize = 64;
/// Longer digit runs are times in seconds, sizes or identifiers that nobody asks for.
const MAX_DIGITS: usize = 6;

/// Calls `emit` with every term of `text`, in order. Documents and queries both go through here.
///
/// Terms are lower-case. A name (a path, unit, address, error code, snake-case or camel-case
/// identifier) gives the whole, the components of a path, and the words: `/etc/ssh/ssh_config` gives
/// `etc/ssh/ssh_config`, `ssh_config`, `etc`, `ssh`, `ssh`, `config`. Words are stemmed, names are
/// not. Numbers lose leading zeros; times and dates give their numbers but no whole.
pub fn for_each_term(text: &str, emit: &mut impl FnMut(&str)) {
    TermReader::default().read(text, emit);
}

/// Reads terms, and keeps what it needs for that between the lines of a document.
#[derive(Default)]
pub(crate) struct TermReader {
    /// The text, its ASCII letters in lower case.
    lower: String,
}

impl TermReader {
    /// As [`for_each_term`].
    pub(crate) fn read(&mut self, text: &str, emit: &mut impl FnMut(&str)) {
        self.lower.clear();
        self.lower.push_str(text);
        self.lower.make_ascii_lowercase();
        let mut terms = Terms { text, lower: &self.lower, emit };
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            let mut seen = 0;
            while let Some(class) = bytes.get(at).map(|byte| class(*byte)) {
                at += match class {
                    LOWER | UPPER | DIGIT | JOINER => 1,
                    COLON if is_address_colon(bytes, at) => 1,
                    FOREIGN if first_char(text, at).is_alphanumeric() => first_char(text, at).len_utf8(),
                    _ => break,
                };
                seen |= class;
            }
            match at - start {
                0 if bytes[at].is_ascii() => at += 1,
                0 => at += first_char(text, at).len_utf8(),
                _ => terms.name(start..at, seen),
            }
        }
    }

    /// The text that was read last, its ASCII letters in lower case.
    pub(crate) fn lower(&self) -> &str {
        &self.lower
    }
}

/// Whether `term` is in nearly every English sentence, so that a query need not look for it.
#[must_use]
pub fn is_stop_word(term: &str) -> bool {
    STOP_WORDS.contains(&term)
}

/// What a byte is to a name; 0 for one that parts names.
const LOWER: u8 = 1;
const UPPER: u8 = 2;
const DIGIT: u8 = 4;
/// Makes one name of several words.
const JOINER: u8 = 8;
/// Joins as well, in an address or a time.
const COLON: u8 = 16;
/// Part of a character that is not ASCII.
const FOREIGN: u8 = 32;

static CLASS: [u8; 256] = {
    let mut classes = [FOREIGN; 256];
    let mut byte = 0;
    while byte < 0x80 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' => UPPER,
            b'0'..=b'9' => DIGIT,
            b'.' | b'_' | b'-' | b'/' | b'@' | b'+' => JOINER,
            b':' => COLON,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

fn class(byte: u8) -> u8 {
    CLASS[usize::from(byte)]
}

fn joins(byte: u8) -> bool {
    class(byte) & (JOINER | COLON) != 0
}

/// Whether the colon at `at` is one of an address (`10.0.0.1:80`, `fe80::1`) or a time.
fn is_address_colon(bytes: &[u8], at: usize) -> bool {
    let near_colon = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit() || *byte == b':');
    near_colon(at.checked_sub(1).and_then(|before| bytes.get(before))) && near_colon(bytes.get(at + 1))
}

fn first_char(text: &str, at: usize) -> char {
    text[at..].chars().next().unwrap_or_default()
}

struct Terms<'a, F> {
    text: &'a str,
    lower: &'a str,
    emit: &'a mut F,
}

impl<F: FnMut(&str)> Terms<'_, F> {
    /// `seen` is what classes of bytes the name has.
    fn name(&mut self, name: Range<usize>, seen: u8) {
        if seen & (JOINER | COLON) == 0 {
            return self.word(name, seen);
        }
        let name = self.trimmed(name);
        self.whole(name.clone(), seen);
        if memchr::memchr(b'/', &self.text.as_bytes()[name.clone()]).is_some() {
            self.split(
                name.clone(),
                |byte| byte == b'/',
                |terms, component, seen| {
                    terms.whole(terms.trimmed(component), seen);
                },
            );
        }
        self.split(name, joins, Self::word);
    }

    /// Gives `each` the parts between the bytes that part, and the classes of their bytes.
    fn split(&mut self, name: Range<usize>, parts: impl Fn(u8) -> bool, each: impl Fn(&mut Self, Range<usize>, u8)) {
        let (mut start, mut seen) = (name.start, 0);
        for at in name.clone() {
            let byte = self.text.as_bytes()[at];
            if parts(byte) {
                each(self, start..at, seen);
                (start, seen) = (at + 1, 0);
            } else {
                seen |= class(byte);
            }
        }
        each(self, start..name.end, seen);
    }

    fn trimmed(&self, name: Range<usize>) -> Range<usize> {
        let bytes = &self.text.as_bytes()[name.clone()];
        let before = bytes.iter().take_while(|byte| joins(**byte)).count();
        let after = bytes[before..].iter().rev().take_while(|byte| joins(**byte)).count();
        name.start + before..name.end - after
    }

    fn whole(&mut self, name: Range<usize>, seen: u8) {
        let bytes = &self.text.as_bytes()[name.clone()];
        let may_be_time = seen & (LOWER | FOREIGN) == 0;
        if name.len() <= MAX_NAME_BYTES
            && bytes.iter().any(|byte| joins(*byte))
            && !(may_be_time && is_time(&self.text[name.clone()]))
        {
            self.lower_case(name, seen, |term| term);
        }
    }

    fn word(&mut self, word: Range<usize>, seen: u8) {
        if word.is_empty() || word.len() > MAX_WORD_BYTES {
            return;
        }
        match seen {
            DIGIT => self.number(word),
            LOWER => (self.emit)(stem(&self.lower[word])),
            _ => {
                self.lower_case(word.clone(), seen, stem);
                if seen & UPPER != 0 && is_camel_case(&self.text[word.clone()]) {
                    let mut start = word.start;
                    for hump in Humps(&self.text[word]) {
                        self.lower_case(start..start + hump.len(), seen, stem);
                        start += hump.len();
                    }
                }
            }
        }
    }

    fn number(&mut self, digits: Range<usize>) {
        let significant = self.lower[digits].trim_start_matches('0');
        if significant.len() <= MAX_DIGITS {
            (self.emit)(if significant.is_empty() { "0" } else { significant });
        }
    }

    /// Emits what `of` makes of the term in lower case.
    fn lower_case(&mut self, term: Range<usize>, seen: u8, of: impl Fn(&str) -> &str) {
        if seen & FOREIGN == 0 {
            return (self.emit)(of(&self.lower[term]));
        }
        let lower: String = self.text[term].chars().flat_map(char::to_lowercase).collect();
        (self.emit)(of(&lower));
    }
}

/// Whether `name` is a date, a time of day or both, as in ISO 8601.
fn is_time(name: &str) -> bool {
    let only = |text: &str, marks: &[u8]| text.bytes().all(|byte| byte.is_ascii_digit() || marks.contains(&byte));
    let (date_or_hour, rest) = name.split_once([':', 'T']).unwrap_or((name, ""));
    only(date_or_hour, b"-") && only(rest, b":-.+Z")
}

fn is_camel_case(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
        && word.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// The words of a camel-case identifier: `CrashLoopBackOff`, `HTTPServer`.
struct Humps<'a>(&'a str);

impl<'a> Iterator for Humps<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.0.as_bytes();
        let begins_hump = |&at: &usize| {
            bytes[at].is_ascii_uppercase()
                && (!bytes[at - 1].is_ascii_uppercase() || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase))
        };
        let end = (1..bytes.len()).find(begins_hump).unwrap_or(bytes.len());
        let (hump, rest) = self.0.split_at(end);
        self.0 = rest;
        (!hump.is_empty()).then_some(hump)
    }
}

#[rustfmt::skip]
const STOP_WORDS: &[&str] = &[
    "a", "after", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at",
    "be", "because", "been", "before", "but", "by", "can", "could", "did", "do", "does",
    "for", "from", "had", "has", "have", "he", "her", "how", "i", "if", "in", "into", "is", "it", "its",
    "me", "my", "of", "on", "or", "our", "she", "should", "since", "so", "some",
    "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "though", "to", "up",
    "was", "we", "were", "what", "when", "where", "which", "while", "who", "why", "will", "with", "would",
    "you", "your",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        let mut terms = Vec::new();
        for_each_term(text, &mut |term| terms.push(term.to_owned()));
        assert_eq!(terms, expect, "{text}");
    }

    #[test]
    fn names_stay_whole_and_are_split() {
        check(
            "open(/var/log/nginx/error.log)",
            &["open", "var/log/nginx/error.log", "error.log", "var", "log", "nginx", "error", "log"],
        );
        check("getty@tty1.service:", &["getty@tty1.service", "gett", "tty1", "servic"]);
        check("dial 127.0.0.1:3306", &["dial", "127.0.0.1:3306", "127", "0", "0", "1", "3306"]);
        check("fe80::1", &["fe80::1", "fe80", "1"]);
        check("max_map_count=65530", &["max_map_count", "max", "map", "count", "65530"]);
        check("0xDEADBEEF E1234", &["0xdeadbeef", "e1234"]);
    }

    #[test]
    fn camel_case_is_split() {
        check("CrashLoopBackOff", &["crashloopbackoff", "crash", "loop", "back", "off"]);
        check("HTTPServer", &["httpserver", "http", "server"]);
        check("FAILED Failed", &["fail", "fail"]);
    }

    #[test]
    fn times_give_numbers_without_leading_zeros() {
        check("Feb 09 22:34:05", &["feb", "9", "22", "34", "5"]);
        check("2022-02-09", &["2022", "2", "9"]);
        check("1644446045123 000", &["0"]);
    }

    #[test]
    fn punctuation_and_other_scripts_part_words() {
        check("‘nginx’ → größer, ÉTÉ…", &["nginx", "größer", "été"]);
        check("--- .. :: // ", &[]);
        check(&"x".repeat(MAX_WORD_BYTES + 1), &[]);
    }

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP_WORDS.is_sorted());
    }
}
