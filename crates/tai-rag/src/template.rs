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
    let from = masked.len();
    // A mask is never longer than its text.
    masked.resize(from + bytes.len(), 0);
    let out = &mut masked[from..];
    let (mut at, mut end) = (0, 0);
    let mut is_placeholder_before = false;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        match CLASS[usize::from(byte)] {
            WORD | DIGIT => {
                let mut seen = WORD;
                let mut to = end;
                while let Some(&byte) = bytes.get(at)
                    && CLASS[usize::from(byte)] <= DIGIT
                {
                    seen |= CLASS[usize::from(byte)];
                    out[to] = byte.to_ascii_lowercase();
                    (at, to) = (at + 1, to + 1);
                }
                let is_placeholder = seen == DIGIT || is_month_or_day(&bytes[start..at]);
                if !is_placeholder {
                    end = to;
                } else if !is_placeholder_before {
                    out[end] = b'#';
                    end += 1;
                }
                is_placeholder_before = is_placeholder;
            }
            BLANK => {
                at += 1;
                while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                    at += 1;
                }
                if !is_placeholder_before {
                    out[end] = b' ';
                    end += 1;
                }
            }
            _ => {
                at += 1;
                is_placeholder_before = false;
                out[end] = byte;
                end += 1;
            }
        }
    }
    masked.truncate(from + end);
}

/// Part of a word or a name.
const WORD: u8 = 0;
/// As well, and what makes it a placeholder.
const DIGIT: u8 = 1;
/// White space, and what parts numbers of one list or address.
const BLANK: u8 = 2;
const MARK: u8 = 3;

static CLASS: [u8; 256] = {
    let mut classes = [MARK; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'.' | b'/' | b'@' | b'+' | 0x80.. => WORD,
            b':' | b',' => BLANK,
            byte if byte.is_ascii_whitespace() => BLANK,
            _ => MARK,
        };
        byte += 1;
    }
    classes
};

/// The names of months and days in time stamps.
#[rustfmt::skip]
fn is_month_or_day(word: &[u8]) -> bool {
    matches!(
        word,
        b"Jan" | b"Feb" | b"Mar" | b"Apr" | b"May" | b"Jun" | b"Jul" | b"Aug" | b"Sep" | b"Oct" | b"Nov" | b"Dec"
            | b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun"
    )
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
