use std::time::Duration;

use crate::ReadOnlyCommand;
use crate::host::ENVIRONMENT;

/// Runs its arguments 2 and up for at most as many seconds as argument 1 says, where the host has a `timeout` that can kill (that of old busybox
/// cannot), and otherwise without a limit. It holds no character that any shell reads within single quotes.
const SCRIPT: &str = r#"cd /; timeout -k 5 1 true 2>/dev/null && exec timeout -k 5 "$@"; shift; exec "$@""#;
/// What the script's shell calls itself in its messages.
const NAME: &str = "tai";

/// The line that the login shell of the remote account gets: `env -i` with four variables, a constant script, and the words of the command, quoted so
/// that sh, bash, dash, ksh, zsh, csh, tcsh and fish read the same (see [`ReadOnlyCommand`]'s `Display`). The program runs in `/`, as by
/// [`LocalHost`](crate::LocalHost), and in the place of the shell, so that its end is seen as it is.
///
/// Closing a channel does not end a command, so the host's own `timeout` ends it: a second at most after `limit`, or six if it has to be killed.
pub(super) fn command_line(command: &ReadOnlyCommand, limit: Duration) -> String {
    let environment = ENVIRONMENT.map(|(name, value)| format!("{name}={value}")).join(" ");
    wrap(&environment, &command.to_string(), limit)
}

fn wrap(environment: &str, quoted: &str, limit: Duration) -> String {
    let seconds = limit.as_nanos().div_ceil(1_000_000_000).max(1);
    format!("exec env -i {environment} sh -c '{SCRIPT}' {NAME} {seconds} {quoted}")
}

/// Why the script did not start the program, if that is what its end says.
pub(super) fn not_started(status: i32, stdout: &[u8], stderr: &[u8]) -> Option<&'static str> {
    let from_script = ["timeout:", "tai:"].iter().any(|name| stderr.starts_with(name.as_bytes()));
    match status {
        127 if stdout.is_empty() && from_script => Some("the program is not installed"),
        126 if stdout.is_empty() && from_script => Some("no permission to run the program"),
        _ => None,
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the shells that read the line are real")]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;
    use std::process::{Command, Output};

    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;

    use super::*;
    use crate::Policy;

    const SHELLS: [&str; 6] = ["sh", "bash", "dash", "zsh", "tcsh", "fish"];

    /// A directory in which `grep` says its words, with what the script itself needs.
    fn tools(with: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in with {
            symlink(Path::new("/usr/bin").join(name), dir.path().join(name)).unwrap();
        }
        let grep = dir.path().join("grep");
        fs::write(&grep, "#!/bin/sh\nprintf '%s\\0' \"$@\"\n").unwrap();
        fs::set_permissions(&grep, fs::Permissions::from_mode(0o755)).unwrap();
        dir
    }

    fn run(shell: &str, line: &str) -> Output {
        let home = tempfile::tempdir().unwrap();
        let output = Command::new(shell).args(["-c", line]).env("HOME", home.path()).output();
        output.unwrap_or_else(|error| panic!("{shell} is needed (apt-get install dash zsh tcsh fish): {error}"))
    }

    #[test]
    fn every_login_shell_hands_over_the_same_words() {
        let tools = tools(&["sh", "timeout", "true"]);
        let path = format!("PATH={}", tools.path().display());
        let word = prop_oneof![
            "[ -~]{0,12}",
            "[ '\"\\\\!$`*?~#&|;<>(){}\\[\\]^%=@a-c-]{1,10}",
            "\\PC{0,6}",
            Just("!!".to_owned()),
            Just("\\".to_owned()),
            Just("'\\''".to_owned()),
        ];
        let check = |words: Vec<String>| {
            let words: Vec<_> = words.iter().flat_map(|word| ["-e", word]).chain(["/etc/hostname"]).collect();
            let Ok(command) = Policy::builtin().check_words(&[&["grep"], words.as_slice()].concat()) else {
                return Err(TestCaseError::reject("the policy denies it"));
            };
            let expect: String = words.iter().map(|word| format!("{word}\0")).collect();
            for shell in SHELLS {
                let line = wrap(&path, &command.to_string(), Duration::from_secs(9));
                let output = run(shell, &line);
                prop_assert_eq!(String::from_utf8_lossy(&output.stdout), &*expect, "{}: {}\n{:?}", shell, line, output);
                prop_assert_eq!(&output.stderr, b"", "{}: {}", shell, line);
            }
            Ok(())
        };
        let config = ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() };
        TestRunner::new(config).run(&prop::collection::vec(word, 1..4), check).unwrap();
    }

    #[test]
    fn a_host_without_a_good_timeout_runs_the_command_all_the_same() {
        let tools = tools(&["sh", "true"]);
        let line = wrap(&format!("PATH={}", tools.path().display()), "grep x", Duration::from_secs(9));
        let output = run("sh", &line);
        assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (b"x\0".as_slice(), b"".as_slice()));

        fs::write(tools.path().join("timeout"), "#!/bin/sh\necho 'unknown option -k' >&2\nexit 1\n").unwrap();
        fs::set_permissions(tools.path().join("timeout"), fs::Permissions::from_mode(0o755)).unwrap();
        let output = run("sh", &line);
        assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (b"x\0".as_slice(), b"".as_slice()));
    }

    #[test]
    fn a_program_that_is_missing_is_told_from_one_that_fails() {
        for with_timeout in [true, false] {
            let tools = if with_timeout { tools(&["sh", "timeout", "true"]) } else { tools(&["sh", "true"]) };
            let line = |words| wrap(&format!("PATH={}", tools.path().display()), words, Duration::from_secs(9));
            let check = |words, expect| {
                let Output { status, stdout, stderr } = run("sh", &line(words));
                let got = not_started(status.code().unwrap(), &stdout, &stderr);
                assert_eq!(got, expect, "{words}: {}", String::from_utf8_lossy(&stderr));
            };
            check("no-such-program", Some("the program is not installed"));
            check("/etc", Some("no permission to run the program"));
            check("sh -c 'exit 127'", None);
            check("sh -c 'echo x; exit 127'", None);
            check("grep", None);
        }
    }

    #[test]
    fn the_limit_is_whole_seconds_and_never_none() {
        let check = |millis, expect: &str| {
            let line = wrap("E=", "true", Duration::from_millis(millis));
            assert!(line.ends_with(&format!("tai {expect} true")), "{line}");
        };
        check(0, "1");
        check(500, "1");
        check(1000, "1");
        check(1001, "2");
        check(15_000, "15");
    }
}
