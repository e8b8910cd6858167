//! What tai looks at: data, one block for each collector, a file for each kind of trouble.
//!
//! In each file the most telling come first: between collectors of the same worth, that order decides.

mod auth;
mod certificates;
mod containers;
mod cpu;
mod databases;
mod disk;
mod dns;
mod general;
mod kernel;
mod memory;
mod network;
mod packages;
mod service;
mod time;
mod virtualisation;
mod web;

use crate::{Category, Collector, Cost};

/// What most collectors have in common.
pub(crate) const USUAL: Collector = Collector {
    id: "",
    categories: &[Category::General],
    command: "",
    when: &[],
    instead_of: None,
    as_root: false,
    value: 5,
    cost: Cost::Light,
    timeout_s: 15,
    max_kib: 1024,
    why: "",
};

/// Every row, by file.
pub(crate) const GROUPS: &[&[Collector]] = &[
    general::ROWS,
    service::ROWS,
    disk::ROWS,
    memory::ROWS,
    cpu::ROWS,
    kernel::ROWS,
    network::ROWS,
    dns::ROWS,
    auth::ROWS,
    time::ROWS,
    packages::ROWS,
    certificates::ROWS,
    containers::ROWS,
    web::ROWS,
    databases::ROWS,
    virtualisation::ROWS,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::facts::{FIRST, INSTEAD};
    use crate::plan::fill_with_examples;
    use crate::traverse;

    #[test]
    fn the_table_is_sound() {
        let rows = || GROUPS.iter().copied().flatten();
        let ids: BTreeSet<_> = rows().map(|c| c.id).collect();
        assert_eq!(ids.len(), rows().count(), "every id once");
        for collector in rows() {
            assert!(!collector.why.is_empty() && !collector.categories.is_empty(), "{}", collector.id);
            assert!(collector.instead_of.is_none_or(|id| ids.contains(id)), "{}", collector.id);
            assert!((1..=10).contains(&collector.value), "{}", collector.id);
            assert!(collector.timeout_s > 0 && collector.max_kib > 0, "{}", collector.id);
        }
    }

    #[test]
    fn every_command_is_read_only() {
        let policy = tai_ssh::Policy::builtin();
        for asked in FIRST.into_iter().chain(INSTEAD.map(|(_, asked)| asked)) {
            assert!(policy.check(asked.command).is_ok(), "{}", asked.command);
        }
        let rows = GROUPS.iter().copied().flatten().chain(&traverse::COLLECTORS);
        for command in rows.flat_map(fill_with_examples) {
            if let Err(denied) = policy.check(&command) {
                panic!("{command}: {denied}");
            }
        }
    }
}
