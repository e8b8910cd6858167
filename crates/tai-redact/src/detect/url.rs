//! Secrets in URLs: the password of `scheme://user:password@host`, keys of error trackers, the secret path of a webhook.

use std::ops::Range;

use memchr::{memchr, memrchr};

use super::lookalike::{is_masked_url_part, is_repetitive};
use crate::scan::Scan;

/// Hosts, and the beginning of a path after which all is secret.
const WEBHOOKS: &[(&str, &str)] = &[
    ("hooks.slack.com", "/services/"),
    ("hooks.slack.com", "/workflows/"),
    ("hooks.slack.com", "/triggers/"),
    ("discord.com", "/api/webhooks/"),
    ("discordapp.com", "/api/webhooks/"),
    ("webhook.office.com", "/webhookb2/"),
    ("outlook.office.com", "/webhook/"),
    ("outlook.office365.com", "/webhook/"),
    ("hooks.zapier.com", "/hooks/catch/"),
    ("maker.ifttt.com", "/trigger/"),
    ("chat.googleapis.com", "/v1/spaces/"),
    ("events.pagerduty.com", "/integration/"),
    ("hc-ping.com", "/"),
    ("hook.eu1.make.com", "/"),
    ("hook.us1.make.com", "/"),
    ("webhook.site", "/"),
];

pub(super) fn detect(scan: &mut Scan<'_>, hit: Range<usize>) {
    let scheme = scan.line_before(hit.start).iter().rev().take(20).take_while(|b| is_scheme(**b)).count();
    if scheme == 0 {
        return;
    }
    let line = scan.line_after(hit.end);
    let is_end = |b: &u8| *b <= b' ' || matches!(b, b'"' | b'<' | b'>' | b'`') || *b == b'\'';
    let url = &line[..line.iter().position(is_end).unwrap_or(line.len())];
    let host_end = url.iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(url.len());
    match memrchr(b'@', &url[..host_end]) {
        Some(at) => user_info(scan, hit.end, &url[..at]),
        None => slash_in_password(scan, hit.end, url, host_end),
    }
    webhook(scan, hit.end, url);
}

/// `user:password@tcp(host:3306)/database`, as programs in Go name a database.
pub(super) fn data_source(scan: &mut Scan<'_>, hit: Range<usize>) {
    let before = scan.line_before(hit.start);
    let is_end = |b: &u8| *b <= b' ' || matches!(b, b'"' | b'\'' | b'`' | b'=');
    let pair = before.rsplit(is_end).next().unwrap_or_default();
    if let Some(colon) = memchr(b':', pair)
        && !is_masked_url_part(&pair[colon + 1..])
    {
        scan.redact(hit.start - pair.len() + colon + 1..hit.start, "url-password");
    }
}

fn is_scheme(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')
}

/// `user:password`, or a lone key as error trackers and forges take it.
fn user_info(scan: &mut Scan<'_>, start: usize, info: &[u8]) {
    if info.starts_with(crate::numbers::TAG) {
        return;
    }
    match memchr(b':', info) {
        Some(colon) => {
            let password = &info[colon + 1..];
            if !is_masked_url_part(password) {
                scan.redact(start + colon + 1..start + info.len(), "url-password");
            } else if is_key(&info[..colon]) {
                // `https://TOKEN:@host`, `https://TOKEN:x-oauth-basic@host`.
                scan.redact(start..start + colon, "url-password");
            }
        }
        None if is_key(info) => scan.redact(start..start + info.len(), "url-password"),
        None => {}
    }
}

fn is_key(info: &[u8]) -> bool {
    info.len() >= 20
        && info.iter().any(u8::is_ascii_digit)
        && info.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        && !is_repetitive(info)
}

/// `user:pa/ss@host`: not to the letter of the standard, and common.
fn slash_in_password(scan: &mut Scan<'_>, start: usize, url: &[u8], host_end: usize) {
    let Some(colon) = memchr(b':', &url[..host_end]) else { return };
    let Some(at) = memchr(b'@', url) else { return };
    let is_port = url[colon + 1..host_end].iter().all(u8::is_ascii_digit);
    if colon > 0
        && !is_port
        && host_end > colon
        && !url[colon + 1..].starts_with(crate::numbers::TAG)
        && !is_masked_url_part(&url[colon + 1..at])
    {
        scan.redact(start + colon + 1..start + at, "url-password");
    }
}

fn webhook(scan: &mut Scan<'_>, start: usize, url: &[u8]) {
    let lower = url[..url.len().min(200)].to_ascii_lowercase();
    let found = WEBHOOKS.iter().find_map(|(host, path)| {
        let at = memchr::memmem::find(&lower, host.as_bytes())?;
        let rest = lower[at + host.len()..].strip_prefix(path.as_bytes())?;
        let before = at.checked_sub(1).map(|i| lower[i]);
        (before.is_none_or(|b| b == b'.') && !rest.is_empty()).then_some(at + host.len() + path.len())
    });
    let Some(from) = found else { return };
    let end = url.len()
        - url.iter().rev().take_while(|b| matches!(b, b',' | b';' | b')' | b'.' | b'\\' | b'}' | b']')).count();
    let path = &url[from..end.max(from)];
    if path.len() >= 16 && start + from >= scan.floor && !path.starts_with(crate::numbers::TAG) {
        scan.redact(start + from..start + end, "webhook");
    }
}
