//! What is redacted only when it is asked for: addresses, and patterns of an operator.

use std::ops::Range;

use regex::bytes::Regex;

use crate::Error;
use crate::scan::Span;

/// Patterns with the kind that their tags name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extra {
    patterns: Vec<(String, Regex)>,
}

const EMAIL: &str = r"(?-u)\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b";
/// Addresses of version 4; of version 6 those with at least three groups or `::` beside digits. A time of day is none.
const ADDRESS: &str = r"(?x-u)
    \b(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\b
    | \b(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}\b
    | \b(?:[0-9a-fA-F]{1,4}:){1,6}(?::[0-9a-fA-F]{1,4}){1,6}\b";

impl Extra {
    pub(crate) fn new(emails: bool, addresses: bool, own: &[(String, String)]) -> Result<Self, Error> {
        let mut extra = Extra::default();
        for (name, pattern) in own {
            extra.add(name, pattern)?;
        }
        if emails {
            extra.add("email", EMAIL)?;
        }
        if addresses {
            extra.add("address", ADDRESS)?;
        }
        Ok(extra)
    }

    fn add(&mut self, name: &str, pattern: &str) -> Result<(), Error> {
        let named = !name.is_empty() && name.len() <= 40;
        if !named || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(Error::Name { name: name.to_owned() });
        }
        let regex = Regex::new(pattern).map_err(|source| Error::Pattern { name: name.to_owned(), source })?;
        if regex.is_match(b"") {
            return Err(Error::EmptyPattern { name: name.to_owned() });
        }
        self.patterns.push((name.to_owned(), regex));
        Ok(())
    }

    /// Adds what the patterns match to `spans`, where nothing is decided yet: line by line, so that no match takes a newline. A group named `secret` is what is
    /// hidden of a match, else all of it.
    pub(crate) fn find<'k>(&'k self, text: &[u8], taken: &[Range<usize>], spans: &mut Vec<Span<'k>>) {
        if self.patterns.is_empty() {
            return;
        }
        let mut taken = taken.to_vec();
        taken.extend(spans.iter().map(|span| span.range.clone()));
        taken.sort_by_key(|range| range.start);
        let mut at = 0;
        for line in text.split_inclusive(|b| *b == b'\n') {
            for (kind, regex) in &self.patterns {
                for found in regex.captures_iter(line.trim_ascii_end()) {
                    let Some(secret) = found.name("secret").or(found.get(0)) else { continue };
                    let range = at + secret.start()..at + secret.end();
                    let next = taken.partition_point(|other| other.end <= range.start);
                    if range.is_empty() || taken.get(next).is_some_and(|other| other.start < range.end) {
                        continue;
                    }
                    taken.insert(next, range.clone());
                    spans.push(Span { range, kind, whole: None });
                }
            }
            at += line.len();
        }
        spans.sort_by_key(|span| span.range.start);
    }
}
