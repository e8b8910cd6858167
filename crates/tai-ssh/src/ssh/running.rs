use std::io::Read;
use std::mem;
use std::time::Instant;

use nix::sys::signal::Signal;
use ssh2::Channel;
use tokio::sync::oneshot;

use super::SshError;
use super::link::{Link, is_refusal};
use crate::prefix::{SUCCESS, Status, not_started};
use crate::{Ending, Limits, Output};

/// A command that waits for its turn.
pub(super) struct Job {
    pub(super) line: String,
    pub(super) limits: Limits,
    /// How the line gives the command's status.
    pub(super) status: Status,
    /// Dropped without a word when the connection was lost before the command was sent.
    pub(super) reply: oneshot::Sender<Output>,
}

/// How far a command got in one turn.
pub(super) enum Turn {
    Idle,
    Moved,
    Over(Ending),
}

/// A command with its channel.
pub(super) struct Running {
    channel: Channel,
    job: Job,
    stage: Stage,
    started: Instant,
    output: Output,
}

#[derive(Clone, Copy)]
enum Stage {
    Start,
    CloseInput,
    Read,
    AwaitStatus,
}

const MAX_STDERR_BYTES: usize = 64 << 10;
const BLOCK: usize = 32 << 10;
/// How much one command may read before the others get their turn.
const BLOCKS_PER_TURN: usize = 32;

impl Running {
    pub(super) fn new(channel: Channel, job: Job) -> Self {
        Running { channel, job, stage: Stage::Start, started: Instant::now(), output: Output::empty(Ending::TimedOut) }
    }

    /// Moves on without waiting.
    pub(super) fn turn(&mut self, link: &Link) -> Result<Turn, ssh2::Error> {
        if self.started.elapsed() >= self.job.limits.timeout || self.job.reply.is_closed() {
            return Ok(Turn::Over(Ending::TimedOut));
        }
        let Running { channel, job, .. } = self;
        let moved = match self.stage {
            Stage::Start => match link.call(|| channel.exec(&job.line)) {
                Err(error) if is_refusal(&error) => return Ok(Turn::Over(refused())),
                moved => moved?.map(|()| Stage::CloseInput),
            },
            Stage::CloseInput => link.call(|| channel.send_eof())?.map(|()| Stage::Read),
            Stage::Read => return self.read(link),
            Stage::AwaitStatus => match link.call(|| channel.wait_close())? {
                Some(()) => return Ok(Turn::Over(self.ending())),
                None => None,
            },
        };
        Ok(moved.map_or(Turn::Idle, |stage| {
            self.stage = stage;
            Turn::Moved
        }))
    }

    fn read(&mut self, link: &Link) -> Result<Turn, ssh2::Error> {
        let max = self.job.limits.max_bytes;
        let out = drain(link, &mut self.channel, &mut self.output.stdout, max)?;
        let err = drain(link, &mut self.channel.stderr(), &mut self.output.stderr, MAX_STDERR_BYTES)?;
        if out.over {
            self.output.truncated = true;
            return Ok(Turn::Over(Ending::Signalled(Signal::SIGKILL as i32)));
        }
        if self.channel.eof() {
            self.stage = Stage::AwaitStatus;
            return Ok(Turn::Moved);
        }
        Ok(if out.moved || err.moved { Turn::Moved } else { Turn::Idle })
    }

    fn ending(&mut self) -> Ending {
        let signal = self.channel.exit_signal().ok().and_then(|signal| signal.exit_signal);
        if let Some(name) = signal {
            return Ending::Signalled(format!("SIG{name}").parse::<Signal>().map_or(0, |signal| signal as i32));
        }
        let status = self.channel.exit_status().unwrap_or_default();
        if let Some(reason) = not_started(status, &self.output.stdout, &self.output.stderr) {
            self.output.stderr.clear();
            return Ending::NotStarted { reason: reason.to_owned() };
        }
        ended(status, self.job.status)
    }

    /// Hands over what arrived, and gives the channel back to be closed.
    pub(super) fn finish(mut self, ending: Ending) -> Channel {
        let output = Output {
            ending,
            duration: self.started.elapsed(),
            ..mem::replace(&mut self.output, Output::empty(Ending::TimedOut))
        };
        // Nobody waits for a command that was given up.
        let _given_up = self.job.reply.send(output);
        self.channel
    }

    /// As [`finish`](Running::finish), when the connection is lost.
    pub(super) fn lose(self, cause: &SshError) {
        drop(self.finish(Ending::Lost { reason: cause.to_string() }));
    }
}

impl Job {
    /// Answers without having run.
    pub(super) fn refuse(self, reason: &str) {
        let _given_up = self.reply.send(Output::empty(Ending::NotStarted { reason: reason.to_owned() }));
    }
}

/// The ending that an exit status tells, 0 where none came.
fn ended(status: i32, form: Status) -> Ending {
    match (form, status) {
        (Status::Proven, 0) => Ending::Lost { reason: "the server did not say how the command ended".to_owned() },
        (Status::Proven, SUCCESS) => Ending::Exited(0),
        // As the shell tells it that waited for the command.
        (Status::Proven, 129..=192) => Ending::Signalled(status - 128),
        (Status::Proven | Status::AsItIs, status) => Ending::Exited(status),
    }
}

fn refused() -> Ending {
    Ending::NotStarted { reason: "the server does not let this account run commands".to_owned() }
}

struct Drained {
    moved: bool,
    over: bool,
}

/// Reads what is there. What does not fit into `max` bytes is thrown away, so that the command is not held up.
fn drain(link: &Link, stream: &mut impl Read, into: &mut Vec<u8>, max: usize) -> Result<Drained, ssh2::Error> {
    let mut block = [0; BLOCK];
    let mut drained = Drained { moved: false, over: false };
    for _ in 0..BLOCKS_PER_TURN {
        match link.call_io(|| stream.read(&mut block))? {
            None | Some(0) => break,
            Some(read) => {
                let room = max - into.len();
                into.extend_from_slice(&block[..read.min(room)]);
                drained.moved = true;
                drained.over |= read > room;
            }
        }
    }
    Ok(drained)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_status_is_no_success() {
        assert!(matches!(ended(0, Status::Proven), Ending::Lost { .. }));
        let check = |status, expect| assert_eq!(ended(status, Status::Proven), expect);
        check(SUCCESS, Ending::Exited(0));
        check(1, Ending::Exited(1));
        check(137, Ending::Signalled(9));
        check(255, Ending::Exited(255));
        assert_eq!(ended(0, Status::AsItIs), Ending::Exited(0), "a server that has said one says all");
    }
}
