//! The resolver against the real `ssh -G` (Debian package openssh-client, OpenSSH 9.2).

mod cases;
mod random;
mod rules;
