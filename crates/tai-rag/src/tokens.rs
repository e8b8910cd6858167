//! How many tokens a text costs.

/// Counts the tokens of a text as the embedder's tokenizer would, special tokens left out.
///
/// Chunking adds up the counts of single lines, so `count("a\nb")` should be near
/// `count("a") + count("b")`. That holds for every tokenizer that splits at white space first.
pub trait TokenCounter {
    /// The number of tokens in `text`; 0 for an empty text.
    fn count(&self, text: &str) -> usize;
}

/// Estimates BERT word pieces (`bert-base-uncased` vocabulary, the one of all-MiniLM-L6-v2)
/// without that vocabulary.
///
/// BERT splits at white space and around every punctuation mark, then cuts each run of letters and
/// digits into known pieces. The estimate replaces the last step by what such a run costs on
/// average in logs, by length and kind. It is linear, does not allocate, and errs on the high side;
/// the crate's README says by how much.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApproximateWordPieces;

impl TokenCounter for ApproximateWordPieces {
    fn count(&self, text: &str) -> usize {
        let bytes = text.as_bytes();
        let (mut tenths, mut at) = (0, 0);
        while let Some(&byte) = bytes.get(at) {
            match KIND[usize::from(byte)] {
                LETTER | DIGIT => {
                    let start = at;
                    let mut digits = 0;
                    while let Some(kind) = bytes.get(at).map(|byte| KIND[usize::from(*byte)])
                        && kind <= DIGIT
                    {
                        digits += usize::from(kind);
                        at += 1;
                    }
                    tenths += cost_of_run(at - start - digits, digits);
                }
                SPACE => at += 1,
                MARK => {
                    tenths += 10;
                    at += 1;
                }
                _ => {
                    let character = text[at..].chars().next().unwrap_or_default();
                    tenths += if character.is_whitespace() { 0 } else { 10 };
                    at += character.len_utf8();
                }
            }
        }
        (tenths + 5) / 10
    }
}

/// What a byte is to the estimate. A digit is 1, so that digits are counted by adding up.
const LETTER: u8 = 0;
const DIGIT: u8 = 1;
const SPACE: u8 = 2;
const MARK: u8 = 3;
/// Part of a character that is not ASCII.
const FOREIGN: u8 = 4;

static KIND: [u8; 256] = {
    let mut kinds = [FOREIGN; 256];
    let mut byte = 0;
    while byte < 0x80 {
        kinds[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' => DIGIT,
            b' ' | b'\t'..=b'\r' => SPACE,
            _ => MARK,
        };
        byte += 1;
    }
    kinds
};

/// Tenths of a word piece that a run of ASCII letters and digits costs.
const fn cost_of_run(letters: usize, digits: usize) -> usize {
    match (letters, digits) {
        (0, 0) => 0,
        (0, 1 | 2) | (1, 0) => 10,
        (0, digits) => 6 * digits - 4,
        (2, 0) => 12,
        (3..=7, 0) => 15,
        (letters, 0) => 3 * letters - 5,
        (letters, digits) => 7 * (letters + digits) + 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact counts are those of all-MiniLM-L6-v2's own tokenizer.
    #[test]
    fn estimate_is_near_the_real_tokenizer() {
        for (exact, text) in [
            (0, ""),
            (0, " \t\n"),
            (1, "error"),
            (6, "-- No entries --"),
            (
                33,
                "Feb 09 22:34:50 vault-0 systemd[1]: vault.service: Main process exited, code=exited, status=1/FAILURE",
            ),
            (
                46,
                "[    5.123456] EXT4-fs error (device sda1): ext4_find_entry:1455: inode #2: comm ls: reading directory lblock 0",
            ),
            (46, r#"tcp   LISTEN 0      511          0.0.0.0:80        0.0.0.0:*    users:(("nginx",pid=4242,fd=6))"#),
            (31, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),
        ] {
            let estimate = ApproximateWordPieces.count(text);
            assert!(estimate.abs_diff(exact) <= (exact / 5).max(1), "{text:?}: {estimate}, exact {exact}");
        }
    }

    #[test]
    fn one_character_is_at_most_one_token() {
        for character in ['a', '7', '/', 'é', '語', '🙂', '\u{300}'] {
            assert_eq!(ApproximateWordPieces.count(&character.to_string()), 1);
        }
    }
}
