//! What an operator wrote, and what can be read out of it.

mod entities;
mod window;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::category::WORDS;
use crate::{Category, Facts};
pub use window::Window;

/// What an operator wrote, and what can be read out of it without knowing the host.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ticket {
    /// The words of the operator, trimmed.
    pub text: String,
    /// The kinds of trouble it speaks of, most likely first; ties in the order of [`Category::ALL`]. Empty when it speaks of none.
    pub categories: Vec<Category>,
    /// How much it speaks of each: 1 for the first, less for those that fewer words speak for.
    pub weights: BTreeMap<Category, f64>,
    /// What it names.
    pub targets: Targets,
}

/// What to look at in particular, the most telling first. Collectors with a placeholder run once for each of the first few.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Targets {
    /// systemd units, with their suffix (`nginx.service`).
    pub units: Vec<String>,
    /// Absolute paths.
    pub paths: Vec<String>,
    /// TCP or UDP ports.
    pub ports: Vec<u16>,
    /// Mount points.
    pub mounts: Vec<String>,
    /// Network interfaces.
    pub interfaces: Vec<String>,
    /// Processes.
    pub pids: Vec<u32>,
    /// Containers, by name or id.
    pub containers: Vec<String>,
    /// Packages.
    pub packages: Vec<String>,
    /// Addresses or names of other hosts.
    pub addresses: Vec<String>,
    /// Files whose contents matter: configuration that a unit names.
    pub files: Vec<String>,
    /// Why each is looked at, where it is not the ticket that names it.
    pub reasons: BTreeMap<String, String>,
}

/// Names under which one program is known: the words of a ticket, and the units that distributions give it.
const ALIASES: &[(&[&str], &[&str])] = &[
    (&["ssh", "sshd", "openssh"], &["ssh.service", "sshd.service"]),
    (&["apache", "apache2", "httpd"], &["apache2.service", "httpd.service"]),
    (&["postgres", "postgresql", "psql"], &["postgresql.service"]),
    (&["mysql", "mariadb"], &["mysql.service", "mariadb.service", "mysqld.service"]),
    (&["cron", "crond"], &["cron.service", "crond.service"]),
    (&["redis"], &["redis-server.service", "redis.service"]),
    (&["dns", "resolver"], &["systemd-resolved.service", "named.service", "unbound.service", "dnsmasq.service"]),
    (&["ntp", "chrony"], &["chrony.service", "chronyd.service", "systemd-timesyncd.service"]),
];

/// Words that are parts of many unit names and say nothing about which is meant.
const COMMON: &[&str] = &[
    "the", "and", "service", "system", "systemd", "user", "server", "daemon", "manager", "setup", "local", "start",
    "stop", "save", "update", "file", "files", "disk", "disks", "memory", "network", "time", "log", "logs", "mount",
    "boot", "load", "main", "session", "sessions", "clean", "cleanup", "check", "wait", "online", "target", "this",
    "host", "machine", "kernel", "new", "all", "root",
];

impl Ticket {
    /// Reads the operator's words.
    pub fn parse(text: &str) -> Self {
        let text = text.trim().to_owned();
        let lower = text.to_lowercase();
        let (categories, weights) = categories(&lower);
        let targets = entities::targets(&text);
        Ticket { text, categories, weights, targets }
    }

    /// With directories to look into, besides those that the text names.
    #[must_use]
    pub fn with_directories(mut self, directories: impl IntoIterator<Item = String>) -> Self {
        let given = directories.into_iter().map(|path| entities::clean_path(&path));
        self.targets.paths = distinct(given.chain(self.targets.paths));
        self
    }

    /// The units of the host that the ticket speaks of: named in full, by an alias, or by a word that is a part of their name.
    pub fn units_named(&self, facts: &Facts) -> Vec<String> {
        let lower = self.text.to_lowercase();
        let words: BTreeSet<&str> =
            lower.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| w.len() > 2).collect();
        let aliases = ALIASES.iter().filter(|(names, _)| names.iter().any(|name| words.contains(name)));
        let aliased: BTreeSet<&str> = aliases.flat_map(|(_, units)| units.iter().copied()).collect();
        let spoken_of = |unit: &str| {
            let stem = unit.rsplit_once('.').map_or(unit, |(stem, _)| stem);
            aliased.contains(unit)
                || lower.contains(unit)
                || stem
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .any(|part| words.contains(part) && !COMMON.contains(&part))
        };
        let units = facts.units.iter().map(|unit| unit.name.as_str()).filter(|unit| spoken_of(unit));
        distinct(self.targets.units.iter().cloned().chain(units.map(str::to_owned)))
    }
}

/// Each item once, in the order of its first place.
pub(crate) fn distinct<T: Clone + Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    items.filter(|item| seen.insert(item.clone())).collect()
}

/// The kinds of trouble that the words speak for, the most first, with their weights.
fn categories(lower: &str) -> (Vec<Category>, BTreeMap<Category, f64>) {
    // "oom-killed" counts for its parts, "read-only" as it is.
    let whole = lower.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '/');
    let words: Vec<&str> = whole.flat_map(|w| w.split(['-', '/']).chain(w.contains(['-', '/']).then_some(w))).collect();
    let means = |word: &str, pattern: &str| match pattern.strip_suffix('-') {
        Some(beginning) => word.starts_with(beginning),
        None => word == pattern,
    };
    let score =
        |patterns: &str| words.iter().filter(|word| patterns.split_whitespace().any(|p| means(word, p))).count();
    let scored = WORDS.iter().map(|(category, patterns)| (score(patterns), *category));
    let mut scored: Vec<(usize, Category)> = scored.filter(|(n, _)| *n > 0).collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let most = scored.first().map_or(1, |(score, _)| *score) as f64;
    let weights = scored.iter().map(|(score, category)| (*category, *score as f64 / most)).collect();
    (scored.into_iter().map(|(_, category)| category).collect(), weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;

    #[test]
    fn categories_come_from_the_words() {
        let check = |text: &str, expect: &[Category]| assert_eq!(Ticket::parse(text).categories, expect, "{text}");
        check("the disk is filling up", &[Category::Disk]);
        check("web server gives 502 since the deploy", &[Category::Service, Category::Web, Category::Network]);
        check("Java was OOM-killed again", &[Category::Memory]);
        check("kernel panic after reboot", &[Category::Kernel]);
        check("hello", &[]);
        check("", &[]);
        let weights = Ticket::parse("web server gives 502 since the deploy").weights;
        assert_eq!((weights[&Category::Service], weights.get(&Category::Disk)), (1.0, None));
        assert!(weights[&Category::Network] < 1.0);
    }

    /// Tickets as they come: each speaks of what an operator would look at for it, whatever else it speaks of.
    #[test]
    fn complaints_find_the_kinds_of_trouble_behind_them() {
        use Category::{Auth, Containers, Cpu, Databases, Disk, Dns, Kernel, Memory, Network, Service, Time, Web};
        let check = |text: &str, expect: &[Category]| {
            let found = Ticket::parse(text).categories;
            assert!(expect.iter().all(|category| found.contains(category)), "{text}: {found:?}");
        };
        check("the nightly backup to the tape server takes nine hours instead of two", &[Network, Disk, Service]);
        check("people get \"session expired\" right after they sign in to the intranet", &[Auth, Time, Web]);
        check("comes up in emergency mode after we attached a second disk", &[Disk, Kernel]);
        check("emails to customers arrive hours late", &[Service, Disk, Cpu]);
        check("the java app that prints invoices stalls every few minutes", &[Memory, Cpu, Disk, Service]);
        check("kubectl exec times out on worker3 but the pods there run", &[Containers]);
        check("the box was not reachable between 2 and 3 am", &[Network]);
        check("the portal shows the wrong date on new invoices", &[Time, Web]);
        check("search results are empty since the migration", &[Databases]);
        check("users wait a minute until the shell prompt appears", &[Auth, Dns]);
        check("outgoing messages bounce", &[Service, Dns]);
    }

    #[test]
    fn units_are_found_by_what_the_host_calls_them() {
        let unit = |name: &str| Unit { name: name.into(), ..Unit::default() };
        let units =
            ["ssh.service", "checkout-api.service", "systemd-journald.service", "nginx.service"].map(unit).to_vec();
        let facts = Facts { units, ..Facts::default() };
        let check = |text: &str, expect: &[&str]| {
            let found = Ticket::parse(text).units_named(&facts);
            assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expect, "{text}");
        };
        check("checkout is slow", &["checkout-api.service"]);
        check("sshd refuses logins", &["ssh.service"]);
        check("the system is slow", &[]);
        check("gone.service does not start", &["gone.service"]);
    }
}
