//! Names and resolvers.

use crate::Category::{Dns, Network};
use crate::Collector;

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[Collector {
    id: "resolver",
    categories: &[Network, Dns],
    command: "cat /etc/resolv.conf /etc/hosts",
    why: "which name servers are asked, and what is answered before them",
    ..USUAL
}];
