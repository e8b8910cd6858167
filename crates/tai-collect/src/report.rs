use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::time::Duration;

use tai_ssh::{Ending, Output, visible, visible_and_raw};

use crate::plan::NO_ROOM;
use crate::{Facts, LeftOut, Reading, Refused, Targets, Ticket, Window};

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
    /// The time that the ticket speaks of, by the host's clock.
    pub window: Option<Window>,
    /// What the host is.
    pub facts: Facts,
    /// Each command with its output, in the order of the plan.
    pub collected: Vec<Collected>,
    /// What the policy denied.
    pub refused: Vec<Refused>,
    /// What the budget left no room for.
    pub left_out: Vec<LeftOut>,
    /// Rows that were parsed out of the outputs.
    pub readings: Vec<Reading>,
    /// What the parsers could not make sense of, or left out. No gap: the outputs are there, and are searched like all others.
    pub unread: Vec<Unread>,
}

/// An output that has more than its readings say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The command line.
    pub command: String,
    /// Lines that the parser could make nothing of.
    pub lines: usize,
    /// Rows that were understood and left out, because there were too many.
    pub left_out: usize,
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
    /// The bytes of standard output, where the text is not just them: see [`raw`](Self::raw).
    raw: Option<Arc<[u8]>>,
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
    /// Why it ran, or is here. Empty for what asks the host who it is.
    pub reason: String,
    /// False for what only serves planning, such as the list of installed programs.
    pub is_evidence: bool,
}

impl Collected {
    pub(crate) fn new(command: String, output: Output, about: String, is_evidence: bool) -> Self {
        let Output { stdout, stderr, ending, truncated, duration } = output;
        let bytes = stdout.len();
        let (mut text, raw) = visible_and_raw(stdout);
        if truncated {
            let line_end = if text.ends_with('\n') { "" } else { "\n" };
            text = format!("{text}{line_end}[tai: cut after {bytes} bytes]\n");
        }
        Collected {
            command,
            text: text.into(),
            raw: raw.map(Into::into),
            stderr: visible(stderr).into(),
            ending,
            bytes,
            truncated,
            duration,
            about,
            reason: String::new(),
            is_evidence,
        }
    }

    /// With the reason why it ran.
    pub(crate) fn because(self, reason: String) -> Self {
        Collected { reason, ..self }
    }

    /// Standard output as it came. Its line breaks are those of [`text`](Self::text).
    pub fn raw(&self) -> &[u8] {
        match &self.raw {
            Some(raw) => raw,
            // A line that says that it was cut may follow.
            None => &self.text.as_bytes()[..self.bytes],
        }
    }

    /// Where these lines, counted from 1, stand in [`raw`](Self::raw), without the last line break.
    pub fn raw_lines(&self, lines: RangeInclusive<usize>) -> Range<usize> {
        let raw = self.raw();
        let mut breaks = raw.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
        let start = match lines.start() {
            0 | 1 => 0,
            first => breaks.nth(first - 2).map_or(raw.len(), |at| at + 1),
        };
        let end = breaks.nth(lines.end().saturating_sub(*lines.start())).unwrap_or(raw.len());
        start..end.max(start)
    }

    /// The text without a last line of which the end may be missing: a number that was cut is another number.
    pub(crate) fn complete_lines(&self) -> &str {
        let before_last = |text: &str| text.rfind('\n').map_or(0, |end| end + 1);
        match &self.ending {
            // The last line says that the output was cut, the one before may have been.
            _ if self.truncated => {
                let marker = before_last(self.text.trim_end_matches('\n'));
                &self.text[..before_last(self.text[..marker].trim_end_matches('\n'))]
            }
            Ending::Exited(_) | Ending::NotCaptured | Ending::NotStarted { .. } => &self.text,
            Ending::Signalled(_) | Ending::TimedOut | Ending::Lost { .. } => &self.text[..before_last(&self.text)],
        }
    }

    /// Why this evidence is missing or incomplete, and what that means for a diagnosis; `None` when the command said what it had to say, a failure
    /// included.
    pub fn gap(&self) -> Option<String> {
        let reason = match &self.ending {
            Ending::NotStarted { reason } => return Some(reason.clone()),
            Ending::NotCaptured => return Some(NOT_CAPTURED.to_owned()),
            Ending::TimedOut => format!("timed out after {:.0} s", self.duration.as_secs_f64()),
            Ending::Lost { reason } => format!("incomplete: {reason}"),
            Ending::Signalled(signal) if !self.truncated => format!("killed by signal {signal}"),
            Ending::Exited(status) if *status != 0 && self.text.is_empty() && self.lacks_permission() => {
                format!("no permission: {}", self.stderr.lines().next().unwrap_or_default())
            }
            Ending::Signalled(_) | Ending::Exited(_) => return self.partial().map(str::to_owned),
        };
        Some(match self.meaning() {
            Some(meaning) => format!("{reason}; {meaning}"),
            None => reason,
        })
    }

    /// What is missing of an output that looks whole.
    fn partial(&self) -> Option<&'static str> {
        let says = |words: &str| self.stderr.contains(words);
        // journalctl ends with 0 all the same, and shows an ordinary account next to nothing.
        if says("not seeing messages from other users")
            || says("No journal files were opened due to insufficient permissions")
        {
            Some(
                "the account may not read the system's journal: what services and the kernel said is missing (the groups systemd-journal and adm may)",
            )
        } else if says("Journal file") && (says("truncated") || says("corrupt")) {
            Some("a file of the journal is corrupt: messages are missing, perhaps those of the time in question")
        } else if says("No journal files were found") {
            Some("the host keeps no journal: its log files, if any, are all that services said")
        } else if self.program() == "du" && self.lacks_permission() {
            Some("some directories may not be read: what takes the space may lie there")
        } else {
            None
        }
    }

    /// What it means for a diagnosis that the output is missing.
    fn meaning(&self) -> Option<&'static str> {
        Some(match self.program() {
            "dmesg" => "kills for memory and errors of disks and devices may be unseen",
            "journalctl" => "what services and the kernel said is unseen",
            "du" | "find" => "what takes the space is not known",
            "df" => {
                "a file system that does not answer, such as NFS, makes it hang: how full the others are is not known"
            }
            "lsof" => "files that are held open are not known",
            "smartctl" => "the health of the disks is not known",
            "cat" if self.command.ends_with(" /etc/os-release") => {
                "the distribution is not known: what only one of them has is tried on all"
            }
            "iptables" | "ip6tables" | "nft" | "ufw" | "firewall-cmd" => "what the firewall does is not known",
            _ => return None,
        })
    }

    fn program(&self) -> &str {
        self.command.split(' ').next().unwrap_or_default()
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
        // A plan is as long as its budget: only what ran dry on the way is missing.
        let dry = self.left_out.iter().filter(|l| l.reason != NO_ROOM);
        let left_out = dry.map(|l| (l.command.clone(), format!("not run: {}", l.reason)));
        failed.chain(refused).chain(left_out).collect()
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
    fn lines_stand_where_they_came() {
        let collected = |stdout: &str| collected(Ending::Exited(0), stdout, "", false);
        let check = |stdout: &str, lines, expect: &str| {
            let collected = collected(stdout);
            let range = collected.raw_lines(lines);
            assert_eq!(&collected.raw()[range], expect.as_bytes(), "{stdout:?}");
        };
        check("one\ntwo\nthree\n", 1..=1, "one");
        check("one\ntwo\nthree\n", 2..=3, "two\nthree");
        check("one\r\n\u{1b}[31mtwo\u{1b}[0m\nthree", 2..=2, "\u{1b}[31mtwo\u{1b}[0m");
        check("one\ntwo", 2..=2, "two");
        check("one", 7..=9, "");
        assert_eq!(&*collected("\u{1b}[31mtwo\u{1b}[0m").text, "two");
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
        let hinted = collected(Ending::Exited(0), "", hint, false).gap().unwrap();
        assert!(hinted.starts_with("the account may not read the system's journal"), "{hinted}");
        let corrupt = "Journal file /var/log/journal/1/system.journal is truncated, ignoring file.";
        let corrupt = collected(Ending::Exited(0), "some lines", corrupt, false).gap().unwrap();
        assert!(corrupt.contains("corrupt") && corrupt.contains("missing"), "{corrupt}");
        let dmesg = Collected { command: "dmesg --ctime".into(), ..collected(Ending::Exited(1), "", denied, false) };
        assert!(dmesg.gap().unwrap().ends_with("may be unseen"), "{dmesg:?}");
    }

    #[test]
    fn the_marker_is_a_line_of_its_own() {
        let complete = |ending, text, truncated| collected(ending, text, "", truncated).complete_lines().to_owned();
        assert_eq!(complete(Ending::Signalled(9), "one\ntwo\nhal", true), "one\ntwo\n");
        assert_eq!(complete(Ending::TimedOut, "one\ntw", false), "one\n");
        assert_eq!(complete(Ending::Exited(0), "one\ntw", false), "one\ntw");
        assert_eq!(complete(Ending::Signalled(9), "x", true), "");
        assert_eq!(
            &*collected(Ending::Signalled(9), "half a li", "", true).text,
            "half a li\n[tai: cut after 9 bytes]\n"
        );
        assert_eq!(&*collected(Ending::Signalled(9), "line\n", "", true).text, "line\n[tai: cut after 5 bytes]\n");
    }
}
