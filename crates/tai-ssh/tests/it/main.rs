//! Tests of this crate against real processes, files and shells.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]
mod archive;
mod capture;
mod config;
mod host;
mod known_hosts;
mod policy;
mod ssh;
