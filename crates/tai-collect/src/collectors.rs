use std::collections::BTreeSet;

use serde::Deserialize;
use tai_ssh::Policy;
use toml::Spanned;

use crate::plan::fill_with_examples;
use crate::table::{GROUPS, USUAL};
use crate::{Category, Collector, Cost, Error, Family, When};

/// The collectors at hand: those that are built in, and an operator's own.
#[derive(Clone, Debug)]
pub struct Collectors {
    rows: Vec<Collector>,
}

impl Collectors {
    /// Those that are built in.
    pub fn builtin() -> Self {
        Collectors { rows: GROUPS.iter().copied().flatten().copied().collect() }
    }

    /// With those of an operator's file in addition. `file` is the name for messages; the text was read by the caller. It is TOML, with a table
    /// `[[collector]]` for each; the fields are those of [`Collector`], of which `id`, `categories`, `command` and `why` must be there. An item of `when`
    /// is a word (`"systemd"`, `"container"`, …) or a table of one (`{ program = "nginx" }`, `{ family = "debian" }`).
    ///
    /// What a file adds lives as long as the process: it is meant to be read once.
    ///
    /// # Errors
    ///
    /// The file and the line of the first thing that cannot be: an unknown key, a name that is taken, a command that the policy denies.
    pub fn with_file(mut self, text: &str, file: &str, policy: &Policy) -> Result<Self, Error> {
        let own: OwnFile = toml::from_str(text).map_err(|source| Error::CollectorFormat {
            file: file.to_owned(),
            line: line(text, source.span().map_or(0, |span| span.start)),
            source,
        })?;
        for row in own.collector {
            let at = line(text, row.span().start);
            let collector = row.into_inner().keep();
            self.check(&collector, file, at, policy)?;
            self.rows.push(collector);
        }
        Ok(self)
    }

    /// All of them, in the order of the table; an operator's own come last.
    pub fn iter(&self) -> impl Iterator<Item = &Collector> {
        self.rows.iter()
    }

    /// The one with this id.
    pub fn get(&self, id: &str) -> Option<&Collector> {
        self.rows.iter().find(|collector| collector.id == id)
    }

    fn check(&self, collector: &Collector, file: &str, line: usize, policy: &Policy) -> Result<(), Error> {
        let invalid = |what| Err(Error::Collector { file: file.to_owned(), line, id: collector.id.to_owned(), what });
        if collector.id.is_empty() || collector.command.is_empty() || collector.why.is_empty() {
            return invalid("id, command and why may not be empty");
        }
        if self.get(collector.id).is_some() {
            return invalid("there is a collector of this name");
        }
        if collector.categories.is_empty() {
            return invalid("it has no category: general is for all trouble");
        }
        if !(1..=10).contains(&collector.value) {
            return invalid("the value is a number from 1 to 10");
        }
        if !(1..=600).contains(&collector.timeout_s) || !(1..=65_536).contains(&collector.max_kib) {
            return invalid("timeout_s is 1 to 600, max_kib 1 to 65536");
        }
        if collector.instead_of.is_some_and(|id| self.get(id).is_none()) {
            return invalid("it stands in for a collector that is not there");
        }
        let lines: BTreeSet<String> = fill_with_examples(collector).into_iter().collect();
        if lines.iter().any(|line| line.contains('{')) {
            return invalid("a command has one placeholder at most, beside {since} or {onset}, and no other braces");
        }
        for command in &lines {
            policy.check(command).map_err(|source| Error::CollectorDenied {
                file: file.to_owned(),
                line,
                id: collector.id.to_owned(),
                source,
            })?;
        }
        Ok(())
    }
}

impl Default for Collectors {
    fn default() -> Self {
        Collectors::builtin()
    }
}

/// A file of an operator's own collectors.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnFile {
    #[serde(default)]
    collector: Vec<Spanned<OwnCollector>>,
}

/// A [`Collector`] as it is in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnCollector {
    id: String,
    categories: Vec<Category>,
    command: String,
    #[serde(default)]
    when: Vec<OwnWhen>,
    instead_of: Option<String>,
    #[serde(default)]
    as_root: bool,
    value: Option<u8>,
    #[serde(default)]
    cost: Cost,
    timeout_s: Option<u64>,
    max_kib: Option<usize>,
    why: String,
}

/// A [`When`] as it is in a file.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum OwnWhen {
    Systemd,
    NoSystemd,
    OpenRc,
    Program(String),
    NoProgram(String),
    Unit(String),
    Family(Family),
    Container,
    NoContainer,
    Virtual,
    Physical,
    FileSystem(String),
}

impl OwnCollector {
    /// The same for as long as the process lives.
    fn keep(self) -> Collector {
        Collector {
            id: self.id.leak(),
            categories: self.categories.leak(),
            command: self.command.leak(),
            when: self.when.into_iter().map(OwnWhen::keep).collect::<Vec<_>>().leak(),
            instead_of: self.instead_of.map(|id| &*id.leak()),
            as_root: self.as_root,
            value: self.value.unwrap_or(USUAL.value),
            cost: self.cost,
            timeout_s: self.timeout_s.unwrap_or(USUAL.timeout_s),
            max_kib: self.max_kib.unwrap_or(USUAL.max_kib),
            why: self.why.leak(),
        }
    }
}

impl OwnWhen {
    fn keep(self) -> When {
        match self {
            OwnWhen::Systemd => When::Systemd,
            OwnWhen::NoSystemd => When::NoSystemd,
            OwnWhen::OpenRc => When::OpenRc,
            OwnWhen::Program(name) => When::Program(name.leak()),
            OwnWhen::NoProgram(name) => When::NoProgram(name.leak()),
            OwnWhen::Unit(name) => When::Unit(name.leak()),
            OwnWhen::Family(family) => When::Family(family),
            OwnWhen::Container => When::Container,
            OwnWhen::NoContainer => When::NoContainer,
            OwnWhen::Virtual => When::Virtual,
            OwnWhen::Physical => When::Physical,
            OwnWhen::FileSystem(kind) => When::FileSystem(kind.leak()),
        }
    }
}

fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Collectors, Error> {
        Collectors::builtin().with_file(text, "own.toml", &Policy::builtin())
    }

    #[test]
    fn an_operators_own_are_added() {
        let text = "[[collector]]\nid = \"shop-log\"\ncategories = [\"web\"]\ncommand = \"tail -n 500 /srv/shop/log/{unit}.log\"\n\
                    when = [\"systemd\", { program = \"nginx\" }, { family = \"debian\" }]\ncost = \"medium\"\nwhy = \"the shop's own log\"\n";
        let collectors = load(text).unwrap();
        let own = collectors.iter().last().unwrap();
        assert_eq!((own.id, own.value, own.cost, own.timeout_s), ("shop-log", 5, Cost::Medium, 15));
        assert_eq!(own.when, [When::Systemd, When::Program("nginx"), When::Family(Family::Debian)]);
        assert!(load("").is_ok());
    }

    #[test]
    fn a_bad_one_is_told_with_its_line() {
        let row =
            |rest: &str| format!("# mine\n\n[[collector]]\nid = \"x\"\ncategories = [\"disk\"]\nwhy = \"w\"\n{rest}\n");
        let check = |text: String, expect: &str| {
            let error = load(&text).unwrap_err();
            let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            assert!(format!("{error}: {source}").contains(expect), "{error}: {source}");
        };
        check(row("command = \"rm -rf /srv\""), "own.toml:3: the policy denies the collector x");
        check(row("command = \"cat /etc/shadow\""), "own.toml:3");
        check(row("command = \"ls {path} {unit}\""), "one placeholder");
        check(row("command = \"ls /srv\"\nvalue = 11"), "1 to 10");
        check(row("command = \"ls /srv\"\ninstead_of = \"nobody\""), "not there");
        check(row("command = \"ls /srv\"\ncolour = 1"), "own.toml:8");
        check(row("command = \"ls /srv\"").replace("\"x\"", "\"df\""), "of this name");
        check("[[collector]]\nid = \n".to_owned(), "own.toml:2");
    }
}
