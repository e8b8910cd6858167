//! What the outputs so far point at: a pure function of what was collected.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::plan::is_certificate;
use crate::ticket::distinct;
use crate::{Category, Collected, Facts, Reading, Targets, Ticket};

/// From here on a file system counts as full, and what fills it is looked at.
const FULL_PERCENT: f64 = 90.0;
/// New targets of one kind that one look at the outputs adds.
const MAX_NEW: usize = 4;

macro_rules! pattern {
    ($name:ident, $pattern:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("a valid pattern"));
    };
}

pattern!(OOM_UNIT, r"(?:/system\.slice/(?:[\w.@-]+\.slice/)*|\b)([\w@.:-]+\.service)\b");
pattern!(OOM, r"oom-kill:|Out of memory: |killed by the OOM killer|Memory cgroup out of memory|oom_reaper");
pattern!(
    PORT_TAKEN,
    r"(?i)(?:(?:bind|listen|address)\b.*?[:\s](?P<a>\d{2,5})\b.*?(?:already in use|in use\)|EADDRINUSE|\(98)|(?:already in use|EADDRINUSE)\D{0,40}?(?:[\w.\[\]*]*:|port )(?P<b>\d{2,5})\b)"
);
pattern!(OWNER, r#"users:\(\("(?P<name>[^"]+)",pid=(?P<pid>\d+)"#);
pattern!(
    TROUBLE_WITH_FILE,
    r"(?i)no such file|not found|cannot open|can't open|failed to open|permission denied|read-only file system"
);
pattern!(ABSOLUTE, r#"(?:^|[\s"'(`=:\[])(/(?:[\w.@+-]+/)*[\w.@+-]+)"#);
pattern!(
    CONFIG_FILE,
    r"^/(?:etc|opt|srv|usr/local|home|var/lib|var/www)/\S*\.(?:conf|cnf|cfg|ini|ya?ml|toml|json|xml|properties|rc|config|hcl|service)$"
);

/// What texts say about the kind of trouble, whatever the ticket says.
static KINDS: LazyLock<Vec<(Regex, Category, &str)>> = LazyLock::new(|| {
    let kinds = [
        (r"No space left on device|Disk quota exceeded", Category::Disk, "an output says that a disk is full"),
        (
            r"I/O error|EXT4-fs error|XFS \(.*\): .*[Cc]orrupt|Read-only file system",
            Category::Disk,
            "an output tells of disk errors",
        ),
        (
            r"oom-kill:|Out of memory: [Kk]ill|killed by the OOM killer|Memory cgroup out of memory|Cannot allocate memory|java\.lang\.OutOfMemoryError",
            Category::Memory,
            "an output tells of a lack of memory",
        ),
        (
            r"(?i)certificate (?:has expired|verify failed|is not yet valid|expired)|x509: certificate|SSL_ERROR_|unable to get local issuer",
            Category::Certificates,
            "an output tells of a certificate",
        ),
        (
            r"Temporary failure in name resolution|[Nn]ame or service not known|[Cc]ould not resolve host|NXDOMAIN|SERVFAIL|no such host|server misbehaving",
            Category::Dns,
            "an output tells of a name that is not resolved",
        ),
        (
            r"No route to host|Network is unreachable|Connection timed out|nf_conntrack: table full|Link is Down",
            Category::Network,
            "an output tells of a network that does not carry",
        ),
        (
            r"soft lockup|hard LOCKUP|blocked for more than \d+ seconds|Kernel panic|Oops:|rcu.*detected stalls|Machine [Cc]heck",
            Category::Kernel,
            "the kernel complains",
        ),
        (
            r"apparmor=.DENIED|avc:  denied|pam_unix\(.*\): account .* has expired|Too many authentication failures",
            Category::Auth,
            "an output tells of a denial",
        ),
        (
            r"System clock wrong by|Can't synchronise|time stepped by|[Cc]lock skew",
            Category::Time,
            "an output tells of a wrong clock",
        ),
        (
            r"dpkg was interrupted|unmet dependencies|half-configured|rpmdb: .*corrupt|Error: Transaction",
            Category::Packages,
            "an output tells of broken packages",
        ),
    ];
    let compiled = |(pattern, category, why)| (Regex::new(pattern).expect("a valid pattern"), category, why);
    kinds.into_iter().map(compiled).collect()
});

/// What the outputs point at.
#[derive(Debug, Default)]
pub(crate) struct Leads {
    pub(crate) targets: Targets,
    pub(crate) shown: Vec<(Category, String)>,
}

/// What is in trouble before anything was collected: what the ticket names, and the units that have failed.
pub(crate) fn first_targets(ticket: &Ticket, facts: &Facts) -> Targets {
    let mut targets = ticket.targets.clone();
    targets.units = distinct(ticket.units_named(facts).into_iter());
    for unit in facts.units.iter().filter(|unit| unit.is_troubled()) {
        let why = if unit.active == "failed" { "it has failed" } else { "it is restarted again and again" };
        add(&mut targets.reasons, &mut targets.units, unit.name.clone(), why);
    }
    targets
}

/// What the outputs so far point at, beside what is in `targets` already.
pub(crate) fn leads(
    ticket: &Ticket,
    targets: &Targets,
    facts: &Facts,
    collected: &[Collected],
    readings: &[Reading],
) -> Leads {
    let mut found = Leads { targets: targets.clone(), shown: Vec::new() };
    let Leads { targets, shown } = &mut found;
    failed_units(targets, readings);
    for (mount, why) in mounts_to_look_at(readings, ticket) {
        add(&mut targets.reasons, &mut targets.mounts, mount, &why);
    }
    for output in collected.iter().filter(|c| c.is_evidence) {
        let program = output.command.split(' ').next().unwrap_or_default();
        if matches!(program, "journalctl" | "dmesg" | "tail" | "systemctl" | "zgrep" | "docker" | "podman") {
            for (_, category, why) in KINDS.iter().filter(|(pattern, ..)| pattern.is_match(&output.text)) {
                if !shown.iter().any(|(known, _)| known == category) {
                    shown.push((*category, (*why).to_owned()));
                }
            }
            memory_kills(targets, facts, &output.text);
            ports_taken(targets, &output.text);
        }
        if ["ssl_certificate", "SSLCertificate", "find /etc/letsencrypt"].iter().any(|w| output.command.contains(w)) {
            certificates(targets, &output.text);
        }
        if program == "ss" {
            owners(targets, facts, output);
        }
        if let Some(unit) = unit_of(&output.command, "journalctl -u ") {
            files_in_trouble(targets, unit, &output.text);
        }
        if let Some(unit) = unit_of(&output.command, "systemctl cat ") {
            config_files(targets, unit, &output.text);
        }
    }
    found
}

fn unit_of<'a>(command: &'a str, beginning: &str) -> Option<&'a str> {
    command.strip_prefix(beginning)?.split(' ').next()
}

fn failed_units(targets: &mut Targets, readings: &[Reading]) {
    let failed = readings.iter().filter(|r| r.kind == "unit" && r.text_of("active") == "failed");
    for reading in failed {
        add(&mut targets.reasons, &mut targets.units, reading.text_of("name").to_owned(), "it has failed");
    }
}

/// The file systems whose contents matter: those that the ticket names, and the full ones; where there is none, and the trouble is with a disk, the fullest.
fn mounts_to_look_at(readings: &[Reading], ticket: &Ticket) -> Vec<(String, String)> {
    let percent = |r: &Reading| r.number_of("used_percent").unwrap_or(0.0);
    let in_memory = |r: &Reading| matches!(r.text_of("type"), "tmpfs" | "devtmpfs" | "efivarfs");
    let kinds = |r: &&Reading| matches!(r.kind, "disk" | "inodes");
    let mut disks: Vec<&Reading> = readings.iter().filter(kinds).filter(|r| !in_memory(r)).collect();
    disks.sort_by(|a, b| percent(b).partial_cmp(&percent(a)).unwrap_or(Ordering::Equal));
    let is_named = |r: &&&Reading| ticket.targets.paths.iter().any(|path| path == r.text_of("mount"));
    let full = disks.iter().take_while(|r| percent(r) >= FULL_PERCENT);
    let mut wanted: Vec<&Reading> = disks.iter().filter(is_named).chain(full).copied().collect();
    if wanted.is_empty() && ticket.categories.contains(&Category::Disk) {
        wanted.extend(disks.iter().find(|r| r.kind == "disk"));
    }
    let what = |r: &Reading| if r.kind == "inodes" { "its inodes are" } else { "it is" };
    wanted.iter().map(|r| (r.text_of("mount").to_owned(), format!("{} used to {} %", what(r), percent(r)))).collect()
}

/// Units of which the kernel killed a process for want of memory: the newest.
fn memory_kills(targets: &mut Targets, facts: &Facts, text: &str) {
    for line in text.lines().rev().filter(|line| OOM.is_match(line)).take(50) {
        for captures in OOM_UNIT.captures_iter(line) {
            let unit = &captures[1];
            if facts.units.is_empty() || facts.units.iter().any(|known| known.name == unit) {
                add(&mut targets.reasons, &mut targets.units, unit.to_owned(), "a process of it was killed for memory");
            }
        }
    }
}

fn ports_taken(targets: &mut Targets, text: &str) {
    for captures in text.lines().rev().filter_map(|line| PORT_TAKEN.captures(line)).take(50) {
        let port = captures.name("a").or(captures.name("b")).and_then(|port| port.as_str().parse::<u16>().ok());
        if let Some(port) = port.filter(|port| *port > 0 && *port != 98) {
            let is_new = !targets.ports.contains(&port) && targets.ports.len() < MAX_NEW;
            if is_new {
                targets.ports.push(port);
                targets.reasons.insert(port.to_string(), "somebody could not have it: it is in use".to_owned());
            }
        }
    }
}

/// Who holds the port that was asked for: the process, and the unit of that name.
fn owners(targets: &mut Targets, facts: &Facts, output: &Collected) {
    let port = targets.ports.iter().find(|port| output.command.ends_with(&format!(":{port}"))).copied();
    let Some(port) = port else { return };
    let why = format!("it has port {port}");
    for captures in OWNER.captures_iter(&output.text).take(MAX_NEW) {
        if let Ok(pid) = captures["pid"].parse::<u32>()
            && !targets.pids.contains(&pid)
            && targets.pids.len() < MAX_NEW
        {
            targets.pids.push(pid);
            targets.reasons.insert(pid.to_string(), why.clone());
        }
        let stem = |name: &str| name.rsplit_once('.').map_or(name.to_owned(), |(stem, _)| stem.to_owned());
        // The kernel keeps the first 15 bytes of a name.
        let is_meant = |unit: &str| {
            stem(unit) == captures["name"] || (captures["name"].len() == 15 && unit.starts_with(&captures["name"]))
        };
        let units = facts.units.iter().map(|unit| &unit.name).filter(|unit| is_meant(unit));
        for unit in units {
            add(&mut targets.reasons, &mut targets.units, unit.clone(), &why);
        }
    }
}

/// Files that a unit could not open, by its last lines.
fn files_in_trouble(targets: &mut Targets, unit: &str, text: &str) {
    let why = format!("{unit} could not use it");
    for line in text.lines().rev().take(200).filter(|line| TROUBLE_WITH_FILE.is_match(line)) {
        for captures in
            ABSOLUTE.captures_iter(line).filter(|c| !c[1].starts_with("/proc/") && c[1].matches('/').count() > 1)
        {
            add(&mut targets.reasons, &mut targets.paths, captures[1].to_owned(), &why);
        }
    }
}

/// Configuration that a unit file names.
fn config_files(targets: &mut Targets, unit: &str, text: &str) {
    let why = format!("{unit} is told to read it");
    let settings = text.lines().filter(|line| {
        ["Exec", "EnvironmentFile", "ConditionPath", "AssertPath", "Environment="]
            .iter()
            .any(|key| line.starts_with(key))
    });
    for line in settings {
        let is_environment = line.starts_with("EnvironmentFile");
        for captures in ABSOLUTE.captures_iter(&line.replace("=-/", "=/")) {
            if is_environment || CONFIG_FILE.is_match(&captures[1]) {
                add(&mut targets.reasons, &mut targets.files, captures[1].to_owned(), &why);
            }
        }
    }
}

/// Certificates that a server is told to use, or that lie where they usually do.
fn certificates(targets: &mut Targets, text: &str) {
    let paths = text.lines().flat_map(|line| ABSOLUTE.captures_iter(line));
    for path in paths.filter(|c| is_certificate(&c[1])) {
        add(&mut targets.reasons, &mut targets.files, path[1].to_owned(), "it is a certificate of this host");
    }
}

/// Adds a target that is not there yet, as long as there are few.
fn add(reasons: &mut BTreeMap<String, String>, list: &mut Vec<String>, item: String, why: &str) {
    let found = list.iter().filter(|known| reasons.contains_key(*known)).count();
    if !item.is_empty() && !list.contains(&item) && found < 2 * MAX_NEW {
        reasons.entry(item.clone()).or_insert_with(|| why.to_owned());
        list.push(item);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tai_ssh::{Ending, Output};

    use super::*;
    use crate::Unit;

    fn follow(command: &str, text: &str, ports: &[u16]) -> Leads {
        let unit = |name: &str| Unit { name: name.into(), ..Unit::default() };
        let units = vec![unit("status-page.service"), unit("java-shop.service"), unit("nginx.service")];
        let facts = Facts { units, ..Facts::default() };
        let output = Output {
            stdout: text.as_bytes().to_vec(),
            stderr: Vec::new(),
            ending: Ending::Exited(0),
            truncated: false,
            duration: Duration::ZERO,
        };
        let collected = [Collected::new(command.into(), output, String::new(), true)];
        let targets = Targets { ports: ports.to_vec(), ..Targets::default() };
        leads(&Ticket::parse("x"), &targets, &facts, &collected, &[])
    }

    #[test]
    fn a_port_in_use_leads_to_its_owner() {
        let check = |text: &str, expect: &[u16]| {
            assert_eq!(follow("journalctl -u a.service -n 5", text, &[]).targets.ports, expect, "{text}");
        };
        check("nginx[7]: bind() to 0.0.0.0:80 failed (98: Address already in use)", &[80]);
        check("listen tcp :9100: bind: address already in use", &[9100]);
        check("Error: listen EADDRINUSE: address already in use :::3000", &[3000]);
        check("OSError: [Errno 98] Address already in use", &[]);
        check("could not bind IPv4 address \"127.0.0.1\": Address already in use", &[]);
        let found = follow(
            "ss -anp sport = :80",
            "LISTEN 0 5 0.0.0.0:80 0.0.0.0:* users:((\"status-page\",pid=211,fd=3))",
            &[80],
        );
        assert_eq!((found.targets.pids, found.targets.units), (vec![211], vec!["status-page.service".to_owned()]));
        assert_eq!(found.targets.reasons["status-page.service"], "it has port 80");
    }

    #[test]
    fn a_kill_for_memory_leads_to_its_unit() {
        let text =
            "kernel: oom-kill:constraint=CONSTRAINT_MEMCG,task_memcg=/system.slice/java-shop.service,task=java,pid=7\n";
        let found = follow("dmesg --ctime", text, &[]);
        assert_eq!(found.targets.units, ["java-shop.service"]);
        assert_eq!(found.shown.iter().map(|(c, _)| *c).collect::<Vec<_>>(), [Category::Memory]);
    }

    #[test]
    fn certificates_are_found_and_keys_are_not() {
        let command = "grep -HnsE 'ssl_certificate' /etc/nginx/nginx.conf";
        let text = "/etc/nginx/nginx.conf:7: ssl_certificate /etc/ssl/site.crt;\n/etc/nginx/nginx.conf:8: ssl_certificate_key /etc/ssl/private/site-key.pem;\n";
        assert_eq!(follow(command, text, &[]).targets.files, ["/etc/ssl/site.crt"]);
        let text = "  8 4 -rw-r--r-- 1 root root 1204 Nov 21 12:00 /etc/nginx/ssl/shop.pem\n";
        assert_eq!(follow("find /etc/letsencrypt/live -ls", text, &[]).targets.files, ["/etc/nginx/ssl/shop.pem"]);
    }

    #[test]
    fn a_unit_leads_to_its_files() {
        let text = "[Service]\nExecStart=/usr/bin/worker --config=/etc/worker/worker.conf -v\nEnvironmentFile=-/etc/default/worker\nExecStop=/bin/kill $MAINPID\n";
        let found = follow("systemctl cat worker.service --no-pager", text, &[]);
        assert_eq!(found.targets.files, ["/etc/worker/worker.conf", "/etc/default/worker"]);
        let text = "worker[7]: cannot open /srv/spool/queue.db: Permission denied\n";
        let found = follow("journalctl -u worker.service -n 500", text, &[]);
        assert_eq!(found.targets.paths, ["/srv/spool/queue.db"]);
    }

    #[test]
    fn silence_leads_nowhere() {
        let found = follow("journalctl -n 500", "all is well\n", &[]);
        assert_eq!((found.targets, found.shown), (Targets::default(), Vec::new()));
    }
}
