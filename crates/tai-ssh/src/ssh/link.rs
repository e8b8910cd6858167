use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::PollFlags;
use ssh2::{BlockDirections, ErrorCode, Session};

use super::socket::{Socket, wait};
use super::watchdog::Watchdog;
use super::{SshError, Step};

/// A session with its socket. It stays on one thread at a time, together with everything that comes out of it.
pub(super) struct Link {
    /// The hop that it leads to, as the operator calls it.
    pub(super) host: String,
    pub(super) session: Session,
    pub(super) socket: Socket,
    silence: Duration,
    heard: Instant,
    watchdog: Watchdog,
    watched: Instant,
}

/// How often the watchdog is told that all is well.
const WATCH: Duration = Duration::from_secs(1);

impl Link {
    /// A session over `socket` that has not said anything yet, and blocks. Within `limit` something else has to be allowed.
    pub(super) fn new(host: &str, socket: Socket, silence: Duration, limit: Duration) -> Result<Self, SshError> {
        let local = |source| SshError::Local { host: host.to_owned(), action: "set up a session", source };
        let mut session = Session::new().map_err(|error| local(error.into()))?;
        session.set_tcp_stream(socket.try_clone().map_err(local)?);
        session.set_timeout(millis(limit));
        let watchdog =
            socket.try_clone().and_then(|socket| Watchdog::over(socket, limit.saturating_add(WATCH))).map_err(local)?;
        let now = Instant::now();
        Ok(Link { host: host.to_owned(), session, socket, silence, heard: now, watchdog, watched: now })
    }

    /// Gives the next call this long, for as long as the session blocks.
    pub(super) fn allow(&self, limit: Duration) {
        self.session.set_timeout(millis(limit));
        self.watchdog.allow(limit.saturating_add(WATCH));
    }

    /// From now on calls come back at once, and a silent server is asked for a sign of life.
    pub(super) fn set_nonblocking(&mut self) {
        let interval = u32::try_from(self.silence.as_secs() / 3).unwrap_or(u32::MAX).max(2);
        self.session.set_keepalive(true, interval);
        self.session.set_timeout(0);
        self.session.set_blocking(false);
        self.watched = Instant::now();
        self.watchdog.allow(self.longest_call());
        self.heard();
    }

    /// The server has sent something.
    pub(super) fn heard(&mut self) {
        self.heard = Instant::now();
        self.calm();
    }

    /// Tells the watchdog, now and then, that libssh2 has come back.
    fn calm(&mut self) {
        if self.watched.elapsed() >= WATCH {
            self.watched = Instant::now();
            self.watchdog.allow(self.longest_call());
        }
    }

    /// How long a call that does not block may take: it waits for the socket at most, and the watchdog is told only now and then.
    fn longest_call(&self) -> Duration {
        self.silence.saturating_mul(2).saturating_add(WATCH * 5)
    }

    /// Asks for a sign of life when it is time to, and fails when none came. Says when to call again.
    pub(super) fn keep_alive(&mut self) -> Result<Duration, SshError> {
        if self.heard.elapsed() >= self.silence {
            return Err(SshError::Silent { host: self.host.clone(), after: self.silence });
        }
        self.calm();
        let seconds = self.session.keepalive_send().map_err(|source| self.lost(source))?;
        Ok(Duration::from_secs(u64::from(seconds)).clamp(Duration::from_millis(100), Duration::from_secs(1)))
    }

    /// Calls libssh2 without waiting for the server: `None` when it has to be called again later.
    ///
    /// A packet that was sent by half must be finished by the same call before any other, or libssh2 breaks the session. So this waits while
    /// the socket takes no more, at most for the time of silence.
    pub(super) fn call<T>(&self, mut call: impl FnMut() -> Result<T, ssh2::Error>) -> Result<Option<T>, ssh2::Error> {
        let started = Instant::now();
        loop {
            match call() {
                Ok(value) => return Ok(Some(value)),
                Err(error) if error.code() != ErrorCode::Session(EAGAIN) => return Err(error),
                Err(_) if !self.is_stuck() => return Ok(None),
                Err(_) if started.elapsed() >= self.silence => return Err(error_of(TIMEOUT)),
                Err(_) => {
                    let socket = (self.socket.as_fd(), PollFlags::POLLOUT);
                    wait([socket], Duration::from_millis(100)).map_err(|_| error_of(SOCKET_SEND))?;
                }
            }
        }
    }

    /// As [`call`](Link::call), for what reads or writes.
    pub(super) fn call_io<T>(&self, mut call: impl FnMut() -> io::Result<T>) -> Result<Option<T>, ssh2::Error> {
        self.call(|| {
            call().map_err(|error| match error.kind() {
                io::ErrorKind::WouldBlock => error_of(EAGAIN),
                _ => ssh2::Error::last_session_error(&self.session).unwrap_or_else(ssh2::Error::unknown),
            })
        })
    }

    /// Whether a packet waits for the socket to take more.
    fn is_stuck(&self) -> bool {
        matches!(self.session.block_directions(), BlockDirections::Outbound | BlockDirections::Both)
    }

    pub(super) fn lost(&self, source: ssh2::Error) -> SshError {
        SshError::Lost { host: self.host.clone(), source }
    }

    pub(super) fn timed_out(&self, step: Step, after: Duration) -> SshError {
        SshError::TimedOut { host: self.host.clone(), step, after }
    }
}

impl Drop for Link {
    /// With the socket shut, libssh2 cannot wait for anything while it frees channels and session.
    fn drop(&mut self) {
        self.session.set_blocking(false);
        let _said_goodbye = self.session.disconnect(None, "done", None);
        self.socket.shutdown();
    }
}

pub(super) fn is_timeout(error: &ssh2::Error) -> bool {
    matches!(error.code(), ErrorCode::Session(TIMEOUT | SOCKET_TIMEOUT))
}

/// Whether only the channel was refused, and the session goes on.
pub(super) fn is_refusal(error: &ssh2::Error) -> bool {
    matches!(error.code(), ErrorCode::Session(CHANNEL_FAILURE | CHANNEL_REQUEST_DENIED))
}

/// Whether the two sides have no algorithm in common, or do not get along with the one they have.
pub(super) fn is_disagreement(error: &ssh2::Error) -> bool {
    matches!(error.code(), ErrorCode::Session(KEX_FAILURE | KEY_EXCHANGE_FAILURE))
}

/// For libssh2, to which 0 means for ever.
fn millis(limit: Duration) -> u32 {
    u32::try_from(limit.as_millis()).unwrap_or(u32::MAX).max(1)
}

fn error_of(code: i32) -> ssh2::Error {
    ssh2::Error::from_errno(ErrorCode::Session(code))
}

// Codes of libssh2.h.
const KEX_FAILURE: i32 = -5;
const SOCKET_SEND: i32 = -7;
const KEY_EXCHANGE_FAILURE: i32 = -8;
const TIMEOUT: i32 = -9;
const CHANNEL_FAILURE: i32 = -21;
const CHANNEL_REQUEST_DENIED: i32 = -22;
const SOCKET_TIMEOUT: i32 = -30;
const EAGAIN: i32 = -37;
