use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::command_line::{command_line, rights_line};
use super::connection::Connection;
use super::{HopReport, Route, SshError, SshOptions};
use crate::prefix::{Rights, Status};
use crate::sudo::{Account, Sudo};
use crate::{Ending, Host, HostError, Limits, Output, ReadOnlyCommand};

/// What fits into a packet that every server has to take (RFC 4253, section 6.1), with the packet's own fields.
const MAX_LINE_BYTES: usize = 32_000;

/// A host over SSH.
///
/// Any number of commands run at once over one session, which a thread of its own serves. A command gets what it gets from
/// [`LocalHost`](crate::LocalHost): an environment of four variables, no terminal, no standard input, `/` as working directory.
///
/// When the connection is lost, commands that were running end with what had arrived, and those that had not begun are run over a second
/// connection. There is no third.
#[derive(Debug)]
pub struct SshHost {
    name: String,
    route: Route,
    options: SshOptions,
    bytes_left: AtomicU64,
    sudo: Option<Sudo>,
    line: Mutex<Line>,
}

#[derive(Debug)]
struct Line {
    connection: Arc<Connection>,
    may_reconnect: bool,
    /// Why there is no connection any more, for every command that comes.
    lost: Option<Arc<SshError>>,
}

impl SshHost {
    /// Connects, hop by hop.
    ///
    /// # Errors
    ///
    /// Names the hop that failed. A changed or revoked host key is [`SshError::HostKeyChanged`] or [`SshError::HostKeyRevoked`]: nothing was
    /// sent to that host.
    pub async fn connect(route: Route, options: SshOptions) -> Result<Self, SshError> {
        let name = route.hops.last().map(|hop| hop.name.clone()).ok_or(SshError::EmptyRoute)?;
        let connection = Arc::new(Connection::open(&route, &options).await?);
        let line = Mutex::new(Line { connection, may_reconnect: true, lost: None });
        let sudo = options.sudo.clone().map(|policy| Sudo::new(policy, options.on_asked.clone()));
        Ok(SshHost { name, route, bytes_left: AtomicU64::new(options.max_total_bytes), options, sudo, line })
    }

    /// How each hop was reached, in the order of the route: by the second connection, if there was one.
    pub async fn hops(&self) -> Vec<HopReport> {
        self.line.lock().await.connection.hops.clone()
    }

    /// The connection, or a second one if it is lost.
    async fn connection(&self) -> Result<Arc<Connection>, Arc<SshError>> {
        let mut line = self.line.lock().await;
        if let Some(cause) = &line.lost {
            return Err(Arc::clone(cause));
        }
        let Some(cause) = line.connection.lost() else { return Ok(Arc::clone(&line.connection)) };
        if !line.may_reconnect {
            line.lost = Some(Arc::clone(&cause));
            return Err(cause);
        }
        let opened = Connection::open(&self.route, &self.options).await;
        line.may_reconnect = false;
        match opened {
            Ok(connection) => {
                line.connection = Arc::new(connection);
                Ok(Arc::clone(&line.connection))
            }
            Err(error) => {
                let error = Arc::new(error);
                line.lost = Some(Arc::clone(&error));
                Err(error)
            }
        }
    }
}

#[async_trait]
impl Host for SshHost {
    fn name(&self) -> &str {
        &self.name
    }

    fn has_own_session(&self) -> bool {
        true
    }

    async fn run(&self, command: &ReadOnlyCommand, limits: &Limits) -> Result<Output, HostError> {
        match &self.sudo {
            Some(sudo) if limits.as_root => sudo.run(self, command, limits).await,
            _ => self.run_with(command, limits, Rights::Account).await,
        }
    }
}

#[async_trait]
impl Account for SshHost {
    fn account(&self) -> String {
        self.route.hops.last().map(|hop| hop.user.clone()).unwrap_or_default()
    }

    async fn run_with(&self, command: &ReadOnlyCommand, limits: &Limits, rights: Rights) -> Result<Output, HostError> {
        self.send(|status| command_line(command, limits, rights, status), limits).await
    }

    async fn ask_rights(&self) -> Result<Output, HostError> {
        self.send(rights_line, &Limits::default()).await
    }
}

impl SshHost {
    /// Sends a line, made for what is known of the server.
    async fn send(&self, line: impl Fn(Status) -> String + Send, limits: &Limits) -> Result<Output, HostError> {
        let left = self.bytes_left.load(Ordering::Relaxed);
        if left == 0 {
            let reason = format!("the host has said {} bytes, the most for one run", self.options.max_total_bytes);
            return Ok(Output::empty(Ending::NotStarted { reason }));
        }
        let max_bytes = limits.max_bytes.min(usize::try_from(left).unwrap_or(usize::MAX));
        let limits = Limits { max_bytes, ..*limits };
        loop {
            let connection =
                self.connection().await.map_err(|source| HostError::Ssh { host: self.name.clone(), source })?;
            let status = if connection.tells_status() { Status::AsItIs } else { Status::Proven };
            let line = line(status);
            if line.len() > MAX_LINE_BYTES {
                let reason = format!("the command line has {} bytes, and SSH takes {MAX_LINE_BYTES}", line.len());
                return Ok(Output::empty(Ending::NotStarted { reason }));
            }
            // A job that was lost before it was sent goes round again, over the second connection or to its error.
            if let Some(output) = connection.run(line, limits, status).await {
                let taken = output.stdout.len() as u64;
                let less = |left: u64| Some(left.saturating_sub(taken));
                let _before = self.bytes_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
                return Ok(output);
            }
        }
    }
}
