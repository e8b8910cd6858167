use std::collections::BTreeMap;

use super::clock::Clock;
use super::read::{
    machine_of_files, parse_account, parse_cpus, parse_files, parse_init, parse_machine, parse_os_release,
    parse_programs, parse_units,
};
use super::{Facts, Init};

/// Small files that say what the host is, and who asks. `head` prints the name of each before it, and goes on where one is missing.
const FILES: &str = "head -n 400 /etc/os-release /proc/1/comm /proc/1/cgroup /proc/uptime /proc/meminfo /proc/sys/kernel/osrelease \
                     /proc/sys/kernel/random/boot_id /sys/devices/system/cpu/online /sys/class/dmi/id/sys_vendor \
                     /sys/class/dmi/id/product_name /run/systemd/container /run/.containerenv /.dockerenv /proc/self/status /etc/passwd /etc/group";
const PROGRAMS: &str = "ls -1 /usr/sbin /usr/bin /sbin /bin /usr/local/sbin /usr/local/bin";
pub(crate) const CLOCK: &str = "date +%FT%T%z";
/// Which control group the session belongs to: asked only of a host on which tai has a session of its own.
pub(crate) const GROUP: &str = "cat /proc/self/cgroup";
const UNITS: &str = "systemctl list-units --type=service --all --full --plain --no-legend --no-pager";

const OS_RELEASE: &str = "cat /etc/os-release";
const INIT: &str = "ps -p 1 -o comm=";
const OLD_PROGRAMS: &str = "ls -1 /usr/bin /usr/sbin /bin /sbin";
const ACCOUNT: &str = "id";
const MACHINE: &str = "systemd-detect-virt";

/// A question to a host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The command line.
    pub(crate) command: &'static str,
    /// Whether its output tells something about the trouble too.
    pub(crate) is_evidence: bool,
    /// Whether only a host with systemd can answer it.
    pub(crate) of_systemd: bool,
}

const PLAIN: Asked = Asked { command: "", is_evidence: false, of_systemd: false };

/// What every host is asked, all at once: each costs a round trip. The clock and the units are evidence as well.
pub(crate) const FIRST: [Asked; 5] = [
    Asked { command: FILES, ..PLAIN },
    Asked { command: PROGRAMS, ..PLAIN },
    Asked { command: CLOCK, is_evidence: true, ..PLAIN },
    Asked { command: UNITS, is_evidence: true, of_systemd: true },
    Asked { command: GROUP, of_systemd: true, ..PLAIN },
];

/// A question, and when it is asked: where these facts are missing, for which there was another question first.
type Instead = (fn(&Facts) -> bool, Asked);

/// What is asked where a fact is missing: by a host without these programs or files, and by a capture that was taken otherwise.
pub(crate) const INSTEAD: [Instead; 5] = [
    (|facts| facts.os_release.is_empty(), Asked { command: OS_RELEASE, is_evidence: true, ..PLAIN }),
    (|facts| facts.init == Init::Unknown, Asked { command: INIT, is_evidence: true, ..PLAIN }),
    (|facts| facts.programs.is_none(), Asked { command: OLD_PROGRAMS, ..PLAIN }),
    (|facts| facts.account.is_none(), Asked { command: ACCOUNT, is_evidence: true, ..PLAIN }),
    (|facts| facts.machine.is_none(), Asked { command: MACHINE, of_systemd: true, ..PLAIN }),
];

/// Facts out of the answers, command to text. `operator` is what the operator's clock showed when collecting began.
pub(crate) fn read_facts(answers: &BTreeMap<&str, &str>, operator: Option<&str>) -> Facts {
    let answer = |command: &str| answers.get(command).copied().unwrap_or_default();
    let files = parse_files(answer(FILES));
    let file = |name: &str| files.get(name).copied().map(str::trim).filter(|text| !text.is_empty());
    let first_word = |name: &str| file(name)?.split_whitespace().next();
    let owned = |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
    let init = parse_init(file("/proc/1/comm").unwrap_or(answer(INIT)));
    let units = if matches!(init, Init::Other(_)) { Vec::new() } else { parse_units(answer(UNITS)) };
    let memory = || file("/proc/meminfo")?.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let memory_kib = memory().and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    Facts {
        os_release: parse_os_release(file("/etc/os-release").unwrap_or(answer(OS_RELEASE))),
        init,
        account: parse_account(&files).or_else(|| owned(answer(ACCOUNT))),
        programs: parse_programs(answer(PROGRAMS)).or_else(|| parse_programs(answer(OLD_PROGRAMS))),
        units,
        kernel: file("/proc/sys/kernel/osrelease").and_then(owned),
        uptime_seconds: first_word("/proc/uptime").and_then(|text| text.split('.').next()?.parse().ok()),
        boot_id: file("/proc/sys/kernel/random/boot_id").and_then(owned),
        cpus: file("/sys/devices/system/cpu/online").and_then(parse_cpus),
        memory_bytes: memory_kib.and_then(|kib| kib.checked_mul(1024)),
        clock: Clock::parse(answer(CLOCK), operator).or_else(|| Clock::assumed(operator?)),
        machine: machine_of_files(&files).or_else(|| parse_machine(answer(MACHINE))),
        file_systems: std::collections::BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Family, Machine};

    #[test]
    fn facts_of_a_host_without_systemd() {
        let files = "==> /etc/os-release <==\nID=alpine\nPRETTY_NAME=\"Alpine Linux v3.20\"\n\n==> /proc/1/comm <==\ninit\n\n\
                     ==> /proc/uptime <==\n4711.07 9000.00\n\n==> /proc/meminfo <==\nMemTotal:        2048 kB\n\n\
                     ==> /sys/devices/system/cpu/online <==\n0-1\n\n==> /proc/1/cgroup <==\n0::/\n";
        let answers = BTreeMap::from([
            (FILES, files),
            (ACCOUNT, "uid=0(root) gid=0(root) groups=0(root)\n"),
            (PROGRAMS, "/sbin:\nrc-status\n"),
            (UNITS, "a.service loaded active running A\n"),
        ]);
        let facts = read_facts(&answers, Some("2026-05-04T10:00:00Z"));
        assert_eq!((facts.os_name(), facts.family()), ("Alpine Linux v3.20", Some(Family::Alpine)));
        assert_eq!((facts.uptime_seconds, facts.cpus, facts.memory_bytes), (Some(4711), Some(2), Some(2 << 20)));
        assert!(facts.may_be_openrc() && facts.units.is_empty() && facts.may_read_journal() == Some(true));
        assert_eq!(facts.clock.map(|c| c.skew_seconds), Some(None));
    }

    #[test]
    fn facts_of_separate_commands() {
        let answers = BTreeMap::from([
            (OS_RELEASE, "ID=debian\n"),
            (INIT, "systemd\n"),
            (ACCOUNT, "uid=1000(ops) gid=1000(ops) groups=1000(ops),4(adm)\n"),
            (OLD_PROGRAMS, "/usr/bin:\nss\n"),
            (MACHINE, "kvm\n"),
        ]);
        let facts = read_facts(&answers, None);
        assert_eq!((facts.family(), &facts.init), (Some(Family::Debian), &Init::Systemd));
        assert_eq!((facts.may_have("ss"), facts.may_have("ip")), (true, false));
        assert_eq!((facts.machine, facts.clock), (Some(Machine::Virtual("kvm".into())), None));
    }

    #[test]
    fn nothing_is_known_of_a_host_that_says_nothing() {
        assert_eq!(read_facts(&BTreeMap::new(), None), Facts::default());
        let garbage = "==> /proc/uptime <==\n\u{fffd}\n==> /proc/meminfo <==\nMemTotal: 99999999999999999999 kB\n";
        assert_eq!(read_facts(&BTreeMap::from([(FILES, garbage), (CLOCK, "now")]), None), Facts::default());
    }
}
