use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::{OnAsked, Policy};

/// The way to a host: through every hop but the last, which is the host itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The first is connected to directly, each of the others through the one before it.
    pub hops: Vec<Hop>,
}

/// One machine on the way, with everything that its connection takes. Nothing is looked up elsewhere: no environment, no `ssh_config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// What the operator calls it.
    pub name: String,
    /// Its name or address in the network.
    pub hostname: String,
    /// The port of its sshd.
    pub port: u16,
    /// Who to log in as.
    pub user: String,
    /// Private keys, in the order in which they are offered.
    pub identity_files: Vec<PathBuf>,
    /// Whether the operator named the files. One that is missing is reported then, and passed over otherwise.
    pub explicit_identities: bool,
    /// The socket of an agent, whose keys may be used. It is never forwarded.
    pub agent_socket: Option<PathBuf>,
    /// Of the agent's keys, only those in `identity_files` are used.
    pub identities_only: bool,
    /// Files of known host keys. A new key is written to the first.
    pub known_hosts: Vec<PathBuf>,
    /// The name that stands for host and port in the files of known host keys.
    pub host_key_alias: Option<String>,
    /// Whether names are hashed when they are written to a file of known host keys.
    pub hash_known_hosts: bool,
    /// Whether a host that is not known is refused.
    pub strict: bool,
    /// Instead of [`Timeouts::connect`].
    pub connect_timeout: Option<Duration>,
}

impl Hop {
    /// A hop by its name in the network, with port 22 and no key: what else it takes is set field by field.
    pub fn new(hostname: &str, user: &str) -> Self {
        Hop {
            name: hostname.to_owned(),
            hostname: hostname.to_owned(),
            port: 22,
            user: user.to_owned(),
            identity_files: Vec::new(),
            explicit_identities: false,
            agent_socket: None,
            identities_only: false,
            known_hosts: Vec::new(),
            host_key_alias: None,
            hash_known_hosts: false,
            strict: false,
            connect_timeout: None,
        }
    }
}

/// What holds for every hop of a route.
#[derive(Clone)]
pub struct SshOptions {
    /// How long each step may take.
    pub timeouts: Timeouts,
    /// Whether the key of a new host is written to its file of known host keys.
    pub persist_known_hosts: bool,
    /// Asks a person for the passphrase of a key file. Without it, encrypted keys are passed over.
    pub passphrase: Option<Passphrase>,
    /// Bytes of standard output over all commands of a host, after which no further command is started.
    pub max_total_bytes: u64,
    /// Whether commands that need root run under sudo, see [`Limits::as_root`](crate::Limits::as_root), and the policy that the paths in them have to pass
    /// again, once the host has resolved its links.
    pub sudo: Option<Arc<Policy>>,
    /// What is told of the commands that come before one under sudo.
    pub on_asked: Option<OnAsked>,
}

/// Gives the passphrase of a key file, or nothing when there is nobody to ask. Called on a thread that may wait.
pub type Passphrase = Arc<dyn Fn(&Path) -> Option<String> + Send + Sync>;

impl Default for SshOptions {
    /// Keys of new hosts are written, nobody is asked for a passphrase, a host may say 256 MiB, and sudo is not used.
    fn default() -> Self {
        SshOptions {
            timeouts: Timeouts::default(),
            persist_known_hosts: true,
            passphrase: None,
            max_total_bytes: 256 << 20,
            sudo: None,
            on_asked: None,
        }
    }
}

impl fmt::Debug for SshOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SshOptions")
            .field("timeouts", &self.timeouts)
            .field("persist_known_hosts", &self.persist_known_hosts)
            .field("passphrase", &self.passphrase.is_some())
            .field("max_total_bytes", &self.max_total_bytes)
            .field("sudo", &self.sudo.is_some())
            .field("on_asked", &self.on_asked.is_some())
            .finish()
    }
}

/// How long each step of a hop may take. A command has its own limit, [`Limits::timeout`](crate::Limits::timeout).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until an address answers; a host with several addresses gets it for each. Also for a hop to reach the next.
    pub connect: Duration,
    /// From the connection to agreed keys.
    pub handshake: Duration,
    /// For each key, without the time that a person takes to type its passphrase.
    pub authentication: Duration,
    /// After this long without a byte, although asked for one, a host counts as lost.
    pub silence: Duration,
}

impl Default for Timeouts {
    /// 10 seconds to connect, 15 for the handshake, 30 for authentication, 30 of silence.
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(10),
            handshake: Duration::from_secs(15),
            authentication: Duration::from_secs(30),
            silence: Duration::from_secs(30),
        }
    }
}
