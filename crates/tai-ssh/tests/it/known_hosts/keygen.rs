//! The look-up compared with `ssh-keygen -l -F`, and the fingerprints with `ssh-keygen -l`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tai_ssh::known_hosts::{KnownHosts, Verdict, add};
use tempfile::tempdir;

use super::keys::{KEYS, fill, key, place};
use super::table::CASES;

fn keygen(arguments: &[&str]) -> Output {
    Command::new("ssh-keygen").args(arguments).output().expect("ssh-keygen is needed (Debian: openssh-client)")
}

/// The plain keys that `ssh-keygen -l -F` finds for a name: line and fingerprint.
fn found_by_keygen(file: &Path, name: &str) -> Vec<(usize, String)> {
    let output = keygen(&["-l", "-F", name, "-f", file.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut found = Vec::new();
    let mut plain = None;
    for line in text.lines() {
        if line.starts_with("# Host ") {
            let number = line.rsplit_once(": line ").expect("ssh-keygen names the line").1.trim_end();
            plain = number.parse().ok();
        } else if let Some(number) = plain {
            let fingerprint = line.split(' ').find(|word| word.starts_with("SHA256:")).expect("a fingerprint");
            found.push((number, fingerprint.to_owned()));
        }
    }
    found
}

/// The same, by the verdict on a key that is in none of the files.
fn found_by_us(file: &Path, host: &str, port: u16) -> Vec<(usize, String)> {
    let known = KnownHosts::load(&[file.to_path_buf()]).unwrap();
    match known.verdict(host, port, None, &key("E9")) {
        Verdict::Changed { mut known } => {
            known.sort_by_key(|known| known.line);
            known.into_iter().map(|known| (known.line, known.fingerprint)).collect()
        }
        Verdict::New => Vec::new(),
        other => panic!("the key is in no file: {other:?}"),
    }
}

fn name_of(host: &str, port: u16) -> String {
    if port == 22 { host.to_owned() } else { format!("[{host}]:{port}") }
}

#[test]
fn the_table_finds_the_lines_that_ssh_keygen_finds() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    for (text, at, _, _) in CASES {
        let (host, port, alias) = place(at);
        let (host, port) = alias.map_or((host, port), |alias| (alias, 22));
        // ssh makes names lower-case before it looks them up, ssh-keygen leaves that to who calls it.
        let host = host.to_ascii_lowercase();
        for part in text.split("---\n") {
            fs::write(&file, fill(part)).unwrap();
            let expect = found_by_keygen(&file, &name_of(&host, port));
            assert_eq!(found_by_us(&file, &host, port), expect, "{at} in {part:?}");
        }
    }
}

#[test]
fn random_files_give_the_lines_that_ssh_keygen_finds() {
    let names = prop_oneof![
        "[ab.*?]{1,6}(,!?[ab.*?]{1,6}){0,3}",
        "!?[ab.*?]{1,4},\\[[ab*?]{1,3}\\]:(22|2222|\\*)",
        Just("$web".to_owned()),
        Just("$web2222".to_owned()),
        "\\|[12]\\|[A-Za-z0-9+/=]{0,30}\\|?[A-Za-z0-9+/=]{0,30}",
    ];
    let marker = prop_oneof![4 => Just(""), 1 => Just("@revoked "), 1 => Just("@cert-authority "), 1 => "@[a-c]{0,3} ".prop_map(|_| "@odd ")];
    let keys = prop_oneof![
        6 => prop::sample::select(&["E1", "E2", "R1", "R2", "C1", "C2", "S1", "D1"][..]).prop_map(|name| format!("${name}")),
        1 => prop::sample::select(&["ssh-rsa $E1b", "ssh-ed25519 $E1b=", "ssh-ed25519 AAAA", "ssh-dss", "", "# $E1", "$E1 # x", "$E1\r", "\t$R1\t"][..]).prop_map(str::to_owned),
    ];
    let line = ("[ \t]{0,2}", marker, names, "[ \t]{1,2}", keys)
        .prop_map(|(indent, marker, names, blank, keys)| format!("{indent}{marker}{names}{blank}{keys}"));
    let file_text = prop::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"));
    let host = prop_oneof![Just("web".to_owned()), "[ab.]{1,4}"];
    let mut runner = TestRunner::new(Config { cases: 400, ..Config::default() });
    let directory = tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    let case = (file_text, host, prop::sample::select(&[22u16, 2222][..]));
    let outcome = runner.run(&case, |(text, host, port)| {
        fs::write(&file, fill(&text)).unwrap();
        let expect = found_by_keygen(&file, &name_of(&host, port));
        // Where nothing is known of the port, a key of the bare name would be new as well.
        prop_assert_eq!(found_by_us(&file, &host, port), expect, "{}", text);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn fingerprints_are_those_of_ssh_keygen() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("key.pub");
    // N1 is no point of its curve: ssh-keygen refuses it, here it is only a key that no server can have.
    for name in KEYS.iter().filter(|name| **name != "N1") {
        fs::write(&file, key(name).to_openssh()).unwrap();
        let output = keygen(&["-l", "-f", file.to_str().unwrap()]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(text.split(' ').nth(1), Some(key(name).fingerprint().as_str()), "{name}: {text}");
    }
}

#[test]
fn what_is_added_ssh_keygen_finds() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("known_hosts");
    let hosts = [("web", 22), ("web", 2222), ("Web.Example", 22), ("fe80::1", 22), ("10.0.0.1", 2022)];
    for hash in [false, true] {
        fs::write(&file, "# no newline").unwrap();
        for (host, port) in hosts {
            add(&file, host, port, &key("R1"), hash).unwrap();
        }
        for (index, (host, port)) in hosts.iter().enumerate() {
            let found = found_by_keygen(&file, &name_of(&host.to_ascii_lowercase(), *port));
            assert_eq!(found, [(index + 2, key("R1").fingerprint())], "{host} {port}");
        }
    }
}
