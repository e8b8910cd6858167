#![doc = include_str!("../README.md")]

pub mod capture;
mod error;
mod host;
mod local;
pub mod policy;
mod replay;
mod text;

pub use error::{CaptureError, HostError};
pub use host::{Ending, Host, Limits, Output, Recorded};
pub use local::LocalHost;
pub use policy::{Denied, Policy, ReadOnlyCommand};
pub use replay::ReplayHost;
pub use text::visible;
