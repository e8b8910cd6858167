//! Tags, lines, keys over several lines, chunks, and what is asked for.

use tai_redact::{Error, Options, Redactor, Secrets};

use crate::corpus::Maker;

fn redact(text: &str) -> String {
    String::from_utf8(Secrets::default().redact(text.as_bytes())).expect("text")
}

#[test]
fn the_same_value_gets_the_same_tag() {
    let mut secrets = Secrets::default();
    let first = secrets.redact(b"password=Tr0ub4dor\nDB_PASSWORD=other1\n");
    assert_eq!(first, b"password=[REDACTED:password#1]\nDB_PASSWORD=[REDACTED:password#2]\n");
    let second = secrets.redact(b"mysql://root:Tr0ub4dor@db\r\ntoken=abcdef12\n");
    assert_eq!(second, b"mysql://root:[REDACTED:password#1]@db\r\ntoken=[REDACTED:token#1]\n");
}

#[test]
fn a_number_that_is_in_the_text_is_not_given_again() {
    let text = "password=[REDACTED:password#4]\npassword=Tr0ub4dor\n";
    assert_eq!(redact(text), "password=[REDACTED:password#4]\npassword=[REDACTED:password#5]\n");
}

#[test]
fn all_but_the_value_survives() {
    let check = |text: &str, expect: &str| assert_eq!(redact(text), expect);
    check(r#"{"a":1,"password":"x\"y7","b":[2]}"#, r#"{"a":1,"password":"[REDACTED:password#1]","b":[2]}"#);
    check("password: hunter2 # the old one\n", "password: [REDACTED:password#1] # the old one\n");
    check("a (password=Hunter2) b", "a (password=[REDACTED:password#1]) b");
    check("Set-Cookie: sid=abc123; Path=/; HttpOnly\r\n", "Set-Cookie: sid=[REDACTED:cookie#1]; Path=/; HttpOnly\r\n");
    check("<password>hunter2</password><user>ann</user>", "<password>[REDACTED:password#1]</password><user>ann</user>");
    check("GET /?token=abc123def&page=2 HTTP/1.1", "GET /?token=[REDACTED:token#1]&page=2 HTTP/1.1");
}

#[test]
fn bytes_that_are_no_text_survive() {
    let text = b"\xff\xfe\0A=1\0DB_PASSWORD=s3cr\xe4t\0B=2\0\r\n\x1b[31mend";
    let expect = b"\xff\xfe\0A=1\0DB_PASSWORD=[REDACTED:password#1]\0B=2\0\r\n\x1b[31mend";
    assert_eq!(Secrets::default().redact(text), expect);
}

fn key(label: &str, prefix: &str, lines: usize) -> (String, Vec<String>) {
    let mut maker = Maker::new(5);
    let body: Vec<String> = (0..lines).map(|i| maker.value(if i + 1 == lines { "b24" } else { "b64" })).collect();
    let text: String = body.iter().map(|line| format!("{prefix}{line}\n")).collect();
    (format!("before\n{prefix}-----BEGIN {label}-----\n{text}{prefix}-----END {label}-----\nafter {prefix}\n"), body)
}

#[test]
fn a_private_key_keeps_its_lines() {
    for label in [
        "RSA PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "PRIVATE KEY",
        "EC PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ] {
        for prefix in ["", "    ", "May 04 10:00:00 web1 app[7]: ", "+", "| ", "> "] {
            let (text, body) = key(label, prefix, 12);
            let redacted = redact(&text);
            let left: Vec<&String> = body.iter().filter(|line| redacted.contains(line.as_str())).collect();
            assert!(left.is_empty(), "{label:?} {prefix:?}: {left:?}\n{redacted}");
            assert_eq!(redacted.lines().count(), text.lines().count());
            assert!(redacted.contains(&format!("{prefix}-----BEGIN {label}-----\n")), "{redacted}");
            assert!(redacted.contains("[REDACTED:private-key#1]") && !redacted.contains("#2"), "{redacted}");
            assert!(redacted.starts_with("before\n") && redacted.ends_with(&format!("after {prefix}\n")), "{redacted}");
        }
    }
}

#[test]
fn a_key_that_is_cut_is_a_key() {
    let (text, body) = key("RSA PRIVATE KEY", "", 12);
    let lines: Vec<&str> = text.lines().collect();
    for part in [lines[..7].join("\n"), lines[6..].join("\n"), lines[13..].join("\n")] {
        let redacted = redact(&part);
        assert!(body.iter().all(|line| !redacted.contains(line.as_str())), "{redacted}");
        assert_eq!(redacted.lines().count(), part.lines().count());
    }
}

#[test]
fn what_stands_beside_a_key_is_read_alike_once_it_is_redacted() {
    let begin = "-----BEGIN RSA PRIVATE KEY-----";
    let id = ["AKIA", "IOSFODNN7ABCDEFG"].concat();
    let body = Maker::new(5).value("b64");
    // A tag makes a line as long as the stamp before the key; an identifier is joined to a last line by its hyphens.
    let stamped = format!("-----\\\"curl -u {{\"{begin}|\n= secret {{=: Bearer --password x2hunter community \n");
    let joined = format!("{body}\npassword-----END RSA PRIVATE KEY-----{id}{begin}\n");
    assert!(!redact(&joined).contains(&body), "{}", redact(&joined));
    for text in [stamped, joined] {
        assert_eq!(redact(&redact(&text)), redact(&text));
    }
}

#[test]
fn a_key_in_one_line_is_a_key() {
    let mut maker = Maker::new(9);
    let (one, two) = (maker.value("b64"), maker.value("b24"));
    for text in [
        format!(
            r#"{{"private_key": "-----BEGIN PRIVATE KEY-----\n{one}\n{two}\n-----END PRIVATE KEY-----\n", "n": 1}}"#
        ),
        format!("KEY=\"-----BEGIN RSA PRIVATE KEY-----\\n{one}\\n{two}"),
        format!("app: -----BEGIN EC PRIVATE KEY----- {one} {two} -----END EC PRIVATE KEY----- loaded"),
    ] {
        let redacted = redact(&text);
        assert!(!redacted.contains(&one) && !redacted.contains(&two), "{redacted}");
    }
}

#[test]
fn an_old_key_has_headers() {
    let mut maker = Maker::new(9);
    let (one, two) = (maker.value("b64"), maker.value("b24"));
    let text = format!(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n{one}\n{two}\n-----END RSA PRIVATE KEY-----\n"
    );
    let redacted = redact(&text);
    assert!(
        !redacted.contains(&one) && !redacted.contains(&two) && redacted.contains("Proc-Type: 4,ENCRYPTED\n"),
        "{redacted}"
    );
}

#[test]
fn a_value_in_the_next_line_is_found_across_pieces() {
    let text = "- name: DB_PASSWORD\n  value: s3cr3t-0f-4nn\n- name: LOG\n  value: info\n";
    for cut in 0..text.len() {
        let (mut secrets, mut out) = (Secrets::default(), Vec::new());
        let mut stream = secrets.stream();
        stream.push(&text.as_bytes()[..cut], &mut out);
        stream.push(&text.as_bytes()[cut..], &mut out);
        stream.finish(&mut out);
        let expect = "- name: DB_PASSWORD\n  value: [REDACTED:password#1]\n- name: LOG\n  value: info\n";
        assert_eq!(String::from_utf8(out).unwrap(), expect, "{cut}");
    }
}

#[test]
fn a_line_of_megabytes_is_no_trouble() {
    let text = format!("{}\"password\":\"hunter2\",{}", "\"a\":1,".repeat(500_000), "\"b\":2,".repeat(200_000));
    let redacted = redact(&text);
    assert!(!redacted.contains("hunter2"));
    assert_eq!(redacted.len(), text.len() - "hunter2".len() + "[REDACTED:password#1]".len());
}

/// What would take minutes in quadratic time takes seconds, also in a debug build on a busy machine.
#[test]
fn time_is_linear() {
    let start = std::time::Instant::now();
    for pattern in [
        "token=",
        "eyJ",
        "password=\"",
        "://",
        "a://b:c",
        "key: ",
        "mysql -p",
        "name: password ",
        "PRIVATE KEY",
        "auth ",
        "$6$",
        "ghp_",
        "curl -u a ",
        "{sha",
        "<password>",
        "password='",
    ] {
        let text = pattern.repeat((1 << 17) / pattern.len());
        drop(Secrets::default().redact(text.as_bytes()));
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn addresses_and_own_patterns_are_redacted_when_asked_for() {
    let text = "ann@acme.example from 192.0.2.7 and 2001:db8::1 opened INC-1234 at 10:00:00\n";
    assert_eq!(redact(text), text);
    let options =
        Options { emails: true, addresses: true, patterns: vec![("ticket".into(), r"INC-(?P<secret>[0-9]+)".into())] };
    let mut secrets = Secrets::new(&options).unwrap();
    let redacted = String::from_utf8(secrets.redact(text.as_bytes())).unwrap();
    let expect = "[REDACTED:email#1] from [REDACTED:address#1] and [REDACTED:address#2] opened INC-[REDACTED:ticket#1] at 10:00:00\n";
    assert_eq!(redacted, expect);
    assert_eq!(String::from_utf8(secrets.redact(redacted.as_bytes())).unwrap(), expect);
}

#[test]
fn a_pattern_that_cannot_work_is_an_error() {
    let check = |name: &str, pattern: &str| {
        Secrets::new(&Options { patterns: vec![(name.into(), pattern.into())], ..Options::default() }).unwrap_err()
    };
    assert!(matches!(check("x", "("), Error::Pattern { .. }));
    assert!(matches!(check("x", "a*"), Error::EmptyPattern { .. }));
    assert!(matches!(check("X y", "a"), Error::Name { .. }));
}
