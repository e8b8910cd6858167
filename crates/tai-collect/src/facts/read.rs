//! Reads what the commands for facts print. Pure functions of text.

use std::collections::{BTreeMap, BTreeSet};

use super::{Init, Machine, Unit};

/// Reads os-release(5): `KEY=value`, the value in shell quotes or none.
pub(super) fn parse_os_release(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.trim().split_once('='));
    let valid = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    pairs.filter(|(key, _)| valid(key)).map(|(key, value)| (key.to_owned(), unquote(value))).collect()
}

fn unquote(value: &str) -> String {
    let inner = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    match (inner('"'), inner('\'')) {
        (Some(double), _) => {
            let mut plain = String::with_capacity(double.len());
            let mut chars = double.chars();
            while let Some(c) = chars.next() {
                plain.extend(if c == '\\' { chars.next() } else { Some(c) });
            }
            plain
        }
        (None, Some(single)) => single.to_owned(),
        (None, None) => value.to_owned(),
    }
}

/// Reads `ps -p 1 -o comm=`.
pub(super) fn parse_init(text: &str) -> Init {
    match text.trim() {
        "" => Init::Unknown,
        "systemd" => Init::Systemd,
        other => Init::Other(other.to_owned()),
    }
}

/// Reads `ls -1 DIR…`: one name a line, a heading with a colon for each directory.
pub(super) fn parse_programs(text: &str) -> Option<BTreeSet<String>> {
    let names: BTreeSet<String> =
        text.lines().filter(|line| !line.is_empty() && !line.ends_with(':')).map(str::to_owned).collect();
    (!names.is_empty()).then_some(names)
}

/// Reads `systemctl list-units --plain --no-legend`: unit, load, active, sub, description. Old versions put a mark before a failed unit.
pub(super) fn parse_units(text: &str) -> Vec<Unit> {
    text.lines().filter_map(parse_unit).collect()
}

/// One row of `systemctl list-units`; `None` for anything else, such as a heading.
pub(crate) fn parse_unit(line: &str) -> Option<Unit> {
    let mut words = line.trim_start_matches(['●', '*', '×', '○', ' ']).split_whitespace();
    let mut next = || words.next().map(str::to_owned);
    let (name, load, active, sub) = (next()?, next()?, next()?, next()?);
    let known =
        matches!(load.as_str(), "loaded" | "not-found" | "masked" | "bad-setting" | "error" | "merged" | "stub");
    (known && name.contains('.')).then(|| Unit {
        name,
        load,
        active,
        sub,
        description: words.collect::<Vec<_>>().join(" "),
    })
}

/// Reads what `head` prints of several files: a line `==> NAME <==` before each. A file that is empty is there as well.
pub(super) fn parse_files(text: &str) -> BTreeMap<&str, &str> {
    let mut files = BTreeMap::new();
    let mut current: Option<(&str, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let name = line.trim_end().strip_prefix("==> ").and_then(|rest| rest.strip_suffix(" <=="));
        if let Some(name) = name.filter(|name| name.starts_with('/'))
            && let Some((name, start)) = current.replace((name, at + line.len()))
        {
            files.entry(name).or_insert(&text[start..at]);
        }
        at += line.len();
    }
    if let Some((name, start)) = current {
        files.entry(name).or_insert(&text[start..]);
    }
    files
}

/// Counts a list of processors such as `0-3,6`.
pub(super) fn parse_cpus(text: &str) -> Option<u32> {
    let ranges = text.trim().split(',').map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        last.parse::<u32>().ok()?.checked_sub(first.parse().ok()?)?.checked_add(1)
    });
    ranges.sum()
}

/// Reads `systemd-detect-virt`: the name of a container manager or hypervisor, or `none`.
pub(super) fn parse_machine(text: &str) -> Option<Machine> {
    const CONTAINERS: &[&str] = &[
        "openvz",
        "lxc",
        "lxc-libvirt",
        "systemd-nspawn",
        "docker",
        "podman",
        "rkt",
        "wsl",
        "proot",
        "pouch",
        "container-other",
    ];
    match text.trim() {
        "" => None,
        "none" => Some(Machine::Physical),
        name if name.contains(char::is_whitespace) => None,
        name if CONTAINERS.contains(&name) => Some(Machine::Container(name.to_owned())),
        name => Some(Machine::Virtual(name.to_owned())),
    }
}

/// The kind of machine by what its files say: marks of container managers, the control groups of process 1, and what the firmware calls the machine.
pub(super) fn machine_of_files(files: &BTreeMap<&str, &str>) -> Option<Machine> {
    let text = |name: &str| files.get(name).copied().unwrap_or_default();
    // systemd(1): a container's manager tells its name, and systemd writes it here.
    if let Some(Machine::Container(name)) = parse_machine(text("/run/systemd/container")) {
        return Some(Machine::Container(name));
    }
    let groups = text("/proc/1/cgroup");
    let container =
        ["docker", "kubepods", "lxc", "podman", "containerd"].into_iter().find(|name| groups.contains(name));
    let mark = |file: &str, name| files.contains_key(file).then_some(name);
    let container =
        container.or_else(|| mark("/.dockerenv", "docker")).or_else(|| mark("/run/.containerenv", "podman"));
    if let Some(name) = container {
        return Some(Machine::Container(name.to_owned()));
    }
    let firmware = [text("/sys/class/dmi/id/sys_vendor"), text("/sys/class/dmi/id/product_name")].join(" ");
    const HYPERVISORS: &[(&str, &str)] = &[
        ("QEMU", "qemu"),
        ("KVM", "kvm"),
        ("VMware", "vmware"),
        ("VirtualBox", "oracle"),
        ("Xen", "xen"),
        ("Virtual Machine", "microsoft"),
        ("Google Compute Engine", "google"),
        ("Amazon EC2", "amazon"),
        ("OpenStack", "kvm"),
        ("Bochs", "bochs"),
        ("Parallels", "parallels"),
    ];
    let hypervisor = HYPERVISORS.iter().find(|(mark, _)| firmware.contains(mark));
    match hypervisor {
        Some((_, name)) => Some(Machine::Virtual((*name).to_owned())),
        None => (!firmware.trim().is_empty()).then_some(Machine::Physical),
    }
}

/// The account as `id` prints it, by what the kernel says of the reading process (proc(5)) and the names of passwd(5) and group(5). `None` where
/// the account has no name there, since it is then kept elsewhere, such as in a directory service.
pub(super) fn parse_account(files: &BTreeMap<&str, &str>) -> Option<String> {
    let names = |file: &str| -> BTreeMap<&str, &str> {
        let lines = files.get(file).copied().unwrap_or_default().lines();
        let named = lines.filter_map(|line| {
            let mut fields = line.split(':');
            let (name, _, number) = (fields.next()?, fields.next()?, fields.next()?);
            Some((number, name))
        });
        named.collect::<Vec<_>>().into_iter().rev().collect()
    };
    let status = files.get("/proc/self/status")?;
    let field = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::split_whitespace);
    let (users, groups) = (names("/etc/passwd"), names("/etc/group"));
    let (uid, gid) = (field("Uid:")?.nth(1)?, field("Gid:")?.nth(1)?);
    let group = |gid: &str| match groups.get(gid) {
        Some(name) => format!("{gid}({name})"),
        None => gid.to_owned(),
    };
    let others = field("Groups:")?.filter(|other| *other != gid);
    let all: Vec<String> = std::iter::once(gid).chain(others).map(group).collect();
    Some(format!("uid={uid}({}) gid={} groups={}", users.get(uid)?, group(gid), all.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_is_read_as_the_shell_would() {
        let text = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nNAME='Single'\nX=\"a \\\"b\\\"\"\n# comment=1\nbroken\n=x\n";
        let os = parse_os_release(text);
        let check = |key: &str, expect: Option<&str>| assert_eq!(os.get(key).map(String::as_str), expect, "{key}");
        check("PRETTY_NAME", Some("Debian GNU/Linux 12 (bookworm)"));
        check("ID", Some("debian"));
        check("NAME", Some("Single"));
        check("X", Some("a \"b\""));
        check("# comment", None);
        assert_eq!(os.len(), 4);
    }

    #[test]
    fn programs_are_read_from_the_listing() {
        let text = "/bin:\ncat\nls\n\n/usr/sbin:\nip\n";
        assert_eq!(parse_programs(text), Some(BTreeSet::from(["cat".into(), "ip".into(), "ls".into()])));
        assert_eq!(parse_programs(""), None);
    }

    #[test]
    fn units_are_read_with_and_without_marks() {
        let check = |line: &str, expect: Option<(&str, bool)>| {
            let unit = parse_unit(line);
            assert_eq!(unit.as_ref().map(|u| (u.name.as_str(), u.is_troubled())), expect, "{line}");
        };
        check("nginx.service loaded failed failed A high performance web server", Some(("nginx.service", true)));
        check("● nginx.service loaded failed failed A high performance web server", Some(("nginx.service", true)));
        check("  worker.service loaded activating auto-restart Worker", Some(("worker.service", true)));
        check(
            "cron.service loaded active running Regular background program processing daemon",
            Some(("cron.service", false)),
        );
        check("  UNIT LOAD ACTIVE SUB DESCRIPTION", None);
        check("0 loaded units listed. Pass --all to see loaded but inactive units, too.", None);
        check("", None);
    }

    #[test]
    fn files_are_told_apart() {
        let text = "==> /etc/os-release <==\nID=alpine\n\n==> /.dockerenv <==\n\n==> /proc/1/comm <==\nsh\n";
        let files = parse_files(text);
        assert_eq!(files["/etc/os-release"], "ID=alpine\n\n");
        assert_eq!((files["/.dockerenv"], files["/proc/1/comm"]), ("\n", "sh\n"));
        assert!(parse_files("nothing\n==> x\n").is_empty());
    }

    #[test]
    fn processors_are_counted() {
        let check = |text: &str, expect: Option<u32>| assert_eq!(parse_cpus(text), expect, "{text}");
        check("0-7\n", Some(8));
        check("0-3,6\n", Some(5));
        check("0", Some(1));
        check("3-0", None);
        check("0-4294967295", None);
        check("", None);
    }

    #[test]
    fn the_account_is_read_as_id_prints_it() {
        let status = "Name:\thead\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\nGroups:\t4 1000 4242 \n";
        let check = |passwd: &'static str, expect: Option<&str>| {
            let group = "root:x:0:\nadm:x:4:ops\nops:x:1000:\n";
            let files = [("/proc/self/status", status), ("/etc/passwd", passwd), ("/etc/group", group)];
            assert_eq!(parse_account(&BTreeMap::from(files)).as_deref(), expect, "{passwd}");
        };
        check(
            "root:x:0:0:root:/root:/bin/sh\nops:x:1000:1000::/home/ops:/bin/sh\nsecond:x:1000:1000:::\n",
            Some("uid=1000(ops) gid=1000(ops) groups=1000(ops),4(adm),4242"),
        );
        check("root:x:0:0:root:/root:/bin/sh\n", None);
        check("", None);
        assert_eq!(parse_account(&BTreeMap::from([("/proc/self/status", "Uid:\n")])), None);
    }

    #[test]
    fn machines_are_told_apart() {
        let named = |text: &str| parse_machine(text);
        assert_eq!(named("none\n"), Some(Machine::Physical));
        assert_eq!(named("systemd-nspawn\n"), Some(Machine::Container("systemd-nspawn".into())));
        assert_eq!(named("kvm\n"), Some(Machine::Virtual("kvm".into())));
        assert_eq!((named(""), named("Failed to check\n")), (None, None));
        let by_files = |name: &'static str, text: &'static str| machine_of_files(&BTreeMap::from([(name, text)]));
        assert_eq!(by_files("/run/systemd/container", "lxc\n"), Some(Machine::Container("lxc".into())));
        assert_eq!(by_files("/run/.containerenv", ""), Some(Machine::Container("podman".into())));
        assert_eq!(by_files("/.dockerenv", ""), Some(Machine::Container("docker".into())));
        assert_eq!(by_files("/proc/1/cgroup", "0::/kubepods/x\n"), Some(Machine::Container("kubepods".into())));
        assert_eq!(by_files("/sys/class/dmi/id/sys_vendor", "QEMU\n"), Some(Machine::Virtual("qemu".into())));
        assert_eq!(by_files("/sys/class/dmi/id/sys_vendor", "Dell Inc.\n"), Some(Machine::Physical));
        assert_eq!(by_files("/proc/1/comm", "sh\n"), None);
    }
}
