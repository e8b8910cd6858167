//! Hashes of passwords, and keys that stand by themselves in a line.

use std::ops::Range;

use super::base64::is_base64;
use super::lookalike::is_placeholder;
use crate::scan::Scan;

/// `$6$salt$hash` and its kin: crypt(5), Apache's, Argon2.
pub(super) fn crypt(scan: &mut Scan<'_>, hit: Range<usize>) {
    let class = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'$' | b'.' | b'/' | b'+' | b'=' | b',' | b'-');
    let end = scan.run_end(hit.start, 1024, class);
    let hash = &scan.text[hit.start..end];
    let end = end - hash.iter().rev().take_while(|b| matches!(b, b',' | b'-')).count();
    let hash = &scan.text[hit.start..end];
    let last = hash.rsplit(|b| *b == b'$').next().unwrap_or_default();
    if hash.len() >= 20 && last.len() >= 13 && scan.before(hit.start).is_none_or(|b| !b.is_ascii_alphanumeric()) {
        scan.redact(hit.start..end, "password-hash");
    }
}

/// `{SSHA}…`, as directories and Apache have it.
pub(super) fn ldap(scan: &mut Scan<'_>, hit: Range<usize>) {
    let close = scan.run_end(hit.start, 16, |b| b != b'}' && b > b' ');
    if scan.byte(close) != Some(b'}') {
        return;
    }
    let end = scan.run_end(close + 1, 1024, |b| is_base64(b) || matches!(b, b'$' | b'.'));
    if end - close > 13 {
        scan.redact(close + 1..end, "password-hash");
    }
}

/// `pbkdf2_sha256$iterations$salt$hash`, `$pbkdf2-sha512$…`.
pub(super) fn pbkdf2(scan: &mut Scan<'_>, hit: Range<usize>) {
    let class = |b: u8| is_base64(b) || matches!(b, b'$' | b'.' | b'_' | b'-' | b':');
    let end = scan.run_end(hit.start, 1024, class);
    let parts = || scan.text[hit.start..end].split(|b| *b == b'$');
    let first = parts().next().map_or(0, <[u8]>::len);
    if parts().count() >= 3 && parts().next_back().is_some_and(|last| last.len() >= 20) {
        scan.redact(hit.start + first + 1..end, "password-hash");
    }
}

/// `SCRAM-SHA-256$4096:salt$stored:server`, as Postgres stores it.
pub(super) fn scram(scan: &mut Scan<'_>, hit: Range<usize>) {
    let name = scan.run_end(hit.start, 20, |b| b.is_ascii_alphanumeric() || b == b'-');
    let end = scan.run_end(name, 1024, |b| is_base64(b) || matches!(b, b'$' | b':'));
    if scan.byte(name) == Some(b'$') && end - name > 40 {
        scan.redact(name + 1..end, "password-hash");
    }
}

/// `(0x…)` with the bytes of a key, as klist -K prints.
pub(super) fn keytab(scan: &mut Scan<'_>, hit: Range<usize>) {
    let end = scan.run_end(hit.end, 200, |b| b.is_ascii_hexdigit());
    if end - hit.end >= 16 && scan.byte(end) == Some(b')') && scan.line_before(hit.start).contains(&b'@') {
        scan.redact(hit.end..end, "keytab");
    }
}

/// A keytab in base64: version 5.2, and the length of the first entry.
pub(super) fn keytab_file(scan: &mut Scan<'_>, hit: Range<usize>) {
    let end = scan.run_end(hit.start, usize::MAX, is_base64);
    let begins = scan.text[hit.start..].starts_with(b"BQIAAA") && scan.begins_word(hit.start);
    if begins && end - hit.start >= 40 && scan.before(hit.start) != Some(b'/') {
        scan.redact(hit.start..end, "keytab");
    }
}

/// `host:5432:database:user:password`, a line of pgpass.
pub(super) fn pgpass(scan: &mut Scan<'_>, hit: Range<usize>) {
    let (before, after) = (scan.line_before(hit.start), scan.line_after(hit.end));
    let port = &scan.text[hit.start + 1..hit.end - 1];
    let is_port = matches!(port, b"5432" | b"5433" | b"5434" | b"6432");
    let fields: Vec<&[u8]> = after.splitn(3, |b| *b == b':').collect();
    let graphic = |text: &[u8]| text.iter().all(|b| b.is_ascii_graphic() && *b != b':');
    let [database, user, password] = fields[..] else { return };
    let password = password.trim_ascii_end();
    if !is_port
        || before.is_empty()
        || !scan.is_whole(before, hit.start)
        || ![before, database, user].iter().all(|field| graphic(field))
        || user.is_empty()
    {
        return;
    }
    let start = hit.end + database.len() + 1 + user.len() + 1;
    if !password.is_empty() && !password.contains(&b' ') && !scan.pass_tag(start) && !is_placeholder(password) {
        scan.redact(start..start + password.len(), "password");
    }
}
