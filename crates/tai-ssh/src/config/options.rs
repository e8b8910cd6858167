use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::jump::Hop;

/// What to resolve, and all that the answer depends on besides the files.
#[derive(Clone, Default)]
pub struct ResolveOptions {
    /// The host as the operator typed it, without user and port.
    pub host: String,
    /// The files to read.
    pub files: ConfigFiles,
    /// Settings that stand before the files, as those of `ssh -o`: keyword and value, the value as a file would have it (see [`quote`]).
    pub overrides: Vec<(String, String)>,
    /// The user who runs the program: `%u`, and the user at the other end when nobody names one.
    pub local_user: String,
    /// Their number: `%i`, and the owner that files must have.
    pub uid: u32,
    /// Their home in the user database: `%d` and `~`.
    pub home: PathBuf,
    /// The name of this machine: `%l`, `%L`.
    pub local_hostname: String,
    /// The environment: `${NAME}`, and `HOME` where `Include` takes it for `~`.
    pub env: BTreeMap<String, String>,
}

/// The files that say something of hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ConfigFiles {
    /// None of them, as with `ssh -F none`.
    #[default]
    Nothing,
    /// This one alone, as with `ssh -F`. It must be there.
    Only(PathBuf),
    /// The user's, then the system's. Either may be missing; the user's must belong to the user.
    Default {
        /// Usually `~/.ssh/config`.
        user: Option<PathBuf>,
        /// Usually `/etc/ssh/ssh_config`.
        system: Option<PathBuf>,
    },
}

impl ResolveOptions {
    /// The options for a jump host, as ssh itself would call the next ssh: the same files, and instead of the overrides
    /// the user and port of the hop and the hops `before` it.
    #[must_use]
    pub fn for_hop(&self, hop: &Hop, before: &[Hop]) -> Self {
        let user = hop.user.iter().map(|user| ("User".to_owned(), quote(user)));
        let port = hop.port.iter().map(|port| ("Port".to_owned(), port.to_string()));
        let before: Vec<String> = before.iter().map(Hop::printed).collect();
        let jump = (!before.is_empty()).then(|| ("ProxyJump".to_owned(), before.join(",")));
        Self { host: hop.host.clone(), overrides: user.chain(port).chain(jump).collect(), ..self.clone() }
    }
}

/// Without the environment, which may hold secrets.
impl fmt::Debug for ResolveOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolveOptions")
            .field("host", &self.host)
            .field("files", &self.files)
            .field("overrides", &self.overrides)
            .field("local_user", &self.local_user)
            .field("home", &self.home)
            .finish_non_exhaustive()
    }
}

/// A value from outside as one argument of a configuration line.
#[must_use]
pub fn quote(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\""))
}
