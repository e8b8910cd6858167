use std::time::Duration;

use tai_ssh::Limits;

use crate::{Category, Facts};

/// One thing an experienced operator would look at. All of them are in [`COLLECTORS`](crate::COLLECTORS).
#[derive(Debug)]
pub struct Collector {
    /// A short name, unique in the table.
    pub id: &'static str,
    /// The kinds of trouble it is for; with [`Category::General`], all of them.
    pub categories: &'static [Category],
    /// The command line. One of `{unit}`, `{path}`, `{mount}` and `{port}` makes it run once for each such target, and not at all when there is none.
    pub command: &'static str,
    /// What the host must have, beside the program itself.
    pub needs: Needs,
    /// The collector whose place it takes where that one's program is missing; alone it does not run.
    pub instead_of: Option<&'static str>,
    /// Seconds after which it is killed.
    pub timeout_s: u64,
    /// KiB of output that are kept.
    pub max_kib: usize,
    /// Why it is in the table: what it tells an operator. Retrieval matches these words with those of the ticket.
    pub why: &'static str,
}

/// What a collector asks of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Only its program.
    Program,
    /// systemd as process 1.
    Systemd,
    /// That another program is there: the one whose files it reads.
    Other(&'static str),
}

impl Collector {
    /// The program it runs.
    pub fn program(&self) -> &'static str {
        self.command.split(' ').next().unwrap_or_default()
    }

    /// Whether the host has what it needs, as far as is known.
    pub(crate) fn applies_to(&self, facts: &Facts) -> bool {
        let met = match self.needs {
            Needs::Program => true,
            Needs::Systemd => facts.may_be_systemd(),
            Needs::Other(program) => facts.may_have(program),
        };
        met && facts.may_have(self.program())
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits { timeout: Duration::from_secs(self.timeout_s), max_bytes: self.max_kib << 10, ..Limits::default() }
    }
}
