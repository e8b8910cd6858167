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
mod tests;
