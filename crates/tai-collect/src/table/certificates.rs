//! Certificates and TLS.

use crate::Collector;

pub(super) const ROWS: &[Collector] = &[];
