//! What is written down of each command that runs on a host.

use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tai_redact::Secrets;
use tai_ssh::{Ending, Host, HostError, Limits, OnAsked, Output, ReadOnlyCommand, Recorded};
use tai_store::{AuditEntry, AuditLog};

use super::{home, redacted, secrets};
use crate::exit::Failure;
use crate::progress::Screen;

/// The audit log in tai's folder.
pub(crate) fn audit_log() -> Option<AuditLog> {
    home().map(|home| AuditLog::new(&home.join("logs/audit.jsonl")))
}

/// Writes down what was done. What cannot be written is told once, and stops nothing.
#[derive(Clone)]
pub(crate) struct Audit(Arc<Inner>);

struct Inner {
    log: AuditLog,
    secrets: Mutex<Secrets>,
    screen: Screen,
    told: Once,
}

impl Audit {
    /// Nothing is to be written down where nothing `persists`, or where there is no place for it.
    pub(crate) fn new(persists: bool, screen: &Screen) -> Option<Self> {
        let log = audit_log().filter(|_| persists)?;
        // A configuration that is wrong is an error of the commands that read it.
        let secrets = Mutex::new(secrets().unwrap_or_default());
        Some(Audit(Arc::new(Inner { log, secrets, screen: screen.clone(), told: Once::new() })))
    }

    /// Writes an entry down. Blocks for a moment.
    pub(crate) fn add(&self, entry: AuditEntry) {
        let Inner { log, screen, told, .. } = &*self.0;
        if let Err(error) = log.append(vec![entry]) {
            let failure = Failure::from(error).hint("--no-persist writes nothing, and says nothing of it");
            told.call_once(|| screen.note(&format!("no audit log is kept\n{}", failure.message().trim_end())));
        }
    }

    /// Writes down what tai asks a host by itself, before a command under sudo. There are few of them, so each may block for a moment.
    pub(super) fn on_asked(&self, host: &str) -> OnAsked {
        let (audit, host) = (self.clone(), host.to_owned());
        Arc::new(move |command, output| {
            let line = redacted(&mut audit.secrets(), command);
            let entry = AuditEntry::new(Timestamp::now(), "command").host(&host).with("command", line.as_str());
            let entry = ended(timed(entry.with("before_sudo", true), output.duration), output);
            audit.add(entry);
        })
    }

    fn secrets(&self) -> MutexGuard<'_, Secrets> {
        self.0.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host, each of whose commands is written down.
    pub(super) fn of(self, host: Box<dyn Host>) -> Box<dyn Host> {
        Box::new(AuditedHost { host, audit: self })
    }
}

struct AuditedHost {
    host: Box<dyn Host>,
    audit: Audit,
}

#[async_trait]
impl Host for AuditedHost {
    fn name(&self) -> &str {
        self.host.name()
    }

    async fn run(&self, command: &ReadOnlyCommand, limits: &Limits) -> Result<Output, HostError> {
        let started = Started::new(self, command, limits);
        let output = self.host.run(command, limits).await;
        let entry = match &output {
            Ok(output) => ended(started.entry(output.duration), output),
            Err(error) => started.entry(Duration::ZERO).with("ending", error.to_string()),
        };
        started.finish(entry).await;
        output
    }

    fn has_own_session(&self) -> bool {
        self.host.has_own_session()
    }

    async fn recorded(&self) -> Result<Vec<Recorded>, HostError> {
        self.host.recorded().await
    }
}

/// A command that runs. One that is given up on is written down as well, when this is dropped.
struct Started {
    audit: Option<Audit>,
    host: String,
    line: String,
    as_root: bool,
    at: Timestamp,
}

impl Started {
    fn new(host: &AuditedHost, command: &ReadOnlyCommand, limits: &Limits) -> Self {
        Started {
            audit: Some(host.audit.clone()),
            host: host.name().to_owned(),
            line: redacted(&mut host.audit.secrets(), &command.to_string()),
            as_root: limits.as_root,
            at: Timestamp::now(),
        }
    }

    fn entry(&self, duration: Duration) -> AuditEntry {
        let entry = AuditEntry::new(self.at, "command").host(&self.host).with("command", self.line.as_str());
        let entry = if self.as_root { entry.with("as_root", true) } else { entry };
        timed(entry, duration)
    }

    async fn finish(mut self, entry: AuditEntry) {
        if let Some(audit) = self.audit.take() {
            // Another process may hold the lock for a moment.
            drop(tokio::task::spawn_blocking(move || audit.add(entry)).await);
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(audit) = self.audit.take() {
            audit.add(self.entry(Duration::ZERO).with("ending", "given up"));
        }
    }
}

fn timed(entry: AuditEntry, duration: Duration) -> AuditEntry {
    entry.with("ms", u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

fn ended(entry: AuditEntry, output: &Output) -> AuditEntry {
    let entry = entry.with("bytes", output.stdout.len() as u64);
    match &output.ending {
        Ending::Exited(status) => entry.with("exit", *status),
        Ending::Signalled(signal) => entry.with("ending", format!("signal {signal}")),
        Ending::TimedOut => entry.with("ending", "timed out"),
        Ending::NotStarted { reason } => entry.with("ending", format!("not started: {reason}")),
        Ending::Lost { reason } => entry.with("ending", format!("lost: {reason}")),
        Ending::NotCaptured => entry.with("ending", "not captured"),
    }
}
