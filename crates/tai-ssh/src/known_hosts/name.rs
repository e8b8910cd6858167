//! How the first field of a line names hosts: patterns in clear, or one name as a salted hash.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// What OpenSSH begins a hashed name with.
const HASH_MAGIC: &str = "|1|";

/// The length of the salt and of the hash, in bytes: one SHA-1.
const HASH_LENGTH: usize = 20;

/// OpenSSH gives up on a list with a longer pattern than this, in bytes.
const LONGEST_PATTERN: usize = 1022;

/// The first field of a line.
#[derive(Debug, Clone)]
pub(super) enum Names {
    /// Patterns, with commas between.
    Patterns(Vec<u8>),
    /// One name: the salt, and the whole field to compare with.
    Hashed([u8; HASH_LENGTH], Vec<u8>),
}

impl Names {
    /// Reads the field. The error says what is wrong.
    pub(super) fn parse(field: &[u8]) -> Result<Self, &'static str> {
        if field.first() != Some(&b'|') {
            return Ok(Self::Patterns(field.to_ascii_lowercase()));
        }
        let salt = field.strip_prefix(HASH_MAGIC.as_bytes()).ok_or("the hash of the name is of an unknown form")?;
        let end = salt.iter().position(|byte| *byte == b'|').ok_or("the hash of the name has no salt")?;
        let salt = STANDARD.decode(&salt[..end]).map_err(|_| "the salt of the name is not base64")?;
        let salt = salt.try_into().map_err(|_| "the salt of the name has the wrong length")?;
        Ok(Self::Hashed(salt, field.to_vec()))
    }

    /// The names that stand in clear, as an operator writes a host: `[web1]:2222` is `web1:2222`.
    pub(super) fn plain(&self) -> Vec<String> {
        let Self::Patterns(list) = self else { return Vec::new() };
        let list = String::from_utf8_lossy(list);
        let names = list.split(',').filter(|name| is_plain(name));
        let written = |name: &str| match name.strip_prefix('[').and_then(|rest| rest.split_once("]:")) {
            Some((host, port)) if !host.contains(':') => format!("{host}:{port}"),
            _ => name.to_owned(),
        };
        names.map(written).collect()
    }

    /// Whether the field names this host, as [`lookup`] has it.
    pub(super) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Patterns(list) => list_matches(list, name.as_bytes()),
            Self::Hashed(salt, field) => hashed_with(name, salt).as_bytes() == field,
        }
    }
}

/// The name under which a host stands in `known_hosts`: `host`, or `[host]:port` off port 22, in lower case.
pub(super) fn lookup(host: &str, port: u16) -> String {
    let host = host.to_ascii_lowercase();
    if matches!(port, 0 | 22) { host } else { format!("[{host}]:{port}") }
}

/// The name as a hashed field, with a new salt.
pub(super) fn hashed(name: &str) -> Result<String, getrandom::Error> {
    let mut salt = [0; HASH_LENGTH];
    getrandom::fill(&mut salt)?;
    Ok(hashed_with(name, &salt))
}

/// Whether the name can be written in clear and found again: it is no pattern, no list, no marker and no comment.
pub(super) fn is_plain(name: &str) -> bool {
    let odd = |letter: char| letter.is_whitespace() || letter.is_control() || matches!(letter, ',' | '*' | '?');
    !name.is_empty() && name.len() <= LONGEST_PATTERN && !name.starts_with(['!', '#', '@', '|']) && !name.contains(odd)
}

fn hashed_with(name: &str, salt: &[u8; HASH_LENGTH]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(salt).expect("HMAC takes a key of any length");
    mac.update(name.as_bytes());
    format!("{HASH_MAGIC}{}|{}", STANDARD.encode(salt), STANDARD.encode(mac.finalize().into_bytes()))
}

/// OpenSSH's `match_pattern_list`: one pattern must match, and no negated one may.
fn list_matches(list: &[u8], name: &[u8]) -> bool {
    let mut found = false;
    for item in list.split(|byte| *byte == b',') {
        let (negated, pattern) = match item.strip_prefix(b"!") {
            Some(pattern) => (true, pattern),
            None => (false, item),
        };
        if pattern.len() > LONGEST_PATTERN {
            return false;
        }
        if pattern_matches(pattern, name) {
            if negated {
                return false;
            }
            found = true;
        }
    }
    found
}

/// `*` stands for any bytes, `?` for one. Goes back to the last `*` only, so it is no worse than the product of the lengths.
fn pattern_matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut pos) = (0, 0);
    let mut star = None;
    while pos < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, pos));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[pos] => {
                at += 1;
                pos += 1;
            }
            _ => {
                let Some((after, from)) = star else { return false };
                star = Some((after, from + 1));
                (at, pos) = (after, from + 1);
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_match_pattern_list() {
        let check = |list: &str, name: &str, expect: bool| {
            let names = Names::parse(list.as_bytes()).unwrap();
            assert_eq!(names.matches(name), expect, "{list:?} against {name:?}");
        };
        check("*", "web", true);
        check("", "web", false);
        check("w?b", "web", true);
        check("w?b", "wb", false);
        check("w*b*c", "wxbyc", true);
        check("w**", "w", true);
        check("*a*a*a*b", &"a".repeat(200), false);
        check("web?", "web", false);
        check("WEB", "web", true);
        check("*,!web", "web", false);
        check("!web,*", "web", false);
        check("!web", "db", false);
        check("!web,db", "db", true);
        check(",web,", "web", true);
        check("[web]:2222", "[web]:2222", true);
        check("[web]:*", "[web]:2222", true);
        check(&format!("{},web", "x".repeat(1022)), "web", true);
        check(&format!("{},web", "x".repeat(1023)), "web", false);
        check(&format!("web,{}", "x".repeat(1023)), "web", false);
    }

    #[test]
    fn names_in_clear_are_written_as_hosts() {
        let names = |field: &str| Names::parse(field.as_bytes()).unwrap().plain();
        assert_eq!(names("Web1,10.0.0.7,[gate]:2222,[fe80::1]:22"), ["web1", "10.0.0.7", "gate:2222", "[fe80::1]:22"]);
        assert_eq!(names("*.example,!web1"), Vec::<String>::new());
        assert_eq!(Names::parse(hashed("web1").unwrap().as_bytes()).unwrap().plain(), Vec::<String>::new());
    }

    #[test]
    fn a_hash_of_another_form_is_an_error() {
        for field in ["|", "|1|", "|2|AAAA|AAAA", "|1|AAAA|AAAA", "|1|AAAA", "|1|*|x"] {
            assert!(Names::parse(field.as_bytes()).is_err(), "{field:?}");
        }
    }
}
