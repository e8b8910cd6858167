use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::known_hosts;

/// Why a host cannot be reached over SSH, or was lost. `host` is the hop at fault, as the operator calls it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SshError {
    /// The route has no hop.
    #[error("the route to the host is empty")]
    EmptyRoute,
    /// The name is not known to the resolver.
    #[error("cannot resolve {hostname}, the address of {host}")]
    Resolve {
        /// The hop.
        host: String,
        /// The name that was looked up.
        hostname: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No address answers.
    #[error("cannot connect to {host} ({hostname} port {port})")]
    Connect {
        /// The hop.
        host: String,
        /// Its name or address in the network.
        hostname: String,
        /// Its port.
        port: u16,
        /// Why the last address did not answer.
        #[source]
        source: io::Error,
    },
    /// The hop before does not reach this one, or does not forward.
    #[error("{via} does not forward to {host} ({hostname} port {port})")]
    Forward {
        /// The hop that cannot be reached.
        host: String,
        /// The hop that was asked to reach it.
        via: String,
        /// The name or address that it was asked for.
        hostname: String,
        /// The port.
        port: u16,
        /// What it answered.
        #[source]
        source: ssh2::Error,
    },
    /// A step took too long.
    #[error("{host} did not finish the {step} within {} s", after.as_secs_f32())]
    TimedOut {
        /// The hop.
        host: String,
        /// What did not end.
        step: Step,
        /// The limit.
        after: Duration,
    },
    /// The server speaks no SSH, or breaks it.
    #[error("the SSH handshake with {host} failed")]
    Handshake {
        /// The hop.
        host: String,
        /// Why.
        #[source]
        source: ssh2::Error,
    },
    /// The server and tai have no algorithm in common.
    #[error("{host} offers no algorithm for {} that tai takes: it offers {}", missing.what, list(&missing.offered))]
    NoCommonAlgorithm {
        /// The hop.
        host: String,
        /// What is missing.
        missing: Missing,
    },
    /// The server has only an RSA host key and signs with SHA-1, which can be forged.
    #[error(
        "{host} proves its identity only with ssh-rsa, which uses the broken SHA-1: update its SSH server (OpenSSH 7.2 or later) or give it an Ed25519 host key"
    )]
    OnlySha1 {
        /// The hop.
        host: String,
    },
    /// Files of known host keys cannot be read or written.
    #[error("the host key of {host} cannot be checked")]
    KnownHosts {
        /// The hop.
        host: String,
        /// Why.
        #[source]
        source: known_hosts::Error,
    },
    /// The server showed another key than the known ones. Nothing was sent to it.
    #[error("the host key of {host} is not the known one: {}", changed(*port, shown, known))]
    HostKeyChanged {
        /// The hop.
        host: String,
        /// Its port.
        port: u16,
        /// The key that the server showed.
        shown: ShownKey,
        /// The keys that are known.
        known: Vec<KnownKey>,
    },
    /// The server showed a key that is marked as revoked. Nothing was sent to it.
    #[error("the host key of {host} is revoked: port {port} shows {shown}, {}:{line} marks it as @revoked", file.display())]
    HostKeyRevoked {
        /// The hop.
        host: String,
        /// Its port.
        port: u16,
        /// The key that the server showed.
        shown: ShownKey,
        /// The file that revokes it.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// The host is not known, and only known ones are allowed.
    #[error("{host} is not a known host, and its configuration asks for known ones only: port {port} shows {shown}")]
    HostKeyUnknown {
        /// The hop.
        host: String,
        /// Its port.
        port: u16,
        /// The key that the server showed.
        shown: ShownKey,
    },
    /// No key was accepted.
    #[error("{host} does not let {user} in: {}", refused(tried, methods))]
    Authentication {
        /// The hop.
        host: String,
        /// Who wanted to log in.
        user: String,
        /// The keys, in the order in which they were tried.
        tried: Vec<Tried>,
        /// The methods that the server accepts, when it said.
        methods: Vec<String>,
    },
    /// The connection ended.
    #[error("the connection to {host} was lost")]
    Lost {
        /// The hop.
        host: String,
        /// What libssh2 noticed.
        #[source]
        source: ssh2::Error,
    },
    /// The host says nothing any more.
    #[error("{host} has said nothing for {} s", after.as_secs_f32())]
    Silent {
        /// The hop.
        host: String,
        /// The limit.
        after: Duration,
    },
    /// A socket or a thread cannot be had on this machine.
    #[error("failed to {action} for {host}")]
    Local {
        /// The hop.
        host: String,
        /// "start a thread" and the like.
        action: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The thread that owns the session has ended, and nobody knows why.
    #[error("the work on {host} ended unexpectedly")]
    Ended {
        /// The hop.
        host: String,
    },
}

/// A step of a connection that has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The exchange of keys.
    Handshake,
    /// Logging in.
    Authentication,
    /// Reaching the next hop.
    Forwarding,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Handshake => "handshake",
            Step::Authentication => "authentication",
            Step::Forwarding => "forwarding",
        })
    }
}

/// What a server would have to offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// "key exchange", "host keys", "encryption" or "integrity".
    pub what: &'static str,
    /// What it offers.
    pub offered: Vec<String>,
}

/// The key that a server showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownKey {
    /// Its type, such as `ssh-ed25519`.
    pub kind: String,
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
}

impl fmt::Display for ShownKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.fingerprint)
    }
}

/// A key that is known for a host.
pub type KnownKey = known_hosts::Known;

/// A key that did not open the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The file, or the comment of the agent's key.
    pub key: String,
    /// "not accepted", "not used: its file can be read by others" and the like.
    pub outcome: String,
}

fn changed(port: u16, shown: &ShownKey, known: &[KnownKey]) -> String {
    let known: Vec<_> = known
        .iter()
        .map(|key| format!("{}:{} has {} {}", key.file.display(), key.line, key.kind, key.fingerprint))
        .collect();
    format!(
        "port {port} shows {shown}, {}. Either the host was set up anew or somebody stands in between. Compare with `ssh-keygen -l -f` of the \
         .pub files in /etc/ssh on the host itself, on its console or by its administrator",
        known.join(", ")
    )
}

fn refused(tried: &[Tried], methods: &[String]) -> String {
    let tried: Vec<_> = tried.iter().map(|tried| format!("{} ({})", tried.key, tried.outcome)).collect();
    let tried =
        if tried.is_empty() { "there is no key to try".to_owned() } else { format!("tried {}", tried.join(", ")) };
    if methods.is_empty() || methods.iter().any(|method| method == "publickey") {
        return tried;
    }
    format!("{tried}; the server takes only {}, tai only keys", list(methods))
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
