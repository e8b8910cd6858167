//! Load and what causes it.

use crate::Category::{Cpu, General};
use crate::Collector;

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[Collector {
    id: "pressure-cpu",
    categories: &[Cpu, General],
    command: "cat /proc/pressure/cpu",
    why: "whether tasks wait for the CPU: load",
    ..USUAL
}];
