//! What is worth a look whatever the trouble is. Few rows: every ticket pays for them.

use crate::Category::General;
use crate::{Collector, Cost, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "uname",
        categories: &[General],
        command: "uname -a",
        why: "the kernel's version, which decides what its messages mean",
        ..USUAL
    },
    Collector {
        id: "uptime",
        categories: &[General],
        command: "uptime",
        value: 6,
        why: "a reboot that nobody mentioned, and the load",
        ..USUAL
    },
    Collector {
        id: "journal-warnings",
        categories: &[General],
        command: "journalctl -p warning -n 1000 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 8,
        timeout_s: 20,
        max_kib: 2048,
        why: "warnings and worse of the whole host, the newest",
        ..USUAL
    },
    Collector {
        id: "journal",
        categories: &[General],
        command: "journalctl -n 500 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 7,
        timeout_s: 20,
        why: "the last that the host said, of any priority",
        ..USUAL
    },
    Collector {
        id: "journal-onset",
        categories: &[General],
        command: "journalctl {onset} -n 500 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 8,
        timeout_s: 20,
        why: "what the host said when the trouble began",
        ..USUAL
    },
    Collector {
        id: "syslog",
        categories: &[General],
        command: "tail -n 1000 /var/log/syslog",
        instead_of: Some("journal"),
        value: 8,
        why: "the host's log where there is no journal (Debian family)",
        ..USUAL
    },
    Collector {
        id: "messages",
        categories: &[General],
        command: "tail -n 1000 /var/log/messages",
        instead_of: Some("journal"),
        value: 8,
        why: "the host's log where there is no journal (Red Hat family, SUSE, Alpine)",
        ..USUAL
    },
    Collector {
        id: "path",
        categories: &[General],
        command: "ls -la {path}",
        value: 7,
        why: "whether the path is there, its owner, mode and size",
        ..USUAL
    },
    Collector {
        id: "path-details",
        categories: &[General],
        command: "stat {path}",
        why: "when the file was changed last, to the second, and its inode, mode and owner",
        ..USUAL
    },
    Collector {
        id: "changed-configuration",
        categories: &[General],
        command: "find /etc -xdev -type f -mtime -3 -ls",
        when: &[When::Program("stdbuf")],
        value: 6,
        cost: Cost::Medium,
        max_kib: 256,
        why: "configuration that somebody or an update changed in the last three days: what changed since it \
                  worked",
        ..USUAL
    },
    Collector {
        id: "changed-configuration-names",
        categories: &[General],
        command: "find /etc -xdev -type f -mtime -3",
        instead_of: Some("changed-configuration"),
        value: 6,
        cost: Cost::Medium,
        max_kib: 256,
        why: "configuration that was changed in the last three days, without GNU find",
        ..USUAL
    },
];
