//! Units and daemons.

use crate::Category::{General, Service};
use crate::{Collector, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "failed-units",
        categories: &[Service, General],
        command: "systemctl list-units --failed --all --full --plain --no-legend --no-pager",
        when: &[When::Systemd],
        why: "what systemd gave up on",
        ..USUAL
    },
    Collector {
        id: "unit-status",
        categories: &[Service, General],
        command: "systemctl status {unit} --full --lines=30 --no-pager",
        when: &[When::Systemd],
        why: "state, main process, exit status and last lines of the unit in question",
        ..USUAL
    },
    Collector {
        id: "unit-journal",
        categories: &[Service, General],
        command: "journalctl -u {unit} -n 500 -o short-iso --no-pager",
        when: &[When::Systemd],
        timeout_s: 20,
        why: "what the unit itself said, and systemd of it",
        ..USUAL
    },
    Collector {
        id: "unit-properties",
        categories: &[Service],
        command: "systemctl show {unit} -p Result,ExecMainStatus,NRestarts,MemoryMax,LimitNOFILE,User",
        when: &[When::Systemd],
        why: "restarts, limits and the result, exact",
        ..USUAL
    },
    Collector {
        id: "unit-file",
        categories: &[Service],
        command: "systemctl cat {unit} --no-pager",
        when: &[When::Systemd],
        why: "the command, user and dependencies that the unit is told",
        ..USUAL
    },
];
