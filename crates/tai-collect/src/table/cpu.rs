//! Load and what causes it.

use crate::Category::{Cpu, Disk, General, Network, Service, Virtualisation};
use crate::{Collector, Cost, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "pressure-cpu",
        categories: &[Cpu, General],
        command: "cat /proc/pressure/cpu",
        value: 6,
        why: "whether tasks wait for the CPU: load",
        ..USUAL
    },
    Collector {
        id: "processes-by-cpu",
        categories: &[Cpu],
        command: "ps -eo pid,ppid,user,stat,pcpu,pmem,time,lstart,args --sort=-pcpu",
        when: &[When::Program("vmstat")],
        value: 7,
        why: "who uses the CPU, since when, with which arguments",
        ..USUAL
    },
    Collector {
        // Of busybox alone: that of procps makes a folder in root's home.
        id: "top",
        categories: &[Cpu],
        command: "top -b -n 1",
        when: &[When::NoProgram("vmstat")],
        value: 8,
        max_kib: 256,
        why: "who uses the CPU at this moment, with busybox",
        ..USUAL
    },
    Collector {
        id: "load",
        categories: &[Cpu, Disk],
        command: "cat /proc/loadavg",
        why: "load over one, five and fifteen minutes, and how many tasks run",
        ..USUAL
    },
    Collector {
        id: "cpu-by-processor",
        categories: &[Cpu, Virtualisation],
        command: "mpstat -P ALL 1 1",
        value: 6,
        cost: Cost::Medium,
        why: "one processor that is busy alone, interrupts, steal by the hypervisor, wait for disks",
        ..USUAL
    },
    Collector {
        id: "cpu-counters",
        categories: &[Cpu, Virtualisation],
        command: "grep -E '^(cpu|ctxt|btime|processes|procs_)' /proc/stat",
        instead_of: Some("cpu-by-processor"),
        value: 4,
        why: "time by processor since boot: steal and wait, without sysstat",
        ..USUAL
    },
    Collector {
        id: "sar-cpu",
        categories: &[Cpu],
        command: "sar -u -q",
        value: 6,
        max_kib: 512,
        why: "CPU and load over the day: since when it is slow, and at which times",
        ..USUAL
    },
    Collector {
        id: "cgroup-cpu",
        categories: &[Cpu],
        command: "systemd-cgtop -b -n 2 -d 1 --order cpu",
        when: &[When::Systemd],
        cost: Cost::Medium,
        max_kib: 128,
        why: "CPU by service and slice",
        ..USUAL
    },
    Collector {
        id: "threads",
        categories: &[Cpu],
        command: "ps -eo nlwp,pid,user,comm --sort=-nlwp",
        when: &[When::Program("vmstat")],
        value: 4,
        max_kib: 64,
        why: "who has very many threads: cannot fork, resource temporarily unavailable",
        ..USUAL
    },
    Collector {
        id: "process-tree",
        categories: &[Cpu, Service],
        command: "ps -eo pid,ppid,user,stat,lstart,args --forest",
        when: &[When::Program("vmstat")],
        max_kib: 512,
        why: "who started what: runaway children, hanging scripts, backups, scans",
        ..USUAL
    },
    Collector {
        id: "interrupts",
        categories: &[Cpu, Network],
        command: "cat /proc/interrupts",
        value: 3,
        why: "interrupts by device and processor: a storm, all on one processor",
        ..USUAL
    },
    Collector {
        id: "cpu-model",
        categories: &[Cpu, Virtualisation],
        command: "lscpu",
        value: 3,
        why: "number, model and speed of processors",
        ..USUAL
    },
    Collector {
        id: "cpu-frequency",
        categories: &[Cpu],
        command: "grep -Hs . /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor \
                  /sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq \
                  /sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq \
                  /sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq \
                  /sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count \
                  /sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count",
        when: &[When::NoContainer],
        why: "a processor that runs slow: power saving, throttled for heat",
        ..USUAL
    },
    Collector {
        id: "tuned-profile",
        categories: &[Cpu],
        command: "tuned-adm active",
        value: 3,
        timeout_s: 10,
        why: "the profile of tuned, which sets limits and power saving",
        ..USUAL
    },
];
