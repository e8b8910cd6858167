//! What the policy allows, displayed and parsed by real shells, is exactly these words and has no other effect: printf prints them,
//! nothing else is printed, and no file appears. The line as it was given means the same, when it was a line.

#![no_main]

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use tai_ssh::{Policy, ReadOnlyCommand};

static POLICY: LazyLock<Policy> = LazyLock::new(Policy::builtin);
static EMPTY: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a temporary directory"));
static SHELLS: LazyLock<Vec<Vec<&str>>> = LazyLock::new(|| {
    let known = ["/bin/sh", "/bin/dash", "/bin/bash", "/bin/busybox sh", "/bin/mksh", "/bin/zsh"];
    let split = known.iter().map(|shell| shell.split(' ').collect::<Vec<_>>());
    split.filter(|words| Path::new(words[0]).exists()).collect()
});

// A line, or, behind a newline in front, words with newlines between. What is denied is not kept in the corpus.
fuzz_target!(|input: &str| -> Corpus {
    let (command, written) = match input.strip_prefix('\n') {
        Some(words) => (POLICY.check_words(&words.split('\n').collect::<Vec<_>>()), None),
        None => (POLICY.check(input), Some(input)),
    };
    let Ok(command) = command else { return Corpus::Reject };
    // Starting a shell takes a thousand times as long as the check, so each input meets one of them.
    let shell = &SHELLS[input.bytes().map(usize::from).sum::<usize>() % SHELLS.len()];
    // A line is read as POSIX says; zsh reads `=word` in another way, so it only gets what is displayed.
    let written = written.filter(|_| shell[0] != "/bin/zsh");
    means(shell, &command.to_string(), written, &command);
    Corpus::Keep
});

fn means(shell: &[&str], displayed: &str, written: Option<&str>, command: &ReadOnlyCommand) {
    let script = match written {
        Some(written) => format!("printf '%s\\0' {displayed}\nprintf '%s\\0' {written}"),
        None => format!("printf '%s\\0' {displayed}"),
    };
    let mut process = Command::new(shell[0]);
    process.args(&shell[1..]).args(["-c", &script]).env_clear().current_dir(EMPTY.path());
    let output = process.output().expect("a shell starts");
    let times = 1 + usize::from(written.is_some());
    let words: Vec<u8> = command.words().iter().flat_map(|word| word.bytes().chain([0])).collect();
    let expected = words.repeat(times);
    assert!(output.status.success() && output.stderr.is_empty(), "{shell:?}: {script}: {output:?}");
    assert_eq!(output.stdout, expected, "{shell:?}: {script}");
    let mut files = std::fs::read_dir(EMPTY.path()).expect("the directory is there");
    assert!(files.next().is_none(), "{shell:?}: {script}: a file appeared");
}
