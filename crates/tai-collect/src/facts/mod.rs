//! What must be known of a host before anything can be planned.

mod ask;
mod clock;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub(crate) use ask::{Asked, CLOCK, FIRST, GROUP, INSTEAD, read_facts};
pub use clock::Clock;
pub(crate) use read::parse_unit;

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
    /// The release of the kernel.
    pub kernel: Option<String>,
    /// Seconds since the boot.
    pub uptime_seconds: Option<u64>,
    /// Changes with every boot.
    pub boot_id: Option<String>,
    /// Processors that are on line.
    pub cpus: Option<u32>,
    /// Main memory.
    pub memory_bytes: Option<u64>,
    /// The host's clock when it was asked; `None` when neither the host nor a capture says.
    pub clock: Option<Clock>,
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

    /// Whether the account may read the journal of the whole host: root, or one of the groups that journald gives access to. `None` when the account
    /// is not known.
    pub fn may_read_journal(&self) -> Option<bool> {
        let account = self.account.as_deref()?;
        let named = |name: &str| account.contains(&format!("({name})"));
        Some(account.starts_with("uid=0(") || ["systemd-journal", "adm", "wheel"].into_iter().any(named))
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
