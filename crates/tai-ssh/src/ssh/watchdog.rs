use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::socket::Socket;

/// Shuts a socket when nobody has said for too long that all is well.
///
/// libssh2 looks at its limit only while it waits. A server that never stops talking would keep it busy for ever: this ends that.
pub(super) struct Watchdog {
    limits: Sender<Duration>,
}

impl Watchdog {
    /// Watches on a thread of its own until it is dropped. The first sign of life is due within `limit`.
    pub(super) fn over(socket: Socket, limit: Duration) -> io::Result<Self> {
        let (limits, signs) = channel();
        let watch = move || {
            let mut limit = limit;
            loop {
                match signs.recv_timeout(limit) {
                    Ok(next) => limit = next,
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => return socket.shutdown(),
                }
            }
        };
        thread::Builder::new().name("ssh watchdog".to_owned()).spawn(watch)?;
        Ok(Watchdog { limits })
    }

    /// All is well: the next sign of life is due within `limit`.
    pub(super) fn allow(&self, limit: Duration) {
        // It has barked already when nobody listens, and the socket is shut.
        let _barked = self.limits.send(limit);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_socket_is_shut_when_no_sign_of_life_comes() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let watchdog = Watchdog::over(Socket::Tunnel(ours), Duration::from_secs(3600)).unwrap();
        theirs.set_nonblocking(true).unwrap();
        assert_eq!(theirs.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock, "still open");
        theirs.set_nonblocking(false).unwrap();
        watchdog.allow(Duration::ZERO);
        assert_eq!(theirs.read(&mut [0]).unwrap(), 0, "shut");
        watchdog.allow(Duration::ZERO);
    }
}
