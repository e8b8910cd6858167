//! Log templates: lines that differ only in numbers, addresses, identifiers and times are one template.
//!
//! The masking step of Drain (He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree", 2017) without its
//! tree: what varies in the output of commands nearly always has a digit in it, and masking alone is one pass without state,
//! so a line's template never depends on the lines before it.

use std::hash::Hasher;

use rustc_hash::FxHasher;

/// Longer lines are told apart by their beginning alone.
const MAX_BYTES: usize = 512;

/// The template of a line, known by its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Template(u64);

impl Template {
    /// The hash.
    pub(crate) fn number(self) -> u64 {
        self.0
    }

    /// The template of one line. Runs of letters, digits and joining marks that hold a digit, and long runs of hexadecimal
    /// digits, count as one placeholder; white space is one blank; everything else counts as it is, letters in any case.
    pub(crate) fn of(line: &str) -> Self {
        let bytes = &line.as_bytes()[..line.len().min(MAX_BYTES)];
        let mut hasher = FxHasher::default();
        let mut at = 0;
        let mut is_placeholder_before = false;
        while at < bytes.len() {
            let start = at;
            while at < bytes.len() && is_word(bytes[at]) {
                at += 1;
            }
            if at > start {
                let word = &bytes[start..at];
                let is_placeholder = is_variable(word);
                if is_placeholder && !is_placeholder_before {
                    hasher.write_u8(b'#');
                } else if !is_placeholder {
                    for byte in word {
                        hasher.write_u8(byte.to_ascii_lowercase());
                    }
                }
                is_placeholder_before = is_placeholder;
                continue;
            }
            let mark = bytes[at];
            at += 1;
            if mark.is_ascii_whitespace() || mark == b':' || mark == b',' {
                while at < bytes.len() && bytes[at].is_ascii_whitespace() {
                    at += 1;
                }
                if !is_placeholder_before {
                    hasher.write_u8(b' ');
                }
            } else {
                is_placeholder_before = false;
                hasher.write_u8(mark);
            }
        }
        Self(hasher.finish())
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'@' | b'+') || byte >= 0x80
}

fn is_variable(word: &[u8]) -> bool {
    word.iter().any(u8::is_ascii_digit) || is_month_or_day(word)
}

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
    }

    #[test]
    fn words_count() {
        check("disk full", "disk empty", false);
        check("start of nginx", "start of apache", false);
        check("", "x", false);
    }
}
