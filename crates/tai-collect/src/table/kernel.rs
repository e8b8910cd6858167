//! The kernel, drivers, hardware, boot.

use crate::Category::{Cpu, Disk, Kernel, Memory, Network, Packages, Service, Virtualisation};
use crate::{Collector, Cost, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "kernel-ring",
        categories: &[Kernel, Disk, Memory, Network],
        command: "dmesg --ctime",
        when: &[When::Program("findmnt")],
        value: 9,
        max_kib: 2048,
        why: "errors of devices, file systems and memory, as the kernel saw them",
        ..USUAL
    },
    Collector {
        id: "kernel-ring-plain",
        categories: &[Kernel, Disk, Memory, Network],
        command: "dmesg",
        instead_of: Some("kernel-ring"),
        value: 9,
        max_kib: 2048,
        why: "errors of devices, file systems and memory, with seconds since boot (busybox)",
        ..USUAL
    },
    Collector {
        id: "kernel-journal",
        categories: &[Kernel, Memory, Disk],
        command: "journalctl -k -n 1000 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 8,
        timeout_s: 20,
        why: "the kernel's messages with the times of the journal, before the last boot too",
        ..USUAL
    },
    Collector {
        id: "kernel-journal-onset",
        categories: &[Kernel, Memory, Disk],
        command: "journalctl -k {onset} -n 300 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 7,
        timeout_s: 20,
        why: "the kernel's messages when the trouble began",
        ..USUAL
    },
    Collector {
        id: "kernel-log",
        categories: &[Kernel, Memory, Disk],
        command: "tail -n 1000 /var/log/kern.log",
        instead_of: Some("kernel-journal"),
        as_root: true,
        value: 8,
        why: "the kernel's messages where there is no journal (Debian family)",
        ..USUAL
    },
    Collector {
        id: "kernel-trouble",
        categories: &[Kernel, Disk, Memory],
        command: "journalctl _TRANSPORT=kernel -g 'blocked for more than|soft lockup|hard lockup|rcu.*stall|call \
                  trace|kernel bug|i/o error|remounting filesystem|machine check|hardware error|segfault|link is \
                  down|nf_conntrack: table full' -n 300 -o short-iso --no-pager",
        when: &[When::Systemd, When::Program("systemd-id128")],
        value: 8,
        cost: Cost::Medium,
        timeout_s: 20,
        why: "hung tasks, lockups, call traces, I/O errors, segfaults and hardware errors of all boots",
        ..USUAL
    },
    Collector {
        id: "boots",
        categories: &[Kernel],
        command: "journalctl --list-boots --no-pager",
        when: &[When::Systemd],
        value: 6,
        timeout_s: 20,
        why: "when the host was booted, and when the boot before ended",
        ..USUAL
    },
    Collector {
        id: "reboots",
        categories: &[Kernel],
        command: "last -x -F -n 40 reboot shutdown runlevel",
        when: &[When::Program("lastb")],
        value: 6,
        why: "reboots and shutdowns: a boot without a shutdown was a crash or a power cut",
        ..USUAL
    },
    Collector {
        id: "boot-before",
        categories: &[Kernel],
        command: "journalctl -b -1 -n 300 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 7,
        timeout_s: 20,
        why: "the last words before the reboot: panic, out of memory, shut down by whom",
        ..USUAL
    },
    Collector {
        id: "boot-errors",
        categories: &[Kernel],
        command: "journalctl -b -p err -n 300 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 6,
        timeout_s: 20,
        why: "errors since the boot, those at its beginning included",
        ..USUAL
    },
    Collector {
        id: "crash-files",
        categories: &[Kernel, Service],
        command: "ls -la --full-time /var/crash /sys/fs/pstore /var/lib/systemd/pstore /var/lib/systemd/coredump \
                  /var/spool/abrt",
        value: 6,
        why: "memory images and reports that a panic or a crash left, with times",
        ..USUAL
    },
    Collector {
        id: "modules",
        categories: &[Kernel],
        command: "lsmod",
        value: 4,
        why: "drivers that are there or missing",
        ..USUAL
    },
    Collector {
        id: "cmdline",
        categories: &[Kernel],
        command: "cat /proc/cmdline /proc/sys/kernel/tainted",
        value: 6,
        why: "boot options, and whether the kernel is tainted",
        ..USUAL
    },
    Collector {
        id: "kernels-installed",
        categories: &[Kernel, Packages],
        command: "ls -la --full-time /boot",
        why: "kernels and initramfs that are installed, when, and whether /boot has what the boot loader needs",
        ..USUAL
    },
    Collector {
        id: "boot-loader",
        categories: &[Kernel],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/default/grub /etc/kernel/cmdline /etc/sysconfig/bootloader",
        value: 4,
        why: "options for the next boot, and the kernel that is the default",
        ..USUAL
    },
    Collector {
        id: "boot-entries",
        categories: &[Kernel],
        command: "efibootmgr",
        as_root: true,
        value: 3,
        why: "what the firmware boots, in which order",
        ..USUAL
    },
    Collector {
        id: "panic-settings",
        categories: &[Kernel],
        command: "sysctl -e kernel.panic kernel.panic_on_oops kernel.hung_task_timeout_secs kernel.hung_task_panic \
                  kernel.softlockup_panic kernel.nmi_watchdog kernel.watchdog_thresh kernel.core_pattern kernel.sysrq \
                  vm.panic_on_oom",
        value: 4,
        why: "whether the kernel reboots by itself after a panic, a hang or an out-of-memory",
        ..USUAL
    },
    Collector {
        id: "sysctl-files",
        categories: &[Kernel, Network],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/sysctl.conf /etc/sysctl.d/99-sysctl.conf \
                  /etc/sysctl.d/99-custom.conf /etc/sysctl.d/local.conf",
        value: 4,
        why: "kernel parameters that this host sets itself",
        ..USUAL
    },
    Collector {
        id: "hardware-errors",
        categories: &[Kernel],
        command: "grep -Hs . /sys/devices/system/edac/mc/mc0/ce_count /sys/devices/system/edac/mc/mc0/ue_count \
                  /sys/devices/system/edac/mc/mc1/ce_count /sys/devices/system/edac/mc/mc1/ue_count",
        when: &[When::Physical],
        value: 6,
        why: "memory errors that were corrected or not: a bad module",
        ..USUAL
    },
    Collector {
        id: "hardware-error-journal",
        categories: &[Kernel],
        command: "journalctl -u rasdaemon -u mcelog -u mcelogd -n 200 -o short-iso --no-pager",
        when: &[When::Systemd, When::Physical],
        value: 6,
        timeout_s: 20,
        why: "machine checks and memory errors, as their daemons recorded them",
        ..USUAL
    },
    Collector {
        id: "hardware-error-list",
        categories: &[Kernel],
        command: "ras-mc-ctl --errors",
        when: &[When::Physical],
        as_root: true,
        value: 6,
        why: "memory, PCI and machine check errors that rasdaemon recorded",
        ..USUAL
    },
    Collector {
        id: "mcelog",
        categories: &[Kernel],
        command: "tail -n 200 /var/log/mcelog",
        when: &[When::Program("mcelog")],
        as_root: true,
        why: "machine checks on old releases",
        ..USUAL
    },
    Collector {
        id: "bmc-events",
        categories: &[Kernel],
        command: "ipmitool sel list",
        when: &[When::Physical],
        as_root: true,
        value: 7,
        timeout_s: 20,
        why: "events of the board: power supply, temperature, memory, fans",
        ..USUAL
    },
    Collector {
        id: "sensors",
        categories: &[Kernel, Cpu],
        command: "sensors",
        when: &[When::Physical],
        why: "temperatures, fans and voltages",
        ..USUAL
    },
    Collector {
        id: "pci-devices",
        categories: &[Kernel],
        command: "lspci -nnk",
        when: &[When::NoContainer],
        value: 4,
        why: "cards with their drivers: a device without a driver",
        ..USUAL
    },
    Collector {
        id: "machine",
        categories: &[Kernel, Virtualisation],
        command: "grep -Hs . /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name /sys/class/dmi/id/board_name \
                  /sys/class/dmi/id/bios_version /sys/class/dmi/id/bios_date",
        when: &[When::NoContainer],
        value: 3,
        why: "maker, model and firmware of the machine",
        ..USUAL
    },
    Collector {
        id: "memory-modules",
        categories: &[Kernel, Memory],
        command: "dmidecode -t memory",
        when: &[When::Physical],
        as_root: true,
        value: 3,
        why: "memory modules: which slot is empty or has an error",
        ..USUAL
    },
    Collector {
        id: "power-up-log",
        categories: &[Kernel],
        command: "tail -n 300 /var/log/boot.log",
        instead_of: Some("boot-errors"),
        as_root: true,
        value: 4,
        why: "what was printed while the host booted",
        ..USUAL
    },
];
