//! Web servers and proxies.

use crate::Category::{Service, Web};
use crate::{Collector, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "nginx-config",
        categories: &[Service, Web],
        command: "cat /etc/nginx/nginx.conf",
        when: &[When::Program("nginx")],
        why: "the main configuration of nginx",
        ..USUAL
    },
    Collector {
        id: "nginx-errors",
        categories: &[Service, Web],
        command: "tail -n 500 /var/log/nginx/error.log",
        when: &[When::Program("nginx")],
        why: "what nginx itself complains of",
        ..USUAL
    },
];
