//! What is worth a look whatever the trouble is.

use crate::{Collector, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "uname",
        command: "uname -a",
        why: "the kernel's version, which decides what its messages mean",
        ..USUAL
    },
    Collector { id: "uptime", command: "uptime", why: "a reboot that nobody mentioned, and the load", ..USUAL },
    Collector {
        id: "journal-warnings",
        command: "journalctl -p warning -n 1000 -o short-iso --no-pager",
        when: &[When::Systemd],
        timeout_s: 20,
        max_kib: 2048,
        why: "warnings and worse of the whole host, the newest",
        ..USUAL
    },
    Collector {
        id: "journal",
        command: "journalctl -n 500 -o short-iso --no-pager",
        when: &[When::Systemd],
        timeout_s: 20,
        why: "the last that the host said, of any priority",
        ..USUAL
    },
    Collector {
        id: "syslog",
        command: "tail -n 1000 /var/log/syslog",
        instead_of: Some("journal"),
        why: "the host's log where there is no journal (Debian family)",
        ..USUAL
    },
    Collector {
        id: "messages",
        command: "tail -n 1000 /var/log/messages",
        instead_of: Some("journal"),
        why: "the host's log where there is no journal (Red Hat family, SUSE)",
        ..USUAL
    },
    Collector {
        id: "path",
        command: "ls -la {path}",
        why: "whether the path is there, its owner, mode and size",
        ..USUAL
    },
];
