//! Every kind of fact and its fields: one flat table. A condition compares a field with a literal only, so what needs arithmetic (a share, a difference,
//! an age) is a field of its own.

/// A kind of [`Fact`](crate::Fact): one table that rows are parsed into.
#[derive(Debug, Clone, Copy)]
pub struct FactKind {
    /// What `fact:` of a signal names.
    pub name: &'static str,
    /// What one row is, and what it is read from.
    pub about: &'static str,
    /// The columns: the name, and what it holds. Yes and no are 1 and 0. Names that end with `_bytes`, `_percent`, `_seconds`, `_ms`, `_hours` or `_days`
    /// say the unit. A column that the host did not show is absent, and a comparison with it does not hold.
    pub fields: &'static [(&'static str, &'static str)],
}

const SHARED: &str = "1 when the host is a container, so that it tells of the machine beneath and all that runs there";

/// All kinds, in the order of what they are about.
pub const FACT_KINDS: &[FactKind] = &[
    // Space and storage.
    FactKind {
        name: "disk",
        about: "a file system's space: df",
        fields: &[
            ("source", "device or share"),
            ("type", "ext4, xfs, tmpfs, …; empty where df did not say"),
            ("size_bytes", "size"),
            ("used_bytes", "in use"),
            ("available_bytes", "free for an ordinary account"),
            ("used_percent", "use, as df rounds it up"),
            ("mount", "where it is mounted"),
        ],
    },
    FactKind {
        name: "inodes",
        about: "a file system's inodes: df -i",
        fields: &[
            ("source", "device or share"),
            ("type", "ext4, xfs, tmpfs, …; empty where df did not say"),
            ("total", "inodes there are"),
            ("used", "in use"),
            ("available", "free"),
            ("used_percent", "use, as df rounds it up"),
            ("mount", "where it is mounted"),
        ],
    },
    FactKind {
        name: "mount",
        about: "a mounted file system: findmnt, mount, /proc/mounts, /proc/self/mountinfo, nfsstat -m",
        fields: &[
            ("source", "device or share"),
            ("mount", "where"),
            ("type", "ext4, nfs4, tmpfs, …"),
            ("options", "separated by commas"),
            ("is_read_only", "1 when mounted ro"),
            ("is_network", "1 for nfs, cifs, ceph, glusterfs and their like"),
            (
                "is_disk",
                "1 for a file system on a block device that is meant to be written: no image, no pseudo file system",
            ),
        ],
    },
    FactKind {
        name: "directory_size",
        about: "a directory's size with all in it: du",
        fields: &[("path", "the directory"), ("size_bytes", "its size")],
    },
    FactKind {
        name: "deleted_file",
        about: "a deleted file that a process holds open: lsof +L1",
        fields: &[
            ("path", "where it was"),
            ("size_bytes", "the space it still takes"),
            ("process", "who holds it"),
            ("pid", "its process id"),
            ("is_anonymous", "1 for memory that never had a name: memfd, /dev/shm, SYSV, /dev/zero"),
            ("mount", "the file system it was on, where df was asked too"),
            ("mount_used_percent", "use of that file system"),
            ("share_percent", "its size as a share of that file system"),
        ],
    },
    FactKind {
        name: "block_device",
        about: "a block device: lsblk, plain, as pairs or as JSON",
        fields: &[
            ("name", "sda1"),
            ("type", "disk, part, lvm, crypt, raid1, rom, loop, mpath"),
            ("size_bytes", "size"),
            ("fstype", "file system on it"),
            ("mount", "where it is mounted"),
            ("is_read_only", "1 when the device takes no writes"),
            ("model", "of a disk"),
            ("state", "running, offline, suspended"),
            ("used_percent", "of the file system on it, where lsblk says so"),
        ],
    },
    FactKind {
        name: "device_io",
        about: "a device's load: the last sample of iostat -x or sar -d",
        fields: &[
            ("device", "its name"),
            ("util_percent", "share of the time it was busy"),
            ("await_ms", "mean time of a request; the worse of reads and writes"),
            ("queue", "mean number of requests waiting"),
            ("read_kib_s", "read"),
            ("write_kib_s", "written"),
            ("is_shared", SHARED),
        ],
    },
    FactKind {
        name: "smart",
        about: "a disk's own account of its health: smartctl",
        fields: &[
            ("device", "as the command names it"),
            ("model", "of the disk"),
            ("health", "PASSED, FAILED!, OK or what the disk says instead"),
            ("is_failing", "1 when the disk itself says that it fails"),
            ("reallocated", "sectors moved away"),
            ("pending", "sectors that could not be read"),
            ("uncorrectable", "sectors given up, or unrecovered errors"),
            ("crc_errors", "errors on the cable"),
            ("error_count", "errors in the disk's log"),
            ("power_on_hours", "age in use"),
            ("temperature_celsius", "now"),
            ("wear_percent", "life used up, of a solid-state disk"),
            ("available_spare_percent", "spare blocks left"),
            ("media_errors", "NVMe: data that could not be read"),
            ("critical_warning", "NVMe: not 0 when the disk warns"),
            ("failed_attributes", "names of the attributes that are or were below their threshold"),
            ("self_test_failed", "1 when the last self-test found a fault"),
        ],
    },
    FactKind {
        name: "raid",
        about: "a software RAID: /proc/mdstat, mdadm --detail",
        fields: &[
            ("name", "md0"),
            ("level", "raid1, raid5, …"),
            ("state", "active, inactive, or the words of mdadm"),
            ("devices", "members it should have"),
            ("active_devices", "members that work"),
            ("missing_devices", "the difference"),
            ("failed_devices", "members marked as faulty"),
            ("failed_names", "their names"),
            ("is_degraded", "1 when a member is missing"),
            ("is_read_only", "1 when it takes no writes"),
            ("recovery", "recovery, resync, reshape or check, while it runs"),
            ("recovery_percent", "how far"),
        ],
    },
    FactKind {
        name: "volume_group",
        about: "an LVM volume group: vgs, vgdisplay",
        fields: &[
            ("name", "its name"),
            ("size_bytes", "size"),
            ("free_bytes", "not given to a volume"),
            ("free_percent", "the same as a share"),
            ("is_partial", "1 when a physical volume is missing"),
        ],
    },
    FactKind {
        name: "logical_volume",
        about: "an LVM volume: lvs",
        fields: &[
            ("name", "its name"),
            ("group", "its volume group"),
            ("size_bytes", "size"),
            ("attributes", "the ten letters of lvs"),
            ("is_active", "1 when it can be used"),
            ("is_partial", "1 when a device is missing"),
            ("is_invalid", "1 for a snapshot that overflowed, or a volume with trouble"),
            ("is_thin_pool", "1 for a thin pool"),
            ("is_snapshot", "1 for a snapshot"),
            ("data_percent", "a thin pool's or snapshot's use"),
            ("metadata_percent", "a thin pool's use of metadata"),
        ],
    },
    FactKind {
        name: "physical_volume",
        about: "an LVM physical volume: pvs",
        fields: &[
            ("name", "its device; [unknown] when it is missing"),
            ("group", "its volume group"),
            ("size_bytes", "size"),
            ("free_bytes", "not used"),
            ("is_missing", "1 when the device is gone"),
        ],
    },
    FactKind {
        name: "pool",
        about: "a ZFS pool: zpool status, zpool list",
        fields: &[
            ("name", "its name"),
            ("state", "ONLINE, DEGRADED, FAULTED, SUSPENDED, …"),
            ("errors", "what zpool says of lost data"),
            ("has_errors", "1 when data was lost"),
            ("scan", "the last or running scrub or resilver"),
            ("used_percent", "capacity in use"),
            ("faulty_devices", "names of devices that are not ONLINE, or count errors"),
        ],
    },
    FactKind {
        name: "device_errors",
        about: "errors that btrfs counted on a device: btrfs device stats; one row for each counter that is not 0",
        fields: &[("device", "the device"), ("counter", "write_io_errs, corruption_errs, …"), ("count", "errors")],
    },
    FactKind {
        name: "multipath",
        about: "a multipath map: multipath -ll",
        fields: &[
            ("name", "of the map"),
            ("paths", "paths there are"),
            ("failed_paths", "paths that do not work"),
            ("working_paths", "paths that do"),
        ],
    },
    FactKind {
        name: "multipath_path",
        about: "one path of a multipath map: multipath -ll",
        fields: &[
            ("map", "the map"),
            ("device", "sda"),
            ("state", "active, failed, undef"),
            ("check", "ready, faulty, shaky, ghost"),
            ("online", "running, offline"),
            ("is_failed", "1 when it does not work"),
        ],
    },
    // Memory, load, processes.
    FactKind {
        name: "memory",
        about: "the memory: /proc/meminfo, free",
        fields: &[
            ("total_bytes", "all of it"),
            ("free_bytes", "used by nothing"),
            ("available_bytes", "what a new process can have"),
            ("available_percent", "the same as a share"),
            ("swap_total_bytes", "swap space"),
            ("swap_free_bytes", "free swap space"),
            ("swap_used_percent", "swap in use; absent without swap"),
            ("cached_bytes", "page cache"),
            ("slab_bytes", "the kernel's own"),
            ("slab_percent", "the same as a share of all"),
            ("shared_bytes", "shared memory and tmpfs"),
            ("dirty_bytes", "not yet written to a disk"),
            ("committed_percent", "promised, as a share of the limit; binding only with vm.overcommit_memory = 2"),
            ("huge_pages_total", "huge pages set aside"),
            ("huge_pages_free", "of these, free"),
            ("huge_pages_bytes", "memory that huge pages take from everything else"),
            ("is_shared", SHARED),
        ],
    },
    FactKind {
        name: "swap",
        about: "one swap space: /proc/swaps, swapon --show",
        fields: &[
            ("name", "device or file"),
            ("type", "partition or file"),
            ("size_bytes", "size"),
            ("used_bytes", "in use"),
            ("used_percent", "the same as a share"),
            ("is_shared", SHARED),
        ],
    },
    FactKind {
        name: "pressure",
        about: "how much tasks wait for a resource: /proc/pressure/*, *.pressure of a cgroup",
        fields: &[
            ("resource", "cpu, io, memory or irq"),
            ("some_avg10", "percent of the last 10 s in which some task waited"),
            ("some_avg60", "of the last minute"),
            ("some_avg300", "of the last 5 minutes"),
            ("full_avg10", "percent of the last 10 s in which all tasks waited"),
            ("full_avg60", "of the last minute"),
            ("full_avg300", "of the last 5 minutes"),
            ("is_shared", SHARED),
        ],
    },
    FactKind {
        name: "load",
        about: "the load: /proc/loadavg, uptime, w, top",
        fields: &[
            ("load1", "mean of one minute"),
            ("load5", "of 5"),
            ("load15", "of 15"),
            ("running", "tasks that run now"),
            ("tasks", "tasks there are"),
            ("uptime_seconds", "since the boot"),
            ("is_shared", SHARED),
            ("load1_per_cpu", "load1 divided by the processors"),
            ("load5_per_cpu", "load5 divided by the processors"),
        ],
    },
    FactKind {
        name: "processor",
        about: "the processors: lscpu, nproc, /proc/cpuinfo",
        fields: &[
            ("cpus", "that are on line"),
            ("model", "name"),
            ("virtualization", "hypervisor, where lscpu says so"),
            ("offline", "which are off"),
        ],
    },
    FactKind {
        name: "cpu",
        about: "where the processors' time goes: the last sample of vmstat, iostat, sar, mpstat, top",
        fields: &[
            ("user_percent", "programs"),
            ("system_percent", "the kernel"),
            ("idle_percent", "nothing"),
            ("iowait_percent", "waiting for disks"),
            ("steal_percent", "taken by the hypervisor"),
            ("runnable", "tasks that run or wait for a processor"),
            ("blocked", "tasks that wait for a device"),
            ("swap_in_kib_s", "read from swap"),
            ("swap_out_kib_s", "written to swap"),
            ("is_shared", SHARED),
        ],
    },
    FactKind {
        name: "process",
        about: "a process: ps; of a long list the largest, the busiest and those in trouble",
        fields: &[
            ("pid", "process id"),
            ("ppid", "its parent"),
            ("user", "whose"),
            ("state", "R, S, D, Z, T, I with further letters"),
            ("is_blocked", "1 in state D: waits for a device and cannot be killed"),
            ("is_zombie", "1 in state Z: ended, not yet collected"),
            ("rss_bytes", "memory it holds"),
            ("memory_percent", "the same as a share"),
            ("cpu_percent", "mean share of one processor"),
            ("elapsed_seconds", "since it started"),
            ("wait_channel", "the kernel's function it sleeps in"),
            ("name", "first word of the command, without its directory"),
            ("command", "name or command line"),
        ],
    },
    FactKind {
        name: "process_states",
        about: "processes counted by state: ps, top; one row",
        fields: &[
            ("total", "all"),
            ("running", "in state R"),
            ("blocked", "in state D"),
            ("zombies", "in state Z"),
            ("zombie_parent", "process id of the one that has most of them as children"),
            ("stopped", "in state T"),
        ],
    },
    FactKind {
        name: "file_handles",
        about: "open files of the whole host: /proc/sys/fs/file-nr, sysctl fs.file-nr",
        fields: &[("used", "open"), ("max", "limit"), ("used_percent", "share")],
    },
    FactKind {
        name: "limit",
        about: "a limit of a process or account: /proc/PID/limits, prlimit, ulimit -a",
        fields: &[
            ("pid", "whose; absent for the account itself"),
            ("name", "Max open files, …"),
            ("soft", "number; absent when there is none"),
            ("hard", "number; absent when there is none"),
        ],
    },
    FactKind {
        name: "cgroup",
        about: "a control group's counters: memory.events, cpu.stat",
        fields: &[
            ("path", "of the group"),
            ("unit", "last part of the path"),
            ("oom", "times it was out of memory"),
            ("oom_kill", "processes killed"),
            ("max", "times it ran into memory.max"),
            ("high", "times it ran into memory.high"),
            ("periods", "periods of CPU quota"),
            ("throttled", "of these, with the quota used up"),
            ("throttled_percent", "the same as a share"),
            ("throttled_seconds", "time it had to wait"),
        ],
    },
    // Units and jobs.
    FactKind {
        name: "unit",
        about: "a unit of systemd: list-units, --failed, status, show; is-active. Or an OpenRC service: rc-status",
        fields: &[
            ("name", "with its suffix"),
            ("load", "loaded, not-found, masked, bad-setting, error"),
            ("active", "active, inactive, failed, activating, deactivating"),
            ("sub", "running, exited, dead, failed, auto-restart, …"),
            ("description", "what it is for"),
            ("routine", "1 for a unit whose failure seldom matters"),
            ("result", "success, exit-code, signal, oom-kill, timeout, start-limit-hit, …"),
            ("exit_code", "how its main process ended: exited, killed, dumped"),
            ("exit_status", "its main process's exit status, or number of the signal"),
            ("restarts", "automatic restarts since it was started by hand"),
            ("enabled", "enabled, disabled, static, masked, …"),
            ("main_pid", "process id; 0 for none"),
            ("memory_bytes", "in use"),
            ("memory_max_bytes", "limit; absent when there is none"),
            ("memory_percent", "use as a share of the limit"),
            ("tasks", "in use"),
            ("tasks_max", "limit"),
            ("tasks_percent", "use as a share of the limit"),
            ("protect_system", "ProtectSystem: strict, full or yes; absent when nothing is read-only to it"),
            ("needs_reload", "1 when its file changed after systemd read it"),
            (
                "usual_port",
                "the port that a service of this name has unless it is told otherwise; a few well-known ones only",
            ),
        ],
    },
    FactKind {
        name: "exit",
        about: "the last time a unit's process ended in failure: journalctl -u",
        fields: &[
            ("unit", "the unit"),
            ("status", "1/FAILURE"),
            ("last_words", "what the process said before"),
            ("read_only_unit", "the unit, where what it said is that a file system is read-only"),
            ("current", "1 when it was not started or stopped in order since"),
            ("routine", "1 for a unit whose failure seldom matters"),
        ],
    },
    FactKind {
        name: "system",
        about: "systemd as a whole: systemctl is-system-running, the head of systemctl status",
        fields: &[
            ("state", "running, degraded, starting, maintenance, stopping"),
            ("failed_units", "how many"),
            ("jobs", "how many are queued"),
        ],
    },
    FactKind {
        name: "job",
        about: "a job that waits or runs: systemctl list-jobs",
        fields: &[("unit", "the unit"), ("type", "start, stop, …"), ("state", "waiting or running")],
    },
    FactKind {
        name: "timer",
        about: "a timer: systemctl list-timers",
        fields: &[
            ("name", "of the timer"),
            ("activates", "the unit it starts"),
            ("next", "when next; absent when never"),
            ("last", "when last; absent when never"),
            ("is_scheduled", "1 when it will run again"),
            ("has_run", "1 when it ran"),
        ],
    },
    FactKind {
        name: "coredump",
        about: "a crash that was recorded: coredumpctl list",
        fields: &[
            ("time", "when"),
            ("pid", "process id"),
            ("signal", "SIGSEGV, SIGABRT, …"),
            ("executable", "path of the program"),
            ("file", "present, missing, none, truncated, …"),
            ("age_hours", "before the outputs were collected"),
        ],
    },
    // Network.
    FactKind {
        name: "socket",
        about: "a socket that listens or has a queue: ss, netstat; others are counted in socket_states",
        fields: &[
            ("protocol", "tcp, udp, raw; 6 is left out. unix only when its queue is full"),
            ("state", "LISTEN, ESTAB, UNCONN, SYN-SENT, TIME-WAIT, …"),
            ("is_listening", "1 when it waits for connections or datagrams"),
            ("local_address", "* for any"),
            ("local_port", "number"),
            ("is_local_only", "1 when bound to the loopback address"),
            ("peer_address", "the other side"),
            ("peer_port", "number"),
            ("recv_queue", "bytes not read; of a listening TCP socket connections not accepted"),
            ("send_queue", "bytes not acknowledged; of a listening TCP socket the longest queue"),
            ("accept_queue_percent", "how full the queue of a listening TCP socket is"),
            ("process", "name"),
            ("pid", "process id"),
            ("dropped_by", "the firewall's chain that drops what comes in for it, as far as its rules are plain"),
        ],
    },
    FactKind {
        name: "socket_states",
        about: "sockets counted: ss, ss -s, netstat; one row for each protocol and state",
        fields: &[
            ("protocol", "tcp, udp, unix, …"),
            ("state", "ESTAB, TIME-WAIT, CLOSE-WAIT, …"),
            ("count", "sockets"),
        ],
    },
    FactKind {
        name: "interface",
        about: "a network interface: ip addr, ip link, ip -s link, ip -j, ifconfig, ethtool, /proc/net/dev",
        fields: &[
            ("name", "eth0"),
            ("state", "UP, DOWN, UNKNOWN, LOWERLAYERDOWN, …"),
            ("is_up", "1 when it was switched on"),
            ("has_carrier", "0 when it was switched on and nothing is at the other end"),
            ("is_loopback", "1 for lo"),
            ("is_virtual", "1 for what containers, bridges, tunnels and virtual machines use, by the name"),
            ("mtu", "largest packet"),
            ("master", "the bond or bridge it belongs to"),
            (
                "addresses",
                "with prefix lengths, separated by spaces; empty for none, absent when the command does not show them",
            ),
            ("has_address", "1 when it has one besides a link-local one"),
            ("rx_packets", "received"),
            ("tx_packets", "sent"),
            ("rx_errors", "broken on the way in"),
            ("tx_errors", "broken on the way out"),
            ("rx_dropped", "given up on the way in"),
            ("tx_dropped", "given up on the way out"),
            ("collisions", "of half duplex"),
            ("speed_mbit", "of ethtool"),
            ("duplex", "Full or Half"),
        ],
    },
    FactKind {
        name: "bond_member",
        about: "a member of a bond: /proc/net/bonding/*",
        fields: &[
            ("bond", "name of the bond"),
            ("name", "of the member"),
            ("mode", "of the bond"),
            ("status", "up or down"),
            ("failures", "times the link was lost"),
            ("is_active", "1 for the one in use, of an active-backup bond"),
        ],
    },
    FactKind {
        name: "route",
        about: "a route: ip route, ip -j route, route -n, netstat -rn; not those of the local and broadcast tables",
        fields: &[
            ("destination", "network or default"),
            ("type", "unicast, blackhole, unreachable, prohibit"),
            ("gateway", "next hop"),
            ("device", "interface"),
            ("source", "address used"),
            ("metric", "lower goes first"),
            ("table", "main or another"),
            ("is_default", "1 for the default route"),
            ("is_dead", "1 when its link is down"),
            ("is_without_default", "on the first route only: 1 when no output shows a default route"),
        ],
    },
    FactKind {
        name: "neighbour",
        about: "a neighbour on the link: ip neigh, arp",
        fields: &[
            ("address", "its address"),
            ("device", "interface"),
            ("state", "REACHABLE, STALE, FAILED, INCOMPLETE, …"),
            ("mac", "its hardware address"),
            ("is_failed", "1 when it does not answer"),
        ],
    },
    FactKind {
        name: "resolver",
        about: "where names are looked up: /etc/resolv.conf; resolvectl status gives one row for each link",
        fields: &[
            ("link", "Global or the interface; absent for resolv.conf"),
            ("servers", "name servers, separated by spaces"),
            ("server_count", "how many"),
            ("search", "domains"),
            ("options", "ndots:5 …"),
            ("is_stub", "1 when the server is on this host"),
        ],
    },
    FactKind {
        name: "conntrack",
        about: "the table of tracked connections: sysctl net.netfilter.nf_conntrack_*, conntrack -C, /proc/sys/net/netfilter/*",
        fields: &[("count", "in use"), ("max", "limit"), ("used_percent", "share")],
    },
    FactKind {
        name: "firewall_chain",
        about: "a chain with a policy: iptables -L, iptables -S, iptables-save, nft list ruleset",
        fields: &[
            ("chain", "INPUT, …"),
            ("policy", "ACCEPT or DROP"),
            ("packets", "that the policy decided"),
            ("rules", "rules in it"),
            (
                "ports",
                "of a chain of incoming packets that drops what no rule accepts: the ports that rules of its table accept, such as 22,8000-8080, or none; absent where a rule accepts more than tai understands",
            ),
        ],
    },
    FactKind {
        name: "firewall",
        about: "the state of a firewall's front end: ufw status, firewall-cmd --state",
        fields: &[
            ("name", "ufw or firewalld"),
            ("is_active", "1 when it runs"),
            ("default_incoming", "deny, reject, allow"),
        ],
    },
    FactKind {
        name: "nfs_client",
        about: "calls of the NFS client: nfsstat -c",
        fields: &[("calls", "all"), ("retransmissions", "sent again"), ("retransmitted_percent", "share")],
    },
    // Time, trust.
    FactKind {
        name: "clock",
        about: "the clock: timedatectl, chronyc tracking, ntpq",
        fields: &[
            ("tool", "timedatectl, chronyc, ntpq; date where the clock was compared with the operator's"),
            ("synchronized", "1 when it follows a source"),
            ("ntp_active", "1 when a service is there that could"),
            ("source", "name or address of the source"),
            ("stratum", "distance from a reference clock; 0 or 16 for none"),
            ("offset_seconds", "how far off, whichever way"),
            ("root_dispersion_seconds", "how much it may be off"),
            ("time_zone", "name"),
            ("rtc_in_local_time", "1 when the hardware clock holds local time"),
        ],
    },
    FactKind {
        name: "time_source",
        about: "a server that the clock may follow: chronyc sources, ntpq -p",
        fields: &[
            ("name", "name or address"),
            ("state", "selected, combined, excluded, unreachable, falseticker, variable, unusable, candidate"),
            ("stratum", "16 for not synchronised"),
            ("none_answers", "1 for each of the servers when none of them answers"),
            ("reach", "answers among the last eight polls, 0 to 8"),
            ("offset_seconds", "how far off, whichever way"),
        ],
    },
    FactKind {
        name: "certificate",
        about: "a certificate: openssl x509, certbot certificates, kubeadm certs check-expiration",
        fields: &[
            ("path", "its file"),
            ("subject", "for whom"),
            ("issuer", "by whom"),
            ("not_before", "RFC 3339"),
            ("not_after", "RFC 3339"),
            ("days_left", "at the time of collecting; negative when it has expired"),
            ("days_until_valid", "at the time of collecting; positive when it is not valid yet"),
        ],
    },
    FactKind {
        name: "security",
        about: "mandatory access control: getenforce, sestatus, aa-status",
        fields: &[
            ("system", "selinux or apparmor"),
            ("is_enabled", "1 when it is there"),
            ("mode", "enforcing, permissive, disabled"),
            ("config_mode", "what the next boot will bring"),
            ("policy", "targeted, …"),
            ("enforced", "profiles that are enforced"),
            ("complaining", "profiles that only complain"),
        ],
    },
    // Containers and clusters.
    FactKind {
        name: "container",
        about: "a container: docker, podman, nerdctl and crictl: ps and inspect, plain and JSON",
        fields: &[
            ("id", "its id"),
            ("name", "its name"),
            ("image", "its image"),
            ("state", "running, exited, restarting, dead, paused, created"),
            ("status", "what ps says: Exited (137) 2 hours ago"),
            ("exit_code", "of the last end; absent while it runs"),
            ("restarts", "how often"),
            ("health", "healthy, unhealthy, starting"),
            ("oom_killed", "1 when the kernel killed it for memory"),
            ("error", "why it could not start"),
        ],
    },
    FactKind {
        name: "pod",
        about: "a pod: kubectl get pods, plain and JSON; crictl pods",
        fields: &[
            ("name", "its name"),
            ("namespace", "its namespace"),
            ("phase", "Pending, Running, Succeeded, Failed, Unknown; of crictl Ready or NotReady"),
            ("reason", "CrashLoopBackOff, ImagePullBackOff, Evicted, OOMKilled, …: why it is not as it should be"),
            ("message", "in the cluster's words"),
            ("containers", "how many"),
            ("ready", "of these, ready"),
            ("is_ready", "1 when all are, or the pod has completed"),
            ("restarts", "of all containers"),
            ("exit_code", "of the container that ended last"),
            ("last_reason", "why a container ended the last time: OOMKilled, Error"),
            ("node", "where"),
        ],
    },
    FactKind {
        name: "node",
        about: "a node of a cluster: kubectl get nodes, plain and JSON; docker node ls",
        fields: &[
            ("name", "its name"),
            ("is_ready", "1 when it takes pods"),
            ("is_unschedulable", "1 when it was cordoned"),
            ("pressure", "MemoryPressure, DiskPressure, PIDPressure, NetworkUnavailable"),
            ("reason", "why it is not ready"),
            ("version", "of the kubelet"),
        ],
    },
    FactKind {
        name: "workload",
        about: "what keeps pods running: kubectl get deployments, statefulsets, daemonsets, replicasets",
        fields: &[
            ("type", "Deployment, …"),
            ("name", "its name"),
            ("namespace", "its namespace"),
            ("desired", "pods there should be"),
            ("ready", "pods that are ready"),
            ("missing", "the difference"),
        ],
    },
    FactKind {
        name: "cluster_event",
        about: "a warning of a cluster: kubectl get events, the end of kubectl describe",
        fields: &[
            ("namespace", "its namespace"),
            ("reason", "FailedScheduling, BackOff, …"),
            ("object", "pod/web-1"),
            ("message", "in the cluster's words"),
            ("count", "how often"),
        ],
    },
    FactKind {
        name: "volume_claim",
        about: "a claim for storage: kubectl get pvc",
        fields: &[("name", "its name"), ("namespace", "its namespace"), ("phase", "Bound, Pending, Lost")],
    },
    FactKind {
        name: "ceph",
        about: "a Ceph cluster: ceph status, ceph health",
        fields: &[
            ("health", "HEALTH_OK, HEALTH_WARN, HEALTH_ERR"),
            ("checks", "what is wrong, one after the other"),
            ("osds", "there are"),
            ("osds_up", "that run"),
            ("osds_in", "that hold data"),
            ("osds_down", "the difference of all and those that run"),
            ("used_percent", "of the space"),
        ],
    },
    // Packages.
    FactKind {
        name: "package",
        about: "a package that is not plainly installed: dpkg -l, dpkg --audit, apt-get check",
        fields: &[
            ("name", "its name"),
            ("state", "half-installed, unpacked, half-configured, held, reinst-required, triggers-pending, unmet"),
            ("version", "its version"),
            ("is_broken", "1 when it needs repair"),
        ],
    },
    FactKind {
        name: "package_event",
        about: "a package that was changed, the newest 500: dpkg.log, apt history.log, dnf and yum history and logs, rpm -qa --last, zypp and pacman logs",
        fields: &[
            ("time", "as it is in the log"),
            ("action", "install, upgrade, downgrade, reinstall, remove, purge"),
            ("name", "of the package; of a history of transactions the command"),
            ("version", "the new one, or the one removed"),
            ("age_hours", "before the outputs were collected"),
        ],
    },
    FactKind {
        name: "changed_file",
        about: "a packaged file that is not as packaged: rpm -V, dpkg -V, debsums; documentation and configuration are told apart",
        fields: &[
            ("path", "the file"),
            ("is_missing", "1 when it is gone"),
            ("is_config", "1 for a configuration file, which is there to be changed"),
            ("changes", "size, mode, digest, owner, … separated by commas"),
        ],
    },
    FactKind {
        name: "sysctl",
        about: "a setting of the kernel: sysctl, /proc/sys/*; of a long list those that decide diagnoses",
        fields: &[("name", "net.core.somaxconn"), ("value", "number where it is one, else text")],
    },
    // Logs.
    FactKind {
        name: "kernel_event",
        about: "what the kernel complained of, counted: dmesg, journalctl, kern.log, syslog, messages; one row for each event and subject",
        fields: &[
            (
                "event",
                "oom_kill, hung_task, soft_lockup, hard_lockup, rcu_stall, panic, oops, io_error, fs_error, read_only, segfault, machine_check, \
             link_down, conntrack_full, out_of_sockets, nfs_timeout, ata_error, nvme_timeout, thermal, raid_failure, allocation_failure",
            ),
            ("subject", "the process, device, interface or server"),
            ("count", "how often"),
            ("first", "the time of the first, as it is in the log"),
            ("last", "of the last"),
            ("age_hours", "of the last, before the outputs were collected; absent where the log's times do not tell"),
        ],
    },
    FactKind {
        name: "log",
        about: "a log as a whole: journalctl in all its forms, dmesg, files in /var/log with times",
        fields: &[
            ("lines", "there are"),
            ("first", "time of the first line, as it is in the log"),
            ("last", "of the last line"),
            ("span_seconds", "between the two"),
            ("lines_per_minute", "over the span"),
            ("age_hours", "of the last line, before the outputs were collected"),
            ("suppressed", "messages that were dropped because there were too many"),
            ("is_corrupt", "1 when journald says that the journal is corrupt"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_there_once_and_documented() {
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let kinds: BTreeSet<_> = FACT_KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(kinds.len(), FACT_KINDS.len());
        for kind in FACT_KINDS {
            let fields: BTreeSet<_> = kind.fields.iter().map(|(name, _)| *name).collect();
            assert_eq!(fields.len(), kind.fields.len(), "{}", kind.name);
            assert!(is_name(kind.name) && !kind.about.is_empty(), "{}", kind.name);
            for (name, about) in kind.fields {
                assert!(is_name(name) && !about.is_empty(), "{}.{name}", kind.name);
            }
        }
    }
}
