//! What the policy allows, displayed and parsed by a real `sh`, is exactly these words and has no other effect: printf prints them
//! and nothing else is printed. The input is a program of the table, and words with newlines between.
//! `cargo +nightly fuzz run policy_shell` in the directory of the crate.

#![no_main]

use std::process::Command;

use libfuzzer_sys::fuzz_target;
use tai_ssh::Policy;

fuzz_target!(|input: (u8, &str)| {
    let policy = Policy::builtin();
    let program = policy.programs()[usize::from(input.0) % policy.programs().len()].name();
    let words: Vec<&str> = std::iter::once(program).chain(input.1.split('\n')).collect();
    let Ok(command) = policy.check_words(&words) else { return };
    let script = format!("printf '%s\\0' {command}");
    let output = Command::new("sh").args(["-c", &script]).env_clear().output().expect("every host has sh");
    let expected: Vec<u8> = command.words().iter().flat_map(|word| word.bytes().chain([0])).collect();
    assert!(output.status.success() && output.stderr.is_empty(), "{script}: {output:?}");
    assert_eq!(output.stdout, expected, "{script}");
});
