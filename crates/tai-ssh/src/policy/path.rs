//! Which paths may be named. The rules are lexical: tai decides before it talks to the host, so a symbolic link on the host may
//! lead elsewhere. That is why `..` is denied, and why most rules look at names, wherever in the tree they stand.

use super::denied::{Denied, Rule, shown};
use super::secret::is_secret;

/// What a program does with the path that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It reads what is in the file.
    Read,
    /// It shows names, sizes, owners and times only.
    List,
}

/// Denies a path that is relative, or that names a secret, a device, or a file that cannot be read without an effect.
pub(super) fn check(path: &str, access: Access) -> Result<(), Denied> {
    let normal = normalise(path)?;
    let parts: Vec<&str> = normal.iter().map(String::as_str).collect();
    let refusal = if access == Access::Read && is_secret(&parts) {
        Some((Rule::Secret, "is where secrets are kept, which tai never reads: ask for a file without them"))
    } else {
        trees(&parts).find_map(|parts| special(parts, access)).or_else(|| memory_image(&parts, access))
    };
    match refusal {
        Some((rule, why)) => Err(Denied::new(rule, format!("{} {why}", shown(path)))),
        None => Ok(()),
    }
}

/// As [`check`] for reading, for a program that prints only what is public of a certificate: the ending `.pem` alone is no secret.
pub(super) fn check_certificate(path: &str) -> Result<(), Denied> {
    const ENDINGS: [&str; 5] = [".crt", ".cer", ".cert", ".der", ".pem"];
    let Some(stem) = ENDINGS.iter().find_map(|ending| path.strip_suffix(ending)) else {
        let reason = format!("{} is not a certificate by its name (.crt, .cer, .cert, .der, .pem)", shown(path));
        return Err(Denied::new(Rule::Path, reason));
    };
    check(stem, Access::Read)
}

/// The path as it stands, and as it looks from within a tree that it leads into: the root of a container, a mounted system.
fn trees<'p>(parts: &'p [&'p str]) -> impl Iterator<Item = &'p [&'p str]> {
    const ROOTS: [&str; 5] = ["rootfs", "merged", "sysroot", "sysimage", "chroot"];
    let inner = (1..parts.len()).filter(|&i| parts[i] == "proc" || ROOTS.contains(&parts[i - 1]));
    std::iter::once(0).chain(inner).map(|i| &parts[i..])
}

fn special(parts: &[&str], access: Access) -> Refusal {
    reentry(parts, access)
        .or_else(|| device(parts, access))
        .or_else(|| process_file(parts, access))
        .or_else(|| kernel_file(parts, access))
        .or_else(|| runtime_file(parts, access))
}

type Refusal = Option<(Rule, &'static str)>;

/// The components of an absolute path, lower-cased, without `.` and empty ones, and with the links that every system has resolved.
fn normalise(path: &str) -> Result<Vec<String>, Denied> {
    if !path.starts_with('/') {
        let reason =
            format!("{} is not an absolute path: tai has no working directory, write the path from /", shown(path));
        return Err(Denied::new(Rule::Path, reason));
    }
    if path.len() > 4095 {
        return Err(Denied::new(Rule::Limit, format!("{} is longer than a path can be", shown(path))));
    }
    let mut parts: Vec<String> =
        path.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_lowercase).collect();
    if parts.iter().any(|part| part == "..") {
        let reason = format!(
            "{} has `..` in it, which leads elsewhere behind a symbolic link: write the path without it",
            shown(path)
        );
        return Err(Denied::new(Rule::Path, reason));
    }
    match parts.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["var", "run", ..] => drop(parts.remove(0)),
        ["var", "lock", ..] => parts[0] = "run".to_owned(),
        ["proc", "thread-self", ..] => parts[1] = "self".to_owned(),
        _ => {}
    }
    Ok(parts)
}

fn reentry(parts: &[&str], access: Access) -> Refusal {
    let why = "leads back into the file system of a process, past every rule on paths: name the file itself";
    match parts {
        ["proc", _, "fd"] | ["proc", _, "task", _, "fd"] if access == Access::List => None,
        ["proc", _, "root" | "cwd" | "fd" | "map_files", ..]
        | ["proc", _, "task", _, "root" | "cwd" | "fd" | "map_files", ..]
        | ["dev", "fd" | "stdin" | "stdout" | "stderr", ..] => Some((Rule::Reentry, why)),
        _ => None,
    }
}

fn device(parts: &[&str], access: Access) -> Refusal {
    match parts {
        ["dev", ..] if access == Access::Read => {
            Some((Rule::Device, "is a device: ask lsblk, findmnt, smartctl or dmesg about it"))
        }
        _ if access == Access::Read && parts.windows(2).any(|pair| pair[0] == "dev" && is_device(pair[1])) => {
            Some((Rule::Device, "is a device below another root: ask lsblk, findmnt, smartctl or dmesg about it"))
        }
        ["var", "spool", "postfix", "public", ..] if access == Access::Read => {
            Some((Rule::Special, "is a pipe or socket, which waits: postqueue -p shows the mails"))
        }
        _ => None,
    }
}

/// Whether a name in a directory `dev` is one that the kernel or udev gives a device.
fn is_device(name: &str) -> bool {
    const EXACT: &str = "\
        random urandom zero null full mem kmem port kmsg console ptmx stdin stdout stderr fd shm pts mapper disk input net \
        bus block char cpu dri snd vfio mqueue hugepages log initctl rtc watchdog fuse kvm hpet nvram oldmem core";
    const PREFIXES: &str =
        "tty sd hd vd xvd nvme mmcblk dm- loop md sr sg st ram zram nbd vcs rtc watchdog lp hidraw fb video";
    let numbered = |rest: &str| rest.len() <= 6 && (rest.len() <= 2 || rest.contains(|c: char| c.is_ascii_digit()));
    EXACT.split_whitespace().any(|known| known == name)
        || PREFIXES.split(' ').any(|prefix| name.strip_prefix(prefix).is_some_and(numbered))
}

/// What may be read of `/proc/PID`: text about the process, but neither its environment nor its memory.
const PROCESS_FILES: &str = "\
    autogroup cgroup cmdline comm coredump_filter cpuset gid_map io limits loginuid mountinfo mounts mountstats \
    numa_maps oom_adj oom_score oom_score_adj personality sched schedstat sessionid smaps_rollup stack stat statm \
    status timerslack_ns uid_map wchan";

/// What may be read at the top of `/proc`.
const PROC_FILES: &str = "\
    buddyinfo cgroups cmdline config.gz consoles cpuinfo crypto devices diskstats dma drbd execdomains fb filesystems \
    interrupts iomem ioports loadavg locks mdstat meminfo misc modules mounts mtrr pagetypeinfo \
    partitions sched_debug schedstat slabinfo softirqs stat swaps uptime version version_signature vmallocinfo \
    vmstat zoneinfo";

fn process_file(parts: &[&str], access: Access) -> Refusal {
    let ["proc", first, rest @ ..] = parts else { return None };
    let refused = Some((
        Rule::Special,
        "is not among the files of /proc that tai reads: others show memory or environments, wait, or act",
    ));
    let allowed = if *first == "self" || first.bytes().all(|b| b.is_ascii_digit()) {
        let rest = match rest {
            ["task", _, rest @ ..] => rest,
            rest => rest,
        };
        match rest {
            [] => access == Access::List,
            ["task" | "ns" | "net" | "exe" | "fd"] | ["ns", _] => access == Access::List,
            ["net", rest @ ..] => net_file(rest),
            ["attr", "current"] => true,
            [name] => PROCESS_FILES.split(' ').any(|known| known == *name),
            _ => false,
        }
    } else {
        match (*first, rest) {
            ("net", rest) => rest.is_empty() || net_file(rest),
            ("sys", ["fs", "binfmt_misc", ..]) => false,
            ("sys" | "pressure" | "irq" | "driver" | "fs" | "scsi" | "sysvipc" | "tty", _) => true,
            (name, []) => PROC_FILES.split(' ').any(|known| known == name),
            _ => false,
        }
    };
    if allowed { None } else { refused }
}

/// `/proc/net` but for `rpc`, whose channels wait.
fn net_file(parts: &[&str]) -> bool {
    matches!(parts, [_] | ["bonding" | "dev_snmp6" | "netfilter" | "stat" | "vlan", ..])
}

/// What may be read below `/sys`: plain values. The rest reads registers, firmware and traces.
fn kernel_file(parts: &[&str], access: Access) -> Refusal {
    let ["sys", rest @ ..] = parts else { return None };
    let refused = Some((
        Rule::Special,
        "is not among the files of /sys that tai reads: others read registers or firmware, wait, or make devices",
    ));
    let listed = matches!(
        rest,
        ["block" | "class" | "devices" | "module", ..]
            | ["bus", _, "devices", ..]
            | ["fs", "btrfs" | "cgroup" | "ext4" | "f2fs" | "xfs", ..]
            | ["fs", "selinux", "enforce" | "mls" | "policyvers" | "deny_unknown"]
            | ["kernel", "security", "lsm"]
            | ["kernel", "kexec_loaded" | "kexec_crash_loaded" | "kexec_crash_size"]
            | ["kernel", "mm", ..]
            | ["power", "state" | "mem_sleep"]
            | ["hypervisor", "type" | "uuid"]
    );
    let register = rest.last().is_some_and(|name| {
        name.starts_with("resource")
            || matches!(*name, "rom" | "config" | "vpd" | "nvmem" | "eeprom" | "mem" | "data" | "hot_add")
    });
    let register = register || matches!(rest, ["kernel", "mm", "page_idle", ..]);
    let tracing = matches!(rest, ["kernel", "debug" | "tracing" | "security", ..]);
    match access {
        Access::Read if listed && !register => None,
        Access::List if !tracing => None,
        _ => refused,
    }
}

/// Pipes and sockets of `/run`, which wait; what is text there has its place or its ending.
fn runtime_file(parts: &[&str], access: Access) -> Refusal {
    const SYSTEMD: &str = "container resolve netif units system generator generator.early generator.late transient";
    let (["run", rest @ ..], Access::Read) = (parts, access) else { return None };
    let text = match rest {
        ["systemd", directory, ..] => SYSTEMD.split(' ').any(|known| known == *directory),
        ["networkmanager", name] => matches!(*name, "resolv.conf" | "no-stub-resolv.conf"),
        ["resolvconf", ..] | ["mount", "utab"] | [".containerenv"] => true,
        [.., name] => {
            matches!(*name, "motd.dynamic" | "reboot-required" | "reboot-required.pkgs") || name.ends_with(".pid")
        }
        [] => false,
    };
    let why = "is not among the files of /run that tai reads, since most of them are pipes and sockets, which wait";
    if text { None } else { Some((Rule::Special, why)) }
}

/// Core dumps, heap dumps and swap files.
fn memory_image(parts: &[&str], access: Access) -> Refusal {
    if access == Access::List {
        return None;
    }
    let image = parts.contains(&"coredump")
        || parts.last().is_some_and(|name| {
            let ending = name.rsplit(|c: char| !c.is_alphanumeric()).next();
            matches!(*name, "core" | "vmcore" | "swapfile" | "swap.img")
                || name.starts_with("core.")
                || matches!(ending, Some("core" | "dmp" | "hprof"))
        });
    let why = "is an image of memory, which holds secrets and no lines: ask dmesg and journalctl what crashed";
    image.then_some((Rule::Special, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_path_meets_the_same_rule() {
        let check = |path: &str, expect: Option<Rule>| {
            assert_eq!(check(path, Access::Read).err().map(|denied| denied.rule), expect, "{path}");
        };
        check("/etc/hosts", None);
        check("//etc/./hosts", None);
        check("etc/hosts", Some(Rule::Path));
        check("/etc/../etc/hosts", Some(Rule::Path));
        check("//etc/.//shadow", Some(Rule::Secret));
        check("/ETC/Shadow", Some(Rule::Secret));
        check("/run/sshd.pid", None);
        check("/var/run/sshd.pid", None);
        check("/var/run/secrets/x", Some(Rule::Secret));
        check("/var/run/docker.sock", Some(Rule::Special));
        check("/proc/thread-self/environ", Some(Rule::Special));
        check("/proc/1/task/1/status", None);
        check("/proc/1/task/1/mem", Some(Rule::Special));
    }

    #[test]
    fn names_that_only_look_like_secrets_may_be_read() {
        for path in [
            "/etc/passwd",
            "/etc/pam.d/common-password",
            "/var/log/apt/history.log",
            "/etc/ssh/ssh_host_ed25519_key.pub",
            "/home/a/.ssh/known_hosts",
            "/home/a/.ssh/id_rsa.pub",
            "/etc/default/keyboard",
            "/usr/bin/env",
            "/etc/environment",
            "/proc/sys/kernel/core_pattern",
            "/var/log/private/app.log",
            "/etc/ssl/certs/ca-certificates.crt",
        ] {
            assert_eq!(check(path, Access::Read).map_err(|denied| denied.reason), Ok(()), "{path}");
        }
    }
}
