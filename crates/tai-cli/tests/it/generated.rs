//! Completions and manual pages: made from the definitions, and tried in the shells and by the programs that read them.

#![expect(clippy::disallowed_methods, reason = "shells are what is tested here")]

use std::fs;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize};

use crate::process::tai;

fn script(shell: &str) -> String {
    let output = tai(&["completions", shell]).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a program that is to be there: `scripts/test.sh` installs it.
fn run(program: &str, args: &[&str], home: &Path) -> Output {
    let path = format!("{}:/usr/bin:/bin", Path::new(env!("CARGO_BIN_EXE_tai")).parent().unwrap().display());
    let mut command = Command::new(program);
    command.args(args).env("PATH", path).env("HOME", home).env("TAI_HOME", home.join("tai")).stdin(Stdio::null());
    command.output().unwrap_or_else(|error| panic!("{program} is needed for this test: {error}"))
}

fn all(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// What a shell offers, by a program that prints it.
fn offered(shell: &str, program: &str) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("completion");
    fs::write(&file, script(shell)).unwrap();
    let program = program.replace("SCRIPT", file.to_str().unwrap());
    let output = run(shell, &["-c", &program], home.path());
    assert!(output.stderr.is_empty(), "{}", all(&output));
    let mut lines: Vec<String> = all(&output).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn the_scripts_are_valid() {
    let home = tempfile::tempdir().unwrap();
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let file = home.path().join(shell);
        fs::write(&file, script(shell)).unwrap();
        let output = run(shell, &[check, file.to_str().unwrap()], home.path());
        assert!(output.status.success() && all(&output).is_empty(), "{shell}: {}", all(&output));
    }
}

#[test]
fn bash_completes() {
    let check = |line: &str, expect: &[&str]| {
        // As readline does: words are broken at `=` too, and the last may be empty.
        let mut words: Vec<String> = line.split_inclusive([' ', '=']).map(|word| word.trim().to_owned()).collect();
        if line.ends_with([' ', '=']) {
            words.push(String::new());
        }
        let words: Vec<String> = words
            .iter()
            .flat_map(|word| match word.strip_suffix('=') {
                Some(flag) => vec![flag.to_owned(), "=".to_owned()],
                None => vec![word.clone()],
            })
            .map(|word| format!("'{word}'"))
            .collect();
        let program = format!(
            "source SCRIPT; COMP_WORDS=({}); COMP_CWORD={}; _tai; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.join(" "),
            words.len() - 1
        );
        assert_eq!(offered("bash", &program), expect, "{line}");
    };
    check("tai mod", &["models"]);
    check("tai models p", &["path", "prune", "pull"]);
    check("tai run --output-f", &["--output-file"]);
    check("tai run --format ", &["html", "json", "markdown", "text"]);
    check("tai run --format=j", &["json"]);
    check("tai models pull --source=", &["auto", "hub", "package"]);
    check("tai --debug completions z", &["zsh"]);
}

/// A shell at a terminal: each step is typed when what the one before it leads to is on the screen.
fn at_prompt(shell: &str, args: &[&str], home: &Path, steps: &[(&str, &str)]) {
    let size = PtySize { rows: 40, cols: 120, ..PtySize::default() };
    let pty = portable_pty::native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(shell);
    command.args(args);
    let path = format!("{}:/usr/bin:/bin", Path::new(env!("CARGO_BIN_EXE_tai")).parent().unwrap().display());
    for (name, value) in [("PATH", path.as_str()), ("HOME", home.to_str().unwrap()), ("TERM", "xterm")] {
        command.env(name, value);
    }
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let (mut reader, mut writer) = (pty.master.try_clone_reader().unwrap(), pty.master.take_writer().unwrap());
    let screen = Arc::new(Mutex::new(vt100::Parser::new(NonZero::new(40).unwrap(), NonZero::new(120).unwrap(), 0)));
    let shown = Arc::clone(&screen);
    let reading = std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        // The terminal of a shell that ended gives an error on Linux.
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            shown.lock().unwrap().process(&bytes[..count]);
        }
    });
    for (keys, expect) in steps {
        writer.write_all(keys.as_bytes()).unwrap();
        let contents = || screen.lock().unwrap().screen().contents();
        let start = Instant::now();
        while !contents().contains(expect) {
            assert!(start.elapsed() < Duration::from_secs(60), "{shell} {expect:?}: {}", contents());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    drop((writer, pty.master));
    reading.join().unwrap();
}

const STEPS: [(&str, &str); 4] = [
    ("", "ready>"),
    ("tai mod\t", "ready> tai models"),
    ("pul\t", "ready> tai models pull"),
    ("--revi\t", "ready> tai models pull --revision"),
];

#[test]
fn bash_completes_at_its_prompt() {
    let home = tempfile::tempdir().unwrap();
    let rc = home.path().join("rc");
    fs::write(&rc, format!("{}\nPS1='ready> '\n", script("bash"))).unwrap();
    at_prompt("bash", &["--noprofile", "--rcfile", rc.to_str().unwrap(), "-i"], home.path(), &STEPS);
}

#[test]
fn zsh_completes_at_its_prompt() {
    let home = tempfile::tempdir().unwrap();
    let functions = home.path().join("functions");
    fs::create_dir(&functions).unwrap();
    fs::write(functions.join("_tai"), script("zsh")).unwrap();
    let rc = format!("fpath=({} $fpath)\nautoload -U compinit\ncompinit -u -D\nPS1='ready> '\n", functions.display());
    fs::write(home.path().join(".zshrc"), rc).unwrap();
    at_prompt("zsh", &["-d", "-i"], home.path(), &STEPS);
}

#[test]
fn fish_completes() {
    let check = |line: &str, expect: &[&str]| {
        let program = format!("source SCRIPT; complete -C '{line}'");
        let names: Vec<String> =
            offered("fish", &program).iter().map(|line| line.split('\t').next().unwrap().to_owned()).collect();
        assert_eq!(names, expect, "{line}");
    };
    check("tai mod", &["models"]);
    check("tai models p", &["path", "prune", "pull"]);
    check("tai run --output-f", &["--output-file"]);
    check("tai run --format ", &["html", "json", "markdown", "text"]);
    check("tai models pull --source=p", &["--source=package"]);
}

#[test]
fn manual_pages_have_no_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let output = tai(&["man", "--out", folder.path().to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{}", all(&output));
    let pages: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(pages.len() > 35, "{pages:?}");
    let files: Vec<&str> = pages.iter().map(|page| page.to_str().unwrap()).collect();
    let output = run("mandoc", &[&["-T", "lint", "-W", "warning"], &files[..]].concat(), folder.path());
    // A page of a program that is built the same everywhere has no date.
    let said = all(&output);
    let problems: Vec<&str> = said.lines().filter(|line| !line.contains("cannot parse date")).collect();
    assert!(problems.is_empty(), "{problems:#?}");

    let run_page = folder.path().join("tai-models-pull.1");
    let text = run("mandoc", &["-T", "utf8", run_page.to_str().unwrap()], folder.path());
    // Bold is a letter twice in one place.
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    let text: String = text.split_inclusive('\u{8}').map(|part| part.trim_end_matches('\u{8}')).fold(
        String::new(),
        |mut plain, part| {
            // What stands before each step back.
            plain.pop();
            plain + part
        },
    );
    assert!(
        text.contains("EXIT STATUS") && text.contains("HF_ENDPOINT") && text.contains("tai models pull BAAI"),
        "{text}"
    );
}

#[test]
fn one_page_is_printed_and_an_unknown_one_is_an_error() {
    let output = tai(&["man", "models", "pull"]).output().unwrap();
    assert!(all(&output).contains(".TH TAI-MODELS-PULL 1"), "{}", all(&output));
    assert_eq!(tai(&["man", "nonsense"]).output().unwrap().status.code(), Some(2));
}
