//! Logins, accounts, SSH.

use crate::Category::Auth;
use crate::{Collector, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[Collector {
    id: "sshd-config",
    categories: &[Auth],
    command: "cat /etc/ssh/sshd_config",
    when: &[When::Program("sshd")],
    why: "who may log in how",
    ..USUAL
}];
