use std::time::Duration;

use serde::{Deserialize, Serialize};
use tai_ssh::Limits;

use crate::{Category, Facts, Machine};

/// One thing an experienced operator would look at. Those that are built in are in [`Collectors::builtin`](crate::Collectors::builtin).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Collector {
    /// A short name, unique in the table.
    pub id: &'static str,
    /// The kinds of trouble it is for; with [`Category::General`], all of them.
    pub categories: &'static [Category],
    /// The command line. At most one of `{unit}` `{path}` `{mount}` `{port}` `{interface}` `{pid}` `{container}` `{package}` `{address}` (or only those that are an `{ip}` or a
    /// `{name}`) `{file}` `{certificate}` makes it run once for each such target, and not at all when there is none. `{since}` becomes `--since=…` in the form that the program reads, or goes away
    /// where the ticket gives no time; with `{onset}` it runs only where the ticket tells when trouble began, and becomes `--since=… --until=…` around that.
    pub command: &'static str,
    /// What must hold beside that the program is there: all of these.
    pub when: &'static [When],
    /// The collector whose place it takes where that one does not apply or could not be started; alone it does not run.
    pub instead_of: Option<&'static str>,
    /// Shows nothing or little to an ordinary account.
    pub as_root: bool,
    /// How often it decides a diagnosis of its categories: 1 to 10, 5 for most.
    pub value: u8,
    /// What it costs the host.
    pub cost: Cost,
    /// Seconds after which it is killed.
    pub timeout_s: u64,
    /// KiB of output that are kept.
    pub max_kib: usize,
    /// Why it is in the table: what it tells an operator. Retrieval matches these words with those of the ticket.
    pub why: &'static str,
}

/// What a command costs the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cost {
    /// Reads a few files of the kernel or asks a daemon.
    #[default]
    Light,
    /// Takes a second, or reads some megabytes.
    Medium,
    /// Walks a file system or reads all of a large file: runs at low priority, one at a time.
    Heavy,
}

/// A condition for a collector. What is not known of a host counts as met, but for [`When::Container`] and [`When::FileSystem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// systemd is process 1.
    Systemd,
    /// Something else is.
    NoSystemd,
    /// `OpenRC` manages the services.
    OpenRc,
    /// Another program is there: the one whose files are read.
    Program(&'static str),
    /// A program is not there.
    NoProgram(&'static str),
    /// A unit of that name is known, without its suffix.
    Unit(&'static str),
    /// The distribution is of this family.
    Family(Family),
    /// The host is a container.
    Container,
    /// The host is no container: it has a kernel of its own.
    NoContainer,
    /// The host is a virtual machine.
    Virtual,
    /// The host is neither container nor virtual machine.
    Physical,
    /// A file system of this type is mounted, as an earlier output showed.
    FileSystem(&'static str),
}

/// Distributions that keep their files in the same places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Debian, Ubuntu and those made of them.
    Debian,
    /// RHEL, Fedora, `CentOS`, Alma, Rocky, Oracle, Amazon.
    Redhat,
    /// SLES, openSUSE.
    Suse,
    /// Alpine.
    Alpine,
    /// Arch.
    Arch,
}

impl Collector {
    /// The program it runs.
    pub fn program(&self) -> &'static str {
        self.command.split(' ').next().unwrap_or_default()
    }

    /// Whether the host has what it needs, as far as is known.
    pub(crate) fn applies_to(&self, facts: &Facts) -> bool {
        facts.may_have(self.program()) && self.when.iter().all(|when| when.holds(facts))
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits {
            timeout: Duration::from_secs(self.timeout_s),
            max_bytes: self.max_kib << 10,
            low_priority: self.cost == Cost::Heavy,
            as_root: self.as_root,
        }
    }
}

impl When {
    fn holds(self, facts: &Facts) -> bool {
        let machine_is = |like: fn(&Machine) -> bool| facts.machine.as_ref().is_none_or(like);
        match self {
            When::Systemd => facts.may_be_systemd(),
            When::NoSystemd => !facts.is_systemd(),
            When::OpenRc => facts.may_be_openrc(),
            When::Program(program) => facts.may_have(program),
            When::NoProgram(program) => facts.may_lack(program),
            When::Unit(stem) => facts.may_have_unit(stem),
            When::Family(family) => facts.family().is_none_or(|found| found == family),
            When::Container => matches!(facts.machine, Some(Machine::Container(_))),
            When::NoContainer => machine_is(|machine| !matches!(machine, Machine::Container(_))),
            When::Virtual => machine_is(|machine| matches!(machine, Machine::Virtual(_))),
            When::Physical => machine_is(|machine| matches!(machine, Machine::Physical)),
            When::FileSystem(kind) => facts.file_systems.contains(kind),
        }
    }
}
