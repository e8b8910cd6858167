//! Space, inodes, file systems, block devices.

use crate::Category::{Disk, General};
use crate::{Collector, Cost};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "df",
        categories: &[Disk, General],
        command: "df -PT",
        timeout_s: 10,
        why: "free disk space: a full file system breaks everything else",
        ..USUAL
    },
    Collector {
        id: "inodes",
        categories: &[Disk, General],
        command: "df -Pi",
        timeout_s: 10,
        why: "free inodes: a disk with space but no inodes is full as well",
        ..USUAL
    },
    Collector {
        id: "pressure-io",
        command: "cat /proc/pressure/io",
        why: "whether tasks wait for the disk: slow",
        ..USUAL
    },
    Collector {
        id: "mounts",
        categories: &[Disk],
        command: "findmnt -l",
        timeout_s: 10,
        why: "what is mounted where, with which options: read-only shows here",
        ..USUAL
    },
    Collector {
        id: "mounts-plain",
        categories: &[Disk],
        command: "cat /proc/mounts",
        instead_of: Some("mounts"),
        why: "the mounts without util-linux",
        ..USUAL
    },
    Collector {
        id: "block-devices",
        categories: &[Disk],
        command: "lsblk -o NAME,SIZE,TYPE,FSTYPE,MOUNTPOINT,RO",
        why: "which disk is behind a mount, and its size",
        ..USUAL
    },
    Collector {
        id: "largest-directories",
        categories: &[Disk, General],
        command: "du -xk --max-depth=3 --threshold=1M {mount}",
        cost: Cost::Heavy,
        timeout_s: 30,
        why: "the largest directories: what fills the disk",
        ..USUAL
    },
    Collector {
        id: "deleted-files",
        categories: &[Disk],
        command: "lsof -nP +L1",
        cost: Cost::Medium,
        timeout_s: 20,
        why: "disk space that is held by files already deleted",
        ..USUAL
    },
    Collector {
        id: "logs",
        categories: &[Disk],
        command: "ls -laS /var/log",
        why: "the largest logs on the disk",
        ..USUAL
    },
    Collector { id: "fstab", categories: &[Disk], command: "cat /etc/fstab", why: "what should be mounted", ..USUAL },
    Collector {
        id: "path-space",
        categories: &[Disk],
        command: "df -PT {path}",
        timeout_s: 10,
        why: "the file system the path is on",
        ..USUAL
    },
];
