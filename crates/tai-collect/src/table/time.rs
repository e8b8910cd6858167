//! Clocks and their sources.

use crate::Collector;

pub(super) const ROWS: &[Collector] = &[];
