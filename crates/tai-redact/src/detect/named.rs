//! Names without a sign: flags, settings, and names whose value is said elsewhere.

use std::ops::Range;

use super::key::{Kind, classify};
use super::lookalike::{is_mixed, is_placeholder, is_prose, is_random, lower};
use super::value::{element_at, quote_at, value_at};
use crate::scan::Scan;

/// Where a value begins that no sign parts from its name: `--password x`, `requirepass x`, `password 7 x`, `login ann password x`, `PASSWORD 'x'`, and
/// in a sentence.
pub(super) fn blank_sign(
    scan: &Scan<'_>,
    name: &Range<usize>,
    text: &[u8],
    before: &[u8],
    end: usize,
) -> Option<usize> {
    let at = scan.run_end(end, 40, |b| b == b' ' || b == b'\t');
    if end != name.end || at == end {
        return None;
    }
    let value = value_at(scan, at)?;
    let word = &scan.text[value.range.clone()];
    let means_secret = || classify(text, before).is_some_and(|kind| !matches!(kind, Kind::Random(_)));
    if is_option(before) {
        return (!word.starts_with(b"-") && means_secret()).then_some(at);
    }
    // A number in front says how it is written.
    let written = word.len() == 1 && word[0].is_ascii_digit() && !text.eq_ignore_ascii_case(b"token");
    if written && means_secret() {
        return is_mixed(&scan.text[value_at(scan, value.range.end)?.range]).then_some(value.range.end);
    }
    // Fortinet's, and the keys of a vault, which are numbered.
    let is_unsealing = || ["unseal ", "recovery "].iter().any(|name| lower(before).ends_with(name.as_bytes()));
    let is_numbered = word.len() <= 3 && word.ends_with(b":") && text.eq_ignore_ascii_case(b"key");
    if (word == b"ENC" || is_numbered && is_unsealing()) && means_secret() {
        return (value_at(scan, value.range.end)?.range.len() >= 16).then_some(value.range.end);
    }
    let text = lower(text);
    if let Some(at) = spoken(scan, &text, end) {
        return means_secret().then_some(at);
    }
    let first = before.trim_ascii().is_empty() && scan.is_whole(before, name.start);
    let is_haproxy = text == b"insecure-password" && contains_word(before, &[b"user"]);
    let is_community = text == b"community" && lower(before).ends_with(b"snmp-server ");
    let is_configured = lower(before).ends_with(b"configure set ");
    let is_setting = (first && SETTINGS.contains(&text.as_slice())) || is_community || is_haproxy || is_configured;
    let may_be = || {
        let is_password = matches!(text.as_slice(), b"password" | b"passwd");
        let is_shared = text == b"psk" || text.ends_with(b"secret") && is_random(word);
        let quoted = value.quoted && (text.starts_with(b"pass") || text.ends_with(b"password") || is_shared);
        let is_netrc = is_password
            && (contains_word(before, &[b"login", b"connect"]) || contains_word(before, &[b"user"]) && is_mixed(word))
            && !contains_word(before, &[b"for"]);
        let is_line = (first || before.ends_with(b"enable "))
            && (is_password || text == b"secret")
            && only_word(scan, value.range.end)
            && is_mixed(word);
        (quoted || is_netrc || is_line) && !is_prose(word)
    };
    ((is_setting || may_be()) && !is_placeholder(word) && means_secret()).then_some(at)
}

/// Settings that need no sign before their value, at the beginning of a line.
const SETTINGS: &[&[u8]] = &[
    b"requirepass",
    b"masterauth",
    b"rocommunity",
    b"rwcommunity",
    b"rocommunity6",
    b"rwcommunity6",
    b"rootpw",
    b"bindpw",
    b"auth_pass",
    b"insecure-password",
    b"proxy_password",
    b"sasl_password",
    b"passphrase",
    b"wpa-psk",
];

/// A sentence that says a password: `password is x`, `password for ann was set to x`, `password is generated for root@localhost: x`. It has to look generated.
fn spoken(scan: &Scan<'_>, name: &[u8], end: usize) -> Option<usize> {
    const SAYS: [&[u8]; 9] = [
        b" is ",
        b" is: ",
        b" is now ",
        b" set to ",
        b" is set to ",
        b" was set to ",
        b" reset to ",
        b" changed to ",
        b" has been set to ",
    ];
    if ![&b"password"[..], b"passwd", b"passphrase"].contains(&name) {
        return None;
    }
    let line = scan.line_after(end);
    let line = &line[..line.len().min(160)];
    let at = match line.strip_prefix(b" is generated for ") {
        Some(rest) => line.len() - rest.len() + memchr::memmem::find(rest, b": ")? + 2,
        None => {
            let whose = line.strip_prefix(b" for ").and_then(|rest| Some(5 + memchr::memchr(b' ', rest)?)).unwrap_or(0);
            // The longest, since one is the beginning of another.
            whose + SAYS.iter().filter(|says| line[whose..].starts_with(says)).map(|says| says.len()).max()?
        }
    };
    let value = value_at(scan, end + at)?;
    let word = &scan.text[value.range.clone()];
    let has = |class: fn(&u8) -> bool| word.iter().any(class);
    let is_generated = word.len() >= 7 && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    let ends = only_word(scan, value.range.end)
        || matches!(scan.byte(value.range.end), Some(b'"' | b'\'' | b',' | b';' | b')'));
    (is_generated && ends && !is_prose(word) && !is_placeholder(word)).then_some(end + at)
}

/// `-passin pass:x`, as openssl has it.
pub(super) fn is_passin(before: &[u8], name: &[u8]) -> bool {
    let words = [&b"-passin"[..], b"-passout", b"-pass", b"-k"];
    name == b"pass" && words.iter().any(|word| before.trim_ascii_end().ends_with(word))
}

/// A name that is itself a value: `name: DB_PASSWORD`, and `value: x` after it or in the next line.
pub(super) fn detect(scan: &mut Scan<'_>, name: &Range<usize>, before: &[u8]) {
    let text = &scan.text[name.clone()];
    if !is_naming(before) {
        return;
    }
    let Some(Kind::Strong(kind) | Kind::Weak(kind)) = classify(text, b"") else { return };
    let line_end = scan.line_end(name.end);
    if mark_value(scan, name.end..line_end.min(name.end + 400), kind) {
        return;
    }
    let rest = &scan.text[name.end..line_end];
    if !rest.iter().all(|b| matches!(b, b'"' | b'\'' | b',' | b' ' | b'\r' | b'\\') || b.is_ascii_punctuation())
        && !rest.ends_with(b">")
    {
        return;
    }
    if line_end + 1 < scan.text.len() {
        announced_value(scan, line_end + 1, kind);
    } else if line_end < scan.text.len() {
        scan.announced = Some(kind);
    }
}

/// Marks the value in the line at `start`, which the line before it announced.
pub(crate) fn announced_value(scan: &mut Scan<'_>, start: usize, kind: &'static str) {
    let end = scan.line_end(start).min(start + 4096);
    let head = scan.text[start..end].trim_ascii_start();
    let head = lower(head.strip_prefix(b"- ").unwrap_or(head));
    let head = head.strip_prefix(b"\"").or(head.strip_prefix(b"<")).unwrap_or(&head);
    if head.starts_with(b"value") {
        mark_value(scan, start..end, kind);
    }
}

/// Marks what `value` names in the range.
fn mark_value(scan: &mut Scan<'_>, range: Range<usize>, kind: &'static str) -> bool {
    let text = lower_all(&scan.text[range.clone()]);
    let Some(found) = memchr::memmem::find(&text, b"value") else { return false };
    let mut at = range.start + found + 5;
    at += quote_at(scan.text, at).map_or(0, <[u8]>::len);
    at = scan.run_end(at, 8, |b| b == b' ');
    let element = scan.byte(at) == Some(b'>');
    if at >= range.end || !element && !matches!(scan.byte(at), Some(b'=' | b':')) {
        return false;
    }
    if scan.is_marked_ahead(at) {
        return true;
    }
    let value = if element { element_at(scan, at + 1) } else { value_at(scan, at + 1) };
    let Some(value) = value else { return false };
    if !value.range.is_empty() && !is_placeholder(&scan.text[value.range.clone()]) {
        scan.redact_ahead(value.range, kind);
    }
    true
}

fn lower_all(text: &[u8]) -> Vec<u8> {
    text.to_ascii_lowercase()
}

/// Whether what stands before names things: `name: `, `"Name":"`, `<name>`, `key="`.
fn is_naming(before: &[u8]) -> bool {
    let head = before.trim_ascii_end();
    let head = head.strip_suffix(b"\"").or(head.strip_suffix(b"'")).unwrap_or(head);
    let head = head.strip_suffix(b"\\").unwrap_or(head).trim_ascii_end();
    let Some(head) = head.strip_suffix(b":").or(head.strip_suffix(b"=")).or(head.strip_suffix(b">")) else {
        return false;
    };
    let head = head.trim_ascii_end();
    let head = head.strip_suffix(b"\"").or(head.strip_suffix(b"'")).unwrap_or(head);
    let head =
        lower(head.strip_suffix(b"\\").unwrap_or(head).rsplit(|b| !b.is_ascii_alphabetic()).next().unwrap_or_default());
    matches!(head.as_slice(), b"name" | b"key" | b"parametername" | b"parameterkey")
}

/// Whether what is before the name are the hyphens of an option.
fn is_option(before: &[u8]) -> bool {
    let Some(head) = before.strip_suffix(b"--").or(before.strip_suffix(b"-")) else { return false };
    head.is_empty() || matches!(head.last(), Some(b' ' | b'\t' | b'"' | b'\'' | b'=' | b'[' | b'(' | b','))
}

fn contains_word(text: &[u8], words: &[&[u8]]) -> bool {
    let tail = &text[text.len().saturating_sub(120)..];
    tail.split(|b| !b.is_ascii_alphanumeric()).any(|word| words.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

fn only_word(scan: &Scan<'_>, end: usize) -> bool {
    scan.line_after(end).trim_ascii().is_empty()
}
