use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// What an SSH session runs over: a TCP connection, or one end of a tunnel through the hop before.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    Tunnel(UnixStream),
}

impl Socket {
    /// Another handle of the same socket.
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Socket::Tcp(stream) => Socket::Tcp(stream.try_clone()?),
            Socket::Tunnel(stream) => Socket::Tunnel(stream.try_clone()?),
        })
    }

    /// How long one read or write may take from now on.
    pub(super) fn set_timeout(&self, limit: Duration) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => {
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))
            }
            Socket::Tunnel(stream) => {
                stream.set_read_timeout(Some(limit))?;
                stream.set_write_timeout(Some(limit))
            }
        }
    }

    /// Ends both directions, for every handle. A socket that has ended already is no failure.
    pub(super) fn shutdown(&self) {
        let _ended = match self {
            Socket::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Socket::Tunnel(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Read for Socket {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.read(bytes),
            Socket::Tunnel(stream) => stream.read(bytes),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.write(bytes),
            Socket::Tunnel(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Tcp(stream) => stream.as_fd(),
            Socket::Tunnel(stream) => stream.as_fd(),
        }
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

/// Waits until one of the files is ready for what it is asked for, or `limit` has passed. Says which are; an error or the other side's end counts.
pub(super) fn wait<const N: usize>(files: [(BorrowedFd<'_>, PollFlags); N], limit: Duration) -> io::Result<[bool; N]> {
    let mut polled = files.map(|(file, flags)| PollFd::new(file, flags));
    let limit = limit.as_micros().div_ceil(1000).min(i32::MAX as u128);
    match poll(&mut polled, PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX)) {
        Ok(_) | Err(Errno::EINTR) => Ok(polled.map(|file| file.any().unwrap_or(false))),
        Err(errno) => Err(errno.into()),
    }
}
