use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::getuid;

use crate::known_hosts::HostKey;

/// A private key in a file, as it is there.
pub(super) struct KeyFile {
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// Whether it takes a passphrase. libssh2 says the same of a key that it cannot read and of one that lacks its passphrase.
    pub(super) encrypted: bool,
}

/// Why a key file is not used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("no such file")]
    Missing,
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("not used: others can read it (mode {mode:04o}), so `chmod 600` it")]
    Exposed { mode: u32 },
    #[error("not a private key")]
    NotAKey,
}

/// Larger than any private key.
const MAX_BYTES: u64 = 64 << 10;
/// How an OpenSSH key begins that is not encrypted: the magic, then the cipher "none".
const OPENSSH_PLAIN: &str = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUA";

impl KeyFile {
    /// Reads a key, unless others could have read it too: ssh's rule, which asks only of files of the user's own.
    pub(super) fn read(path: &Path) -> Result<Self, Unusable> {
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Unusable::Missing,
            _ => Unusable::Io(error),
        })?;
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(Unusable::NotAKey);
        }
        if about.uid() == getuid().as_raw() && about.mode() & 0o077 != 0 {
            return Err(Unusable::Exposed { mode: about.mode() & 0o7777 });
        }
        let mut bytes = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut bytes)?;
        let text = String::from_utf8(bytes).map_err(|_| Unusable::NotAKey)?;
        let encrypted = is_encrypted(&text).ok_or(Unusable::NotAKey)?;
        Ok(KeyFile { path: path.to_owned(), text, encrypted })
    }
}

/// The public half of a key as an agent names it, out of the `.pub` file beside it.
pub(super) fn public_half(path: &Path) -> Option<Vec<u8>> {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    let text = std::fs::read_to_string(name).ok()?;
    Some(HostKey::parse(text.trim()).ok()?.blob)
}

/// Whether a private key takes a passphrase, or `None` when the text is no private key.
fn is_encrypted(text: &str) -> Option<bool> {
    let (_before, after) = text.split_once("-----BEGIN ")?;
    let (kind, body) = after.split_once("-----")?;
    match kind {
        "OPENSSH PRIVATE KEY" => {
            let begin: String = body.chars().filter(|c| !c.is_whitespace()).take(OPENSSH_PLAIN.len()).collect();
            Some(begin != OPENSSH_PLAIN)
        }
        "ENCRYPTED PRIVATE KEY" => Some(true),
        _ if kind.ends_with("PRIVATE KEY") => Some(body.contains("Proc-Type: 4,ENCRYPTED")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_whether_a_key_is_encrypted() {
        let check = |kind: &str, body: &str, expect| {
            assert_eq!(
                is_encrypted(&format!("-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n")),
                expect,
                "{kind}"
            );
        };
        check("OPENSSH PRIVATE KEY", "b3BlbnNzaC1rZXktdjEAAAAABG5v\nbmUAAAAEbm9uZQ", Some(false));
        check("OPENSSH PRIVATE KEY", "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0", Some(true));
        check("ENCRYPTED PRIVATE KEY", "MIIF", Some(true));
        check("PRIVATE KEY", "MIIF", Some(false));
        check("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIIF", Some(true));
        check("RSA PRIVATE KEY", "MIIF", Some(false));
        check("CERTIFICATE", "MIIF", None);
        assert_eq!(is_encrypted("ssh-ed25519 AAAA"), None);
        assert_eq!(is_encrypted(""), None);
    }
}
