//! Log templates: lines that differ only in numbers, addresses, identifiers and times are one template.
//!
//! The masking step of Drain (He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree", 2017) without its
//! tree: what varies in the output of commands nearly always has a digit in it, and masking alone is one pass without state,
//! so a line's template never depends on the lines before it.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use crate::header::Header;

/// Longer messages are told apart by their beginning alone.
const MAX_BYTES: usize = 512;

/// The template of a line, known by its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Template(u64);

impl Template {
    /// The hash.
    pub(crate) fn number(self) -> u64 {
        self.0
    }

    /// The template of one line: of its message and of the program that wrote it. So the journal, syslog and the kernel's ring have
    /// one template for one event.
    pub(crate) fn of(line: &str) -> Self {
        Self::of_header(&Header::of(line), &mut Vec::new())
    }

    /// As [`of`](Self::of), for a line whose header was read. `buffer` spares an allocation a line.
    pub(crate) fn of_header(header: &Header<'_>, buffer: &mut Vec<u8>) -> Self {
        Self::masked(header, buffer);
        Self::of_mask(buffer)
    }

    /// The text of a line's template.
    pub(crate) fn masked(header: &Header<'_>, buffer: &mut Vec<u8>) {
        buffer.clear();
        if let Some(program) = header.program.filter(|program| *program != "kernel") {
            mask(program, buffer);
            buffer.push(b':');
        }
        mask(header.message, buffer);
    }

    /// The template of a text that [`masked`](Self::masked) gave.
    pub(crate) fn of_mask(mask: &[u8]) -> Self {
        let mut hasher = FxHasher::default();
        hasher.write(mask);
        Self(hasher.finish())
    }
}

/// The text of a template: runs of letters, digits and joining marks that hold a digit, and names of months and days, are `#`; white space is one
/// blank; everything else stands as it is, ASCII letters in lower case.
fn mask(text: &str, masked: &mut Vec<u8>) {
    let bytes = &text.as_bytes()[..text.len().min(MAX_BYTES)];
    let mut at = 0;
    let mut is_placeholder_before = false;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        match CLASS[usize::from(byte)] {
            Class::Word => {
                let (end, has_digit) = word(bytes, at);
                at = end;
                let word = &bytes[start..end];
                let is_placeholder = has_digit || is_month_or_day(word);
                if !is_placeholder {
                    masked.extend(word.iter().map(u8::to_ascii_lowercase));
                } else if !is_placeholder_before {
                    masked.push(b'#');
                }
                is_placeholder_before = is_placeholder;
            }
            Class::Blank => {
                at += 1;
                while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                    at += 1;
                }
                if !is_placeholder_before {
                    masked.push(b' ');
                }
            }
            Class::Mark => {
                at += 1;
                is_placeholder_before = false;
                masked.push(byte);
            }
        }
    }
}

/// The end of the word that begins at `from`, and whether there is a digit in it.
fn word(bytes: &[u8], from: usize) -> (usize, bool) {
    let mut has_digit = false;
    let mut end = from;
    while let Some(&byte) = bytes.get(end)
        && CLASS[usize::from(byte)] == Class::Word
    {
        has_digit |= byte.is_ascii_digit();
        end += 1;
    }
    (end, has_digit)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Part of a word or a name.
    Word,
    /// White space, and what parts numbers of one list or address.
    Blank,
    Mark,
}

static CLASS: [Class; 256] = {
    let mut classes = [Class::Mark; 256];
    let mut byte = 0;
    while byte < 256 {
        let is_word = (byte as u8).is_ascii_alphanumeric()
            || matches!(byte as u8, b'-' | b'_' | b'.' | b'/' | b'@' | b'+')
            || byte >= 0x80;
        if is_word {
            classes[byte] = Class::Word;
        } else if (byte as u8).is_ascii_whitespace() || matches!(byte as u8, b':' | b',') {
            classes[byte] = Class::Blank;
        }
        byte += 1;
    }
    classes
};

/// The names of months and days in time stamps.
fn is_month_or_day(word: &[u8]) -> bool {
    const NAMES: [&[u8]; 19] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec", b"Mon", b"Tue",
        b"Wed", b"Thu", b"Fri", b"Sat", b"Sun",
    ];
    word.len() == 3 && NAMES.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::Template;

    fn check(left: &str, right: &str, equal: bool) {
        assert_eq!(Template::of(left) == Template::of(right), equal, "{left:?} and {right:?}");
    }

    #[test]
    fn numbers_addresses_and_times_do_not_count() {
        check("Feb 09 22:34:05 h app[12]: lost 10.0.0.1:80", "Mar 10 02:04:59 h app[9912]: lost 10.2.0.17:8080", true);
        check("job 4fa3b2c1-77 done in 12ms", "job 99aa0000-12 done in 1s", true);
        check("a   b\tc", "a b c", true);
        check("disk sda1 full", "disk sdb2 full", true);
        check("disk full\n", "disk full", true);
        check("disk full\r\n", "disk full", true);
    }

    #[test]
    fn one_event_is_one_template_in_all_logs() {
        let journal = "Feb 09 22:34:05 web kernel: EXT4-fs error (device sda1): no";
        check(journal, "[    5.123456] EXT4-fs error (device sda1): no", true);
        check(journal, "2022-02-09T22:34:05+0000 mail kernel: EXT4-fs error (device sdb1): no", true);
        check("Feb 09 22:34:05 web nginx[1]: no", "Feb 09 22:34:05 web apache[1]: no", false);
    }

    #[test]
    fn words_count() {
        check("disk full", "disk empty", false);
        check("start of nginx", "start of apache", false);
        check("", "x", false);
    }
}
