//! Command lines that say a secret in a way of their own.

use std::ops::Range;

use super::lookalike::{is_mixed, is_path, is_placeholder, is_prose};
use super::value::{Value, value_at};
use crate::numbers::tag_length;
use crate::scan::Scan;

/// `mysql -uroot -pSECRET`, and what belongs to it. `-p` alone asks.
pub(super) fn mysql(scan: &mut Scan<'_>, hit: Range<usize>) {
    flags(scan, &hit, &["-p"], Form::Joined);
}

pub(super) fn sshpass(scan: &mut Scan<'_>, hit: Range<usize>) {
    flags(scan, &hit, &["-p"], Form::Either);
}

pub(super) fn redis(scan: &mut Scan<'_>, hit: Range<usize>) {
    flags(scan, &hit, &["-a"], Form::Apart);
}

pub(super) fn ldap(scan: &mut Scan<'_>, hit: Range<usize>) {
    if scan.line_after(hit.end).first().is_some_and(u8::is_ascii_lowercase) {
        flags(scan, &hit, &["-w"], Form::Apart);
    }
}

/// `zip -P SECRET`; the hyphen is a part of the hit.
pub(super) fn zip(scan: &mut Scan<'_>, hit: Range<usize>) {
    flags(scan, &(hit.start..hit.end - 1), &["-P"], Form::Apart);
}

pub(super) fn ipa(scan: &mut Scan<'_>, hit: Range<usize>) {
    flags(scan, &hit, &["-w"], Form::Apart);
}

/// `snmpwalk -v2c -c SECRET`, and the two passphrases of version 3.
pub(super) fn snmp(scan: &mut Scan<'_>, hit: Range<usize>) {
    let program = scan.line_after(hit.end);
    if ["walk", "get", "bulk", "set", "trap", "table", "df", "status"]
        .iter()
        .any(|name| program.starts_with(name.as_bytes()))
    {
        flags(scan, &hit, &["-c", "-A", "-X"], Form::Apart);
    }
}

/// `-P SECRET`.
pub(super) fn mosquitto(scan: &mut Scan<'_>, hit: Range<usize>) {
    flags(scan, &hit, &["-P"], Form::Apart);
}

pub(super) fn mongo(scan: &mut Scan<'_>, hit: Range<usize>) {
    if contains(scan.line_after(hit.end), b" -u") {
        flags(scan, &hit, &["-p"], Form::Apart);
    }
}

/// `docker login -u ann -p SECRET`.
pub(super) fn login(scan: &mut Scan<'_>, hit: Range<usize>) {
    let before = scan.line_before(hit.start + 1);
    let programs = [&b"docker "[..], b"podman ", b"nerdctl ", b"registry ", b"oc ", b"az ", b"buildah ", b"skopeo "];
    if programs.iter().any(|program| before.ends_with(program)) {
        flags(scan, &hit, &["-p"], Form::Apart);
    }
}

/// `curl -u user:SECRET`.
pub(super) fn user_colon(scan: &mut Scan<'_>, hit: Range<usize>) {
    after_separator(scan, &hit, &["-u", "--user", "--proxy-user", "-U"], b':');
}

/// `http -a user:SECRET`.
pub(super) fn httpie(scan: &mut Scan<'_>, hit: Range<usize>) {
    after_separator(scan, &(hit.start..hit.end - 1), &["-a", "--auth"], b':');
}

/// `lftp -u user,SECRET`.
pub(super) fn lftp(scan: &mut Scan<'_>, hit: Range<usize>) {
    after_separator(scan, &hit, &["-u", "--user"], b',');
}

/// `login=user:SECRET` of squid, `stats auth user:SECRET` of haproxy.
pub(super) fn login_pair(scan: &mut Scan<'_>, hit: Range<usize>) {
    let Some(Value { range, .. }) = value_at(scan, hit.end) else { return };
    if let Some(at) = position_outside_tags(&scan.text[range.clone()], b':') {
        let secret = range.start + at + 1..range.end;
        if secret.len() >= 6 && is_mixed(&scan.text[secret.clone()]) {
            mark(scan, secret, "password");
        }
    }
}

/// `sqlplus user/SECRET@database`.
pub(super) fn oracle(scan: &mut Scan<'_>, hit: Range<usize>) {
    let words = words(scan, hit.end);
    let Some(word) = words.iter().find(|word| scan.byte(word.start) != Some(b'-')) else { return };
    let word = unquoted(scan, word.clone());
    let Some(slash) = scan.text[word.clone()].iter().position(|b| *b == b'/').filter(|at| *at > 0) else { return };
    let start = word.start + slash + 1;
    let end = position_outside_tags(&scan.text[start..word.end], b'@').map_or(word.end, |at| start + at);
    mark(scan, start..end, "password");
}

/// `user NAME on >SECRET` of redis, and `ACL SETUSER`.
pub(super) fn redis_user(scan: &mut Scan<'_>, hit: Range<usize>) {
    let before = scan.line_before(hit.start).to_ascii_lowercase();
    let end = scan.run_end(hit.end, 512, |b| b > b' ' && !matches!(b, b'"' | b'\''));
    if contains(&before, b"user ") {
        mark(scan, hit.end..end, "password");
    }
}

/// `smbclient -U user%SECRET`.
pub(super) fn samba(scan: &mut Scan<'_>, hit: Range<usize>) {
    after_separator(scan, &hit, &["-U", "--user"], b'%');
}

/// `echo 'user:SECRET' | chpasswd`, `echo SECRET | passwd --stdin user`, `echo SECRET | sudo -S`.
pub(super) fn chpasswd(scan: &mut Scan<'_>, hit: Range<usize>) {
    if scan.text[hit.clone()].ends_with(b"-s") {
        return;
    }
    let before = scan.line_before(hit.start);
    let Some(pipe) = before.iter().rposition(|b| *b == b'|') else { return };
    let Some(echo) = memchr::memmem::rfind(&before[..pipe], b"echo ") else { return };
    let line_start = hit.start - before.len();
    let (mut start, mut end) = (line_start + echo + 5, line_start + pipe);
    let trim = |b: u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'');
    while start < end && trim(scan.text[start]) {
        start += 1;
    }
    while end > start && trim(scan.text[end - 1]) {
        end -= 1;
    }
    if scan.text[hit.start..].starts_with(b"chpasswd") {
        let Some(colon) = scan.text[start..end].iter().position(|b| *b == b':') else { return };
        start += colon + 1;
    }
    mark(scan, start..end, "password");
}

/// `htpasswd -b FILE USER SECRET`.
pub(super) fn htpasswd(scan: &mut Scan<'_>, hit: Range<usize>) {
    let words = words(scan, hit.end);
    let batch = words.iter().any(|w| scan.text[w.clone()].starts_with(b"-") && scan.text[w.clone()].contains(&b'b'));
    let stdout = words.iter().any(|w| scan.text[w.clone()].starts_with(b"-") && scan.text[w.clone()].contains(&b'n'));
    let operands: Vec<_> = words.into_iter().filter(|w| !scan.text[w.clone()].starts_with(b"-")).collect();
    if let Some(word) = operands.get(if stdout { 1 } else { 2 }).filter(|_| batch) {
        mark(scan, word.clone(), "password");
    }
}

/// `rabbitmqctl add_user USER SECRET`.
pub(super) fn rabbit(scan: &mut Scan<'_>, hit: Range<usize>) {
    let before = scan.line_before(hit.start);
    let end = scan.run_end(hit.start, 20, |b| b.is_ascii_lowercase() || b == b'_');
    if contains(before, b"rabbitmqctl")
        && let [_, word, ..] = &words(scan, end)[..]
    {
        mark(scan, word.clone(), "password");
    }
}

/// `com2sec NAME SOURCE COMMUNITY`, `createUser NAME SHA "…" AES "…"`.
pub(super) fn snmp_config(scan: &mut Scan<'_>, hit: Range<usize>) {
    let words = words(scan, hit.end);
    if scan.text[hit.start..hit.end].eq_ignore_ascii_case(b"createuser") {
        let is_method = |w: &Range<usize>| {
            ["MD5", "SHA", "AES", "DES"].iter().any(|m| scan.text[w.clone()].starts_with(m.as_bytes()))
        };
        let secrets: Vec<_> = words.windows(2).filter(|pair| is_method(&pair[0])).map(|pair| pair[1].clone()).collect();
        for word in secrets {
            mark(scan, word, "community");
        }
    } else if let Some(word) = words.get(2) {
        mark(scan, word.clone(), "community");
    }
}

/// `IDENTIFIED BY 'SECRET'`, with a plugin or the word PASSWORD between.
pub(super) fn identified_by(scan: &mut Scan<'_>, hit: Range<usize>) {
    let rest = scan.line_after(hit.end).trim_ascii_start();
    let at = hit.end + scan.line_after(hit.end).len() - rest.len();
    let skip = if rest.len() > 9 && rest[..9].eq_ignore_ascii_case(b"password ") { 9 } else { 0 };
    if let Some(value) = value_at(scan, at + skip).filter(|value| value.quoted) {
        mark(scan, value.range, "password");
    }
}

/// How a flag has its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Joined,
    Apart,
    Either,
}

/// Marks the values of flags in the rest of a command line. A line is looked through once.
fn flags(scan: &mut Scan<'_>, hit: &Range<usize>, flags: &[&str], form: Form) {
    let words = words(scan, hit.end);
    for (i, word) in words.iter().enumerate() {
        let text = &scan.text[word.clone()];
        if text == b"|" || text == b";" || text == b"&&" {
            break;
        }
        let Some(flag) = flags.iter().find(|flag| text.starts_with(flag.as_bytes())) else { continue };
        let value = match words.get(i + 1) {
            _ if text.len() > flag.len() && form != Form::Apart => word.start + flag.len()..word.end,
            Some(next) if text.len() == flag.len() && form != Form::Joined => next.clone(),
            _ => continue,
        };
        let value = unquoted(scan, value);
        let first = scan.text.get(value.start);
        let is_flag = matches!(first, Some(b'-' | b'='));
        if !is_flag && !is_path(&scan.text[value.clone()]) {
            mark(scan, value, "password");
        }
    }
}

/// As [`flags`], when the secret follows `separator` in the value.
fn after_separator(scan: &mut Scan<'_>, hit: &Range<usize>, flags: &[&str], separator: u8) {
    let words = words(scan, hit.end);
    for (i, word) in words.iter().enumerate() {
        let text = &scan.text[word.clone()];
        let long = |flag: &str| {
            flag.starts_with("--").then(|| text.strip_prefix(flag.as_bytes())?.strip_prefix(b"=")).flatten()
        };
        let value = if let Some(rest) = flags.iter().find_map(|flag| long(flag)) {
            word.end - rest.len()..word.end
        } else if flags.iter().any(|flag| text == flag.as_bytes()) {
            match words.get(i + 1) {
                Some(next) => next.clone(),
                None => return,
            }
        } else if flags.contains(&"-u") && text.starts_with(b"-u") && text.len() > 2 {
            word.start + 2..word.end
        } else {
            continue;
        };
        let value = unquoted(scan, value);
        let text = &scan.text[value.clone()];
        if let Some(at) = position_outside_tags(text, separator) {
            mark(scan, value.start + at + 1..value.end, "password");
        }
    }
}

/// The words of the rest of the line, quotes kept around them; of a long line the first ones.
fn words(scan: &mut Scan<'_>, at: usize) -> Vec<Range<usize>> {
    if at < scan.commands_seen {
        return Vec::new();
    }
    let line = scan.line_after(at);
    let is_short = line.len() < 512;
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    for (i, b) in line.iter().enumerate() {
        match quote {
            Some(open) if *b == open => quote = None,
            None if matches!(b, b'"' | b'\'') && start.is_none_or(|s| s == at + i || line[s - at] == b'-') => {
                quote = Some(*b);
            }
            _ => {}
        }
        let is_blank = matches!(b, b' ' | b'\t' | 0 | b'\r') && quote.is_none();
        match (start, is_blank) {
            (None, false) => start = Some(at + i),
            (Some(from), true) => {
                words.push(from..at + i);
                start = None;
            }
            _ => {}
        }
        if words.len() >= 64 {
            break;
        }
    }
    words.extend(start.map(|from| from..at + line.len()));
    // Many triggers in a long line are not looked at one by one.
    if !is_short {
        scan.commands_seen = at + 256;
    }
    words
}

/// The range without quotes around it, and without what closes a word in a log.
fn unquoted(scan: &Scan<'_>, mut range: Range<usize>) -> Range<usize> {
    let quote = scan.byte(range.start).filter(|b| matches!(b, b'"' | b'\''));
    if quote.is_some() && !range.is_empty() {
        range.start += 1;
    }
    while range.end > range.start && matches!(scan.text[range.end - 1], b'"' | b'\'' | b';' | b',' | b'`') {
        range.end -= 1;
    }
    range
}

fn mark(scan: &mut Scan<'_>, range: Range<usize>, kind: &'static str) {
    let range = unquoted(scan, range);
    let text = &scan.text[range.clone()];
    let is_word = is_prose(text) && text.len() < 8;
    if !text.is_empty() && !is_placeholder(text) && !is_word && !text.starts_with(b"$") {
        scan.redact_ahead(range, kind);
    }
}

/// A tag has a colon of its own.
fn position_outside_tags(text: &[u8], byte: u8) -> Option<usize> {
    let mut at = 0;
    while at < text.len() && text[at] != byte {
        at += tag_length(&text[at..]).unwrap_or(1);
    }
    (at < text.len()).then_some(at)
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(text, word).is_some()
}
