//! What every help text has.

use crate::cli::check;
use crate::generate::{Defined, commands};

/// The words of a line of a shell that runs tai: quotation marks as sh has them, up to a redirection or a pipe.
fn words(line: &str) -> Vec<String> {
    let line = line[line.find("tai").unwrap()..].split(['<', '>', '|', ')']).next().unwrap();
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (c, quote) {
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(open)) if c == open => quote = None,
            (' ', None) => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn examples(command: &Defined) -> impl Iterator<Item = String> {
    command.info.examples.iter().map(|example| example.replace("{command_name}", &command.line()))
}

#[test]
fn each_says_what_it_does_and_how_it_ends() {
    for command in commands() {
        let line = command.line();
        assert!(command.info.description.trim_end().ends_with('.'), "{line}: {}", command.info.description);
        assert!(command.info.error_codes.iter().any(|error| error.code == 0), "{line}: no exit codes");
        assert!(command.info.error_codes.is_sorted_by_key(|error| error.code), "{line}: exit codes in disorder");
    }
}

#[test]
fn each_has_two_examples_and_they_are_command_lines() {
    for command in commands() {
        let examples: Vec<String> = examples(&command).collect();
        assert!(examples.len() >= 2, "{}: {examples:?}", command.line());
        for example in examples {
            let words = words(&example);
            assert_eq!(words[0], "tai", "{example}");
            check(words[1..].iter().map(Into::into)).unwrap_or_else(|error| panic!("{example}: {error}"));
        }
    }
}

#[test]
fn the_flags_of_the_tool_that_tai_takes_over_from_are_there() {
    let has = |path: &[&str], flags: &[&str]| {
        let command = commands().into_iter().find(|command| command.path == path).unwrap();
        for flag in flags {
            assert!(command.info.flags.iter().any(|known| known.long == *flag), "{path:?} {flag}");
        }
    };
    let ssh = ["--host", "--identity-file", "--jump-host", "--ignore-ssh-config"];
    for path in ["run", "probe", "collect"] {
        has(&[path], &ssh);
    }
    has(&["run"], &["--model", "--no-rag", "--rag-debug", "--output-file"]);
    has(&["runbooks"], &["--sync", "--path", "--list", "--add"]);
    has(&["history"], &["--host", "--export"]);
    has(&["cleanup"], &["--retain-days"]);
}
