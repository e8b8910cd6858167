use std::collections::VecDeque;
use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use nix::poll::PollFlags;
use ssh2::Channel;

use super::SshError;
use super::link::{Link, is_refusal};
use super::running::{Job, Running, Turn};
use super::socket::wait;

/// How long to wait for the socket while commands run: libssh2 may have taken a packet for one command off the socket while it read for another.
const BUSY: Duration = Duration::from_millis(5);
/// After a refused channel: sshd frees the slot of a command a moment after its end.
const BACK_OFF: Duration = Duration::from_millis(30);
/// How long a server may refuse every channel before a command is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// The thread that owns a session, with all its channels, and runs commands on it.
///
/// libssh2 opens one channel at a time in a session, so commands start one after the other, a round trip apart, and then run at once. Between
/// commands one channel is kept open: it saves the next command its round trip, and libssh2 answers a server's signs of life only while it reads a
/// channel.
pub(super) struct Worker {
    // Channels before the session: the order in which they are dropped.
    running: Vec<Running>,
    closing: Vec<Channel>,
    spare: Option<Channel>,
    /// Whether a call to open a channel has not come to its end.
    opening: bool,
    queue: VecDeque<Job>,
    jobs: Receiver<Job>,
    bell: UnixStream,
    slots: Slots,
    link: Link,
}

/// What is known of how many channels the server takes.
#[derive(Default)]
struct Slots {
    /// It has taken one.
    any: bool,
    /// It refused one although none was in use, with no command waiting: none is kept open from then on.
    no_spare: bool,
    /// The most at once, once it has refused one.
    limit: Option<usize>,
    /// Since when it refuses every channel, and when to ask again.
    refused: Option<(Instant, Instant)>,
}

impl Worker {
    /// Takes jobs from `jobs`; whoever sends one rings `bell`, which does not block.
    pub(super) fn new(mut link: Link, jobs: Receiver<Job>, bell: UnixStream) -> Self {
        link.set_nonblocking();
        Worker {
            running: Vec::new(),
            closing: Vec::new(),
            spare: None,
            opening: false,
            queue: VecDeque::new(),
            jobs,
            bell,
            slots: Slots::default(),
            link,
        }
    }

    /// Works until nobody can send a job any more, or the connection is lost: then `lost` is told first, the commands that run are answered with what
    /// had arrived, and the others are dropped.
    pub(super) fn run(mut self, lost: impl FnOnce(SshError) -> Arc<SshError>) {
        let Err(cause) = self.work() else { return };
        let cause = lost(cause);
        for running in self.running.drain(..) {
            running.lose(&cause);
        }
    }

    fn work(&mut self) -> Result<(), SshError> {
        loop {
            loop {
                if self.take_jobs().is_err() {
                    return Ok(());
                }
                let moved = self.open()? | self.start() | self.run_turns()? | self.close_turns() | self.listen()?;
                if !moved {
                    break;
                }
                self.link.heard();
            }
            self.rest()?;
        }
    }

    /// Waits until there may be something to do.
    fn rest(&mut self) -> Result<(), SshError> {
        let idle = self.link.keep_alive()?;
        let busy = self.opening || !self.queue.is_empty() || self.in_use() > 0;
        // Without a channel nobody would read what comes.
        let socket = if busy || self.spare.is_some() { PollFlags::POLLIN } else { PollFlags::empty() };
        let files = [(self.link.socket.as_fd(), socket), (self.bell.as_fd(), PollFlags::POLLIN)];
        let [heard, rung] = wait(files, if busy { BUSY } else { idle }).map_err(|source| {
            let host = self.link.host.clone();
            SshError::Local { host, action: "wait for the socket", source }
        })?;
        if heard {
            self.link.heard();
        }
        if rung {
            // What it says does not matter, only that it rang.
            let _rings = self.bell.read(&mut [0; 64]);
        }
        Ok(())
    }

    fn take_jobs(&mut self) -> Result<(), TryRecvError> {
        loop {
            match self.jobs.try_recv() {
                Ok(job) => self.queue.push_back(job),
                Err(TryRecvError::Empty) => break,
                Err(gone) => return Err(gone),
            }
        }
        self.queue.retain(|job| !job.reply.is_closed());
        Ok(())
    }

    /// Goes on opening a channel, if one is wanted. Says whether that came to its end.
    fn open(&mut self) -> Result<bool, SshError> {
        if !self.opening && (self.spare.is_some() || !self.may_open()) {
            return Ok(false);
        }
        let opened = self.link.call(|| self.link.session.channel_session());
        self.opening = matches!(opened, Ok(None));
        match opened {
            Ok(None) => Ok(false),
            Ok(Some(channel)) => {
                self.slots.any = true;
                self.slots.refused = None;
                self.spare = Some(channel);
                Ok(true)
            }
            Err(error) if is_refusal(&error) => {
                self.back_off();
                Ok(true)
            }
            Err(error) => Err(self.link.lost(error)),
        }
    }

    fn may_open(&self) -> bool {
        let wanted = !self.queue.is_empty() || (self.in_use() == 0 && !self.slots.no_spare);
        wanted
            && self.slots.limit.is_none_or(|limit| self.in_use() < limit)
            && self.slots.refused.is_none_or(|(_, again)| Instant::now() >= again)
    }

    fn in_use(&self) -> usize {
        self.running.len() + self.closing.len()
    }

    /// After a refusal: waits for a slot, or gives up on the next command.
    fn back_off(&mut self) {
        let now = Instant::now();
        let since = self.slots.refused.map_or(now, |(since, _)| since);
        if self.in_use() > 0 {
            self.slots.limit.get_or_insert(self.in_use());
            self.slots.refused = Some((now, now + BACK_OFF));
        } else if self.queue.is_empty() {
            self.slots.no_spare = true;
        } else if self.slots.any && now - since < PATIENCE {
            self.slots.refused = Some((since, now + BACK_OFF));
        } else if let Some(job) = self.queue.pop_front() {
            job.refuse("the server opens no session for this account");
        }
    }

    /// Starts the next command on the channel that is open.
    fn start(&mut self) -> bool {
        let Some(channel) = self.spare.take_if(|_| !self.queue.is_empty()) else { return false };
        self.running.extend(self.queue.pop_front().map(|job| Running::new(channel, job)));
        true
    }

    /// Lets libssh2 read while no command does. Nothing comes on a channel on which nothing was started but its end.
    fn listen(&mut self) -> Result<bool, SshError> {
        let Some(channel) = &mut self.spare else { return Ok(false) };
        self.link.call_io(|| channel.read(&mut [0])).map_err(|error| self.link.lost(error))?;
        let ended = channel.eof();
        if ended {
            self.closing.extend(self.spare.take());
        }
        Ok(ended)
    }

    fn run_turns(&mut self) -> Result<bool, SshError> {
        let mut moved = false;
        let mut i = 0;
        while i < self.running.len() {
            match self.running[i].turn(&self.link).map_err(|error| self.link.lost(error))? {
                Turn::Idle => i += 1,
                Turn::Moved => {
                    moved = true;
                    i += 1;
                }
                Turn::Over(ending) => {
                    moved = true;
                    self.closing.push(self.running.remove(i).finish(ending));
                }
            }
        }
        Ok(moved)
    }

    /// A channel is dropped only after both sides have closed it. If that fails, the session is lost, which the next call finds out.
    fn close_turns(&mut self) -> bool {
        let before = self.closing.len();
        let link = &self.link;
        self.closing.retain_mut(|channel| matches!(link.call(|| channel.close()), Ok(None)));
        self.closing.len() < before
    }
}
