use crate::host::ENVIRONMENT;
use crate::prefix::{RIGHTS, Rights, SUCCESS, Status, script};
use crate::{Limits, ReadOnlyCommand};

/// The line that the login shell of the remote account gets: `env -i` with four variables, a constant script, and the words of the command, quoted so
/// that sh, bash, dash, ksh, mksh, zsh, csh, tcsh and fish read the same (see [`ReadOnlyCommand`]'s `Display`). The program runs in `/`, as by
/// [`LocalHost`](crate::LocalHost), and in the place of the shell, so that its end is seen as it is.
///
/// Closing a channel does not end a command, so the host's own `timeout` ends it.
pub(super) fn command_line(command: &ReadOnlyCommand, limits: &Limits, rights: Rights, status: Status) -> String {
    wrap(&environment(), &command.to_string(), limits, rights, status)
}

/// The line that asks for the account's rights.
pub(super) fn rights_line(status: Status) -> String {
    let success = if status == Status::Proven { SUCCESS } else { 0 };
    format!("exec env -i {} sh -c '{RIGHTS}; exit {success}'", environment())
}

fn environment() -> String {
    ENVIRONMENT.map(|(name, value)| format!("{name}={value}")).join(" ")
}

fn wrap(environment: &str, quoted: &str, limits: &Limits, rights: Rights, status: Status) -> String {
    let (script, words) = script(limits, rights, status);
    format!("exec env -i {environment} sh -c '{script}' {} {quoted}", words.join(" "))
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

    use std::time::Duration;

    use super::*;
    use crate::Policy;
    use crate::prefix::not_started;

    const SHELLS: [&str; 8] = ["sh", "bash", "dash", "ksh", "mksh", "zsh", "tcsh", "fish"];

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

    fn wrap_for(path: &str, quoted: &str, millis: u64) -> String {
        let limits = Limits { timeout: Duration::from_millis(millis), ..Limits::default() };
        wrap(path, quoted, &limits, Rights::Account, Status::AsItIs)
    }

    fn run(shell: &str, line: &str) -> Output {
        let home = tempfile::tempdir().unwrap();
        let output = Command::new(shell).args(["-c", line]).env("HOME", home.path()).output();
        output
            .unwrap_or_else(|error| panic!("{shell} is needed (apt-get install dash ksh mksh zsh tcsh fish): {error}"))
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
                let line = wrap_for(&path, &command.to_string(), 9000);
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
        let line = wrap_for(&format!("PATH={}", tools.path().display()), "grep x", 9000);
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
            let line = |words| wrap_for(&format!("PATH={}", tools.path().display()), words, 9000);
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
    fn success_can_be_told_from_no_status_at_all() {
        let tools = tools(&["sh", "timeout", "true", "test"]);
        let check = |words: &str, expect: i32| {
            let path = format!("PATH={}", tools.path().display());
            let line = wrap(&path, words, &Limits::default(), Rights::Account, Status::Proven);
            for shell in SHELLS {
                assert_eq!(run(shell, &line).status.code(), Some(expect), "{shell}: {words}");
            }
        };
        check("grep x", SUCCESS);
        check("sh -c 'exit 3'", 3);
        check("sh -c 'kill -9 $$'", 137);
        check("no-such-program", 127);
    }

    #[test]
    fn the_limit_is_whole_seconds_and_never_none() {
        let check = |millis, expect: &str| {
            let line = wrap_for("E=", "true", millis);
            assert!(line.ends_with(&format!("tai {expect} true")), "{line}");
        };
        check(0, "1");
        check(500, "1");
        check(1000, "1");
        check(1001, "2");
        check(15_000, "15");
    }
}
