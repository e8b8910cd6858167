//! Cutting text into the terms that BM25 matches, made for diagnostics.

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
    let mut terms = Terms { lower: String::new(), emit };
    let mut name_start = None;
    let mut previous = ' ';
    for (position, character) in text.char_indices() {
        let in_name =
            character.is_alphanumeric() || is_joiner(character) || is_address_colon(previous, &text[position..]);
        match (in_name, name_start) {
            (true, None) => name_start = Some(position),
            (false, Some(start)) => {
                terms.name(&text[start..position]);
                name_start = None;
            }
            _ => {}
        }
        previous = character;
    }
    if let Some(start) = name_start {
        terms.name(&text[start..]);
    }
}

/// Whether `term` is in nearly every English sentence, so that a query need not look for it.
#[must_use]
pub fn is_stop_word(term: &str) -> bool {
    STOP_WORDS.contains(&term)
}

/// Characters that make one name of several words.
fn is_joiner(character: char) -> bool {
    matches!(character, '.' | '_' | '-' | '/' | '@' | '+')
}

/// Whether `rest` begins with the colon of an address (`10.0.0.1:80`, `fe80::1`) or a time.
fn is_address_colon(previous: char, rest: &str) -> bool {
    let near_colon = |character: char| character.is_ascii_hexdigit() || character == ':';
    near_colon(previous) && rest.strip_prefix(':').is_some_and(|rest| rest.starts_with(near_colon))
}

fn is_joiner_or_colon(character: char) -> bool {
    is_joiner(character) || character == ':'
}

struct Terms<'a, F> {
    /// The term in lower case, kept to save allocations.
    lower: String,
    emit: &'a mut F,
}

impl<F: FnMut(&str)> Terms<'_, F> {
    fn name(&mut self, name: &str) {
        let name = name.trim_matches(is_joiner_or_colon);
        self.whole(name);
        if name.contains('/') {
            for component in name.split('/') {
                self.whole(component.trim_matches(is_joiner_or_colon));
            }
        }
        for word in name.split(is_joiner_or_colon) {
            self.word(word);
        }
    }

    fn whole(&mut self, name: &str) {
        if name.contains(is_joiner_or_colon) && name.len() <= MAX_NAME_BYTES && !is_time(name) {
            lower_case(name, &mut self.lower);
            (self.emit)(&self.lower);
        }
    }

    fn word(&mut self, word: &str) {
        if word.is_empty() || word.len() > MAX_WORD_BYTES {
            return;
        }
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.number(word);
        }
        self.stemmed(word);
        if is_camel_case(word) {
            for hump in Humps(word) {
                self.stemmed(hump);
            }
        }
    }

    fn number(&mut self, digits: &str) {
        let significant = digits.trim_start_matches('0');
        if significant.len() <= MAX_DIGITS {
            (self.emit)(if significant.is_empty() { "0" } else { significant });
        }
    }

    fn stemmed(&mut self, word: &str) {
        lower_case(word, &mut self.lower);
        (self.emit)(stem(&self.lower));
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

fn lower_case(text: &str, lower: &mut String) {
    lower.clear();
    if text.is_ascii() {
        lower.push_str(text);
        lower.make_ascii_lowercase();
    } else {
        lower.extend(text.chars().flat_map(char::to_lowercase));
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
