//! Virtual machines and the hosts of them.

use crate::Collector;

pub(super) const ROWS: &[Collector] = &[];
