//! Repetition: of records that say the same again and again, the first and the last are shown.

use std::hash::Hasher;
use std::ops::Range;

use rustc_hash::FxHasher;

use crate::record::{Line, Piece};

/// Up to so many records may take turns.
const MAX_PERIOD: usize = 6;
/// Fewer are not left out: the line that says so takes room as well.
const MIN_HIDDEN: usize = 3;

/// Whether the output of `command` is a log, so that lines which differ in numbers alone say the same. In a table of sockets they do not.
pub(crate) fn is_log(command: &str) -> bool {
    let mut words = command.split(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '/' | '-'));
    let program = words.next().unwrap_or_default();
    if matches!(program, "ls" | "stat" | "du" | "find" | "wc" | "sha256sum") {
        return false;
    }
    let is_log = |word: &str| {
        matches!(word, "journalctl" | "dmesg" | "logs" | "log") || word.ends_with(".log") || word.contains(".log.")
    };
    is_log(program) || words.any(is_log)
}

/// Joins runs of equal records, or of up to 6 that take turns, into one piece each: the first, those that are left out, and the last. Records of a log are equal by
/// their templates, others by their text.
pub(crate) fn fold(
    records: Vec<Piece>,
    lines: &[Line],
    text: &str,
    is_log: bool,
    marker: impl Fn(Range<usize>) -> usize,
) -> Vec<Piece> {
    let keys: Vec<u64> = records.iter().map(|record| key(record, lines, text, is_log)).collect();
    let mut folded = Vec::with_capacity(records.len());
    let mut at = 0;
    while at < records.len() {
        match run(&keys[at..]) {
            Some((period, length)) => {
                let shown = [&records[at..at + period], &records[at + length - period..at + length]];
                let hidden = records[at + period].lines.start..records[at + length - period].lines.start;
                let tokens = shown.iter().flat_map(|part| part.iter()).map(|record| record.tokens).sum::<usize>();
                folded.push(Piece {
                    lines: records[at].lines.start..records[at + length - 1].lines.end,
                    tokens: tokens + marker(hidden.clone()),
                    hidden: Some(hidden),
                });
                at += length;
            }
            None => {
                folded.push(records[at].clone());
                at += 1;
            }
        }
    }
    folded
}

/// The period and the length of the run at the beginning of `keys`.
fn run(keys: &[u64]) -> Option<(usize, usize)> {
    (1..=MAX_PERIOD).find_map(|period| {
        let repeated = keys.iter().zip(keys.get(period..)?).take_while(|(one, next)| one == next).count();
        let length = (repeated + period) / period * period;
        (length >= 2 * period + MIN_HIDDEN.max(period)).then_some((period, length))
    })
}

fn key(record: &Piece, lines: &[Line], text: &str, is_log: bool) -> u64 {
    let mut hasher = FxHasher::default();
    for line in &lines[record.lines.clone()] {
        if is_log || line.is_timed {
            hasher.write_u64(line.template.number());
        } else {
            hasher.write(text[line.start..line.end].trim_end().as_bytes());
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_have_a_period() {
        let check =
            |keys: &str, expect| assert_eq!(run(&keys.bytes().map(u64::from).collect::<Vec<_>>()), expect, "{keys}");
        check("", None);
        check("aaaa", None);
        check("aaaaab", Some((1, 5)));
        check("ababab", None);
        check("abababa", None);
        check("ababababx", Some((2, 8)));
        check("abcabcabcab", Some((3, 9)));
        check("abcdefgabcdefgabcdefg", None);
    }

    #[test]
    fn logs_are_known_by_their_command() {
        for (command, expect) in [
            ("journalctl -u nginx", true),
            ("cat /var/log/nginx/error.log", true),
            ("kubectl logs web -n shop", true),
            ("fetch_pod_logs web", true),
            ("tail -n 500 /var/log/app.log.1", true),
            ("ls -l /var/log/app.log", false),
            ("ss -tulnp", false),
            ("cat /etc/logrotate.conf", false),
        ] {
            assert_eq!(is_log(command), expect, "{command}");
        }
    }
}
