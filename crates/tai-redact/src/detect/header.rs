//! What HTTP and mail send to say who one is.

use std::ops::Range;

use super::base64::{decode, hides, is_base64};
use super::lookalike::{is_mixed, is_placeholder, is_prose, is_random};
use super::{key_value, token};
use crate::scan::Scan;

/// `Authorization: …`, `AUTH PLAIN …`, and names with `auth` in them.
pub(super) fn detect(scan: &mut Scan<'_>, hit: Range<usize>) {
    let rest = scan.line_after(hit.start);
    if rest.len() > 13 && rest[..13].eq_ignore_ascii_case(b"authorization") {
        return authorization(scan, hit.start + 13);
    }
    if scan.begins_word(hit.start) && (rest[4..].starts_with(b" ") || rest[4..].starts_with(b"\" \"")) {
        return mail(scan, hit.start + 4);
    }
    key_value::detect(scan, hit);
}

/// After `Authorization`, and what may stand before its value.
fn authorization(scan: &mut Scan<'_>, at: usize) {
    let sign = scan.run_end(at, 12, |b| matches!(b, b'"' | b'\'' | b'\\' | b' ' | b']' | b')'));
    if !matches!(scan.byte(sign), Some(b':' | b'=')) {
        return;
    }
    let start = scan.run_end(sign + 1, 12, |b| matches!(b, b'"' | b'\'' | b'\\' | b' ' | b'>' | b'['));
    if start > 0 && scan.pass_tag(start - 1) {
        return;
    }
    let scheme_end = scan.run_end(start, 24, |b| b.is_ascii_alphanumeric() || b == b'-');
    let scheme = scan.text[start..scheme_end].to_ascii_lowercase();
    match scheme.as_slice() {
        b"bearer" | b"basic" | b"token" | b"apikey" | b"api-key" | b"negotiate" | b"ntlm" | b"key" | b"splunk"
        | b"ghost" | b"jwt" | b"bot" | b"sso-key" | b"genie-key" | b"geniekey" | b"ssws" | b"snyk" | b"oauth"
            if scan.byte(scheme_end) == Some(b' ') =>
        {
            let label = if scheme == b"basic" { "basic-auth" } else { "bearer" };
            let from = scan.run_end(scheme_end, 8, |b| matches!(b, b' ' | b'"' | b'\'' | b'\\'));
            let from = from + if scan.text[from..].starts_with(b"token=") { 6 } else { 0 };
            mark(scan, from, label);
        }
        b"digest" | b"aws4-hmac-sha256" | b"hawk" => parameters(scan, scheme_end),
        _ => {
            let end = scan.run_end(start, usize::MAX, is_credential);
            if end > start && scan.byte(end).is_none_or(|b| b != b' ') && is_mixed(&scan.text[start..end]) {
                mark(scan, start, "bearer");
            }
        }
    }
}

/// `response="…"`, `Signature=…`: what proves, in a header of parameters.
fn parameters(scan: &mut Scan<'_>, at: usize) {
    let line = scan.line_after(at);
    let lower = line.to_ascii_lowercase();
    for name in [&b"response="[..], b"signature=", b"mac="] {
        if let Some(found) = memchr::memmem::find(&lower, name) {
            let from = at + found + name.len();
            let from = from + usize::from(scan.byte(from) == Some(b'"'));
            let end = scan.run_end(from, 4096, |b| is_base64(b) || matches!(b, b'-' | b'_'));
            if end - from >= 8 {
                scan.redact_ahead(from..end, "signature");
            }
        }
    }
}

/// `AUTH PLAIN …` and `AUTH LOGIN …` of mail, `"AUTH" "…"` of a store.
fn mail(scan: &mut Scan<'_>, at: usize) {
    let line = scan.line_after(at);
    for method in [&b" plain "[..], b" login "] {
        if line.len() > method.len() && line[..method.len()].eq_ignore_ascii_case(method) {
            let start = at + method.len();
            let end = scan.run_end(start, usize::MAX, is_base64);
            let word = &scan.text[start..end];
            let is_plain = decode(word).is_some_and(|plain| plain.contains(&0));
            if word.len() >= 8 && (is_plain || method == b" login " && word.ends_with(b"=")) {
                scan.redact(start..end, "basic-auth");
            }
            return;
        }
    }
    if let Some(rest) = line.strip_prefix(b"\" \"")
        && let Some(end) = memchr::memchr(b'"', rest)
        && end > 0
        && !is_placeholder(&rest[..end])
        && !scan.pass_tag(at + 3)
    {
        scan.redact(at + 3..at + 3 + end, "password");
    }
}

/// `Bearer …`, in any text.
pub(super) fn bearer(scan: &mut Scan<'_>, hit: Range<usize>) {
    let from = scan.run_end(hit.end, 8, |b| matches!(b, b' ' | b'\t'));
    let end = scan.run_end(from, usize::MAX, is_credential);
    let word = &scan.text[from..end];
    if !scan.begins_word(hit.start) || from == hit.end {
        return key_value::detect(scan, hit);
    }
    if word.len() >= 8
        && !is_prose(word)
        && is_mixed(word)
        && word.iter().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        && !is_placeholder(word)
    {
        mark(scan, from, "bearer");
    }
}

/// `Basic …`, when it decodes to a user and a password.
pub(super) fn basic(scan: &mut Scan<'_>, hit: Range<usize>) {
    let end = scan.run_end(hit.end, usize::MAX, is_base64);
    let word = &scan.text[hit.end..end];
    if scan.begins_word(hit.start) && word.len() >= 6 && hides(word, b':') {
        scan.redact(hit.end..end, "basic-auth");
    }
}

/// Values of cookies: of `Cookie` all, of `Set-Cookie` the first, which others are attributes of.
pub(super) fn cookies(scan: &mut Scan<'_>, name: &Range<usize>, at: usize) {
    let is_set = scan.text[name.clone()].to_ascii_lowercase().ends_with(b"set-cookie");
    let header = scan.run_end(at, 8, |b| matches!(b, b' ' | b'"' | b'\'' | b'\\'));
    let is_header = scan.text[name.clone()].len() == 6 || is_set;
    let line = scan.line_after(header);
    let end = header + line.iter().position(|b| matches!(b, b'"' | b'\'' | b'\r')).unwrap_or(line.len());
    if !is_header || !line[..end - header].contains(&b'=') {
        let word = scan.run_end(header, usize::MAX, is_credential);
        if is_random(&scan.text[header..word]) {
            scan.redact(header..word, "cookie");
        }
        return;
    }
    let mut start = header;
    while start < end {
        let pair_end = scan.text[start..end].iter().position(|b| *b == b';').map_or(end, |i| start + i);
        let pair = &scan.text[start..pair_end];
        if let Some(sign) = pair.iter().position(|b| *b == b'=')
            && pair[..sign].iter().all(|b| b.is_ascii_graphic() || *b == b' ')
        {
            let from = start + sign + 1;
            let to = from + scan.text[from..pair_end].trim_ascii_end().len();
            if from >= scan.floor && to > from && !scan.pass_tag(from) && !is_placeholder(&scan.text[from..to]) {
                scan.redact(from..to, "cookie");
            }
        }
        if is_set {
            return;
        }
        start = pair_end + 1;
    }
}

fn is_credential(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=' | b':' | b'|' | b'!' | b'%')
}

/// Marks the credential at `from`, under the kind that its form tells.
fn mark(scan: &mut Scan<'_>, from: usize, label: &'static str) {
    if from < scan.floor || scan.pass_tag(from) {
        return;
    }
    let mut end = scan.run_end(from, usize::MAX, is_credential);
    while end > from && matches!(scan.text[end - 1], b':' | b'.' | b'|' | b'!') {
        end -= 1;
    }
    let word = &scan.text[from..end];
    if word.len() >= 4 && !is_prose(word) && !is_placeholder(word) {
        let label = token::token_at(scan, from).filter(|(n, _)| *n == end - from).map_or(label, |(_, kind)| kind);
        let label = if word.starts_with(b"eyJ") { "jwt" } else { label };
        scan.redact(from..end, label);
    }
}
