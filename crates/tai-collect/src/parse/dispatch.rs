use super::rows::{Output, Rows};
use super::{
    activity, block, clock, containers, df, firewall, interfaces, jobs, kernel_settings, kube, load, logs, lvm, memory,
    mounts, network_services, packages, pools, ps, raid, routes, smart, sockets, trust, units, usage,
};

/// The words of a command: the program without its directory, and without what only starts it (sudo, nice, env, timeout, …).
pub(super) fn words(command: &str) -> Vec<&str> {
    let mut words: Vec<&str> = command.split_whitespace().collect();
    loop {
        let skip = match words.first().copied() {
            Some("sudo" | "nice" | "ionice" | "env" | "busybox" | "chronic" | "stdbuf") => {
                1 + words[1..]
                    .iter()
                    .take_while(|word| word.starts_with('-') || word.contains('=') || word.parse::<f64>().is_ok())
                    .count()
            }
            Some("timeout") => {
                1 + words[1..]
                    .iter()
                    .take_while(|word| word.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
                    .count()
            }
            Some(word) if word.contains('=') && !word.starts_with('-') => 1,
            _ => break,
        };
        words.drain(..skip.min(words.len()));
    }
    if let Some(program) = words.first_mut() {
        *program = program.rsplit('/').next().unwrap_or(program);
    }
    words
}

/// Gives an output to the parser that knows it.
pub(super) fn read(output: &Output<'_>, rows: &mut Rows) {
    let Some((program, rest)) = output.words.split_first() else { return };
    let first = rest.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
    match *program {
        "df" => df::read(output, rows),
        "du" => usage::du(output, rows),
        "lsof" => usage::lsof(output, rows),
        "findmnt" if !output.has("--verify") => mounts::findmnt(output, rows),
        "mount" => mounts::mount_program(output, rows),
        "swapon" => mounts::swaps(output, rows),
        "lsblk" => block::lsblk(output, rows),
        "smartctl" => smart::smartctl(output, rows),
        "mdadm" if output.has("--detail") || output.has_flag('D') => raid::mdadm(output, rows),
        "vgs" => lvm::vgs(output, rows),
        "vgdisplay" => lvm::vgdisplay(output, rows),
        "lvs" => lvm::lvs(output, rows),
        "pvs" => lvm::pvs(output, rows),
        "zpool" if first == "status" => pools::zpool_status(output, rows),
        "zpool" if first == "list" => pools::zpool_list(output, rows),
        "btrfs" if rest.contains(&"stats") => pools::btrfs_stats(output, rows),
        "multipath" if output.has_option_with("l") => pools::multipath(output, rows),
        "free" => memory::free(output, rows),
        "uptime" | "w" => load::uptime(output, rows),
        "lscpu"
            if rest
                .iter()
                .all(|word| !word.starts_with("-a") && !word.starts_with("-e") && !word.starts_with("-p")) =>
        {
            load::lscpu(output, rows);
        }
        "nproc" => load::nproc(output, rows),
        "vmstat" => activity::vmstat(output, rows),
        "iostat" | "sar" | "mpstat" => activity::samples(output, rows),
        "top" => activity::top(output, rows),
        "ps" => ps::processes(output, rows),
        "sysctl" => kernel_settings::sysctl(output, rows),
        "conntrack" if output.has_flag('C') => kernel_settings::conntrack_count(output, rows),
        "prlimit" => kernel_settings::limits(output.args().find_map(|arg| arg.strip_prefix("--pid=")), output, rows),
        "ulimit" => kernel_settings::ulimit(output, rows),
        "systemctl" => systemctl(output, first, rows),
        "rc-status" => units::rc_status(output, rows),
        "coredumpctl" if matches!(first, "" | "list") => jobs::coredumps(output, rows),
        "journalctl" => journal(output, rows),
        "dmesg" => logs::log(output, rows),
        "timedatectl" => clock::timedatectl(output, rows),
        "chronyc" if rest.contains(&"tracking") => clock::chrony_tracking(output, rows),
        "chronyc" if rest.contains(&"sources") => clock::chrony_sources(output, rows),
        "ntpq" if output.has_option_with("p") => clock::ntpq(output, rows),
        "openssl" => trust::openssl(output, rows),
        "certbot" if first == "certificates" => trust::certbot(output, rows),
        "kubeadm" if first == "certs" || rest.contains(&"certs") => trust::kubeadm(output, rows),
        "getenforce" => trust::getenforce(output, rows),
        "sestatus" => trust::sestatus(output, rows),
        "aa-status" | "apparmor_status" => trust::aa_status(output, rows),
        _ => network_or_packages(output, program, first, rows),
    }
}

fn network_or_packages(output: &Output<'_>, program: &str, first: &str, rows: &mut Rows) {
    match program {
        "ss" => sockets::ss(output, rows),
        "netstat" if output.has_flag('r') => routes::route_program(output, rows),
        "netstat" if !output.has_flag('s') && !output.has_flag('i') => sockets::netstat(output, rows),
        "route" => routes::route_program(output, rows),
        "ip" if "address".starts_with(first) || "link".starts_with(first) => interfaces::ip(output, rows),
        "ip" if "route".starts_with(first) => routes::ip_route(output, rows),
        "ip" if first.starts_with("neigh") || first == "n" => {
            routes::ip_neigh(output, rows);
        }
        "arp" => routes::arp(output, rows),
        "ifconfig" => interfaces::ifconfig(output, rows),
        "ethtool" if output.args().all(|arg| !arg.starts_with('-')) => interfaces::ethtool(output, rows),
        "resolvectl" if matches!(first, "" | "status") => network_services::resolvectl(output, rows),
        "systemd-resolve" if output.has("--status") => network_services::resolvectl(output, rows),
        "iptables" | "ip6tables" | "iptables-save" | "ip6tables-save" => firewall::iptables(output, rows),
        "nft" => firewall::nft(output, rows),
        "ufw" => firewall::ufw(output, rows),
        "firewall-cmd" if output.has("--state") => firewall::firewalld(output, rows),
        "nfsstat" if output.has_flag('m') => mounts::nfsstat_mounts(output, rows),
        "nfsstat" => network_services::nfsstat(output, rows),
        "docker" | "podman" | "nerdctl" => container_tool(output, first, rows),
        "crictl" if matches!(first, "ps") => containers::ps(output, rows),
        "crictl" if first.starts_with("inspect") => containers::inspect(output, rows),
        "crictl" if first == "pods" => containers::crictl_pods(output, rows),
        "kubectl" | "oc" | "k3s" | "microk8s" | "microk8s.kubectl" => kubectl(output, rows),
        "ceph" => kube::ceph(output, rows),
        "dpkg" | "dpkg-query" if output.has_flag('l') || output.has("--list") => packages::dpkg_list(output, rows),
        "dpkg" if output.has("--audit") || output.has_flag('C') => packages::dpkg_audit(output, rows),
        "dpkg" if output.has("--verify") || output.has_flag('V') => packages::verify(output, rows),
        "debsums" => packages::verify(output, rows),
        "apt-get" | "apt" if first == "check" => packages::apt_check(output, rows),
        "rpm" if output.has("--last") => packages::rpm_last(output, rows),
        "rpm" if output.has("--verify") || output.has_flag('V') => packages::verify(output, rows),
        "dnf" | "yum" | "dnf5" if first == "history" => packages::dnf_history(output, rows),
        "cat" | "head" | "tail" | "zcat" | "less" | "tac" | "xzcat" | "zstdcat" => files(output, rows),
        _ => {}
    }
}

fn systemctl(output: &Output<'_>, verb: &str, rows: &mut Rows) {
    match verb {
        "" | "list-units" => units::list(output, rows),
        "status" => units::status(output, rows),
        "show" => units::show(output, rows),
        "is-active" | "is-failed" => units::is_active(output, rows),
        "is-system-running" => units::is_system_running(output, rows),
        "list-timers" => jobs::timers(output, rows),
        "list-jobs" => jobs::jobs(output, rows),
        _ => {}
    }
}

fn journal(output: &Output<'_>, rows: &mut Rows) {
    if output.args().any(|arg| matches!(arg, "--list-boots" | "--disk-usage" | "--verify" | "--fields" | "--header")) {
        return;
    }
    // Of the journal of several units nobody knows whose the last words are.
    if let [unit] = units_of(output)[..] {
        logs::last_exit(unit, output, rows);
    }
    logs::log(output, rows);
}

/// The units whose journal was asked for.
fn units_of<'a>(output: &Output<'a>) -> Vec<&'a str> {
    let mut args = output.args();
    let mut units = Vec::new();
    while let Some(arg) = args.next() {
        let joined = || arg.strip_prefix("--unit=").or_else(|| arg.strip_prefix("-u").filter(|unit| !unit.is_empty()));
        units.extend(if matches!(arg, "-u" | "--unit") { args.next() } else { joined() });
    }
    units
}

/// `docker ps`, `docker container ls`, `podman ps`, `docker node ls`, …
fn container_tool(output: &Output<'_>, first: &str, rows: &mut Rows) {
    let second = output.operands().nth(1).unwrap_or_default();
    match (first, second) {
        ("ps", _) | ("container", "ls" | "list" | "ps") => containers::ps(output, rows),
        ("inspect", _) | ("container", "inspect") => containers::inspect(output, rows),
        _ => {}
    }
}

fn kubectl(output: &Output<'_>, rows: &mut Rows) {
    let is_verb = |verb: &str| output.operands().any(|word| word == verb);
    match () {
        () if is_verb("get") => kube::get(output, rows),
        () if is_verb("describe") => kube::describe(output, rows),
        () => {}
    }
}

/// Files: each by its path. Several have headings like those of head and tail, or stand one after the other without a sign.
fn files(output: &Output<'_>, rows: &mut Rows) {
    let paths: Vec<&str> = output.args().filter(|arg| arg.starts_with('/')).collect();
    let sections = sections(output.text);
    if !sections.is_empty() {
        for (path, begin, end) in sections {
            let offset = super::rows::line_ends(&output.text[..begin]);
            let from = rows.rows.len();
            file(path, &Output { text: &output.text[begin..end], ..*output }, rows);
            rows.rows[from..].iter_mut().for_each(|row| row.line += offset);
        }
        return;
    }
    match paths[..] {
        [path] => file(path, output, rows),
        [] => {}
        _ if paths.iter().all(|path| path.starts_with("/proc/sys/")) => kernel_settings::files(&paths, output, rows),
        _ => {
            // Whose a line is cannot be told, so what one parser cannot read is the other's.
            let mut own = Rows::default();
            paths
                .iter()
                .filter(|path| path.starts_with("/etc/resolv") || path.starts_with("/var/log/"))
                .for_each(|path| file(path, output, &mut own));
            rows.rows.append(&mut own.rows);
        }
    }
}

/// `==> PATH <==` and what stands below it.
fn sections(text: &str) -> Vec<(&str, usize, usize)> {
    let mut sections: Vec<(&str, usize, usize)> = Vec::new();
    if !text.starts_with("==> ") {
        return sections;
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let heading = line.trim_end().strip_prefix("==> ").and_then(|rest| rest.strip_suffix(" <=="));
        if let Some(path) = heading {
            if let Some(open) = sections.last_mut() {
                open.2 = at;
            }
            sections.push((path, at + line.len(), text.len()));
        }
        at += line.len();
    }
    sections
}

fn file(path: &str, output: &Output<'_>, rows: &mut Rows) {
    let name = path.rsplit('/').next().unwrap_or_default();
    // A rotated log is a log: dpkg.log.1, history.log.2.gz.
    let log = name.trim_end_matches(|c: char| c.is_ascii_digit() || ".-gzx".contains(c));
    match path {
        "/proc/meminfo" => memory::meminfo(output, rows),
        "/proc/loadavg" => load::loadavg(output, rows),
        "/proc/cpuinfo" => load::cpuinfo(output, rows),
        "/proc/mdstat" => raid::mdstat(output, rows),
        "/proc/swaps" => mounts::swaps(output, rows),
        "/proc/mounts" | "/proc/self/mounts" | "/etc/mtab" => mounts::proc_mounts(output, rows),
        "/proc/net/dev" => interfaces::proc_net_dev(output, rows),
        "/proc/net/arp" => routes::arp(output, rows),
        _ if path.starts_with("/proc/pressure/") => load::pressure(name, output, rows),
        _ if path.starts_with("/sys/fs/cgroup") && name.ends_with(".pressure") => {
            load::pressure(name.trim_end_matches(".pressure"), output, rows);
        }
        _ if matches!(name, "memory.events" | "memory.events.local" | "cpu.stat" | "cpu.stat.local") => {
            kernel_settings::cgroup(path, output, rows);
        }
        _ if path.starts_with("/proc/sys/") => kernel_settings::files(&[path], output, rows),
        _ if path.starts_with("/proc/net/bonding/") => interfaces::bonding(name, output, rows),
        _ if path.starts_with("/proc/") && name == "limits" => {
            kernel_settings::limits(path.split('/').nth(2), output, rows);
        }
        _ if path.starts_with("/proc/") && name == "mountinfo" => mounts::mountinfo(output, rows),
        _ if name == "resolv.conf" => network_services::resolv_conf(output, rows),
        _ if path.starts_with("/var/log/") => log_file(path, log, output, rows),
        _ => {}
    }
}

fn log_file(path: &str, name: &str, output: &Output<'_>, rows: &mut Rows) {
    match name {
        "dpkg.log" | "dpkg.lo" => packages::dpkg_log(output, rows),
        "history.log" | "history.lo" if path.contains("/apt/") => packages::apt_history(output, rows),
        "history" if path.contains("/zypp/") => packages::zypp_history(output, rows),
        "dnf.rpm.log" | "dnf.rpm.lo" | "yum.log" | "yum.lo" | "pacman.log" | "pacman.lo" => {
            packages::rpm_log(output, rows);
        }
        _ => logs::log(output, rows),
    }
}
