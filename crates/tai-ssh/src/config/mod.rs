//! What `ssh_config(5)` says of a host, with the semantics of `ssh -G` of OpenSSH 9.2p1 as Debian 12 builds it.
//!
//! [`resolve`] reads the files it is told to read and needs no ssh. It is own code because ssh2-config 0.9 has no `Match`,
//! no tokens and no defaults of ssh. Where it knowingly differs from ssh:
//!
//! - `Match exec` is refused where ssh would run the command. Nothing is ever run.
//! - No DNS is asked. `CanonicalizeHostname` does all that needs none (the second pass, addresses, `CanonicalizeMaxDots`,
//!   `CanonicalizeFallbackLocal`); a suffix or an alias is taken as not found, with a [`Warning`].
//! - A port by name is one of a short list, and an address with a scope (`fe80::1%eth0`) stays as it is.
//! - A list of algorithms that leaves none is refused; ssh prints an error, skips half of its defaults and goes on.
//! - Text that is not UTF-8 is read with U+FFFD in its place, and a file ends at 16 MiB.
//! - The key that ssh prints as `canonicalizePermittedcnames` is in lower case, as all others.

mod access;
mod algorithms;
mod canonical;
mod criteria;
mod error;
mod expand;
mod finish;
mod forward;
mod glob;
mod host_config;
mod jump;
mod keyword;
mod line;
mod names;
mod number;
mod options;
mod pattern;
mod reader;
mod resolve;
mod settings;
mod value;

pub use error::{ConfigError, Problem};
pub use host_config::{AddressFamily, HostConfig, IdentityAgent, StrictHostKeyChecking};
pub use jump::Hop;
pub use names::host_names;
pub use options::{ConfigFiles, ResolveOptions, quote};
pub use reader::Warning;
pub use resolve::resolve;
