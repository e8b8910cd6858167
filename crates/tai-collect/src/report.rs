use std::sync::Arc;
use std::time::Duration;

use tai_ssh::{Ending, Output, visible};

use crate::{Facts, Reading, Refused, Targets, Ticket};

/// Everything that was collected from one host for one ticket. What could not be collected is in it as well, with the reason.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the operator calls the host.
    pub host: String,
    /// When collecting began, RFC 3339; `None` for a capture that does not say.
    pub collected_at: Option<String>,
    /// What the operator wrote.
    pub ticket: Ticket,
    /// What was looked at in particular: what the ticket names, and what turned out to be in trouble.
    pub targets: Targets,
    /// What the host is.
    pub facts: Facts,
    /// Each command with its output, in the order of the plan.
    pub collected: Vec<Collected>,
    /// What the policy denied.
    pub refused: Vec<Refused>,
    /// Rows that were parsed out of the outputs.
    pub readings: Vec<Reading>,
}

/// The reason why there is nothing of a command, when the host is a capture that does not hold it.
pub const NOT_CAPTURED: &str = "not captured";

/// One command and what it gave.
#[derive(Clone, Debug)]
pub struct Collected {
    /// The command line.
    pub command: String,
    /// Standard output as text that is safe to show: see [`tai_ssh::visible`]. Its lines are the lines of the output; where that was cut, one more line
    /// says so.
    pub text: Arc<str>,
    /// The beginning of standard error, as text that is safe to show.
    pub stderr: Arc<str>,
    /// How it ended.
    pub ending: Ending,
    /// Bytes of standard output.
    pub bytes: usize,
    /// True when there was more output than the limit.
    pub truncated: bool,
    /// Wall-clock time.
    pub duration: Duration,
    /// Why the collector is in the table, in words. Empty for what a capture holds besides.
    pub about: String,
    /// False for what only serves planning, such as the list of installed programs.
    pub is_evidence: bool,
}

impl Collected {
    pub(crate) fn new(command: String, output: Output, about: String, is_evidence: bool) -> Self {
        let Output { stdout, stderr, ending, truncated, duration } = output;
        let bytes = stdout.len();
        let mut text = visible(stdout);
        if truncated {
            let line_end = if text.ends_with('\n') { "" } else { "\n" };
            text = format!("{text}{line_end}[tai: cut after {bytes} bytes]\n");
        }
        let stderr = visible(stderr).into();
        Collected { command, text: text.into(), stderr, ending, bytes, truncated, duration, about, is_evidence }
    }

    /// Why this evidence is missing or incomplete; `None` when the command said what it had to say, a failure included.
    pub fn gap(&self) -> Option<String> {
        match &self.ending {
            Ending::TimedOut => Some(format!("timed out after {:.0} s", self.duration.as_secs_f64())),
            Ending::NotStarted { reason } => Some(reason.clone()),
            Ending::Lost { reason } => Some(format!("incomplete: {reason}")),
            Ending::NotCaptured => Some(NOT_CAPTURED.to_owned()),
            Ending::Signalled(signal) if !self.truncated => Some(format!("killed by signal {signal}")),
            Ending::Exited(status) if *status != 0 && self.text.is_empty() && self.lacks_permission() => {
                Some(format!("no permission: {}", self.stderr.lines().next().unwrap_or_default()))
            }
            // journalctl ends with 0 all the same, and shows an ordinary account next to nothing.
            _ if self.stderr.contains("not seeing messages from other users") => {
                Some("the account may not read the system's journal".to_owned())
            }
            Ending::Signalled(_) | Ending::Exited(_) => None,
        }
    }

    fn lacks_permission(&self) -> bool {
        ["ermission denied", "not permitted", "must be root", "uperuser", "only root"]
            .iter()
            .any(|words| self.stderr.contains(words))
    }
}

impl Report {
    /// The outputs that are evidence and were not in vain.
    pub fn evidence(&self) -> impl Iterator<Item = &Collected> {
        self.collected.iter().filter(|c| c.is_evidence && !(c.text.is_empty() && c.stderr.is_empty()))
    }

    /// What is missing: the command and the reason.
    pub fn gaps(&self) -> Vec<(String, String)> {
        let failed = self.collected.iter().filter_map(|c| Some((c.command.clone(), c.gap()?)));
        let refused = self.refused.iter().map(|r| (r.command.clone(), format!("denied by the policy: {}", r.reason)));
        failed.chain(refused).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collected(ending: Ending, stdout: &str, stderr: &str, truncated: bool) -> Collected {
        let (stdout, stderr) = (stdout.as_bytes().to_vec(), stderr.as_bytes().to_vec());
        let output = Output { stdout, stderr, ending, truncated, duration: Duration::from_secs(15) };
        Collected::new("c".into(), output, String::new(), true)
    }

    #[test]
    fn a_gap_is_what_was_not_seen() {
        let check = |c: Collected, expect: Option<&str>| assert_eq!(c.gap().as_deref(), expect, "{c:?}");
        check(collected(Ending::Exited(0), "out", "", false), None);
        check(collected(Ending::Exited(3), "inactive", "", false), None);
        check(collected(Ending::Exited(1), "", "No such file or directory", false), None);
        check(collected(Ending::Signalled(9), "out", "", true), None);
        check(collected(Ending::Signalled(11), "", "", false), Some("killed by signal 11"));
        check(collected(Ending::TimedOut, "part", "", false), Some("timed out after 15 s"));
        check(collected(Ending::NotCaptured, "", "", false), Some("not captured"));
        let lost = Ending::Lost { reason: "the connection to web1 was lost".into() };
        check(collected(lost, "part", "", false), Some("incomplete: the connection to web1 was lost"));
        let denied = "dmesg: read kernel buffer failed: Operation not permitted\n";
        check(collected(Ending::Exited(1), "", denied, false), Some(&format!("no permission: {}", denied.trim())));
        let hint = "Hint: You are currently not seeing messages from other users and the system.";
        check(collected(Ending::Exited(0), "", hint, false), Some("the account may not read the system's journal"));
    }

    #[test]
    fn the_marker_is_a_line_of_its_own() {
        assert_eq!(
            &*collected(Ending::Signalled(9), "half a li", "", true).text,
            "half a li\n[tai: cut after 9 bytes]\n"
        );
        assert_eq!(&*collected(Ending::Signalled(9), "line\n", "", true).text, "line\n[tai: cut after 5 bytes]\n");
    }
}
