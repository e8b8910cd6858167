//! Packages and updates.

use crate::Collector;

pub(super) const ROWS: &[Collector] = &[];
