use serde::Serialize;
use tai_ssh::Ending;

use crate::facts::GROUP;
use crate::{Collected, Report};

/// What an investigation cost the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Footprint {
    /// Commands that ran.
    pub commands: usize,
    /// Bytes of output.
    pub bytes: usize,
    /// Seconds that the commands ran, added up: several ran at once.
    pub seconds: f64,
    /// Commands that were cut off by their limit of time or bytes.
    pub cut_off: usize,
    /// Seconds of processor time that the login session used since it began, the commands and sshd's part in it: what its control group counts. `None` where no session
    /// has a group of its own (no logind, control groups of version 1, this machine).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<f64>,
}

impl Report {
    /// What all that ran cost the host; of a capture, what it cost when it was taken.
    pub fn footprint(&self) -> Footprint {
        let ran =
            self.collected.iter().filter(|c| !matches!(c.ending, Ending::NotCaptured | Ending::NotStarted { .. }));
        let none = Footprint { cpu_seconds: cpu_seconds(&self.collected), ..Footprint::default() };
        ran.fold(none, |sum, c| Footprint {
            commands: sum.commands + 1,
            bytes: sum.bytes + c.bytes,
            seconds: sum.seconds + c.duration.as_millis() as f64 / 1000.0,
            cut_off: sum.cut_off + usize::from(c.truncated || c.ending == Ending::TimedOut),
            ..sum
        })
    }
}

/// The command that shows what the login session has used, when the host has said which control group is the session's and no one else's.
pub(crate) fn usage_command(collected: &[Collected]) -> Option<String> {
    let groups = collected.iter().find(|c| c.command == GROUP)?;
    let path = groups.text.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let scope = path.rsplit('/').next()?;
    let is_plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-@".contains(&b));
    let is_session = scope.starts_with("session-") && scope.ends_with(".scope");
    (is_plain && is_session).then(|| format!("cat /sys/fs/cgroup/{path}/cpu.stat"))
}

fn cpu_seconds(collected: &[Collected]) -> Option<f64> {
    let line = usage_command(collected)?;
    let usage = collected.iter().rfind(|c| c.command == line)?;
    let micros = usage.text.lines().find_map(|line| line.strip_prefix("usage_usec "))?;
    Some(micros.trim().parse::<u64>().ok()? as f64 / 1e6)
}
