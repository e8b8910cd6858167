//! Memory, swap, out-of-memory kills.

use crate::Category::{Cpu, Disk, General, Memory};
use crate::Collector;

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "meminfo",
        categories: &[Memory, General],
        command: "cat /proc/meminfo",
        why: "what memory is there, and what it is used for",
        ..USUAL
    },
    Collector {
        id: "pressure-memory",
        command: "cat /proc/pressure/memory",
        why: "whether tasks wait for memory: slow",
        ..USUAL
    },
    Collector {
        id: "processes-by-memory",
        categories: &[Memory, Cpu, General],
        command: "ps -eo pid,ppid,user,stat,rss,pcpu,etime,comm --sort=-rss",
        why: "who uses the memory and the CPU",
        ..USUAL
    },
    Collector {
        id: "swap",
        categories: &[Memory],
        command: "swapon --show",
        why: "whether there is swap, and how full it is",
        ..USUAL
    },
    Collector {
        id: "vmstat",
        categories: &[Memory, Cpu, Disk],
        command: "vmstat 1 3",
        why: "swapping and waiting for disks right now",
        ..USUAL
    },
];
