#![doc = include_str!("../README.md")]

pub mod capture;
pub mod config;
mod error;
mod host;
pub mod known_hosts;
mod local;
pub mod policy;
mod prefix;
mod replay;
mod routing;
mod ssh;
mod sudo;
mod text;

pub use error::{CaptureError, HostError};
pub use host::{Ending, Host, Limits, Output, Recorded};
pub use local::LocalHost;
pub use policy::{Denied, Policy, ReadOnlyCommand};
pub use replay::ReplayHost;
pub use routing::{Routing, RoutingError};
pub use ssh::{
    Hop, HopReport, HostKeyStatus, KnownKey, Missing, Passphrase, Route, ShownKey, SshError, SshHost, SshOptions, Step,
    Timeouts, Tried,
};
pub use sudo::OnAsked;
pub use text::{visible, visible_and_raw, visible_line};
