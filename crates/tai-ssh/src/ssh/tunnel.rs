use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use nix::poll::PollFlags;
use ssh2::Channel;

use super::link::{Link, is_timeout};
use super::socket::{Socket, wait};
use super::{Hop, SshError, Step};

const BLOCK: usize = 32 << 10;
/// How long to wait for either side while libssh2 may have kept something back.
const SHORT: Duration = Duration::from_millis(20);

/// Has the hop of `link` connect to `next`, and gives the near end of that connection. A thread owns the session from here on and carries bytes
/// both ways; it ends with either side.
pub(super) fn open(link: Link, next: &Hop, limit: Duration) -> Result<Socket, SshError> {
    let local = |action| move |source| SshError::Local { host: next.name.clone(), action, source };
    link.allow(limit);
    let channel = link.session.channel_direct_tcpip(&next.hostname, next.port, None).map_err(|source| {
        if is_timeout(&source) {
            return SshError::TimedOut { host: next.name.clone(), step: Step::Forwarding, after: limit };
        }
        let (host, hostname) = (next.name.clone(), next.hostname.clone());
        SshError::Forward { host, via: link.host.clone(), hostname, port: next.port, source }
    })?;
    let (near, far) = UnixStream::pair().map_err(local("make a pair of sockets"))?;
    far.set_nonblocking(true).map_err(local("make a pair of sockets"))?;
    let mut tunnel = Tunnel { outbound: Vec::new(), inbound: Vec::new(), channel, near: far, link };
    thread::Builder::new()
        .name(format!("tunnel to {}", next.name))
        .spawn(move || {
            tunnel.link.set_nonblocking();
            // Whatever ends it, the next hop sees the end of its socket.
            let _end = tunnel.carry();
        })
        .map_err(local("start a thread"))?;
    Ok(Socket::Tunnel(near))
}

/// Bytes that go both ways between a channel and a socket. The channel goes before its session when this is dropped.
struct Tunnel {
    outbound: Vec<u8>,
    inbound: Vec<u8>,
    channel: Channel,
    near: UnixStream,
    link: Link,
}

impl Tunnel {
    fn carry(&mut self) -> io::Result<()> {
        loop {
            while self.turn()? {
                self.link.heard();
            }
            let idle = self.link.keep_alive().map_err(io::Error::other)?;
            let limit = if self.outbound.is_empty() && self.inbound.is_empty() { idle } else { SHORT };
            let mut near = PollFlags::empty();
            near.set(PollFlags::POLLIN, self.outbound.is_empty());
            near.set(PollFlags::POLLOUT, !self.inbound.is_empty());
            // What is not taken off this side must not be read from the other.
            let far = if self.inbound.is_empty() { PollFlags::POLLIN } else { PollFlags::empty() };
            let ready = wait([(self.link.socket.as_fd(), far), (self.near.as_fd(), near)], limit)?;
            if ready[0] {
                self.link.heard();
            }
        }
    }

    /// Moves what can be moved without waiting, and says whether there was anything.
    fn turn(&mut self) -> io::Result<bool> {
        let mut moved = false;
        if self.outbound.is_empty()
            && let Some(read) = ready(fill(&mut self.near, &mut self.outbound))?
        {
            moved = true;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if !self.outbound.is_empty() {
            let (channel, bytes) = (&mut self.channel, &self.outbound);
            if let Some(written) = self.link.call_io(|| channel.write(bytes))? {
                self.outbound.drain(..written);
                moved |= written > 0;
            }
        }
        if self.inbound.is_empty() {
            let (channel, bytes) = (&mut self.channel, &mut self.inbound);
            if self.link.call_io(|| fill(channel, bytes))?.is_some_and(|read| read > 0) {
                moved = true;
            } else if self.channel.eof() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if !self.inbound.is_empty()
            && let Some(written) = ready(self.near.write(&self.inbound))?
        {
            self.inbound.drain(..written);
            moved = true;
        }
        Ok(moved)
    }
}

fn fill(from: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let mut block = [0; BLOCK];
    let read = from.read(&mut block)?;
    bytes.extend_from_slice(&block[..read]);
    Ok(read)
}

/// `None` when it would have to wait.
fn ready(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Ok(count) => Ok(Some(count)),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Ok(None),
        Err(error) => Err(error),
    }
}
