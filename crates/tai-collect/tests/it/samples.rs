//! The parsers over real outputs: `tests/samples` has a file for each family of hosts, each output under its command.

use std::path::Path;

use proptest::prelude::*;
use tai_collect::{Parsed, Value, parse};

/// What the ages and days of the expectations are counted from.
const COLLECTED_AT: &str = "2026-05-05T12:00:00Z";

/// Every sample: its file, its command, its output.
fn samples() -> Vec<(String, String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let mut samples = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut parts = text.split("\n$ ");
        assert!(parts.next().unwrap().starts_with("# source: "), "{path:?} names its source");
        for part in parts {
            let (command, output) = part.split_once('\n').unwrap_or((part, ""));
            let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
            samples.push((file, command.to_owned(), output.to_owned()));
        }
    }
    samples.sort();
    samples
}

/// Compares the rows of one kind with what is expected, each as `LINE: VALUE VALUE …` of the fields that are named.
fn check(file: &str, command: &str, kind: &str, fields: &str, expect: &[&str]) {
    let all = samples();
    let of_command = all.iter().find(|(known, line, _)| known == file && line == command);
    let (_, _, output) = of_command.unwrap_or_else(|| panic!("no sample of {command} in {file}"));
    let Parsed { readings, unread, .. } = parse(command, output, Some(COLLECTED_AT));
    let value = |value: Option<&Value>| match value {
        None => "-".to_owned(),
        Some(Value::Number(number)) => ((number * 100.0).round() / 100.0).to_string(),
        Some(Value::Text(text)) => text.clone(),
    };
    let found: Vec<String> = readings
        .iter()
        .filter(|reading| reading.kind == kind)
        .map(|reading| {
            let values: Vec<String> = fields.split_whitespace().map(|field| value(reading.fields.get(field))).collect();
            format!("{}: {}", reading.line, values.join(" "))
        })
        .collect();
    let begin: Vec<&str> = found.iter().map(String::as_str).take(expect.len().max(1)).collect();
    assert_eq!(begin, expect, "{file}: {command}");
    assert_eq!(unread, 0, "{file}: {command}: unread lines");
    let lines: Vec<&str> = output.lines().collect();
    for reading in &readings {
        assert!(lines[reading.line - 1].starts_with(&reading.text), "{command}: line {} is another", reading.line);
    }
}

#[test]
fn storage() {
    let check = |command, kind, fields, expect: &[&str]| check("debian12", command, kind, fields, expect);
    check("df -PT", "disk", "mount type used_percent", &["2: /dev devtmpfs 0", "3: /dev/shm tmpfs 1", "4: / ext4 87"]);
    check("df -Pi", "inodes", "mount total", &["2: /dev 3083615"]);
    check("findmnt", "mount", "mount type is_disk", &["2: / ext4 1", "3: /proc proc 0"]);
    check("findmnt -P", "mount", "mount source", &["1: /proc proc"]);
    check("cat /proc/self/mountinfo", "mount", "mount is_read_only", &["1: /proc 0"]);
    check("lsblk", "block_device", "name type size_bytes mount", &["2: loop0 loop 1610612736 -"]);
    check("iostat -x 1 1", "device_io", "device await_ms util_percent", &["7: loop0 1.19 0.3", "8: loop1 2.84 0.16"]);
    check("lsof -nP +L1", "deleted_file", "process pid is_anonymous", &["2: memfd:sea 1080 1"]);
    check("du -xk --max-depth=1 /etc/apt", "directory_size", "path size_bytes", &["1: /etc/apt/sources.list.d 16384"]);
}

#[test]
fn storage_in_trouble() {
    let made = |command, kind, fields, expect: &[&str]| check("made", command, kind, fields, expect);
    made("nfsstat -m", "mount", "mount is_network is_read_only", &["1: /srv/data 1 1"]);
    made("lsblk -J", "block_device", "name is_read_only used_percent", &["1: sda 1 -", "1: sda1 1 97"]);
    made("sar -d 1 2", "device_io", "device await_ms util_percent write_kib_s", &["5: sda 125 99.9 2000"]);
    made("lsof -nP +L1", "deleted_file", "path size_bytes", &["2: /var/log/webd.log 5368709120"]);
    made("vgs", "volume_group", "name free_percent is_partial", &["2: data 10 1"]);
    made("vgdisplay", "volume_group", "name free_bytes", &["2: root 4194304"]);
    let fields = "name is_thin_pool data_percent metadata_percent is_invalid is_partial";
    made("lvs", "logical_volume", fields, &["2: pool0 1 97.5 60.1 0 0", "3: snap 0 100 - 1 0", "4: web 0 - - 0 1"]);
    made("pvs", "physical_volume", "name is_missing", &["2: /dev/sdb 0", "3: [unknown] 1"]);
    made("zpool status", "pool", "name state has_errors faulty_devices", &["2: tank DEGRADED 1 tank mirror-0 sdb"]);
    made("zpool list", "pool", "name used_percent", &["2: tank 82"]);
    made("btrfs device stats /srv", "device_errors", "counter count", &["2: corruption_errs 5"]);
    let fields = "name missing_devices failed_names recovery_percent";
    made("mdadm --detail /dev/md0", "raid", fields, &["1: md0 1 sdb1 45"]);
    let fields = "health critical_warning wear_percent media_errors error_count";
    made("smartctl -a /dev/nvme0", "smart", fields, &["2: PASSED 4 104 3 1024"]);
    let redhat = |command, kind, fields, expect: &[&str]| check("redhat", command, kind, fields, expect);
    let fields = "name is_degraded failed_names recovery";
    redhat("cat /proc/mdstat", "raid", fields, &["2: md1 0 - -", "5: md2 1 sdb3 recovery", "9: md3 0 - -"]);
    let fields =
        "is_failing reallocated pending uncorrectable crc_errors power_on_hours failed_attributes self_test_failed";
    redhat("smartctl -a /dev/sda", "smart", fields, &["8: 1 1544 24 8 3 34811 Reallocated_Sector_Ct 1"]);
    let long = "12: 36001405b1629f80d52a4c898f8856e43 2 0";
    redhat("multipath -v4 -ll", "multipath", "name paths failed_paths", &["5: mpathe 3 2", long]);
    redhat(
        "/sbin/multipath -ll",
        "multipath_path",
        "device state is_failed",
        &["4: sdk active 0", "5: sdp active 0", "7: sdf failed 1"],
    );
}

#[test]
fn memory_and_load() {
    let debian = |command, kind, fields, expect: &[&str]| check("debian12", command, kind, fields, expect);
    debian("cat /proc/meminfo", "memory", "total_bytes available_percent", &["3: 25276502016 94.95"]);
    debian("free", "memory", "total_bytes available_percent", &["2: 25276502016 94.95"]);
    debian("cat /proc/pressure/io", "pressure", "resource some_avg10 full_avg60", &["1: io 3.72 0"]);
    debian("cat /proc/loadavg", "load", "load1 load15 running tasks", &["1: 7.06 8.7 4 178"]);
    debian("uptime", "load", "load5 uptime_seconds", &["1: 10.42 9780"]);
    debian("lscpu", "processor", "cpus virtualization", &["5: 2 KVM"]);
    debian("vmstat 1 2", "cpu", "runnable user_percent steal_percent", &["4: 3 89 0"]);
    debian("mpstat 1 1", "cpu", "idle_percent", &["5: 0.5"]);
    debian("top -b -n 1", "process_states", "total running zombies", &["2: 144 6 0"]);
    debian("ps aux", "process", "pid name state rss_bytes", &["2: 1 init S<Ll 21749760"]);
    debian(
        "ps axo pid,state,lstart,wchan:20,cmd",
        "process",
        "pid wait_channel name",
        &["2: 1 - init", "3: 2 kthreadd [kthreadd]"],
    );
    let busybox = |command, kind, fields, expect: &[&str]| check("busybox", command, kind, fields, expect);
    busybox("busybox free", "memory", "available_percent", &["2: 95.56"]);
    busybox("busybox ps", "process", "pid user name", &["2: 1 root init"]);
    busybox("busybox top -b -n 1", "cpu", "system_percent iowait_percent", &["2: 47 4"]);
    busybox("busybox df", "disk", "mount size_bytes", &["2: /dev 12630487040"]);
    let made = |command, kind, fields, expect: &[&str]| check("made", command, kind, fields, expect);
    made("free -m", "memory", "available_percent swap_used_percent", &["2: 21.58 48.85"]);
    made("cat /proc/swaps", "swap", "name used_percent", &["2: /dev/dm-1 50"]);
    made("lscpu", "processor", "cpus offline", &["2: 6 6,7"]);
    made("sar -u 1 1", "cpu", "iowait_percent steal_percent", &["3: 80 10"]);
    let ps = "ps -eo pid,ppid,user,stat,rss,pmem,pcpu,etime,wchan:20,args";
    made(ps, "process_states", "total blocked zombies stopped zombie_parent", &["3: 6 2 1 1 700"]);
    let ps_of_zombies = "ps -eo pid,ppid,user,stat,rss,pcpu,etime,comm";
    made(ps_of_zombies, "process_states", "blocked zombies zombie_parent", &["4: 1 2 53"]);
    made(ps, "process", "name is_blocked elapsed_seconds", &["2: init 0 36000", "3: rsync 1 93784"]);
    let pressure = "head -n 5 /proc/pressure/io /proc/pressure/memory";
    made(pressure, "pressure", "resource full_avg60", &["2: io 40", "6: memory 0"]);
    made(
        "cat /sys/fs/cgroup/system.slice/web.service/memory.events",
        "cgroup",
        "unit oom_kill max",
        &["1: web.service 7 340"],
    );
    made(
        "cat /sys/fs/cgroup/system.slice/web.service/cpu.stat",
        "cgroup",
        "throttled_percent throttled_seconds",
        &["1: 75 90"],
    );
    debian("cat /proc/1/limits", "limit", "pid name soft", &["2: 1 Max cpu time -"]);
    debian("cat /proc/sys/fs/file-nr", "file_handles", "used used_percent", &["1: 1474 0.06"]);
}

#[test]
fn units() {
    let made = |command, kind, fields, expect: &[&str]| check("made", command, kind, fields, expect);
    let fields = "name active result exit_status memory_percent tasks_percent needs_reload";
    made("systemctl status web.service", "unit", fields, &["1: web.service failed exit-code 203 50 90 1"]);
    let fields = "name sub result exit_code restarts tasks tasks_max";
    made("systemctl show web.service", "unit", fields, &["6: web.service auto-restart oom-kill killed 14 - -"]);
    made(
        "journalctl -u report -n 500",
        "exit",
        "last_words read_only_unit",
        &["2: cannot create /srv/reports/new: Read-only file system report.service"],
    );
    made("rc-status -a", "unit", "name active", &["2: sshd active", "3: nginx failed"]);
    made("systemctl is-system-running", "system", "state", &["1: degraded"]);
    made("systemctl list-jobs", "job", "unit state", &["2: remote-fs.target waiting", "3: srv-data.mount running"]);
    let fields = "signal executable file age_hours";
    made("coredumpctl list", "coredump", fields, &["2: SIGSEGV /usr/sbin/webd present 2"]);
    made("/usr/bin/coredumpctl list", "coredump", fields, &["2: SIGSEGV /usr/sbin/webd present 3"]);
    let ubuntu = |command, kind, fields, expect: &[&str]| check("ubuntu2004", command, kind, fields, expect);
    ubuntu(
        "systemctl list-units --failed",
        "unit",
        "name routine",
        &["2: openipmi.service 0", "3: systemd-remount-fs.service 1"],
    );
    ubuntu(
        "systemctl status snapd",
        "unit",
        "name active sub main_pid tasks",
        &["1: snapd.service active running 271 11"],
    );
    ubuntu("systemctl status --all", "system", "state failed_units jobs", &["2: running 0 0"]);
    ubuntu("systemctl list-timers --all", "timer", "name is_scheduled has_run", &["2: ua-timer.timer 1 1"]);
}

#[test]
fn network() {
    let debian = |command, kind, fields, expect: &[&str]| check("debian12", command, kind, fields, expect);
    let fields = "protocol local_address local_port accept_queue_percent process";
    debian("ss -tulnp", "socket", fields, &["2: tcp * 2024 0 -", "3: tcp * 18080 150 python3"]);
    debian("ss -tan", "socket_states", "state count", &["4: ESTAB 6", "2: LISTEN 2"]);
    debian("ss -s", "socket_states", "state count", &["2: all 13", "2: ESTAB 6", "2: CLOSED 5"]);
    debian("netstat -tulnp", "socket", "local_port process pid", &["3: 2024 - -", "4: 18080 python3 9993"]);
    debian("ip addr show", "interface", "name is_up has_address", &["1: lo 1 1", "7: ifb0 0 0"]);
    debian("ip -o addr", "interface", "name has_address", &["1: lo 1", "3: eth0 1"]);
    debian("ip neigh show", "neighbour", "address is_failed", &["1: 192.0.2.1 0", "2: fd00::1 1"]);
    debian("ip -j route", "route", "destination gateway is_default", &["1: default 192.0.2.1 1"]);
    debian("ifconfig", "interface", "name mtu rx_packets", &["1: eth0 1400 33833", "11: lo 65536 85927"]);
    debian("route -n", "route", "destination gateway", &["3: default 192.0.2.1", "4: 192.0.2.0/24 -"]);
    debian("cat /proc/net/dev", "interface", "name rx_errors", &["3: lo 0"]);
    let busybox = |command, kind, fields, expect: &[&str]| check("busybox", command, kind, fields, expect);
    busybox("busybox netstat -tln", "socket", "local_port state", &["3: 2024 LISTEN"]);
    busybox(
        "busybox ifconfig",
        "interface",
        "name is_up mtu addresses",
        &["1: eth0 1 1400 192.0.2.2 fe80::fc:ff:fe00:1/64 fd00::2/64"],
    );
    busybox("busybox arp -an", "neighbour", "address is_failed", &["1: 192.0.2.1 0"]);
    let ubuntu = |command, kind, fields, expect: &[&str]| check("ubuntu2004", command, kind, fields, expect);
    ubuntu("resolvectl status", "resolver", "link servers search", &["4: eth0 10.0.0.2 mylab.home"]);
    ubuntu("ip -d address", "interface", "name has_carrier", &["1: lo 1", "7: eth0 1"]);
    let made = |command, kind, fields, expect: &[&str]| check("made", command, kind, fields, expect);
    made("ss -tn", "socket", "state recv_queue peer_port", &["2: CLOSE-WAIT 70 51000", "3: SYN-SENT 0 5432"]);
    made("ethtool eth1", "interface", "has_carrier speed_mbit duplex", &["4: 0 100 Half"]);
    let fields = "name master has_carrier rx_errors tx_dropped collisions";
    made("ip -s -s link show", "interface", fields, &["1: eth1 bond0 0 30 60 7"]);
    made("cat /proc/net/bonding/bond0", "bond_member", "name status is_active", &["7: eth0 up 1", "11: eth1 down 0"]);
    made(
        "ip route",
        "route",
        "destination type is_dead",
        &["1: default unicast 0", "2: 203.0.113.0/24 blackhole 0", "3: 10.0.0.0/8 unicast 1"],
    );
    made("cat /etc/resolv.conf", "resolver", "servers is_stub options", &["3: 127.0.0.53 1 edns0 trust-ad ndots:5"]);
    made("iptables -L -n -v", "firewall_chain", "chain policy rules", &["1: INPUT DROP 1"]);
    made("nft list ruleset", "firewall_chain", "chain policy rules", &["3: inet filter input DROP 1"]);
    made("nfsstat -c", "nfs_client", "retransmitted_percent", &["3: 2"]);
    let both = "cat /proc/sys/net/netfilter/nf_conntrack_count /proc/sys/net/netfilter/nf_conntrack_max";
    made(both, "conntrack", "count max used_percent", &["1: 100 262144 0.04"]);
}

#[test]
fn time_and_trust() {
    let made = |command, kind, fields, expect: &[&str]| check("made", command, kind, fields, expect);
    made("timedatectl", "clock", "synchronized ntp_active rtc_in_local_time", &["6: 0 1 1"]);
    made("chronyc tracking", "clock", "synchronized offset_seconds source", &["7: 1 12.5 ntp.example"]);
    made("certbot certificates", "certificate", "subject days_left", &["4: example.com www.example.com -1"]);
    made("kubeadm certs check-expiration", "certificate", "path days_left", &["2: admin.conf -1", "3: apiserver 25"]);
    made("sestatus", "security", "mode config_mode", &["1: permissive enforcing"]);
    made("aa-status", "security", "enforced complaining", &["1: 28 2"]);
    let redhat = |command, kind, fields, expect: &[&str]| check("redhat", command, kind, fields, expect);
    redhat(
        "chronyc sources",
        "time_source",
        "name state reach",
        &["4: 10.20.30.40 excluded 8", "5: 10.64.108.95 selected 8", "6: 10.8.205.17 unreachable 0"],
    );
    redhat("ntpq -pn", "clock", "synchronized stratum source", &["4: 1 2 2001:388:608c:8"]);
    let x509 = "openssl x509 -in /etc/ssl/cert.pem -noout -subject -issuer -dates";
    check("debian12", x509, "certificate", "path days_left days_until_valid", &["4: /etc/ssl/cert.pem 230 201"]);
}

#[test]
fn containers_and_clusters() {
    let redhat = |command, kind, fields, expect: &[&str]| check("redhat", command, kind, fields, expect);
    let fields = "name state exit_code";
    redhat(
        "docker ps --all --no-trunc --size",
        "container",
        fields,
        &["2: tender_rosalind exited 137", "3: angry_saha running -"],
    );
    let made = |command, kind, fields, expect: &[&str]| check("made", command, kind, fields, expect);
    made("docker ps -a --format json", "container", "name health exit_code", &["1: db unhealthy -", "2: job - 1"]);
    made("docker inspect web", "container", "name oom_killed exit_code restarts", &["9: web 1 137 5"]);
    made("crictl ps -a", "container", "name state restarts", &["2: web exited 12"]);
    let fields = "namespace name reason is_ready restarts";
    let pods = ["2: default web-1 CrashLoopBackOff 0 12", "3: default db-0 - 1 0", "4: kube-system job-x - 1 0"];
    made("kubectl get pods -A -o wide", "pod", fields, &pods);
    made(
        "kubectl get pods -o json",
        "pod",
        "name reason last_reason exit_code",
        &["1: web-2 CrashLoopBackOff OOMKilled 137"],
    );
    made("kubectl get nodes -o json", "node", "name is_ready pressure", &["1: node-a 0 DiskPressure"]);
    made("kubectl get deployments -n default", "workload", "type name missing", &["2: Deployment web 2"]);
    made("kubectl get pvc", "volume_claim", "name phase", &["2: data Pending"]);
    made("kubectl get pvc -n shop", "volume_claim", "namespace phase", &["2: shop Bound"]);
    made("kubectl get events -A", "cluster_event", "reason object", &["2: FailedScheduling pod/web-3"]);
    made("ceph status", "ceph", "health osds_down used_percent", &["3: HEALTH_WARN 1 30"]);
    check("ubuntu2004", "kubectl get nodes", "node", "is_ready version", &["2: 1 v1.23.3", "3: 1 v1.23.3"]);
}

#[test]
fn packages() {
    let made = |command, kind, fields, expect: &[&str]| check("made", command, kind, fields, expect);
    made("dpkg -l", "package", "name state", &["2: webd half-configured", "3: kernel-x held", "4: lib-y unpacked"]);
    made("dpkg --audit", "package", "name state", &["3: webd half-configured"]);
    made("apt-get check", "package", "name state", &["2: webd unmet"]);
    let fields = "action name version age_hours";
    made("cat /var/log/dpkg.log", "package_event", fields, &["1: upgrade webd:amd64 1.1 2"]);
    made("dnf history", "package_event", fields, &["3: install update -y - 6"]);
    made("rpm -qa --last", "package_event", fields, &["1: install webd 1.1-3.el9.x86_64 2"]);
    made("cat /var/log/dnf.rpm.log", "package_event", fields, &["1: upgrade webd 1.1-3.el9.x86_64 2"]);
    made("cat /var/log/yum.log", "package_event", fields, &["1: upgrade webd 1.1-3.el7.x86_64 2"]);
    made("tail -n 500 /var/log/zypp/history", "package_event", fields, &["1: install webd 1.1-3 2"]);
    made("cat /var/log/pacman.log", "package_event", fields, &["1: upgrade webd 1.1-1 2"]);
    made(
        "rpm -Va",
        "changed_file",
        "path is_config is_missing changes",
        &["1: /etc/webd.conf 1 0 size,digest,time", "2: /usr/lib64/liby.so.2 0 1 -", "4: /usr/sbin/webd 0 0 mode"],
    );
}

#[test]
fn packages_of_redhat() {
    let redhat = |command, kind, fields, expect: &[&str]| check("redhat", command, kind, fields, expect);
    let fields = "action name version age_hours";
    let history = ["3: downgrade update -y - 1.95", "4: remove update -y - 1.97", "5: install update -y - 1.98"];
    redhat("dnf history list", "package_event", fields, &history);
    // What was replaced is no event of its own.
    let events = [
        "2: install webd 1.0-1.noarch 171",
        "3: install liby 2.0-1.noarch 171",
        "5: upgrade webd 1.1-3.noarch 2",
        "8: install orders-tools 0.9-2.noarch 1.98",
        "10: remove orders-tools 0.9-2.noarch 1.97",
        "12: downgrade webd 1.0-1.noarch 1.95",
    ];
    redhat("tail -n 200 /var/log/dnf.rpm.log", "package_event", fields, &events);
    redhat("rpm -qa --last", "package_event", fields, &["1: install webd 1.0-1.noarch 1.95"]);
}

#[test]
fn suse() {
    let suse = |command, kind, fields, expect: &[&str]| check("suse", command, kind, fields, expect);
    let fields = "action name version age_hours";
    let events = [
        "8: install liby 2.0-1 171",
        "14: install orders-tools 0.9-2 171",
        "20: install webd 1.0-1 171",
        "27: install webd 1.1-3 2",
        "34: remove orders-tools 0.9-2 1.92",
    ];
    suse("tail -n 200 /var/log/zypp/history", "package_event", fields, &events);
    suse("rpm -qa --last", "package_event", fields, &["1: install webd 1.1-3.noarch 2"]);
    suse("rpm -V webd", "changed_file", "path is_config changes", &["1: /etc/webd/webd.conf 1 size,digest,time"]);
    suse(
        "systemctl status apache2.service --no-pager",
        "unit",
        "name active result",
        &["1: apache2.service failed exit-code"],
    );
    let units = ["1: fstrim.timer active waiting", "9: fstrim.service inactive dead"];
    suse("systemctl status fstrim.timer fstrim.service", "unit", "name active sub", &units);
    suse("journalctl -u apache2", "log", "lines span_seconds", &["2: 2 1"]);
    let listening = ["2: tcp * 22 0 sshd", "3: tcp * 30002 0 socat"];
    suse("ss -tlnp", "socket", "protocol local_address local_port accept_queue_percent process", &listening);
    let udp = ["2: udp * 111", "3: udp * 161", "4: udp 127.0.0.1 323", "5: udp * 55130"];
    suse("ss -tulpn", "socket", "protocol local_address local_port", &udp);
    suse("df -h", "disk", "mount size_bytes used_percent", &["2: / 25769803776 15"]);
    // free of procps 3.2, which has no column for what is available.
    suse("free", "memory", "total_bytes available_percent", &["2: 2112352256 51.72"]);
    suse("vmstat 2", "cpu", "iowait_percent", &["4: 0"]);
    suse("sar 10 5", "cpu", "iowait_percent", &["5: 0"]);
    suse("ps axu", "process", "name rss_bytes", &["2: init 278528", "3: [events/0] 0", "4: sound-juicer 19632128"]);
    suse("ip -s link show br0", "interface", "name is_up rx_dropped", &["1: br0 1 10860"]);
    suse("netstat -r", "route", "destination gateway is_default", &["3: 192.0.2.0/23 - 0", "4: default 192.0.2.254 1"]);
    suse("netstat -t -p", "socket", "state process pid", &["3: ESTAB sshd 19422"]);
}

#[test]
fn arch() {
    let arch = |command, kind, fields, expect: &[&str]| check("arch", command, kind, fields, expect);
    let events = [
        "3: install webd 1.0-1 171",
        "4: install liby 2.0-1 171",
        "5: install orders-tools 0.9-2 171",
        "9: upgrade webd 1.1-1 2",
        "13: downgrade webd 1.0-1 1",
        "17: remove orders-tools 0.9-2 0.92",
    ];
    arch("tail -n 200 /var/log/pacman.log", "package_event", "action name version age_hours", &events);
    let fields = "name active sub main_pid tasks";
    arch("systemctl status cronie.service", "unit", fields, &["1: cronie.service active running 280 1"]);
    arch("journalctl -u cronie.service", "log", "lines", &["2: 2"]);
    arch("df -h", "disk", "mount used_percent", &["2: /dev 0", "3: /run 1", "4: / 21"]);
    arch("zpool status", "pool", "name state", &["2: mypool ONLINE"]);
    let interfaces = ["1: lo 1 1", "7: enp11s0 1 1", "11: enp12s0 0 0"];
    arch("ip a", "interface", "name has_carrier has_address", &interfaces);
    // With a column that is glued to its neighbour, and an address that is bound to an interface.
    let udp = ["2: udp 127.0.0.54 53", "3: udp 127.0.0.53 53"];
    arch("ss -ulnpe", "socket", "protocol local_address local_port", &udp);
    arch("kubectl get nodes", "node", "name is_ready version", &["2: archlinux 0 v1.36.1"]);
}

#[test]
fn logs() {
    let made = |command, kind, fields, expect: &[&str]| check("made", command, kind, fields, expect);
    let fields = "event subject count";
    let events = [
        "6: fs_error sdb1 1",
        "4: hung_task rsync 1",
        "5: io_error sdb 1",
        "8: link_down eno1 1",
        "2: oom_kill webd 2",
        "7: read_only sdb1 1",
    ];
    made("dmesg --ctime", "kernel_event", fields, &events);
    let events = ["2: conntrack_full nf_conntrack 2", "5: nfs_timeout files.example 1", "4: segfault webd 1"];
    made("dmesg", "kernel_event", fields, &events);
    made("journalctl -k -o short-iso", "kernel_event", fields, &["2: fs_error dm-0 1", "1: raid_failure md0 1"]);
    made("journalctl -o json", "kernel_event", "event subject age_hours", &["2: oom_kill java 1"]);
    made("journalctl -u web -n 500", "exit", "unit status current", &["2: web.service 1/FAILURE 1"]);
    made("journalctl -u web -n 500", "log", "lines span_seconds suppressed", &["5: 5 3601 480"]);
}

#[test]
fn a_long_list_is_cut_and_says_so() {
    let rows: String = (0..5000).map(|i| format!("/dev/sd{i} 100 60 40 60% /data{i}\n")).collect();
    let parsed = parse("df -P", &rows, None);
    assert_eq!((parsed.readings.len(), parsed.left_out, parsed.unread), (2000, 3000, 0));
    assert_eq!(parse("df -P", "rubbish and more of it\nagain some rubbish here\n", None).unread, 1);
}

#[test]
fn a_time_that_is_broken_inside_a_character_is_cut_before_it() {
    let text = "2026-05-05 10:0>\u{1f243}\u{1f243} upgrade webd 1.0 1.1\n";
    let parsed = parse("cat /var/log/dpkg.log", text, None);
    assert_eq!(parsed.readings[0].text_of("time"), "2026-05-05 10:0>");
}

proptest! {
    /// Cut anywhere, with lines gone and characters changed: whatever is read stands in a line of the output.
    #[test]
    fn no_output_is_too_broken(cut in 0.0..1.0_f64, gone in any::<u64>(), noise in "\\PC{0,8}", at in 0.0..1.0_f64) {
        for (_, command, output) in samples() {
            let place = |share: f64| -> usize {
                let mut place = (output.len() as f64 * share) as usize;
                while !output.is_char_boundary(place) {
                    place -= 1;
                }
                place
            };
            let (begin, end) = (place(at.min(cut)), place(at.max(cut)));
            let kept = output.lines().enumerate().filter(|(i, _)| gone >> (i % 64) & 1 == 0);
            let thinned: String = kept.map(|(_, line)| format!("{line}\n")).collect();
            for text in [&output[..end], &output[begin..], &thinned, &format!("{}{noise}{}", &output[..begin], &output[begin..])] {
                for reading in parse(&command, text, Some(COLLECTED_AT)).readings {
                    let line = text.lines().nth(reading.line - 1).unwrap_or_default();
                    prop_assert!(line.starts_with(&reading.text), "{command}: {}", reading.line);
                }
            }
        }
    }

    #[test]
    fn any_command_is_read_without_a_panic(command in "\\PC{0,40}", words in "(ip|cat|ps|kubectl|journalctl|timeout|env|tail|nice)( \\PC{0,8}){0,4}") {
        for command in [&command, &words] {
            parse(command, "==> /proc/meminfo <==\n1 2 3\n", Some(COLLECTED_AT));
        }
    }

    #[test]
    fn rubbish_is_read_without_a_panic(text in "(\\PC|\n| |\t){0,300}", numbers in "([0-9%:/.,=()<>\\[\\]{}\" -]|\n){0,300}") {
        for (_, command, output) in samples() {
            let heading = output.lines().next().unwrap_or_default();
            for text in [&text, &numbers, &format!("{heading}\n{text}"), &format!("{heading}\n{numbers}")] {
                parse(&command, text, Some(COLLECTED_AT));
            }
        }
    }
}
