use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::Family;

/// What must be known of a host before anything can be planned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// os-release(5), key to value without quotes. Empty when it could not be read.
    pub os_release: BTreeMap<String, String>,
    /// What runs as process 1.
    pub init: Init,
    /// Who the commands run as, and in which groups: what `id` prints.
    pub account: Option<String>,
    /// The names of the programs in the system's directories; `None` when they could not be listed, so that nothing is known to be missing.
    #[serde(skip)]
    pub programs: Option<BTreeSet<String>>,
    /// The service units that systemd knows.
    #[serde(skip)]
    pub units: Vec<Unit>,
    /// What kind of machine it is; `None` when that could not be found out.
    pub machine: Option<Machine>,
    /// Types of the file systems that are mounted, as far as outputs showed.
    #[serde(skip)]
    pub file_systems: BTreeSet<String>,
}

/// The kind of machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Machine {
    /// Hardware of its own.
    Physical,
    /// A virtual machine, by the name of what it runs on.
    Virtual(String),
    /// A container, by the name of what manages it.
    Container(String),
}

/// The init system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// systemd is process 1.
    Systemd,
    /// Something else is: a container's program, `OpenRC`, a shell.
    Other(String),
    /// It could not be found out.
    #[default]
    Unknown,
}

/// A row of `systemctl list-units`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// With its suffix.
    pub name: String,
    /// Whether its file was read: `loaded`, `not-found`, `masked`.
    pub load: String,
    /// `active`, `inactive`, `failed`, `activating`, …
    pub active: String,
    /// The state within it: `running`, `auto-restart`, `exited`, …
    pub sub: String,
    /// What it is for.
    pub description: String,
}

impl Unit {
    /// Failed, or on the way from one failure to the next.
    pub fn is_troubled(&self) -> bool {
        self.active == "failed" || self.sub == "auto-restart"
    }
}

impl Facts {
    /// Where programs are looked for.
    pub(crate) const PROGRAMS: &str = "ls -1 /usr/bin /usr/sbin /bin /sbin";
    pub(crate) const OS_RELEASE: &str = "cat /etc/os-release";
    pub(crate) const INIT: &str = "ps -p 1 -o comm=";
    pub(crate) const ACCOUNT: &str = "id";
    pub(crate) const UNITS: &str = "systemctl list-units --type=service --all --full --plain --no-legend --no-pager";

    /// All of them: a test holds that the policy allows each.
    #[cfg(test)]
    pub(crate) const COMMANDS: [&str; 5] =
        [Facts::OS_RELEASE, Facts::INIT, Facts::ACCOUNT, Facts::PROGRAMS, Facts::UNITS];

    /// `PRETTY_NAME` of os-release, or what there is instead of it.
    pub fn os_name(&self) -> &str {
        let name = self.os_release.get("PRETTY_NAME").or_else(|| self.os_release.get("NAME"));
        name.map_or("an unknown operating system", String::as_str)
    }

    /// True unless the program is known to be missing.
    pub fn may_have(&self, program: &str) -> bool {
        self.programs.as_ref().is_none_or(|programs| programs.contains(program))
    }

    /// True unless the program is known to be there.
    pub fn may_lack(&self, program: &str) -> bool {
        self.programs.as_ref().is_none_or(|programs| !programs.contains(program))
    }

    /// True when systemd is known to be process 1.
    pub fn is_systemd(&self) -> bool {
        self.init == Init::Systemd
    }

    /// True unless something else is known to manage the services.
    pub fn may_be_openrc(&self) -> bool {
        !self.is_systemd() && self.may_have("rc-status")
    }

    /// True unless the units are known and none is called so; `stem` is a name without suffix.
    pub fn may_have_unit(&self, stem: &str) -> bool {
        let is_meant = |unit: &Unit| unit.name.rsplit_once('.').is_some_and(|(found, _)| found == stem);
        self.may_be_systemd() && (self.units.is_empty() || self.units.iter().any(is_meant))
    }

    /// The family of the distribution, by `ID` and `ID_LIKE` of os-release; `None` when neither names a known one.
    pub fn family(&self) -> Option<Family> {
        let field = |key: &str| self.os_release.get(key).map_or("", String::as_str);
        let names = field("ID").split_whitespace().chain(field("ID_LIKE").split_whitespace());
        names.map(str::to_ascii_lowercase).find_map(|name| match name.as_str() {
            "debian" | "ubuntu" | "raspbian" | "linuxmint" | "devuan" => Some(Family::Debian),
            "rhel" | "fedora" | "centos" | "almalinux" | "rocky" | "ol" | "amzn" | "redhat" => Some(Family::Redhat),
            "suse" | "sles" | "opensuse" | "sle_hpc" | "opensuse-leap" | "opensuse-tumbleweed" => Some(Family::Suse),
            "alpine" | "postmarketos" => Some(Family::Alpine),
            "arch" | "archlinux" | "manjaro" => Some(Family::Arch),
            _ => None,
        })
    }

    /// True unless something else is known to be process 1.
    pub fn may_be_systemd(&self) -> bool {
        !matches!(self.init, Init::Other(_))
    }
}

/// Reads os-release(5): `KEY=value`, the value in shell quotes or none.
pub(crate) fn parse_os_release(text: &str) -> BTreeMap<String, String> {
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
pub(crate) fn parse_init(text: &str) -> Init {
    match text.trim() {
        "" => Init::Unknown,
        "systemd" => Init::Systemd,
        other => Init::Other(other.to_owned()),
    }
}

/// Reads `ls -1 DIR…`: one name a line, a heading with a colon for each directory.
pub(crate) fn parse_programs(text: &str) -> Option<BTreeSet<String>> {
    let names: BTreeSet<String> =
        text.lines().filter(|line| !line.is_empty() && !line.ends_with(':')).map(str::to_owned).collect();
    (!names.is_empty()).then_some(names)
}

/// Reads `systemctl list-units --plain --no-legend`: unit, load, active, sub, description. Old versions put a mark before a failed unit.
pub(crate) fn parse_units(text: &str) -> Vec<Unit> {
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
}
