//! How `tai` ends: every exit code, and every failure with its message, causes and hint.

use std::error::Error;
use std::fmt::Write;

use tai_ssh::{HostError, RoutingError, SshError, visible, visible_line};

/// The exit codes, in order of severity: of several the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All done.
    Done,
    /// Done, but some evidence could not be collected.
    Incomplete,
    /// The command line or a file of the operator's is wrong.
    Usage,
    /// The policy denied a command.
    Denied,
    /// A host cannot be reached, lets nobody in, or was lost.
    Unreachable,
    /// A host key changed or is revoked.
    HostKey,
    /// A model that was asked for by name failed.
    Model,
    /// What tai keeps cannot be read or written.
    Store,
    /// A model could not be fetched, or is not what it should be.
    Download,
    /// A bug of tai.
    Bug,
    /// Ctrl-C, SIGTERM or SIGHUP.
    Interrupted,
}

impl Exit {
    /// What it means, in a word or two.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Incomplete => "incomplete",
            Exit::Usage => "error",
            Exit::Denied => "denied",
            Exit::Unreachable => "unreachable",
            Exit::HostKey => "host key",
            Exit::Model => "model failed",
            Exit::Store => "store failed",
            Exit::Download => "download failed",
            Exit::Bug => "bug",
            Exit::Interrupted => "interrupted",
        }
    }

    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Incomplete => 1,
            Exit::Usage => 2,
            Exit::Denied => 3,
            Exit::Unreachable => 4,
            Exit::HostKey => 5,
            Exit::Model => 6,
            Exit::Store => 7,
            Exit::Download => 8,
            Exit::Bug => 70,
            Exit::Interrupted => 130,
        }
    }
}

/// What was attempted, over the reason why it failed.
#[derive(Debug, thiserror::Error)]
#[error("{attempt}")]
pub(crate) struct Attempt {
    pub(crate) attempt: String,
    #[source]
    pub(crate) source: std::io::Error,
}

/// Why a command failed as a whole.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// What failed; its sources say why.
    pub(crate) source: Box<dyn Error + Send + Sync>,
    /// What to do.
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Failure { exit, source: source.into(), hint: None }
    }

    /// Whoever read standard output has enough (`tai … | head`): an end, and no failure.
    pub(crate) fn reader_gone() -> Self {
        Failure::new(Exit::Done, "nobody reads any more")
    }

    pub(crate) fn usage(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Failure::new(Exit::Usage, source)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same once more, its causes as text.
    pub(crate) fn again(&self) -> Self {
        Failure { exit: self.exit, source: self.causes().join(": ").into(), hint: self.hint.clone() }
    }

    /// What failed, then why, each safe to show: causes may quote files that somebody else wrote.
    pub(crate) fn causes(&self) -> Vec<String> {
        let first: &(dyn Error + 'static) = &*self.source;
        let errors = std::iter::successors(Some(first), |&error| error.source());
        errors.map(|error| visible(error.to_string().into_bytes()).trim_end().to_owned()).collect()
    }

    /// What failed and the last cause, on one line.
    pub(crate) fn gist(&self) -> String {
        let causes = self.causes();
        let ends = if causes.len() > 1 { vec![&causes[0], &causes[causes.len() - 1]] } else { causes.iter().collect() };
        visible_line(ends.into_iter().map(String::as_str).collect::<Vec<_>>().join(": "))
    }

    /// What failed, the causes, and the hint, each on its line.
    pub(crate) fn message(&self) -> String {
        let causes = self.causes();
        let mut text = format!("error: {}\n", causes[0]);
        for cause in &causes[1..] {
            let _ = writeln!(text, "  caused by: {}", visible_line(cause.clone()));
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "  hint: {hint}");
        }
        text
    }
}

impl From<tai_engine::Error> for Failure {
    fn from(error: tai_engine::Error) -> Self {
        match error {
            tai_engine::Error::Collect(source) => source.into(),
            tai_engine::Error::Capture(source) => source.into(),
            tai_engine::Error::ReadCase { .. } | tai_engine::Error::MalformedCase { .. } => Failure::usage(error),
            tai_engine::Error::NoCases { .. } => {
                Failure::usage(error).hint("a case is a capture directory with a case.json, see CONTRIBUTING.md")
            }
            error => Failure::new(Exit::Bug, error),
        }
    }
}

impl From<tai_collect::Error> for Failure {
    fn from(error: tai_collect::Error) -> Self {
        let exit = match &error {
            tai_collect::Error::Host { source: HostError::Ssh { source, .. }, .. } => exit_of(source),
            _ => Exit::Unreachable,
        };
        Failure::new(exit, error)
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        let exit = if let HostError::Ssh { source, .. } = &error { exit_of(source) } else { Exit::Unreachable };
        Failure::new(exit, error)
    }
}

impl From<SshError> for Failure {
    fn from(error: SshError) -> Self {
        let exit = exit_of(&error);
        let hint = match &error {
            SshError::Resolve { .. } | SshError::Connect { .. } => {
                Some("check name and port; `tai ssh resolve HOST` shows what the configuration makes of them")
            }
            SshError::Authentication { .. } => {
                Some("keys only: name one with --identity-file, or add it to your agent with ssh-add")
            }
            SshError::HostKeyUnknown { .. } => {
                Some("compare the fingerprint with the one on the host's console, then add the key to known_hosts")
            }
            _ => None,
        };
        let failure = Failure::new(exit, error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<RoutingError> for Failure {
    fn from(error: RoutingError) -> Self {
        let hint = match &error {
            RoutingError::ProxyCommand { .. } => "name the host in between with ProxyJump or --jump-host",
            _ => "--ignore-ssh-config goes without the configuration, --ssh-config FILE takes another",
        };
        Failure::usage(error).hint(hint)
    }
}

fn exit_of(error: &SshError) -> Exit {
    match error {
        SshError::HostKeyChanged { .. } | SshError::HostKeyRevoked { .. } => Exit::HostKey,
        _ => Exit::Unreachable,
    }
}

impl From<tai_ssh::CaptureError> for Failure {
    fn from(error: tai_ssh::CaptureError) -> Self {
        use tai_ssh::CaptureError as E;
        let hint = match &error {
            E::NoManifest { .. } | E::EmptyArchive { .. } => {
                Some("name what `tai collect` wrote, or a sosreport: a directory, or an archive of one")
            }
            E::Archive { .. } => Some("archives are .tar.zst, .tar.xz or .tar.gz; copy it again if it is damaged"),
            E::OutsideCapture { .. } => {
                Some("nothing outside the directory is read; do not trust a capture that tries")
            }
            E::UnknownSchema { .. } => Some("the capture may be from another version of tai"),
            E::AlreadyExists { .. } => Some("name one that does not exist yet: captures are not overwritten"),
            _ => None,
        };
        let failure = Failure::usage(error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<tai_models::Error> for Failure {
    fn from(error: tai_models::Error) -> Self {
        use tai_models::Error as E;
        let exit = match &error {
            E::InvalidName { .. } | E::UnknownModel { .. } | E::NotThere { .. } | E::AlreadyThere { .. } => Exit::Usage,
            E::Unmanaged { .. } | E::InvalidOption { .. } | E::NotAModel { .. } | E::Busy { .. } => Exit::Usage,
            E::Catalogue { .. } | E::Manifest { .. } => Exit::Usage,
            E::File { source, .. } if is_of_the_operator(source) => Exit::Usage,
            E::Cancelled => Exit::Interrupted,
            _ => Exit::Download,
        };
        let hint = match &error {
            E::UnknownModel { .. } => Some("a repository of the hub is named OWNER/REPOSITORY"),
            E::NotThere { .. } => Some("`tai models list` shows what is here and what can be pulled"),
            E::MissingFile { .. } => Some("--file FILE names the one to fetch"),
            E::AlreadyThere { .. } => Some("--replace takes its place, --as NAME gives another name"),
            E::Unmanaged { .. } => Some("`tai models import --replace DIRECTORY` writes a manifest"),
            E::Busy { .. } => Some("wait until it is done"),
            E::Offline | E::Connect { .. } | E::ConnectionLost { .. } | E::NoPip { .. } | E::Package { .. } => Some(
                "pull it where there is a network, `tai models export` it there, and `tai models import` the archive here",
            ),
            E::Status { code: 401 | 403, .. } => {
                Some("a token in HF_TOKEN may be needed, and on the hub's page the licence may have to be accepted")
            }
            E::NoSpace { .. } => {
                Some("`tai models prune` and `tai models remove` make space; what was fetched is kept")
            }
            E::Checksum { .. } => Some("it was changed or damaged on the way; do not use it"),
            E::Damaged { .. } => Some("`tai models pull` brings it anew"),
            E::Unsafe { .. } => Some("do not trust it"),
            _ => None,
        };
        let failure = Failure::new(exit, error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<tai_store::Error> for Failure {
    fn from(error: tai_store::Error) -> Self {
        use tai_store::Error as E;
        let exit = if matches!(error, E::NoSession { .. }) { Exit::Usage } else { Exit::Store };
        let hint = match &error {
            E::NoSession { .. } => {
                Some("`tai history` lists sessions; the beginning of an id will do where it is clear")
            }
            E::Damaged { .. } => Some("`tai store repair` saves every record that is whole"),
            E::Version { .. } | E::OtherSchema { .. } => Some("another version of tai wrote it; nothing was changed"),
            E::OtherEmbedder { .. } => Some("`tai store reindex` makes its vectors anew"),
            E::Unsafe { .. } => Some("TAI_HOME names another folder; --no-persist keeps nothing"),
            E::File { .. } => {
                Some("the folder must be yours and writable, on a disk with space; --no-persist keeps nothing")
            }
            _ => None,
        };
        let failure = Failure::new(exit, error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// What a path on the command line can be wrong by.
fn is_of_the_operator(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(error.kind(), Kind::NotFound | Kind::PermissionDenied | Kind::AlreadyExists | Kind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_has_causes_and_hint() {
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = tai_ssh::CaptureError::NoManifest { dir: "nowhere".into(), source };
        let expect = "error: no capture at nowhere: manifest.json cannot be read\n  caused by: entity not found\n  \
                      hint: name what `tai collect` wrote, or a sosreport: a directory, or an archive of one\n";
        assert_eq!(Failure::from(error).message(), expect);
    }

    #[test]
    fn the_order_is_that_of_the_codes() {
        let all = [
            Exit::Done,
            Exit::Incomplete,
            Exit::Usage,
            Exit::Denied,
            Exit::Unreachable,
            Exit::HostKey,
            Exit::Model,
            Exit::Store,
            Exit::Download,
            Exit::Bug,
            Exit::Interrupted,
        ];
        assert!(all.is_sorted_by(|a, b| a < b && a.code() < b.code()));
    }
}
