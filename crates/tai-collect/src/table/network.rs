//! Interfaces, routes, ports, firewalls.

use crate::Category::{Network, Service};
use crate::Collector;

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "listening",
        categories: &[Service, Network],
        command: "ss -tulnp",
        why: "who listens on which port",
        ..USUAL
    },
    Collector {
        id: "listening-netstat",
        categories: &[Service, Network],
        command: "netstat -tulnp",
        instead_of: Some("listening"),
        why: "who listens on which port, on old hosts",
        ..USUAL
    },
    Collector { id: "port", command: "ss -anp sport = :{port}", why: "who uses the port in question", ..USUAL },
    Collector {
        id: "sockets",
        categories: &[Network],
        command: "ss -s",
        why: "how many connections in which state",
        ..USUAL
    },
    Collector {
        id: "addresses",
        categories: &[Network],
        command: "ip addr show",
        why: "interfaces that are down or without an address",
        ..USUAL
    },
    Collector {
        id: "link-errors",
        categories: &[Network],
        command: "ip -s link show",
        why: "errors and drops of the interfaces",
        ..USUAL
    },
    Collector {
        id: "routes",
        categories: &[Network],
        command: "ip route show table all",
        why: "a missing default route, or one that is in the way",
        ..USUAL
    },
    Collector {
        id: "neighbours",
        categories: &[Network],
        command: "ip neigh show",
        why: "a gateway that does not answer",
        ..USUAL
    },
];
