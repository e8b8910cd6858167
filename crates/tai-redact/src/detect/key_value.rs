//! Names beside values: `password=x`, `"apiKey": "x"`, `<secret>x</secret>`, `--token x`, `requirepass x`.

use std::ops::Range;

use super::key::{Kind, classify};
use super::lookalike::{is_mixed, is_path, is_placeholder, is_prose, is_random, lower};
use super::value::{Value, element_at, quote_at, value_at};
use super::{base64, header, named, pem, token};
use crate::scan::Scan;

/// How a name and its value belong together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// `=`, `:=`, `=>`, and what quotes say.
    Equals,
    /// A colon, and whether a blank follows.
    Colon { spaced: bool },
    /// `<name>`.
    Element,
    /// A command's flag, or a setting without a sign.
    Blank,
}

/// A name that was found, and what surrounds it.
struct Name<'t> {
    range: Range<usize>,
    text: &'t [u8],
    before: &'t [u8],
    quoted: bool,
    /// All of the line before the name is in `before`.
    first: bool,
}

pub(super) fn detect(scan: &mut Scan<'_>, hit: Range<usize>) {
    let Some(name) = name_around(scan, &hit) else { return };
    // The hyphens of a last line may join it to what follows.
    let word = name.text.split(|b| *b == b'-').next().unwrap_or_default();
    if word.eq_ignore_ascii_case(b"key") && pem::detect(scan, &hit) {
        return;
    }
    if name.text.eq_ignore_ascii_case(b"key") && scan.byte(name.range.end) == Some(b'-') {
        return;
    }
    let Some((sign, at)) = sign_after(scan, &name) else {
        return named::detect(scan, &name.range, name.before);
    };
    if scan.pass_tag(scan.run_end(at, 80, |b| matches!(b, b' ' | b'\t' | b'"' | b'\'' | b'\\' | b'`'))) {
        return;
    }
    let Some(kind) = classify(name.text, name.before) else { return };
    if matches!(kind, Kind::Weak("cookie")) {
        return header::cookies(scan, &name.range, at);
    }
    let value = if sign == Sign::Element { element_at(scan, at) } else { value_at(scan, at) };
    if let Some(value) = value
        && value.range.start >= scan.floor
    {
        judge(scan, &name, sign, kind, value);
    }
}

/// The word around the trigger.
fn name_around<'t>(scan: &Scan<'t>, hit: &Range<usize>) -> Option<Name<'t>> {
    const LONGEST: usize = 80;
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let line = scan.line_before(hit.start);
    let back = line.iter().rev().take(LONGEST).take_while(|b| is_part(**b)).count();
    let mut start = hit.start - back;
    let mut end = scan.run_end(hit.start, LONGEST, is_part);
    while end > hit.start && matches!(scan.text[end - 1], b'-' | b'.') {
        end -= 1;
    }
    // Options keep their hyphens outside.
    start += scan.text[start..end].iter().take_while(|b| matches!(b, b'-' | b'.')).count();
    let before = scan.line_before(start);
    let quoted = matches!(before.last(), Some(b'"' | b'\'' | b'`'));
    let first = scan.is_whole(before, start);
    (end > start && end - start < LONGEST).then(|| Name {
        range: start..end,
        text: &scan.text[start..end],
        before,
        quoted,
        first,
    })
}

/// What joins the name to a value, and where the value begins.
fn sign_after(scan: &Scan<'_>, name: &Name<'_>) -> Option<(Sign, usize)> {
    let mut at = name.range.end;
    if name.quoted
        && let Some(quote) = quote_at(scan.text, at)
    {
        at += quote.len();
    }
    at += usize::from(scan.byte(at) == Some(b']'));
    let after_name = at;
    at = scan.run_end(at, 40, |b| b == b' ' || b == b'\t');
    let next = scan.byte(at + 1);
    match scan.byte(at)? {
        b'=' if matches!(next, Some(b'=' | b'~')) => None,
        b'=' if next == Some(b'>') => Some((Sign::Equals, at + 2)),
        b'=' => Some((Sign::Equals, at + 1)),
        b':' if next == Some(b'=') => Some((Sign::Equals, at + 2)),
        b':' if next == Some(b':') => None,
        b':' if name.quoted && at > name.range.end => Some((Sign::Equals, at + 1)),
        b':' if named::is_passin(name.before, name.text) => Some((Sign::Equals, at + 1)),
        b':' => Some((Sign::Colon { spaced: matches!(next, Some(b' ' | b'\t')) }, at + 1)),
        b if at > after_name && b.is_ascii_alphabetic() && is_element(name.before) && !name.quoted => {
            let tag = scan.line_after(at);
            let close = tag.iter().take(200).position(|b| matches!(b, b'>' | b'<'))?;
            let is_open = tag[close] == b'>' && !tag[..close].ends_with(b"/") && tag[..close].contains(&b'=');
            is_open.then_some((Sign::Element, at + close + 1))
        }
        b'>' if at == after_name && is_element(name.before) => Some((Sign::Element, at + 1)),
        b',' if name.quoted && is_argument(name.before) => Some((Sign::Equals, at + 1)),
        _ => named::blank_sign(scan, &name.range, name.text, name.before, after_name).map(|at| (Sign::Blank, at)),
    }
}

fn is_element(before: &[u8]) -> bool {
    let open = before.iter().rposition(|b| *b == b'<');
    open.is_some_and(|open| {
        before[open + 1..].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-'))
    })
}

/// Whether the quoted name is the first argument of a call: `define('DB_PASSWORD', 'x')`.
fn is_argument(before: &[u8]) -> bool {
    before.len() >= 2 && before[..before.len() - 1].trim_ascii_end().ends_with(b"(")
}

fn judge(scan: &mut Scan<'_>, name: &Name<'_>, sign: Sign, kind: Kind, value: Value) {
    if let Some(start) = scan.text[value.range.clone()].iter().position(|b| *b == b'[')
        && scan.text[value.range.start + start..].starts_with(crate::numbers::TAG)
        && scan.pass_tag(value.range.start + start)
    {
        return;
    }
    if value.range.is_empty() {
        return;
    }
    let text = &scan.text[value.range.clone()];
    if !is_secret(scan, name, sign, kind, &value, text) {
        return;
    }
    let label = match kind {
        Kind::Strong(label) | Kind::Weak(label) | Kind::Random(label) => label,
    };
    let label = token::token_at(scan, value.range.start).filter(|(n, _)| *n == text.len()).map_or(label, |(_, k)| k);
    let range = if sign_takes_line(sign) && !value.quoted { whole_line(scan, name, value.range) } else { value.range };
    scan.redact(range, label);
}

fn is_secret(scan: &Scan<'_>, name: &Name<'_>, sign: Sign, kind: Kind, value: &Value, text: &[u8]) -> bool {
    if text.len() > 4096 {
        return true;
    }
    if is_placeholder(text) || is_own_name(name, value, text) || is_block(text) {
        return false;
    }
    if is_other(name, sign, text) {
        return false;
    }
    match kind {
        Kind::Random("basic-auth") => return base64::hides(text, b':') || is_random(text),
        Kind::Random("credential") if is_pair(text) => return true,
        Kind::Random("session") => {
            let has = |class: fn(&u8) -> bool| text.iter().any(class);
            return text.len() >= 12 && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) && !is_path(text);
        }
        Kind::Random("keytab") => {
            return text.len() >= 24 && text.iter().all(|b| base64::is_base64(*b)) && !is_path(text);
        }
        Kind::Random("signature") => return text.len() >= 16 && is_query(name.before) && is_mixed(text),
        Kind::Random(_) => return is_random(text) || (is_query(name.before) && text.len() >= 16),
        Kind::Weak(_) if !is_mixed(text) => return false,
        Kind::Strong("token") if text.len() < 6 && text.iter().all(u8::is_ascii_digit) => return false,
        Kind::Strong("community")
            if text.contains(&b':') || sign == (Sign::Colon { spaced: true }) && !name.quoted && !begins_line(name) =>
        {
            return false;
        }
        _ => {}
    }
    match sign {
        Sign::Equals if value.quoted => true,
        Sign::Equals | Sign::Element | Sign::Blank => !is_prose(text) || is_assignment(name),
        Sign::Colon { .. } if is_prose(text) || speaks_of_it(name) => false,
        Sign::Colon { spaced: false } => name.quoted || is_mixed(text) || begins_line(name),
        Sign::Colon { spaced: true } => {
            value.quoted
                || begins_line(name)
                || is_mixed(text)
                || name.text.contains(&b'_')
                || ends_phrase(scan, value.range.end)
        }
    }
}

/// What has the form of a name and a value, and is none: a line of `/etc/passwd`, a place in a source, a name of a cloud's, a count or result of tests, a security
/// identifier of Windows.
fn is_other(name: &Name<'_>, sign: Sign, text: &[u8]) -> bool {
    let is_colon = matches!(sign, Sign::Colon { .. });
    let is_place = || text.iter().all(|b| b.is_ascii_digit() || *b == b':') && name.text.contains(&b'.');
    let is_account = || name.text == b"passwd" && text.iter().filter(|b| **b == b':').count() >= 3;
    let is_resource = || name.before.rsplit(u8::is_ascii_whitespace).next().is_some_and(|word| word.contains(&b':'));
    let is_result = || match name.text {
        b"PASS" => text.contains(&b'.') || !is_mixed(text),
        b"pass" => text.len() <= 6 && text.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    text.starts_with(b"S-1-")
        || is_colon && (is_place() || is_account() || is_result())
        || sign == (Sign::Colon { spaced: false }) && contains_arn(name.before) && is_resource()
}

fn contains_arn(before: &[u8]) -> bool {
    memchr::memmem::find(before, b"arn:").is_some()
}

/// `ann:x7Kq2Lmz`.
fn is_pair(text: &[u8]) -> bool {
    let mut parts = text.split(|b| *b == b':');
    let (Some(_), Some(secret), None) = (parts.next(), parts.next(), parts.next()) else { return false };
    secret.len() >= 8 && secret.iter().any(u8::is_ascii_digit) && secret.iter().any(u8::is_ascii_alphabetic)
}

/// Capitals only: `DB_PASSWORD=secret` is an assignment, whatever the word is.
fn is_assignment(name: &Name<'_>) -> bool {
    name.text.len() > 4 && !name.text.iter().any(u8::is_ascii_lowercase)
}

/// `password=password` in a call, `token=self.token`: a name that stands for itself.
fn is_own_name(name: &Name<'_>, value: &Value, text: &[u8]) -> bool {
    let (name_text, text) = (lower(name.text), lower(text));
    let tail = text.rsplit(|b| *b == b'.').next().unwrap_or_default();
    !value.quoted
        && !is_assignment(name)
        && text.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'.'))
        && (name_text.ends_with(tail) && tail.len() > 3
            || text.starts_with(b"self.")
            || text.starts_with(b"this.")
            || text.starts_with(b"args."))
}

/// What opens a value of several parts.
fn is_block(text: &[u8]) -> bool {
    matches!(text.first(), Some(b'{' | b'['))
        && (text.len() == 1 || matches!(text.get(1), Some(b'"' | b'{' | b'\'' | b']' | b'}')))
}

/// Whether the name stands in the query of a URL or in a form.
fn is_query(before: &[u8]) -> bool {
    matches!(before.last(), Some(b'?' | b'&')) || before.ends_with(b"&amp;")
}

/// `unexpected token: …`, `invalid password: …`: a message about it.
fn speaks_of_it(name: &Name<'_>) -> bool {
    const SPEAKS: &str = "unexpected invalid bad wrong unknown illegal expected missing next parse parsing incorrect no not empty for of a the your new \
        failed change changing reset resetting unrecognized duplicate undefined cannot set enter retype";
    let Some(head) = name.before.strip_suffix(b" ") else { return false };
    let start = head.iter().rposition(|b| !b.is_ascii_alphabetic()).map_or(0, |at| at + 1);
    let word = head[start..].to_ascii_lowercase();
    !word.is_empty() && SPEAKS.split_whitespace().any(|known| known.as_bytes() == word)
}

/// Whether the name is the first word of its line, as in a file of settings.
fn begins_line(name: &Name<'_>) -> bool {
    if !name.first {
        return false;
    }
    let head = name.before.trim_ascii();
    head.is_empty() || matches!(head, b"-" | b"#" | b"+" | b"export" | b"set" | b"*" | b";" | b"- name:" | b"\"" | b"'")
}

/// Whether nothing, or no sentence, goes on after the value.
fn ends_phrase(scan: &Scan<'_>, end: usize) -> bool {
    let rest = scan.line_after(end);
    rest.trim_ascii().is_empty() || matches!(rest[0], b',' | b';' | b')' | b'"' | b'\'' | b'}' | b']')
}

fn sign_takes_line(sign: Sign) -> bool {
    matches!(sign, Sign::Equals | Sign::Colon { spaced: true })
}

/// In a file of settings a value may have blanks: the rest of the line then, without a remark.
fn whole_line(scan: &Scan<'_>, name: &Name<'_>, value: Range<usize>) -> Range<usize> {
    let sign = scan.text[name.range.end..value.start].trim_ascii_start();
    let spaced = sign.starts_with(b":") || scan.text[name.range.end..value.start].starts_with(b" ");
    let rest = scan.line_after(value.end);
    let rest = rest.windows(2).position(|w| w == b" #" || w == b" ;").map_or(rest, |remark| &rest[..remark]);
    let rest = rest.trim_ascii_end();
    let words = || rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is_plain =
        |word: &[u8]| word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'!' | b'.' | b'\'' | b'_'));
    let is_phrase = rest.starts_with(b" ") && words().count() <= 8 && words().all(is_plain) && !words().any(is_prose);
    if begins_line(name) && spaced && is_phrase { value.start..value.end + rest.len() } else { value }
}
