//! Configurations made up at random, from parts that do agree or conflict.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::cases::{Case, compare};

const KEYWORDS: &[&str] = &[
    "Host",
    "Match",
    "Port",
    "User",
    "Hostname",
    "IdentityFile",
    "ProxyJump",
    "ProxyCommand",
    "Include",
    "SendEnv",
    "SetEnv",
    "LocalForward",
    "UserKnownHostsFile",
    "StrictHostKeyChecking",
    "ServerAliveInterval",
    "Ciphers",
    "IgnoreUnknown",
    "Unknown",
    "HostKeyAlias",
    "ControlPath",
    "ForwardAgent",
    "CanonicalizeHostname",
    "RekeyLimit",
    "port",
    "USER",
    "#",
];

const ARGUMENTS: &[&str] = &[
    "web1",
    "web*",
    "!web1",
    "*",
    "?eb1",
    "db,web1",
    "host",
    "user",
    "originalhost",
    "localuser",
    "final",
    "all",
    "canonical",
    "!host",
    "!final",
    "root",
    "22",
    "2222",
    "8080",
    "yes",
    "no",
    "none",
    "ask",
    "%h",
    "%h.example.com",
    "%%",
    "%n-%p",
    "~/.ssh/id",
    "${A}",
    "${B}",
    "a:80",
    "A=1",
    "LC_*",
    "-LC_*",
    "1h",
    "1G",
    "bastion",
    "ops@bastion:2",
    "a,b",
    "+aes128-cbc",
    "-aes*",
    "Unknown",
    "one.conf",
    "\"two words\"",
    "'x'",
    "\\ ",
    "\"",
    "#",
    "",
];

const SOUND_LINES: &[&str] = &[
    "Host web1",
    "Host web* !web1",
    "Host *",
    "Host db",
    "Host web1 db",
    "Host WEB1",
    "Host *.example.com",
    "Match all",
    "Match host web*",
    "Match !host web1",
    "Match originalhost web1 user root",
    "Match final host web1",
    "Match final all",
    "Match canonical all",
    "Match user ops",
    "Match localuser root,me",
    "Match host *.example.com",
    "Match !final",
    "Match host web1,!web1",
    "Port 1",
    "Port 2",
    "User ops",
    "User root",
    "Hostname %h.example.com",
    "Hostname WEB1",
    "IdentityFile ~/a",
    "IdentityFile ~/b",
    "ProxyJump a,b",
    "ProxyJump none",
    "ProxyCommand nc %h",
    "ProxyCommand none",
    "Include one.conf",
    "SendEnv LANG LC_A",
    "SendEnv -LC_*",
    "SetEnv A=1",
    "SetEnv B=2",
    "LocalForward 1 a:2",
    "LocalForward 2 a:2",
    "DynamicForward 3",
    "ClearAllForwardings yes",
    "UserKnownHostsFile ~/k",
    "BatchMode yes",
    "ServerAliveInterval none",
    "ServerAliveInterval 5",
    "ForwardAgent no",
    "ForwardAgent /x",
    "CanonicalizeHostname yes",
    "CanonicalizeHostname no",
    "CanonicalizeMaxDots 0",
    "SyslogFacility LOCAL1",
    "StreamLocalBindMask 0111",
    "StreamLocalBindMask 0117",
    "UpdateHostKeys ask",
    "RemoteCommand ls %h",
    "ControlPath /run/%C",
    "HostKeyAlias Name",
    "IgnoreUnknown Some*",
    "SomeKey x",
    "AddressFamily inet",
];

fn line() -> impl Strategy<Value = String> {
    let keyword = prop::sample::select(KEYWORDS);
    let separator = prop::sample::select(vec![" ", "  ", "\t", "=", " = ", " =", "\t= "]);
    let argument = prop::sample::select(ARGUMENTS);
    let indent = prop::sample::select(vec!["", "", "  ", "\t"]);
    let end = prop::sample::select(vec!["\n", "\n", "\r\n", " \n", " # note\n"]);
    (indent, keyword, separator, prop::collection::vec(argument, 0..3), end).prop_map(
        |(indent, keyword, separator, words, end)| format!("{indent}{keyword}{separator}{}{end}", words.join(" ")),
    )
}

/// Lines that are right by themselves, so that the order and the blocks decide.
fn sound_line() -> impl Strategy<Value = String> {
    prop::sample::select(SOUND_LINES).prop_map(|line| format!("{line}\n"))
}

/// The keyword of one known line with the arguments of another.
fn crossed_line() -> impl Strategy<Value = String> {
    // It needs DNS, which ssh asks and tai does not.
    const APART: &str = "CanonicalizePermittedCNAMEs";
    let lines: Vec<_> = include_str!("lines.txt").lines().filter_map(|line| line.split_once(' ')).collect();
    let lines: Vec<_> = lines.into_iter().filter(|(keyword, _)| *keyword != APART).collect();
    let one = || prop::sample::select(lines.clone());
    (one(), one(), one(), any::<bool>()).prop_map(|((keyword, _), (_, first), (_, second), both)| {
        if both { format!("{keyword} {first} {second}\n") } else { format!("{keyword} {first}\n") }
    })
}

fn compare_random(count: u32, line: impl Strategy<Value = String>, lines: std::ops::Range<usize>) -> usize {
    let config = Config { cases: count, failure_persistence: None, ..Config::default() };
    // Always the same cases: a test that fails now and then proves nothing.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let text = || prop::collection::vec(&line, lines.clone()).prop_map(|lines| lines.concat());
    let accepted = std::cell::Cell::new(0);
    let outcome = runner.run(&(text(), text()), |(config, included)| {
        let files = vec![("config".to_owned(), config), (".ssh/one.conf".to_owned(), included.replace("Include", "#"))];
        let env = [("A".to_owned(), "value".to_owned())].into();
        let case = Case { name: "random".to_owned(), host: "web1".to_owned(), files, env, ..Case::default() };
        let is_accepted = compare(&case).map_err(TestCaseError::fail)?;
        accepted.set(accepted.get() + usize::from(is_accepted));
        Ok(())
    });
    outcome.unwrap();
    accepted.get()
}

#[test]
fn agrees_with_ssh_on_random_lines() {
    compare_random(200, line(), 1..4);
}

#[test]
fn agrees_with_ssh_on_random_blocks() {
    let accepted = compare_random(200, sound_line(), 1..14);
    assert!(accepted > 100, "only {accepted} of 200 were accepted: the test has lost its point");
}

#[test]
fn agrees_with_ssh_on_crossed_lines() {
    compare_random(200, crossed_line(), 1..2);
}
