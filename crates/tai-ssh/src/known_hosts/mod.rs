//! Host keys that are known: `known_hosts` as in sshd(8), with the verdicts of ssh(1).
//!
//! [`KnownHosts::load`] reads the files, [`KnownHosts::known_kinds`] orders the host-key algorithms to ask for,
//! [`KnownHosts::verdict`] judges the key that the server showed, [`add()`] writes down a new one.
//!
//! The reference is OpenSSH 9.2, and the tests compare with its ssh, sshd and ssh-keygen. As there, a host that is known
//! by keys of other types only has changed. What differs, on purpose:
//!
//! - A key that is revoked is refused wherever ssh only warns: under the bare name of a host off port 22, ssh says that
//!   it is revoked and goes on as with a new one. A marker that ends in a tab counts; ssh takes such a line for malformed.
//! - A file that is there but cannot be read is an error; ssh goes on without it.
//! - A point of a curve is not checked to be on it: a line with such a key counts as one with another key, ssh ignores it.
//! - Certificates are not judged, so `@cert-authority` lines never match: a host that is known only through one is new.
//! - `NoHostAuthenticationForLocalhost`, `CheckHostIP`, `VerifyHostKeyDNS` and `KnownHostsCommand` are not supported.
//! - [`add()`] mends a missing last newline and replaces the file; ssh 9.2 appends to the last line, whatever it is.

mod add;
mod error;
mod file;
mod key;
mod name;
mod verdict;
mod wire;

pub use add::add;
pub use error::Error;
pub use file::{KnownHosts, Warning};
pub use key::HostKey;
pub use verdict::{Known, Verdict};
