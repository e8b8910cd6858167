use crate::known_hosts::{self, HostKey, KnownHosts, Verdict};

use super::link::Link;
use super::{Hop, ShownKey, SshError, SshOptions};

/// What became of the key that a server showed, when the connection went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKeyStatus {
    /// It was known.
    Known,
    /// The host was new, and its key is now written down.
    Added,
    /// The host was new, and its key is not written down.
    NotKept,
}

/// Every signature algorithm that a host may prove itself with, the best first: neither certificates, whose authorities tai does not know, nor
/// SHA-1, nor DSA.
const ALGORITHMS: [(&str, &str); 6] = [
    ("ssh-ed25519", "ssh-ed25519"),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
    ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"),
    ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"),
    ("ssh-rsa", "rsa-sha2-512"),
    ("ssh-rsa", "rsa-sha2-256"),
];

/// The algorithms to ask a server for, separated by commas: those of its known keys first.
pub(super) fn algorithms(known_kinds: &[String]) -> String {
    let rank = |kind: &str| known_kinds.iter().position(|known| known == kind).unwrap_or(known_kinds.len());
    let mut ordered = ALGORITHMS;
    ordered.sort_by_key(|(kind, _)| rank(kind));
    ordered.map(|(_, algorithm)| algorithm).join(",")
}

/// The known keys of a hop.
pub(super) fn load(hop: &Hop) -> Result<KnownHosts, SshError> {
    KnownHosts::load(&hop.known_hosts).map_err(|source| unchecked(hop, source))
}

/// Judges the key that the server has proved to own, before anything is sent to it.
pub(super) fn check(
    link: &Link,
    hop: &Hop,
    known: &KnownHosts,
    options: &SshOptions,
) -> Result<(ShownKey, HostKeyStatus), SshError> {
    let blob = link.session.host_key().map(|(blob, _kind)| blob.to_vec()).unwrap_or_default();
    let key = HostKey::from_blob(blob).map_err(|source| unchecked(hop, source))?;
    let shown = ShownKey { kind: key.kind.clone(), fingerprint: key.fingerprint() };
    let (host, port) = (hop.name.clone(), hop.port);
    match known.verdict(&hop.hostname, port, hop.host_key_alias.as_deref(), &key) {
        Verdict::Match { .. } => Ok((shown, HostKeyStatus::Known)),
        Verdict::New if hop.strict => Err(SshError::HostKeyUnknown { host, port, shown }),
        Verdict::New => Ok((shown, keep(hop, &key, options)?)),
        Verdict::Changed { known } => Err(SshError::HostKeyChanged { host, port, shown, known }),
        Verdict::Revoked { file, line } => Err(SshError::HostKeyRevoked { host, port, shown, file, line }),
    }
}

fn keep(hop: &Hop, key: &HostKey, options: &SshOptions) -> Result<HostKeyStatus, SshError> {
    let Some(file) = hop.known_hosts.first().filter(|_| options.persist_known_hosts) else {
        return Ok(HostKeyStatus::NotKept);
    };
    let (host, port) = match &hop.host_key_alias {
        Some(alias) => (alias, 22),
        None => (&hop.hostname, hop.port),
    };
    known_hosts::add(file, host, port, key, hop.hash_known_hosts).map_err(|source| unchecked(hop, source))?;
    Ok(HostKeyStatus::Added)
}

fn unchecked(hop: &Hop, source: known_hosts::Error) -> SshError {
    SshError::KnownHosts { host: hop.name.clone(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_that_are_known_are_asked_for_first() {
        let check = |known: &[&str], expect: &str| {
            let known: Vec<_> = known.iter().map(ToString::to_string).collect();
            assert_eq!(algorithms(&known), expect);
        };
        let ecdsa = "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521";
        check(&[], &format!("ssh-ed25519,{ecdsa},rsa-sha2-512,rsa-sha2-256"));
        check(&["ssh-rsa"], &format!("rsa-sha2-512,rsa-sha2-256,ssh-ed25519,{ecdsa}"));
        check(&["ssh-rsa", "ssh-ed25519"], &format!("rsa-sha2-512,rsa-sha2-256,ssh-ed25519,{ecdsa}"));
        check(&["sk-ssh-ed25519@openssh.com"], &format!("ssh-ed25519,{ecdsa},rsa-sha2-512,rsa-sha2-256"));
    }
}
