//! What of a sentence can be held against bytes: its numbers, paths, units, addresses and codes.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::errno::text_of;

/// What of a sentence's particulars is in one of the texts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Particulars<'t> {
    /// How many are, without names of services: what is said of a service may be anything.
    pub(crate) supported: usize,
    /// Those that are not.
    pub(crate) missing: Vec<&'t str>,
}

/// Looks for the particulars of a sentence in `texts`: numbers with their units, paths, names of units, addresses, error codes and other names that are no English words. `names` are what the host
/// calls its services, `context` is the sentence with its quotations.
pub(crate) fn particulars<'t>(
    sentence: &'t str,
    context: &str,
    texts: &[&str],
    names: &BTreeSet<String>,
) -> Particulars<'t> {
    let mut found = Particulars::default();
    let words: Vec<&str> = words(sentence).collect();
    let undated: Vec<Cow<'_, str>> = texts.iter().map(|text| TIME.replace_all(text, " ")).collect();
    for (i, word) in words.iter().copied().enumerate() {
        let before = i.checked_sub(1).and_then(|i| words.get(i).copied());
        let kind = match kind(word, names) {
            Kind::Service if before.is_some_and(is_kind_of_account) => Kind::Name,
            kind => kind,
        };
        let ties = !matches!(kind, Kind::Service);
        let is_there = match kind {
            Kind::Prose => continue,
            Kind::Number(number) => {
                let next = words.get(i + 1).copied();
                let number = number.with_unit_of(next);
                let is_date = number.is_year() || [before, next].into_iter().flatten().any(is_month);
                let is_in = |text: &str| (number.unit.is_none() && has_word(text, word)) || number.is_in(text);
                // A 21 that says the day of each line is no error 21.
                undated.iter().any(|text| is_in(text)) || (is_date && texts.iter().any(|text| is_in(text)))
            }
            Kind::Name => {
                let is_text =
                    text_of(word).is_some_and(|error| texts.iter().any(|text| text.to_lowercase().contains(error)));
                is_text || texts.iter().any(|text| has_name(text, word)) || parts_are_there(word, texts, names)
            }
            Kind::Service => texts.iter().any(|text| names_service(text, word, context)),
        };
        if is_there {
            found.supported += usize::from(ties);
        } else if !found.missing.contains(&word) {
            found.missing.push(word);
        }
    }
    found
}

/// Whether `text` holds `word` as one of its own: no letter joins it to another, no digit makes it another number.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let (Some(first), Some(last)) = (word.chars().next(), word.chars().next_back()) else { return false };
    find_ignoring_case(text, word).any(|at| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let (nearest, next) = (before.chars().next_back(), before.chars().rev().nth(1));
        let is_longer_before = joins(first, nearest, next) || (first.is_ascii_digit() && ends_a_name(before));
        !(is_longer_before || joins(last, after.chars().next(), after.chars().nth(1)))
    })
}

/// Words as they stand between white space, brackets and marks of quotation, without the punctuation of the sentence.
pub(crate) fn words(sentence: &str) -> impl Iterator<Item = &str> {
    let outside = |c: char| c.is_whitespace() || "\"'`“”„«»‘’‹›(){}[]<>,;!?—–→…*|".contains(c);
    let bare = |word: &'_ str| -> Option<std::ops::Range<usize>> {
        let end = word.trim_end_matches(['.', ':', '=', '-', '~', '≥', '≤']).len();
        let start = word.len() - word.trim_start_matches([':', '=', '~', '≥', '≤', '-']).len();
        (start < end).then_some(start..end)
    };
    sentence.split(outside).filter_map(move |word| bare(word).map(|range| &word[range]))
}

/// Dates and times of day as logs print them: RFC 3339, RFC 3164, that of C's asctime, with slashes.
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    let date = r"\d{4}[-/]\d\d[-/]\d\d|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\s+\d{1,2}\b|\d\d?/[A-Z][a-z]{2}/\d{4}";
    let time = r"\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?";
    Regex::new(&format!(r"\b(?:(?:{date})(?:[T: ]{time})?(?: \d{{4}}\b)?|{time})")).expect("a valid pattern")
});

fn is_month(word: &str) -> bool {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    word.get(..3).is_some_and(|start| MONTHS.contains(&start.to_lowercase().as_str()))
}

/// What makes the name behind it one of an account or of data, and of no service: `the user report`.
fn is_kind_of_account(word: &str) -> bool {
    ["account", "database", "group", "role", "table", "user"].contains(&word.to_lowercase().as_str())
}

enum Kind {
    Prose,
    Number(Number),
    Name,
    /// What the host calls a service: a list in which it merely stands says nothing about it.
    Service,
}

fn kind(word: &str, names: &BTreeSet<String>) -> Kind {
    if let Some(number) = Number::read(word) {
        return Kind::Number(number);
    }
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let parts = || word.split(['/', '.', ':', '_', '@', '=', '-']).filter(|part| !part.is_empty());
    let is_path = word.starts_with(['/', '~']) && letters + digits > 0 || word.matches('/').count() > 1;
    // `and/or`, `I/O` and `e.g` are English; `read-only` is as well.
    let is_joined = word.contains(['_', '@', '='])
        || (word.contains('.') && parts().all(|part| part.len() > 1) && parts().count() > 1)
        || (word.contains(':') && !word.ends_with(':'));
    let is_ordinal = digits > 0 && ["st", "nd", "rd", "th"].iter().any(|end| word.ends_with(end)) && letters == 2;
    let is_code =
        word.len() > 3 && word.chars().all(|c| c.is_ascii_uppercase()) && (word.starts_with("SIG") || is_errno(word));
    let is_known = ["IPv4", "IPv6", "x86", "OAuth2", "HTTP/2"].iter().any(|known| word.eq_ignore_ascii_case(known));
    match () {
        () if is_known || is_ordinal => Kind::Prose,
        () if names.contains(&word.to_lowercase()) => Kind::Service,
        () if is_path || is_joined || is_code || digits > 0 || is_camel(word) => Kind::Name,
        () => Kind::Prose,
    }
}

/// Names of errors of POSIX (errno.h) and of libraries that are written the same way begin with E and hold no vowel pattern of English in capitals, but for these.
fn is_errno(word: &str) -> bool {
    word.starts_with('E')
        && !["ERROR", "ERRORS", "EXIT", "ELSE", "EVERY", "EMPTY", "EITHER", "EVEN", "EACH", "EXEC"].contains(&word)
}

/// `MaxStartups`, `Recv-Q`, `LimitNOFILE`: how programs write what they count and are told, and a few names of software.
fn is_camel(word: &str) -> bool {
    const SOFTWARE: &[&str] = &[
        "OpenSSH",
        "FastCGI",
        "JavaScript",
        "GitHub",
        "PostgreSQL",
        "MariaDB",
        "MySQL",
        "LibreSSL",
        "DevOps",
        "InnoDB",
        "WordPress",
    ];
    let mut letters = word.chars().zip(word.chars().skip(1));
    let is_hyphened = word.split_once('-').is_some_and(|(first, rest)| {
        first.starts_with(char::is_uppercase) && rest.starts_with(char::is_uppercase) && rest.len() < 3
    });
    !SOFTWARE.contains(&word)
        && unit(word).is_none()
        && (is_hyphened || letters.any(|(one, next)| one.is_lowercase() && next.is_uppercase()) || is_acronymed(word))
}

/// `SSLEngine`: an acronym with a word right behind it. `PIDs` is none.
fn is_acronymed(word: &str) -> bool {
    let capitals = word.chars().take_while(char::is_ascii_uppercase).count();
    capitals > 1 && word.chars().skip(capitals).take_while(char::is_ascii_lowercase).count() > 2
}

/// Whether a text speaks of a service: as a whole, or a line of it that says something that the sentence says too. A list in which it merely stands does not.
fn names_service(text: &str, name: &str, sentence: &str) -> bool {
    let is_line = !text.trim_end().contains('\n');
    text.lines().any(|line| has_name(line, name) && (is_line || shares_a_word(line, name, sentence)))
}

fn shares_a_word(line: &str, name: &str, sentence: &str) -> bool {
    let stem = |word: &str| word.to_lowercase().chars().take(5).collect::<String>();
    let said: BTreeSet<String> = words(sentence).filter(|word| *word != name && word.len() > 2).map(stem).collect();
    let mut words = line.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2 && !has_name(name, word));
    words.any(|word| said.contains(&stem(word)))
}

/// A name as it is, or as the unit of that name, or the unit without its suffix.
fn has_name(text: &str, name: &str) -> bool {
    let stem = name.strip_suffix(".service").unwrap_or(name);
    let path = name.strip_suffix('/').filter(|path| path.starts_with('/'));
    has_word(text, name) || (stem != name && has_word(text, stem)) || path.is_some_and(|path| has_word(text, path))
}

/// `127.0.0.1:5432` of an address and a port that are told apart, `pool=web` of a name and its value. A path, a time and an address of IPv6 are not taken apart.
fn parts_are_there(word: &str, texts: &[&str], names: &BTreeSet<String>) -> bool {
    let has_port = word.split_once(':').is_some_and(|(host, port)| {
        host.contains(|c: char| !c.is_ascii_digit()) && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
    });
    if word.contains('/') || (word.contains(':') && !has_port) || !word.contains([':', '=', '@']) {
        return false;
    }
    let mut parts = word.split([':', '=', '@']).filter(|part| !part.is_empty()).peekable();
    parts.peek().is_some()
        && parts.all(|part| match kind(part, names) {
            Kind::Number(number) => texts.iter().any(|text| has_word(text, part) || number.is_in(text)),
            Kind::Name | Kind::Service | Kind::Prose => texts.iter().any(|text| has_name(text, part)),
        })
}

/// Whether the character at the edge of a word and the one beyond are of the same word.
fn joins(edge: char, beyond: Option<char>, further: Option<char>) -> bool {
    let Some(beyond) = beyond else { return false };
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    match edge {
        '0'..='9' => beyond.is_ascii_digit() || (matches!(beyond, '.' | ',') && is_digit(further)),
        c if c.is_alphanumeric() || c == '_' => beyond.is_alphanumeric() || beyond == '_',
        _ => false,
    }
}

/// Whether what stands before a digit makes it the end of a name: `ext4`, `eth0`. The T of a time does not.
fn ends_a_name(before: &str) -> bool {
    before.chars().next_back().is_some_and(|c| c.is_alphabetic() && c != 'T')
}

/// Where `word` begins in `text`, letters of ASCII in either case.
fn find_ignoring_case<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + 't {
    let first = word.as_bytes()[0];
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let last = text.len().checked_sub(word.len());
    (0..last.map_or(0, |last| last + 1)).filter(move |&at| {
        let byte = text.as_bytes()[at];
        (byte == lower || byte == upper)
            && text.as_bytes()[at..at + word.len()].eq_ignore_ascii_case(word.as_bytes())
            && text.is_char_boundary(at)
            && text.is_char_boundary(at + word.len())
    })
}

/// A number as somebody wrote it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Number {
    value: f64,
    /// Digits behind the point.
    decimals: usize,
    /// What the unit multiplies by, to the base of its quantity.
    unit: Option<(Quantity, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    Bytes,
    Seconds,
}

impl Number {
    /// Digits with a point, with commas between thousands, with a sign or `%`, and with a unit right behind them. A hyphen may join another word: `10-minute`.
    fn read(word: &str) -> Option<Number> {
        let unsigned = word.trim_start_matches(['+', '-']);
        let end = unsigned.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(unsigned.len());
        let (digits, suffix) = unsigned.split_at(end);
        let suffix = suffix.trim_start_matches('-').trim_end_matches('%');
        let is_plain =
            suffix.is_empty() || unit(suffix).is_some() || (unsigned[end..].starts_with('-') && is_letters(suffix));
        if !is_plain || !digits.starts_with(|c: char| c.is_ascii_digit()) || digits.matches('.').count() > 1 {
            return None;
        }
        let thousands = digits.split('.').next()?.split(',').skip(1).all(|group| group.len() == 3);
        let plain = if thousands { digits.replace(',', "") } else { digits.replace(',', ".") };
        let plain = plain.trim_end_matches('.');
        let decimals = plain.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        Some(Number { value: plain.parse().ok()?, decimals, unit: unit(suffix) })
    }

    fn is_year(self) -> bool {
        self.unit.is_none() && self.decimals == 0 && (1970.0..2100.0).contains(&self.value)
    }

    fn with_unit_of(self, next: Option<&str>) -> Number {
        Number { unit: self.unit.or_else(|| next.and_then(unit)), ..self }
    }

    /// Whether a number of `text` is this one: the same, or the same rounded to what is said, its unit taken into account.
    fn is_in(self, text: &str) -> bool {
        let starts = |c: char| !(c.is_ascii_digit() || c == '.' || c == ',');
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let is_of_name = ends_a_name(&rest[..start]);
            let token = &rest[start..];
            let end = token.find(starts).unwrap_or(token.len());
            let digits = token[..end].trim_end_matches(['.', ',']);
            let tail = &token[end..];
            let next = tail.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next();
            if !is_of_name && Number::read(digits).is_some_and(|other| self.rounds(other.with_unit_of(next))) {
                return true;
            }
            rest = &token[end..];
        }
        false
    }

    fn rounds(self, exact: Number) -> bool {
        let least = 0.5 * 10f64.powi(-i32::try_from(self.decimals).unwrap_or(0)) + 1e-9;
        let is_other_unit = matches!((self.unit, exact.unit), (Some(said), Some(printed)) if said != printed);
        if (self.value - exact.value).abs() < 1e-9 && !is_other_unit {
            return true;
        }
        if exact.decimals > self.decimals && (self.value - exact.value).abs() <= least && self.unit == exact.unit {
            return true;
        }
        // Sizes are said in larger units than they are printed in, and in powers of 1,000 or 1,024; without a unit, tools print bytes or KiB.
        let Some((quantity, factor)) = self.unit else { return false };
        let factors: &[f64] = match (quantity, exact.unit) {
            (_, Some((other, _))) if other != quantity => &[],
            (Quantity::Bytes, None) => &[1.0, 1024.0],
            (Quantity::Seconds, None) => &[],
            (_, Some((_, factor))) => &[factor],
        };
        let bases: &[f64] = if quantity == Quantity::Bytes { &[1.0, 1000.0 / 1024.0] } else { &[1.0] };
        factors.iter().any(|exact_factor| {
            bases.iter().any(|base| {
                let power = if quantity == Quantity::Bytes { (factor.log2() / 10.0).round() } else { 0.0 };
                let said = exact.value * exact_factor / (factor * base.powf(power));
                said >= 1.0 && (self.value - said).abs() <= least
            })
        })
    }
}

fn is_letters(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_alphabetic)
}

/// The quantity that a unit measures, and what it multiplies by.
fn unit(word: &str) -> Option<(Quantity, f64)> {
    const KIB: f64 = 1024.0;
    let word = word.trim_end_matches('.');
    Some(match word {
        "B" | "bytes" | "byte" => (Quantity::Bytes, 1.0),
        "K" | "k" | "kB" | "KB" | "KiB" | "Ki" => (Quantity::Bytes, KIB),
        "M" | "MB" | "MiB" | "Mi" => (Quantity::Bytes, KIB * KIB),
        "G" | "GB" | "GiB" | "Gi" => (Quantity::Bytes, KIB * KIB * KIB),
        "T" | "TB" | "TiB" | "Ti" => (Quantity::Bytes, KIB * KIB * KIB * KIB),
        "ms" | "milliseconds" => (Quantity::Seconds, 0.001),
        "s" | "sec" | "secs" | "second" | "seconds" => (Quantity::Seconds, 1.0),
        "min" | "mins" | "minute" | "minutes" => (Quantity::Seconds, 60.0),
        "h" | "hour" | "hours" => (Quantity::Seconds, 3600.0),
        "d" | "day" | "days" => (Quantity::Seconds, 86400.0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOG: &str = "2026-05-04T10:00:01+0000 web1 nginx[512]: bind() to 0.0.0.0:80 failed (98: Address already in use)\n\
                       /dev/vda1 ext4 41151788 39018456 12345 97.6% /var/log\nLoaded: nginx.service; code=203/EXEC ENOSPC";

    #[test]
    fn particulars_are_held_against_the_text() {
        let names = BTreeSet::from(["nginx".to_owned(), "postgresql".to_owned()]);
        let check = |sentence: &str, expect: &[&str]| {
            assert_eq!(particulars(sentence, sentence, &[LOG], &names).missing, expect, "{sentence}");
        };
        check("nginx cannot bind to port 80, since another process holds it (error 98).", &[]);
        check("nginx cannot bind to port 81.", &["81"]);
        check("The port 8 is taken.", &["8"]);
        check("postgresql failed with ENOSPC", &["postgresql"]);
        check("It is ENOMEM.", &["ENOMEM"]);
        check("/var/log is 98% full, 97.6 % to be exact", &[]);
        check("/var/lib is 99% full", &["/var/lib", "99%"]);
        check("/var is on /dev/vda1, not /dev/vdb1", &["/dev/vdb1"]);
        check("At 10:00 on 4 May nginx.service ended with 203/EXEC, e.g. and/or I/O, 1st of all", &[]);
        check("It uses 37.2 GiB of 39.2 GiB", &[]);
        check("It uses 37.4 GiB", &["37.4"]);
        check("0.0.0.0:80, web1:80 and 10.0.0.7", &["10.0.0.7"]);
        check("max_connections is too low in nginx.conf", &["max_connections", "nginx.conf"]);
        check("a read-only file system", &[]);
        check("within 30 s", &["30"]);
        check("error 4, at 10:00:01", &["4"]);
        check("EADDRINUSE, 97.6%", &[]);
        check("TasksMax and Recv-Q, and FastCGI", &["TasksMax", "Recv-Q"]);
        check("at 10:98", &["10:98"]);
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("see /var/log/nginx.", "/var/log") && !has_word("/var/logs", "/var/log"));
        assert!(has_word("Nginx failed", "nginx") && !has_word("nginx2", "nginx") && !has_word("my_nginx", "nginx"));
        assert!(!has_word("10.5", "10") && has_word("10.", "10") && !has_word("", "x") && !has_word("x", ""));
    }

    proptest! {
        #[test]
        fn no_sentence_is_too_broken(sentence in "\\PC{0,80}", text in "\\PC{0,80}") {
            particulars(&sentence, &sentence, &[&text], &BTreeSet::new());
        }

        #[test]
        fn what_a_text_says_is_in_it(text in "[a-z0-9./:_@%= ]{0,60}") {
            prop_assert_eq!(particulars(&text, &text, &[&text], &BTreeSet::new()).missing, Vec::<&str>::new());
        }
    }
}
