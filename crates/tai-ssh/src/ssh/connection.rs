use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, OnceLock};
use std::{io, thread};

use tokio::sync::oneshot;

use super::connect::connect;
use super::link::Link;
use super::running::Job;
use super::worker::Worker;
use super::{HopReport, Route, SshError, SshOptions};
use crate::prefix::Status;
use crate::{Ending, Limits, Output};

/// The near side of a thread that owns a session: it takes commands, from any number of tasks. The thread ends when this is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    /// How each hop was reached.
    pub(super) hops: Vec<HopReport>,
    host: String,
    jobs: Sender<Job>,
    bell: UnixStream,
    lost: Arc<OnceLock<Arc<SshError>>>,
    /// Whether the server has said how a command ended.
    tells_status: AtomicBool,
}

impl Connection {
    /// Connects on a new thread, which then serves.
    pub(super) async fn open(route: &Route, options: &SshOptions) -> Result<Self, SshError> {
        let host = route.hops.last().map(|hop| hop.name.clone()).ok_or(SshError::EmptyRoute)?;
        let (opened, wait) = oneshot::channel();
        let (route, options, name) = (route.clone(), options.clone(), host.clone());
        let serve = move || match connect(&route.hops, &options).and_then(|(link, hops)| pair(name, link, hops)) {
            Ok((connection, worker)) => {
                let lost = Arc::clone(&connection.lost);
                // When nobody waits any more, the connection is dropped here and the worker ends at once.
                drop(opened.send(Ok(connection)));
                worker.run(|cause| Arc::clone(lost.get_or_init(|| Arc::new(cause))));
            }
            Err(error) => drop(opened.send(Err(error))),
        };
        thread::Builder::new().name(format!("ssh {host}")).spawn(serve).map_err(|source| SshError::Local {
            host: host.clone(),
            action: "start a thread",
            source,
        })?;
        wait.await.unwrap_or(Err(SshError::Ended { host }))
    }

    /// Runs one line on the host, or nothing when the connection was lost before it was sent.
    pub(super) async fn run(&self, line: String, limits: Limits, status: Status) -> Option<Output> {
        let (reply, wait) = oneshot::channel();
        if self.jobs.send(Job { line, limits, status, reply }).is_ok() {
            // A full pipe has rung enough.
            let _rung = (&self.bell).write(&[1]);
            if let Ok(output) = wait.await {
                if matches!(output.ending, Ending::Exited(_)) {
                    self.tells_status.store(true, Ordering::Relaxed);
                }
                return Some(output);
            }
        }
        self.lost.get_or_init(|| Arc::new(SshError::Ended { host: self.host.clone() }));
        None
    }

    /// Whether the server is known to say how commands end: until then success has to be proven.
    pub(super) fn tells_status(&self) -> bool {
        self.tells_status.load(Ordering::Relaxed)
    }

    /// Why it is of no use any more.
    pub(super) fn lost(&self) -> Option<Arc<SshError>> {
        self.lost.get().cloned()
    }
}

impl Drop for Connection {
    /// Wakes the thread, which then sees that nobody can send a job.
    fn drop(&mut self) {
        let (closed, _) = mpsc::channel();
        self.jobs = closed;
        let _rung = (&self.bell).write(&[1]);
    }
}

fn pair(host: String, link: Link, hops: Vec<HopReport>) -> Result<(Connection, Worker), SshError> {
    let bells = || -> io::Result<_> {
        let (near, far) = UnixStream::pair()?;
        near.set_nonblocking(true)?;
        far.set_nonblocking(true)?;
        Ok((near, far))
    };
    let (near, far) =
        bells().map_err(|source| SshError::Local { host: host.clone(), action: "make a pair of sockets", source })?;
    let (jobs, queue) = mpsc::channel();
    let connection =
        Connection { hops, host, jobs, bell: near, lost: Arc::default(), tells_status: AtomicBool::new(false) };
    Ok((connection, Worker::new(link, queue, far)))
}
