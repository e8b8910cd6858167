//! Names and resolvers.

use crate::Category::{Auth, Dns, Network, Service};
use crate::{Collector, Cost, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "resolver",
        categories: &[Network, Dns],
        command: "cat /etc/resolv.conf /etc/hosts",
        value: 8,
        why: "which name servers are asked, and what is answered before them",
        ..USUAL
    },
    Collector {
        id: "resolver-link",
        categories: &[Dns, Network],
        command: "ls -la /etc/resolv.conf /run/systemd/resolve /run/resolvconf /run/NetworkManager",
        why: "who writes resolv.conf, or that it is a link that leads nowhere",
        ..USUAL
    },
    Collector {
        id: "resolver-upstream",
        categories: &[Dns, Network],
        command: "grep -Hs . /run/systemd/resolve/resolv.conf /run/NetworkManager/resolv.conf \
                  /run/NetworkManager/no-stub-resolv.conf",
        value: 7,
        why: "the name servers behind the local stub, and where they came from",
        ..USUAL
    },
    Collector {
        id: "resolved-status",
        categories: &[Dns, Network],
        command: "resolvectl status --no-pager",
        when: &[When::Systemd, When::Unit("systemd-resolved")],
        value: 8,
        timeout_s: 10,
        why: "name servers, search domains, DNSSEC and DNS over TLS of each link",
        ..USUAL
    },
    Collector {
        id: "resolved-status-old",
        categories: &[Dns, Network],
        command: "systemd-resolve --status --no-pager",
        when: &[When::Systemd, When::Unit("systemd-resolved"), When::NoProgram("resolvectl")],
        value: 8,
        timeout_s: 10,
        why: "name servers of each link, before systemd 239",
        ..USUAL
    },
    Collector {
        id: "resolved-statistics",
        categories: &[Dns],
        command: "resolvectl statistics --no-pager",
        when: &[When::Systemd, When::Unit("systemd-resolved")],
        value: 3,
        timeout_s: 10,
        why: "queries, cache and DNSSEC failures of the local resolver",
        ..USUAL
    },
    Collector {
        id: "resolver-journal",
        categories: &[Dns, Network],
        command: "journalctl -u systemd-resolved -u named -u bind9 -u unbound -u dnsmasq -u nscd -u pdns -u \
                  pdns-recursor -n 300 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 7,
        timeout_s: 20,
        why: "what the resolver says: SERVFAIL, timeouts, DNSSEC validation failed, degraded feature set",
        ..USUAL
    },
    Collector {
        id: "name-services",
        categories: &[Dns, Auth],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/nsswitch.conf /etc/host.conf /etc/gai.conf",
        value: 6,
        why: "in which order files, DNS and directories are asked for hosts and users",
        ..USUAL
    },
    Collector {
        id: "own-name",
        categories: &[Dns, Service],
        command: "hostname -f",
        value: 6,
        why: "whether the host's own name resolves: a slow sudo, a service that does not start",
        ..USUAL
    },
    Collector {
        id: "own-name-file",
        categories: &[Dns],
        command: "grep -Hs . /etc/hostname /etc/HOSTNAME /etc/mailname",
        value: 3,
        why: "what the host is called",
        ..USUAL
    },
    Collector {
        id: "lookup",
        categories: &[Dns, Network],
        command: "getent ahosts {name}",
        value: 7,
        cost: Cost::Medium,
        why: "whether the name resolves as programs see it, hosts file and search domains included",
        ..USUAL
    },
    Collector {
        id: "lookup-dns",
        categories: &[Dns],
        command: "dig +time=2 +tries=1 {name}",
        value: 7,
        cost: Cost::Medium,
        why: "what the name server answers: NXDOMAIN, SERVFAIL, REFUSED, no servers could be reached",
        ..USUAL
    },
    Collector {
        id: "root-servers",
        categories: &[Dns],
        command: "dig +time=2 +tries=1 . NS",
        value: 6,
        cost: Cost::Medium,
        why: "whether the name server answers at all, and how long it takes",
        ..USUAL
    },
    Collector {
        id: "dns-listeners",
        categories: &[Dns],
        command: "ss -tulnp sport = :53",
        why: "who answers on port 53: a second resolver in the way",
        ..USUAL
    },
    Collector {
        id: "resolved-settings",
        categories: &[Dns],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/systemd/resolved.conf /etc/resolvconf.conf \
                  /etc/dhcp/dhclient.conf /etc/dhcpcd.conf",
        why: "settings of the local resolver and of what DHCP may change",
        ..USUAL
    },
    Collector {
        id: "dnsmasq-settings",
        categories: &[Dns],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/dnsmasq.conf",
        when: &[When::Program("dnsmasq")],
        value: 6,
        why: "settings of dnsmasq: upstream servers, addresses, interfaces",
        ..USUAL
    },
    Collector {
        id: "unbound-settings",
        categories: &[Dns],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/unbound/unbound.conf",
        when: &[When::Program("unbound")],
        value: 6,
        why: "settings of unbound: forwarders, access control, DNSSEC",
        ..USUAL
    },
    Collector {
        id: "unbound-status",
        categories: &[Dns],
        command: "unbound-control status",
        as_root: true,
        timeout_s: 10,
        why: "whether unbound runs and answers",
        ..USUAL
    },
    Collector {
        id: "bind-settings",
        categories: &[Dns],
        command: "grep -HsviE '^[[:space:]]*(#|//|$)|secret' /etc/bind/named.conf.options /etc/bind/named.conf.local \
                  /etc/named.conf",
        when: &[When::Program("named")],
        as_root: true,
        value: 6,
        why: "zones, forwarders and access of the name server",
        ..USUAL
    },
    Collector {
        id: "bind-status",
        categories: &[Dns],
        command: "rndc status",
        as_root: true,
        timeout_s: 10,
        why: "whether the name server runs, zones, queries in work",
        ..USUAL
    },
];
