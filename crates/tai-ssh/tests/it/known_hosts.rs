//! Host keys, compared with what OpenSSH makes of the same files.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests start ssh, sshd and ssh-keygen, and themselves with a variable set"
)]

mod add;
mod any;
mod keygen;
mod keys;
mod sshd;
mod table;
mod verdicts;
