use std::time::Duration;

use async_trait::async_trait;

use crate::{HostError, ReadOnlyCommand};

/// What a command finds in its environment, on every host: nothing else. Programs are looked for in the system's own directories before those of what was installed by hand.
pub(crate) const ENVIRONMENT: [(&str, &str); 4] = [
    ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"),
    ("LC_ALL", "C"),
    ("TERM", "dumb"),
    ("SYSTEMD_PAGER", ""),
];

/// A place where read-only commands run: this machine, one over SSH, or a capture of one.
#[async_trait]
pub trait Host: Send + Sync {
    /// What the operator calls the host.
    fn name(&self) -> &str;

    /// Runs one command, or says in [`Output::ending`] why it gave nothing.
    ///
    /// # Errors
    ///
    /// Only when the host as a whole is lost. A command that fails, hangs or is missing is data.
    async fn run(&self, command: &ReadOnlyCommand, limits: &Limits) -> Result<Output, HostError>;

    /// Whether the commands run in a login session that is theirs alone, so that what it used is what they cost. A capture says what its host said.
    fn has_own_session(&self) -> bool {
        false
    }

    /// Everything that the host holds already, in the order in which it was collected: what a capture recorded. A live host holds
    /// nothing. The commands are text, since another tool may have run what tai's policy would not.
    ///
    /// # Errors
    ///
    /// As for [`run`](Host::run).
    async fn recorded(&self) -> Result<Vec<Recorded>, HostError> {
        Ok(Vec::new())
    }
}

/// The most that one command may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time, after which the command is killed.
    pub timeout: Duration,
    /// Bytes of standard output, after which the command is killed and the output marked as truncated.
    pub max_bytes: usize,
    /// Whether the command gives way to everything else on the host: `nice -n 19` and `ionice -c 3`, where these are there.
    pub low_priority: bool,
    /// Whether the command needs root to see what it is for. It runs under `sudo -n --` when the host was told to use sudo and the account is not
    /// root; otherwise as the account.
    pub as_root: bool,
}

impl Default for Limits {
    /// 15 seconds and 4 MiB, at the priority and with the rights of the account.
    fn default() -> Self {
        Limits { timeout: Duration::from_secs(15), max_bytes: 4 << 20, low_priority: false, as_root: false }
    }
}

/// What one command gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Standard output, the bytes as they came, at most [`Limits::max_bytes`].
    pub stdout: Vec<u8>,
    /// The first 64 KiB of standard error.
    pub stderr: Vec<u8>,
    /// How the command ended.
    pub ending: Ending,
    /// True when there was more standard output than the limit.
    pub truncated: bool,
    /// From start to end.
    pub duration: Duration,
}

impl Output {
    /// An output without a byte in it, for a command that did not run.
    pub(crate) fn empty(ending: Ending) -> Self {
        Output { stdout: Vec::new(), stderr: Vec::new(), ending, truncated: false, duration: Duration::ZERO }
    }
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this status.
    Exited(i32),
    /// By a signal that was not ours, or by ours when the byte limit was reached.
    Signalled(i32),
    /// Killed after [`Limits::timeout`]; the output holds what had arrived.
    TimedOut,
    /// It could not be started, or its recorded output could not be read.
    NotStarted {
        /// Why, for a person.
        reason: String,
    },
    /// The connection was lost while it ran, or the server never said how it ended; the output holds what had arrived.
    Lost {
        /// Why, for a person.
        reason: String,
    },
    /// The host is a capture, and the command is not in it.
    NotCaptured,
}

/// A command with its output, out of a capture.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The command line as the manifest has it: untrusted text.
    pub command: String,
    /// What it gave.
    pub output: Output,
}
