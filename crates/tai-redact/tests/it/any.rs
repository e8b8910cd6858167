//! Whatever the text is: lines stay, chunks do not matter, and redacting twice changes nothing.

use proptest::prelude::*;
use tai_redact::{Redactor, Secrets};

/// What detectors look at.
const PARTS: &[&str] = &[
    "password",
    "=",
    ": ",
    ":",
    "\"",
    "'",
    "\\\"",
    "\\",
    "hunter2",
    "Tr0ub4dor&3",
    " ",
    "\n",
    "\t",
    ",",
    ";",
    "&",
    "<",
    ">",
    "token",
    "secret",
    "name: ",
    "value: ",
    "key",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----END RSA PRIVATE KEY-----",
    "MIIEowIBAAKCAQEA0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL",
    "\n",
    "://",
    "ann:",
    "@",
    "https",
    "[REDACTED:password#1]",
    "[REDACTED:",
    "#2]",
    "]",
    "eyJhbGciOiJIUzI1NiJ9",
    ".eyJzdWIiOiIxIn0.",
    "Authorization: ",
    "Bearer ",
    "Basic dXNlcjpwYXNz",
    "Cookie: a=b; ",
    "$6$saltsalt$",
    "0123456789abcdef0123456789abcdef",
    "mysql -p",
    "curl -u ",
    "--password ",
    "PASSWORD=",
    "{",
    "}",
    "[",
    "(",
    ")",
    "true",
    "required",
    "/etc/x",
    "${X}",
    "ghp_0123456789abcdefABCDEF0123456789abcd",
    "AKIAIOSFODNN7ABCDEFG",
    "\u{e4}",
    "\0",
    "\r\n",
    "|",
    "|\n",
    "x",
    "#",
    " # ",
    "community ",
    "IDENTIFIED BY ",
    "login ",
    "machine ",
    "requirepass ",
    "<password>",
    "</password>",
    "?",
    "sid=",
    "AUTH PLAIN ",
];

/// Pieces of what detectors look at, joined at random.
fn nasty() -> impl Strategy<Value = Vec<u8>> {
    let parts = prop::sample::select(PARTS.to_vec());
    let part = prop_oneof![
        8 => parts.prop_map(|part| part.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

fn newlines(text: &[u8]) -> usize {
    text.iter().filter(|b| **b == b'\n').count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn twice_is_once_and_lines_stay(text in nasty()) {
        let once = Secrets::default().redact(&text);
        prop_assert_eq!(newlines(&once), newlines(&text));
        let twice = Secrets::default().redact(&once);
        prop_assert_eq!(String::from_utf8_lossy(&twice), String::from_utf8_lossy(&once));
    }

    #[test]
    fn chunks_do_not_matter(text in nasty(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let whole = Secrets::default().redact(&text);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.push(text.len());
        cuts.sort_unstable();
        let (mut secrets, mut out, mut at) = (Secrets::default(), Vec::new(), 0);
        let mut stream = secrets.stream();
        for cut in cuts {
            stream.push(&text[at..cut], &mut out);
            at = cut;
        }
        stream.finish(&mut out);
        prop_assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&whole));
    }

    #[test]
    fn bytes_never_panic(text in prop::collection::vec(any::<u8>(), 0..400)) {
        let once = Secrets::default().redact(&text);
        prop_assert_eq!(newlines(&once), newlines(&text));
    }
}
