//! Commands with root's rights: which way, and only past the links that the host resolves first.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use crate::prefix::{RIGHTS, Rights};
use crate::{Ending, HostError, Limits, Output, Policy, ReadOnlyCommand, visible_line};

/// A host on which tai may use sudo.
#[async_trait]
pub(crate) trait Account: Send + Sync {
    /// Who logs in.
    fn account(&self) -> String;

    /// Runs a command with these rights.
    async fn run_with(&self, command: &ReadOnlyCommand, limits: &Limits, rights: Rights) -> Result<Output, HostError>;

    /// Runs [`RIGHTS`](crate::prefix::RIGHTS).
    async fn ask_rights(&self) -> Result<Output, HostError>;
}

/// Called with each command that a host is asked before another runs under sudo, and what came of it: how sudo may be used, and where links lead. Such a command is part of no
/// [`Output`] that [`Host::run`](crate::Host::run) gives.
pub type OnAsked = Arc<dyn Fn(&str, &Output) + Send + Sync>;

/// What a host has to know to use sudo.
pub(crate) struct Sudo {
    policy: Arc<Policy>,
    on_asked: Option<OnAsked>,
    rights: OnceCell<Rights>,
}

impl Sudo {
    /// `policy` is what resolved paths have to pass.
    pub(crate) fn new(policy: Arc<Policy>, on_asked: Option<OnAsked>) -> Self {
        Sudo { policy, on_asked, rights: OnceCell::new() }
    }

    /// Runs a command as root. Where that is not permitted, or a link leads to where tai does not read, it is not started.
    pub(crate) async fn run(
        &self,
        host: &impl Account,
        command: &ReadOnlyCommand,
        limits: &Limits,
    ) -> Result<Output, HostError> {
        let rights = *self.rights.get_or_try_init(|| self.ask_rights(host)).await?;
        if rights != Rights::Account
            && let Some(output) = self.refuse(host, command, rights).await?
        {
            return Ok(output);
        }
        let output = host.run_with(command, limits, rights).await?;
        Ok(if rights == Rights::Account { output } else { explained(output, command, &host.account()) })
    }

    /// The refusal of a command whose paths lead to where the policy allows none, or which sudo does not permit to look.
    async fn refuse(
        &self,
        host: &impl Account,
        command: &ReadOnlyCommand,
        rights: Rights,
    ) -> Result<Option<Output>, HostError> {
        let refusal = |reason: String| Ok(Some(Output::empty(Ending::NotStarted { reason })));
        let mut words = command.words().to_vec();
        for word in &mut words[1..] {
            let Some(start) = word.find('/') else { continue };
            let readlink = match self.policy.check_words(&["readlink", "-f", "--", &word[start..]]) {
                Ok(readlink) => readlink,
                Err(denied) => return refusal(format!("before sudo the path is looked up, which is denied: {denied}")),
            };
            let output = host.run_with(&readlink, &Limits::default(), rights).await?;
            self.tell(&readlink.to_string(), &output);
            let output = explained(output, &readlink, &host.account());
            match (&output.ending, one_line(&output.stdout)) {
                (Ending::Exited(0), Some(path)) => word.replace_range(start.., path),
                // Nothing is there.
                (Ending::Exited(1), _) if output.stdout.is_empty() => {}
                (Ending::Exited(_), _) => {
                    return refusal(format!("it is not clear where {} leads", visible_line(word.clone())));
                }
                _ => return Ok(Some(output)),
            }
        }
        match self.policy.check_words(&words) {
            Ok(_) => Ok(None),
            Err(denied) => refusal(format!("a link leads to where tai does not read with sudo: {denied}")),
        }
    }

    async fn ask_rights(&self, host: &impl Account) -> Result<Rights, HostError> {
        let output = host.ask_rights().await?;
        self.tell(RIGHTS, &output);
        Ok(match output.stdout.trim_ascii() {
            b"root" => Rights::Account,
            said => Rights::Sudo { timeout_within: said == b"timeout" },
        })
    }

    fn tell(&self, command: &str, output: &Output) {
        if let Some(on_asked) = &self.on_asked {
            on_asked(command, output);
        }
    }
}

impl fmt::Debug for Sudo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sudo").field("rights", &self.rights).finish_non_exhaustive()
    }
}

fn one_line(bytes: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    (line.starts_with('/') && !line.contains('\n')).then_some(line)
}

/// The output, where sudo itself failed with the reason and what to do.
fn explained(mut output: Output, command: &ReadOnlyCommand, account: &str) -> Output {
    let Ending::Exited(status) = output.ending else { return output };
    let stderr = String::from_utf8_lossy(&output.stderr);
    let says = |text: &str| stderr.lines().any(|line| line.starts_with("sudo: ") && line.contains(text));
    let program = command.program();
    let line = format!("{account} ALL=(root) NOPASSWD: /usr/bin/{program}, /usr/bin/readlink");
    let hint = format!("a line such as `{line}` in a file of /etc/sudoers.d on the host lets it run");
    let refused = stderr.lines().any(|line| {
        line.ends_with("is not in the sudoers file.")
            || (line.starts_with("Sorry, user ") && line.contains(" is not allowed to "))
    });
    let reason = if !output.stdout.is_empty() || status == 0 {
        return output;
    } else if says("a password is required") || says("a terminal is required") {
        format!("sudo asks {account} for a password to run {program}: {hint}")
    } else if refused {
        format!("sudo does not let {account} run {program}: {hint}")
    } else if says("command not found") {
        "the program is not installed".to_owned()
    } else if status == 127 && stderr.contains("sudo") {
        "sudo is not installed on the host: log in as root, or go without --sudo".to_owned()
    } else {
        return output;
    };
    output.stderr.clear();
    output.ending = Ending::NotStarted { reason };
    output
}
