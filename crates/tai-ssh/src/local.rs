use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, User, geteuid, gethostname};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

use crate::host::ENVIRONMENT;
use crate::prefix::{self, RIGHTS, Rights, Status, script};
use crate::sudo::{Account, OnAsked, Sudo};
use crate::{Ending, Host, HostError, Limits, Output, Policy, ReadOnlyCommand, visible};

const MAX_STDERR_BYTES: usize = 64 << 10;
/// How long to wait for a process that was killed: one that hangs in the kernel cannot be waited for.
const REAP: Duration = Duration::from_secs(1);

/// The machine that tai itself runs on.
///
/// A command gets an environment of four variables (fixed `PATH`, `LC_ALL=C`, `TERM=dumb`, `SYSTEMD_PAGER` empty), no standard input, `/` as working
/// directory and a process group of its own, which is killed when the limit is reached or the future is dropped.
#[derive(Clone, Debug)]
pub struct LocalHost {
    name: String,
    sudo: Option<Arc<Sudo>>,
}

impl LocalHost {
    /// This machine, by the name that it calls itself.
    pub fn new() -> Self {
        let name = gethostname().map(|name| visible(name.into_vec())).unwrap_or_default();
        LocalHost { name: if name.is_empty() { "localhost".to_owned() } else { name }, sudo: None }
    }

    /// The same, but commands that need root run under sudo, see [`Limits::as_root`]; `policy` is what the paths in them have to pass again, once links
    /// are resolved. What is asked before such a command is told to `on_asked`.
    #[must_use]
    pub fn with_sudo(self, policy: Arc<Policy>, on_asked: Option<OnAsked>) -> Self {
        LocalHost { sudo: Some(Arc::new(Sudo::new(policy, on_asked))), ..self }
    }
}

impl Default for LocalHost {
    fn default() -> Self {
        LocalHost::new()
    }
}

#[async_trait]
impl Host for LocalHost {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self, command: &ReadOnlyCommand, limits: &Limits) -> Result<Output, HostError> {
        match &self.sudo {
            Some(sudo) if limits.as_root => sudo.run(self, command, limits).await,
            _ => self.run_with(command, limits, Rights::Account).await,
        }
    }
}

#[async_trait]
impl Account for LocalHost {
    fn account(&self) -> String {
        User::from_uid(geteuid()).ok().flatten().map_or_else(|| geteuid().to_string(), |user| user.name)
    }

    async fn run_with(&self, command: &ReadOnlyCommand, limits: &Limits, rights: Rights) -> Result<Output, HostError> {
        if rights == Rights::Account && !limits.low_priority {
            return Ok(execute(command.words(), limits).await);
        }
        let (script, words) = script(limits, rights, Status::AsItIs);
        let shell = ["sh".to_owned(), "-c".to_owned(), script];
        let mut output = execute(&[&shell, words.as_slice(), command.words()].concat(), limits).await;
        if let Ending::Exited(status) = output.ending
            && let Some(reason) = prefix::not_started(status, &output.stdout, &output.stderr)
        {
            output.stderr.clear();
            output.ending = Ending::NotStarted { reason: reason.to_owned() };
        }
        Ok(output)
    }

    async fn ask_rights(&self) -> Result<Output, HostError> {
        Ok(execute(&["sh", "-c", RIGHTS].map(str::to_owned), &Limits::default()).await)
    }
}

async fn execute(words: &[String], limits: &Limits) -> Output {
    let started = Instant::now();
    let mut output = Output::empty(Ending::TimedOut);
    match spawn(words) {
        Ok(mut child) => {
            let group = GroupGuard::of(&child);
            let end = tokio::time::timeout(limits.timeout, follow(&mut child, limits.max_bytes, &mut output)).await;
            drop(group);
            output.ending = match end {
                Ok(Ok(ending)) => ending,
                Ok(Err(error)) => Ending::NotStarted { reason: format!("its output cannot be read: {error}") },
                Err(_elapsed) => Ending::TimedOut,
            };
            // Killed by now, or ended: only reaped, so that no zombie is left.
            drop(tokio::time::timeout(REAP, child.wait()).await);
        }
        Err(error) => output.ending = Ending::NotStarted { reason: not_started(&error) },
    }
    output.duration = started.elapsed();
    output
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where a process is started, for a command that the policy allowed"
)]
fn spawn(words: &[String]) -> io::Result<Child> {
    Command::new(&words[0])
        .args(&words[1..])
        .env_clear()
        .envs(ENVIRONMENT)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

fn not_started(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "the program is not installed".to_owned(),
        io::ErrorKind::PermissionDenied => "no permission to run the program".to_owned(),
        _ => error.to_string(),
    }
}

/// Kills a process group when it goes out of scope.
struct GroupGuard(Option<Pid>);

impl GroupGuard {
    fn of(child: &Child) -> Self {
        GroupGuard(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw))
    }
}

impl Drop for GroupGuard {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // A group that has ended by itself is no failure.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }
}

/// Reads both streams into `output` until the command ends or says more than `max_bytes`. What had arrived stays in `output` when the future is
/// dropped.
async fn follow(child: &mut Child, max_bytes: usize, output: &mut Output) -> io::Result<Ending> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let read = tokio::try_join!(
        read_up_to(stdout, max_bytes, &mut output.stdout, AtLimit::Stop),
        read_up_to(stderr, MAX_STDERR_BYTES, &mut output.stderr, AtLimit::Discard),
    );
    match read {
        Ok(_) => child.wait().await.map(ending),
        Err(Stop::Limit) => {
            output.truncated = true;
            Ok(Ending::Signalled(Signal::SIGKILL as i32))
        }
        Err(Stop::Io(error)) => Err(error),
    }
}

fn ending(status: ExitStatus) -> Ending {
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited(code),
        (None, signal) => Ending::Signalled(signal.unwrap_or(0)),
    }
}

/// Why reading ended before the stream did.
enum Stop {
    Limit,
    Io(io::Error),
}

#[derive(PartialEq)]
enum AtLimit {
    Stop,
    /// Read on, so that the command is not held up by a full pipe.
    Discard,
}

async fn read_up_to(
    stream: Option<impl AsyncRead + Unpin>,
    max: usize,
    buffer: &mut Vec<u8>,
    at_limit: AtLimit,
) -> Result<(), Stop> {
    let Some(mut stream) = stream else { return Ok(()) };
    let mut block = vec![0; 16 << 10];
    loop {
        let read = stream.read(&mut block).await.map_err(Stop::Io)?;
        if read == 0 {
            return Ok(());
        }
        let room = max - buffer.len();
        buffer.extend_from_slice(&block[..read.min(room)]);
        if read > room && at_limit == AtLimit::Stop {
            return Err(Stop::Limit);
        }
    }
}
