use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::{Error, wire};

/// A public host key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// The type as SSH names it: `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`. Not a signature algorithm: never `rsa-sha2-512`.
    pub kind: String,
    /// The key as it goes over the wire (RFC 4253, section 6.6), its type included.
    pub blob: Vec<u8>,
}

impl HostKey {
    /// Reads `TYPE BASE64`, as `known_hosts` and `.pub` files have it; what follows is a comment.
    ///
    /// As for ssh, an RSA key may also be announced by a name of its signature algorithms. A certificate is refused:
    /// only plain keys are judged here.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let key = Self::read(text.trim().as_bytes())?;
        if key.is_certificate() {
            return Err(Error::MalformedKey { reason: "it is a certificate, and only plain keys are judged" });
        }
        Ok(key)
    }

    /// Takes the key that a server showed, as it came over the wire.
    pub fn from_blob(blob: Vec<u8>) -> Result<Self, Error> {
        let key = Self::read_blob(&blob)?;
        if key.is_certificate() {
            return Err(Error::MalformedKey { reason: "it is a certificate, and only plain keys are judged" });
        }
        Ok(key)
    }

    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fn fingerprint(&self) -> String {
        format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&self.blob)))
    }

    /// `TYPE BASE64`, the reverse of [`HostKey::parse`].
    pub fn to_openssh(&self) -> String {
        format!("{} {}", self.kind, STANDARD.encode(&self.blob))
    }

    /// As [`HostKey::parse`], over bytes and with certificates.
    pub(super) fn read(text: &[u8]) -> Result<Self, Error> {
        let mut fields = text.split(|byte| matches!(byte, b' ' | b'\t')).filter(|field| !field.is_empty());
        let announced = fields.next().ok_or(Error::MalformedKey { reason: "there is no key type" })?;
        let announced = String::from_utf8_lossy(announced);
        if !wire::is_known(&announced) {
            return Err(Error::MalformedKey { reason: "the key type is unknown" });
        }
        let base64 = fields.next().ok_or(Error::MalformedKey { reason: "there is no key after the type" })?;
        // ssh's decoder skips a stray carriage return.
        let blob = STANDARD
            .decode(base64.trim_ascii())
            .map_err(|_| Error::MalformedKey { reason: "the key is not base64" })?;
        let key = Self::read_blob(&blob)?;
        if wire::plain_name(&announced) != key.kind {
            return Err(Error::KindMismatch { announced: announced.into_owned(), inside: key.kind });
        }
        Ok(key)
    }

    pub(super) fn is_certificate(&self) -> bool {
        wire::is_certificate(&self.kind)
    }

    fn read_blob(blob: &[u8]) -> Result<Self, Error> {
        let (kind, blob) = wire::canonical(blob).map_err(|reason| Error::MalformedKey { reason })?;
        Ok(Self { kind, blob })
    }
}
