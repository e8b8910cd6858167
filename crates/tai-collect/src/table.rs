//! What tai looks at: data, one block for each collector. The order is the order in which they run.

use crate::Category::{Disk, General, Kernel, Memory, Network, Service};
use crate::{Collector, Needs};

/// What most collectors have in common.
const USUAL: Collector = Collector {
    id: "",
    categories: &[General],
    command: "",
    needs: Needs::Program,
    instead_of: None,
    timeout_s: 15,
    max_kib: 1024,
    why: "",
};

/// Every collector.
pub const COLLECTORS: &[Collector] = &[
    Collector {
        id: "uname",
        command: "uname -a",
        why: "the kernel's version, which decides what its messages mean",
        ..USUAL
    },
    Collector { id: "uptime", command: "uptime", why: "a reboot that nobody mentioned, and the load", ..USUAL },
    Collector {
        id: "failed-units",
        categories: &[Service, General],
        command: "systemctl list-units --failed --all --full --plain --no-legend --no-pager",
        needs: Needs::Systemd,
        why: "what systemd gave up on",
        ..USUAL
    },
    Collector {
        id: "unit-status",
        categories: &[Service, General],
        command: "systemctl status {unit} --full --lines=30 --no-pager",
        needs: Needs::Systemd,
        why: "state, main process, exit status and last lines of the unit in question",
        ..USUAL
    },
    Collector {
        id: "unit-journal",
        categories: &[Service, General],
        command: "journalctl -u {unit} -n 500 -o short-iso --no-pager",
        needs: Needs::Systemd,
        timeout_s: 20,
        why: "what the unit itself said, and systemd of it",
        ..USUAL
    },
    Collector {
        id: "unit-properties",
        categories: &[Service],
        command: "systemctl show {unit} -p Result,ExecMainStatus,NRestarts,MemoryMax,LimitNOFILE,User",
        needs: Needs::Systemd,
        why: "restarts, limits and the result, exact",
        ..USUAL
    },
    Collector {
        id: "unit-file",
        categories: &[Service],
        command: "systemctl cat {unit} --no-pager",
        needs: Needs::Systemd,
        why: "the command, user and dependencies that the unit is told",
        ..USUAL
    },
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
        id: "meminfo",
        categories: &[Memory, General],
        command: "cat /proc/meminfo",
        why: "what memory is there, and what it is used for",
        ..USUAL
    },
    Collector {
        id: "pressure-cpu",
        command: "cat /proc/pressure/cpu",
        why: "whether tasks wait for the CPU: load",
        ..USUAL
    },
    Collector {
        id: "pressure-io",
        command: "cat /proc/pressure/io",
        why: "whether tasks wait for the disk: slow",
        ..USUAL
    },
    Collector {
        id: "pressure-memory",
        command: "cat /proc/pressure/memory",
        why: "whether tasks wait for memory: slow",
        ..USUAL
    },
    Collector {
        id: "journal-warnings",
        command: "journalctl -p warning -n 1000 -o short-iso --no-pager",
        needs: Needs::Systemd,
        timeout_s: 20,
        max_kib: 2048,
        why: "warnings and worse of the whole host, the newest",
        ..USUAL
    },
    Collector {
        id: "journal",
        command: "journalctl -n 500 -o short-iso --no-pager",
        needs: Needs::Systemd,
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
        needs: Needs::Systemd,
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
        timeout_s: 30,
        why: "the largest directories: what fills the disk",
        ..USUAL
    },
    Collector {
        id: "deleted-files",
        categories: &[Disk],
        command: "lsof -nP +L1",
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
        id: "path",
        command: "ls -la {path}",
        why: "whether the path is there, its owner, mode and size",
        ..USUAL
    },
    Collector {
        id: "path-space",
        categories: &[Disk],
        command: "df -PT {path}",
        timeout_s: 10,
        why: "the file system the path is on",
        ..USUAL
    },
    Collector {
        id: "processes-by-memory",
        categories: &[Memory, General],
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
        categories: &[Memory, Disk],
        command: "vmstat 1 3",
        why: "swapping and waiting for disks right now",
        ..USUAL
    },
    Collector {
        id: "listening",
        categories: &[Service, Network],
        command: "ss -tulnp",
        why: "who listens on which port",
        ..USUAL
    },
    Collector {
        id: "listening-netstat",
        categories: &[Service, Network],
        command: "netstat -tulnp",
        instead_of: Some("listening"),
        why: "who listens on which port, on old hosts",
        ..USUAL
    },
    Collector { id: "port", command: "ss -anp sport = :{port}", why: "who uses the port in question", ..USUAL },
    Collector {
        id: "sockets",
        categories: &[Network],
        command: "ss -s",
        why: "how many connections in which state",
        ..USUAL
    },
    Collector {
        id: "addresses",
        categories: &[Network],
        command: "ip addr show",
        why: "interfaces that are down or without an address",
        ..USUAL
    },
    Collector {
        id: "link-errors",
        categories: &[Network],
        command: "ip -s link show",
        why: "errors and drops of the interfaces",
        ..USUAL
    },
    Collector {
        id: "routes",
        categories: &[Network],
        command: "ip route show table all",
        why: "a missing default route, or one that is in the way",
        ..USUAL
    },
    Collector {
        id: "neighbours",
        categories: &[Network],
        command: "ip neigh show",
        why: "a gateway that does not answer",
        ..USUAL
    },
    Collector {
        id: "resolver",
        categories: &[Network],
        command: "cat /etc/resolv.conf /etc/hosts",
        why: "which name servers are asked, and what is answered before them",
        ..USUAL
    },
    Collector {
        id: "nginx-config",
        categories: &[Service, Network],
        command: "cat /etc/nginx/nginx.conf",
        needs: Needs::Other("nginx"),
        why: "the main configuration of nginx",
        ..USUAL
    },
    Collector {
        id: "nginx-errors",
        categories: &[Service, Network],
        command: "tail -n 500 /var/log/nginx/error.log",
        needs: Needs::Other("nginx"),
        why: "what nginx itself complains of",
        ..USUAL
    },
    Collector {
        id: "sshd-config",
        categories: &[Service, Network],
        command: "cat /etc/ssh/sshd_config",
        needs: Needs::Other("sshd"),
        why: "who may log in how",
        ..USUAL
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_sound() {
        let ids: BTreeSet<_> = COLLECTORS.iter().map(|c| c.id).collect();
        assert_eq!(ids.len(), COLLECTORS.len(), "every id once");
        for collector in COLLECTORS {
            assert!(!collector.why.is_empty() && !collector.categories.is_empty(), "{}", collector.id);
            assert!(collector.instead_of.is_none_or(|id| ids.contains(id)), "{}", collector.id);
        }
    }

    #[test]
    fn every_command_is_read_only() {
        let policy = tai_ssh::Policy::builtin();
        for command in crate::Facts::COMMANDS {
            assert!(policy.check(command).is_ok(), "{command}");
        }
        for collector in COLLECTORS {
            let targets =
                [("{unit}", "nginx.service"), ("{path}", "/srv/data"), ("{mount}", "/srv"), ("{port}", "8080")];
            let command =
                targets.iter().fold(collector.command.to_owned(), |line, (name, value)| line.replace(name, value));
            if let Err(denied) = policy.check(&command) {
                panic!("{command}: {denied}");
            }
        }
    }
}
