//! The kernel, drivers, hardware, boot.

use crate::Category::{Disk, Kernel, Memory, Network};
use crate::{Collector, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "kernel-ring",
        categories: &[Kernel, Disk, Memory, Network],
        command: "dmesg --ctime",
        max_kib: 2048,
        why: "errors of devices, file systems and memory, as the kernel saw them",
        ..USUAL
    },
    Collector {
        id: "kernel-journal",
        categories: &[Kernel, Memory, Disk],
        command: "journalctl -k -n 1000 -o short-iso --no-pager",
        when: &[When::Systemd],
        timeout_s: 20,
        why: "the kernel's messages with the times of the journal, before the last boot too",
        ..USUAL
    },
    Collector {
        id: "modules",
        categories: &[Kernel],
        command: "lsmod",
        why: "drivers that are there or missing",
        ..USUAL
    },
    Collector {
        id: "cmdline",
        categories: &[Kernel],
        command: "cat /proc/cmdline /proc/sys/kernel/tainted",
        why: "boot options, and whether the kernel is tainted",
        ..USUAL
    },
];
