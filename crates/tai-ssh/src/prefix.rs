//! What tai itself puts before a command that the policy allowed: a time limit, a low priority, sudo. Nobody else can.

use std::time::Duration;

use crate::Limits;

/// With whose rights a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rights {
    /// Those of the account.
    Account,
    /// Those of root, by sudo.
    Sudo {
        /// Whether sudo would also run `timeout`, which can then end what is root's. Otherwise sudo itself is ended, and hands that on.
        timeout_within: bool,
    },
}

/// How a command's exit status comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// As the command gave it.
    AsItIs,
    /// So that no status at all, which reads as 0, is told from success.
    Proven,
}

/// What success is called where it has to be proven: a status that no program is known to use.
pub(crate) const SUCCESS: i32 = 197;

/// What the script's shell calls itself in its messages.
const NAME: &str = "tai";

/// A script for `sh -c`, and the words that go before those of the command: it runs the command in `/`, in its own place, for at most as long as `limits` says (a second at
/// most more, or six if it has to be killed), where the host has a `timeout` that can kill (that of old busybox cannot).
///
/// With [`Status::Proven`] the shell stays, and ends with [`SUCCESS`] where the command ends with 0.
///
/// It holds no character that any shell reads within single quotes.
pub(crate) fn script(limits: &Limits, rights: Rights, status: Status) -> (String, [String; 2]) {
    let low = if limits.low_priority {
        r#"for p in "nice -n 19" "ionice -c 3"; do $p true 2>/dev/null && low="$low $p"; done; "#
    } else {
        ""
    };
    let prefix = match rights {
        Rights::Account => "$t",
        Rights::Sudo { timeout_within: true } => "sudo -n -- $t",
        Rights::Sudo { timeout_within: false } => "$t sudo -n --",
    };
    let limit = r#"timeout -k 5 1 true 2>/dev/null && t="timeout -k 5 $1"; shift;"#;
    let command = format!(r#"$low {prefix} "$@""#);
    let run = match status {
        Status::AsItIs => format!("exec {command}"),
        Status::Proven => format!("{command}; s=$?; test $s = 0 && exit {SUCCESS}; exit $s"),
    };
    (format!("cd /; {low}{limit} {run}"), [NAME.to_owned(), whole_seconds(limits.timeout)])
}

/// A script that says what becomes of sudo: `root`, `timeout` or `command`, see [`Rights`].
pub(crate) const RIGHTS: &str = r#"if test "$(id -u)" = 0; then echo root; elif sudo -n -l -- timeout -k 5 1 true >/dev/null 2>&1; then echo timeout; else echo command; fi"#;

/// Why the script did not start the program, if that is what its end says.
pub(crate) fn not_started(status: i32, stdout: &[u8], stderr: &[u8]) -> Option<&'static str> {
    let from_script = ["timeout:", "tai:", "nice:", "ionice:"].iter().any(|name| stderr.starts_with(name.as_bytes()));
    match status {
        127 if stdout.is_empty() && from_script => Some("the program is not installed"),
        126 if stdout.is_empty() && from_script => Some("no permission to run the program"),
        _ => None,
    }
}

fn whole_seconds(limit: Duration) -> String {
    limit.as_nanos().div_ceil(1_000_000_000).max(1).to_string()
}
