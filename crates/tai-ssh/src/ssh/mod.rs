//! Hosts over SSH: libssh2, one thread for each session, commands of a host at once over one session.

mod auth;
mod command_line;
mod connect;
mod connection;
mod error;
mod host;
mod host_key;
mod identity;
mod link;
mod offer;
mod route;
mod running;
mod socket;
mod tunnel;
mod watchdog;
mod worker;

pub use connect::HopReport;
pub use error::{KnownKey, Missing, ShownKey, SshError, Step, Tried};
pub use host::SshHost;
pub use host_key::HostKeyStatus;
pub use route::{Hop, Passphrase, Route, SshOptions, Timeouts};
