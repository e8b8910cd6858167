//! Memory, swap, out-of-memory kills.

use crate::Category::{Containers, Cpu, Databases, Disk, General, Memory};
use crate::{Collector, Cost, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "meminfo",
        categories: &[Memory, General],
        command: "cat /proc/meminfo",
        value: 8,
        why: "what memory is there, and what it is used for",
        ..USUAL
    },
    Collector {
        id: "pressure-memory",
        categories: &[General],
        command: "cat /proc/pressure/memory",
        value: 6,
        why: "whether tasks wait for memory: slow",
        ..USUAL
    },
    Collector {
        id: "processes-by-memory",
        categories: &[Memory, Cpu, General],
        command: "ps -eo pid,ppid,user,stat,rss,pcpu,etime,comm --sort=-rss",
        when: &[When::Program("vmstat")],
        value: 8,
        why: "who uses the memory and the CPU",
        ..USUAL
    },
    Collector {
        id: "processes-plain",
        categories: &[Memory, Cpu, General],
        command: "ps -o pid,ppid,user,stat,rss,vsz,args",
        instead_of: Some("processes-by-memory"),
        value: 8,
        why: "who uses the memory, with busybox",
        ..USUAL
    },
    Collector {
        id: "oom-journal",
        categories: &[Memory],
        command: "journalctl _TRANSPORT=kernel -g 'out of memory|oom-kill|oom_reaper|killed process' -n 300 -o \
                  short-iso --no-pager",
        when: &[When::Systemd, When::Program("systemd-id128")],
        value: 8,
        cost: Cost::Medium,
        timeout_s: 20,
        why: "every out-of-memory kill that the journal still has, earlier boots included: who was killed",
        ..USUAL
    },
    Collector {
        id: "oom-logs",
        categories: &[Memory],
        command: "grep -HsiE 'out of memory|oom-kill|oom_reaper|killed process' /var/log/kern.log /var/log/kern.log.1 \
                  /var/log/messages /var/log/messages.1 /var/log/syslog",
        instead_of: Some("oom-journal"),
        as_root: true,
        value: 7,
        cost: Cost::Medium,
        timeout_s: 20,
        max_kib: 512,
        why: "out-of-memory kills in the log files, rotated ones too: who was killed",
        ..USUAL
    },
    Collector {
        id: "oom-daemons",
        categories: &[Memory],
        command: "journalctl -u systemd-oomd -u earlyoom -u nohang -n 100 -o short-iso --no-pager",
        when: &[When::Systemd],
        timeout_s: 20,
        why: "kills by a daemon before the kernel ran out of memory",
        ..USUAL
    },
    Collector {
        id: "memory-events",
        categories: &[Memory],
        command: "grep -E \
                  '^(oom_kill|pgmajfault|pswpin|pswpout|allocstall|compact_fail|workingset_refault|balloon_|nr_dirty \
                  |nr_writeback )' /proc/vmstat",
        value: 6,
        why: "out-of-memory kills since boot, swapping, reclaim, a balloon that took memory",
        ..USUAL
    },
    Collector {
        id: "swap",
        categories: &[Memory, Containers],
        command: "swapon --show",
        when: &[When::Program("findmnt")],
        value: 6,
        why: "whether there is swap, and how full it is",
        ..USUAL
    },
    Collector {
        id: "swap-plain",
        categories: &[Memory, Containers],
        command: "cat /proc/swaps",
        instead_of: Some("swap"),
        value: 6,
        why: "whether there is swap, and how full it is, without util-linux",
        ..USUAL
    },
    Collector {
        id: "free",
        categories: &[Memory],
        command: "free -m",
        value: 4,
        why: "memory, cache and swap at a glance",
        ..USUAL
    },
    Collector {
        id: "vmstat",
        categories: &[Memory, Cpu, Disk],
        command: "vmstat 1 3",
        value: 6,
        cost: Cost::Medium,
        why: "swapping and waiting for disks right now",
        ..USUAL
    },
    Collector {
        id: "slab",
        categories: &[Memory],
        command: "slabtop -o -s c",
        as_root: true,
        why: "memory that the kernel itself uses, by kind: a leak in the kernel",
        ..USUAL
    },
    Collector {
        id: "memory-settings",
        categories: &[Memory],
        command: "sysctl -e vm.overcommit_memory vm.overcommit_ratio vm.overcommit_kbytes vm.swappiness \
                  vm.min_free_kbytes vm.panic_on_oom vm.oom_kill_allocating_task vm.dirty_ratio \
                  vm.dirty_background_ratio vm.nr_hugepages vm.max_map_count vm.zone_reclaim_mode kernel.shmmax \
                  kernel.shmall",
        why: "how memory may be overcommitted and swapped, huge pages, shared memory: cannot allocate memory",
        ..USUAL
    },
    Collector {
        id: "cgroup-memory",
        categories: &[Memory],
        command: "systemd-cgtop -b -n 1 --order memory",
        when: &[When::Systemd],
        value: 6,
        max_kib: 128,
        why: "memory by service and slice",
        ..USUAL
    },
    Collector {
        id: "cgroup-slices",
        categories: &[Memory],
        command: "grep -Hs . /sys/fs/cgroup/memory.pressure /sys/fs/cgroup/system.slice/memory.events \
                  /sys/fs/cgroup/system.slice/memory.max /sys/fs/cgroup/user.slice/memory.events \
                  /sys/fs/cgroup/user.slice/memory.max",
        when: &[When::Systemd],
        value: 4,
        why: "limits and out-of-memory kills of whole slices",
        ..USUAL
    },
    Collector {
        id: "container-limits",
        categories: &[Memory, Cpu, Containers, General],
        command: "grep -Hs . /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory.current /sys/fs/cgroup/memory.events \
                  /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu.stat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids.current \
                  /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory/memory.usage_in_bytes \
                  /sys/fs/cgroup/memory/memory.failcnt /sys/fs/cgroup/cpu/cpu.cfs_quota_us \
                  /sys/fs/cgroup/cpu/cpu.stat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids/pids.current",
        when: &[When::Container],
        value: 8,
        why: "memory, CPU and processes that this container may use, and how often it was throttled or killed",
        ..USUAL
    },
    Collector {
        id: "sar-memory",
        categories: &[Memory],
        command: "sar -r -S -W -B",
        max_kib: 512,
        why: "memory and swap over the day: a leak, or since when",
        ..USUAL
    },
    Collector {
        id: "shared-memory",
        categories: &[Memory, Databases],
        command: "ipcs -m -p",
        value: 3,
        why: "shared memory segments that a dead process left",
        ..USUAL
    },
    Collector {
        id: "shared-memory-files",
        categories: &[Memory],
        command: "ls -la /dev/shm",
        value: 3,
        why: "files in shared memory, which count as memory in use",
        ..USUAL
    },
    Collector {
        id: "fragmentation",
        categories: &[Memory],
        command: "cat /proc/buddyinfo",
        value: 3,
        why: "free memory by block size: page allocation failure though memory is free",
        ..USUAL
    },
    Collector {
        id: "huge-pages",
        categories: &[Memory, Databases],
        command: "grep -Hs . /sys/kernel/mm/transparent_hugepage/enabled /sys/kernel/mm/transparent_hugepage/defrag \
                  /sys/kernel/mm/ksm/run",
        value: 4,
        why: "transparent huge pages, which databases warn of: latency",
        ..USUAL
    },
    Collector {
        id: "numa-nodes",
        categories: &[Memory],
        command: "numactl --hardware",
        value: 3,
        why: "memory by node: one node is full while another is free",
        ..USUAL
    },
    Collector {
        id: "numa-memory",
        categories: &[Memory],
        command: "numastat -m",
        value: 3,
        why: "what each node uses its memory for",
        ..USUAL
    },
    Collector {
        id: "compressed-swap",
        categories: &[Memory],
        command: "zramctl",
        value: 3,
        why: "compressed swap in memory",
        ..USUAL
    },
    Collector {
        id: "pid-memory",
        categories: &[Memory],
        command: "cat /proc/{pid}/smaps_rollup",
        as_root: true,
        value: 4,
        why: "what the memory of the process is: its own, shared, swapped",
        ..USUAL
    },
    Collector {
        id: "pid-oom",
        categories: &[Memory],
        command: "grep -Hs . /proc/{pid}/oom_score /proc/{pid}/oom_score_adj /proc/{pid}/cgroup",
        value: 4,
        why: "how likely the process is to be killed, and which group's limits it has",
        ..USUAL
    },
];
