use std::fs;
use std::path::PathBuf;

use tai_ssh::known_hosts::{Error, HostKey, KnownHosts, Verdict};
use tempfile::tempdir;

use super::keys::{fill, key, load, place, show};
use super::table::CASES;

#[test]
fn verdicts_are_those_of_the_table() {
    assert!(CASES.len() >= 100);
    let directory = tempdir().unwrap();
    for (text, at, name, expect) in CASES {
        let (host, port, alias) = place(at);
        let verdict = load(directory.path(), text).verdict(host, port, alias, &key(name));
        assert_eq!(show(&verdict), *expect, "{at} shows {name}, known is {text:?}");
    }
}

#[test]
fn a_change_names_every_known_key() {
    let directory = tempdir().unwrap();
    let known = load(directory.path(), "web $R1\n---\nweb $E1\n");
    let Verdict::Changed { known } = known.verdict("web", 22, None, &key("E2")) else { panic!("it has changed") };
    assert_eq!(known[0].file, directory.path().join("b"));
    assert_eq!((known[0].line, known[0].kind.as_str()), (1, "ssh-ed25519"));
    assert_eq!(known[0].fingerprint, key("E1").fingerprint());
    assert_eq!(known[1].kind, "ssh-rsa");
}

#[test]
fn kinds_that_are_known_come_in_order() {
    let directory = tempdir().unwrap();
    let check = |text: &str, at: &str, expect: &[&str]| {
        let (host, port, alias) = place(at);
        assert_eq!(load(directory.path(), text).known_kinds(host, port, alias), expect, "{at}, known is {text:?}");
    };
    check("", "web", &[]);
    check("web $R1\nweb $E1\nweb $R2\n", "web", &["ssh-rsa", "ssh-ed25519"]);
    check("web $C1\nweb $N1\n", "WEB", &["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384"]);
    check("$web $E1\n---\n* $R1\n", "web", &["ssh-ed25519", "ssh-rsa"]);
    check("@cert-authority * $E1\nweb $R1\n", "web", &["ssh-rsa"]);
    check("@revoked * $E1\nweb $E1\nweb $R1\n", "web", &["ssh-rsa"]);
    check("@revoked * $E1\nweb $E1\nweb $E2\n", "web", &["ssh-ed25519"]);
    check("[web]:2222 $R1\nweb $E1\n", "web@2222", &["ssh-rsa"]);
    check("web $E1\n", "web@2222", &["ssh-ed25519"]);
    check("alias $E1\nweb $R1\n", "web/alias", &["ssh-ed25519"]);
}

#[test]
fn malformed_lines_are_warnings_with_their_place() {
    let directory = tempdir().unwrap();
    let known = load(directory.path(), "web\n# fine\nweb $E1\n@odd web $E1\n---\n|1|x|y $E1\nweb ssh-rsa $E1b\n");
    let places: Vec<(String, usize)> = known
        .warnings()
        .iter()
        .map(|warning| (warning.file.file_name().unwrap().to_string_lossy().into_owned(), warning.line))
        .collect();
    let expect = [("a", 1), ("a", 4), ("b", 1), ("b", 2)].map(|(file, line)| (file.to_owned(), line));
    assert_eq!(places, expect);
    assert_eq!(known.warnings()[3].reason, "the key is of another type than the line says");
}

#[test]
fn a_missing_file_is_empty_and_an_unreadable_one_an_error() {
    let directory = tempdir().unwrap();
    let missing = directory.path().join("missing");
    let known = KnownHosts::load(&[missing, PathBuf::from("/dev/null")]).unwrap();
    assert_eq!(known.verdict("web", 22, None, &key("E1")), Verdict::New);

    let error = KnownHosts::load(&[directory.path().to_path_buf()]).unwrap_err();
    assert!(matches!(error, Error::Read { .. }), "{error}");

    let huge = directory.path().join("huge");
    fs::File::create(&huge).unwrap().set_len(65 << 20).unwrap();
    let error = KnownHosts::load(&[huge]).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
}

#[test]
fn keys_are_read_as_ssh_reads_them() {
    let check = |text: &str, expect: Result<&str, &str>| {
        let text = fill(text);
        let found = HostKey::parse(&text).map(|key| key.kind).map_err(|error| error.to_string());
        assert_eq!(found, expect.map(str::to_owned).map_err(str::to_owned), "{text}");
    };
    check("$E1", Ok("ssh-ed25519"));
    check(" $R1 root@web\n", Ok("ssh-rsa"));
    check("rsa-sha2-256 $R1b", Ok("ssh-rsa"));
    check("$S1", Ok("sk-ssh-ed25519@openssh.com"));
    check("", Err("not a host key: there is no key type"));
    check("ssh-ed25519", Err("not a host key: there is no key after the type"));
    check("web $E1", Err("not a host key: the key type is unknown"));
    check("ssh-ed25519 =", Err("not a host key: the key is not base64"));
    check("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA", Err("not a host key: it is cut off"));
    check("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAA==", Err("not a host key: a field of the key has the wrong form"));
    check("ssh-rsa $E1b", Err("a host key of type \"ssh-ed25519\" is announced as \"ssh-rsa\""));
    check(
        "ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29t",
        Err("not a host key: it is a certificate, and only plain keys are judged"),
    );
}
