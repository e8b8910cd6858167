//! Interfaces, routes, ports, firewalls.

use crate::Category::{Auth, Containers, Databases, General, Kernel, Network, Packages, Service, Virtualisation, Web};
use crate::{Collector, Cost, When};

use super::USUAL;

pub(super) const ROWS: &[Collector] = &[
    Collector {
        id: "listening",
        categories: &[Service, Network, Web, Databases],
        command: "ss -tulnp",
        value: 8,
        why: "who listens on which port",
        ..USUAL
    },
    Collector {
        id: "listening-netstat",
        categories: &[Service, Network, Web, Databases],
        command: "netstat -tulnp",
        instead_of: Some("listening"),
        value: 8,
        why: "who listens on which port, on old hosts",
        ..USUAL
    },
    Collector {
        id: "port",
        categories: &[General],
        command: "ss -anp sport = :{port}",
        value: 9,
        why: "who uses the port in question",
        ..USUAL
    },
    Collector {
        id: "port-netstat",
        categories: &[General],
        command: "netstat -anp",
        instead_of: Some("port"),
        value: 6,
        max_kib: 256,
        why: "who uses the port in question, on old hosts",
        ..USUAL
    },
    Collector {
        id: "port-clients",
        categories: &[Network],
        command: "ss -tanp dport = :{port}",
        value: 6,
        why: "connections of this host to that port elsewhere, and whether they hang in SYN-SENT",
        ..USUAL
    },
    Collector {
        id: "sockets",
        categories: &[Network, Web],
        command: "ss -s",
        why: "how many connections in which state",
        ..USUAL
    },
    Collector {
        id: "connections",
        categories: &[Network],
        command: "ss -tano",
        max_kib: 512,
        why: "every connection with its state and timers: SYN-SENT that gets no answer, TIME-WAIT by the thousands",
        ..USUAL
    },
    Collector {
        id: "connections-netstat",
        categories: &[Network],
        command: "netstat -an",
        instead_of: Some("connections"),
        max_kib: 512,
        why: "every connection with its state, on old hosts",
        ..USUAL
    },
    Collector {
        id: "connections-refused",
        categories: &[Network, Databases, Web],
        command: "ss -tanp state syn-sent",
        value: 6,
        why: "connections that this host tries to open and nobody answers: a firewall that drops",
        ..USUAL
    },
    Collector {
        id: "connections-leaked",
        categories: &[Network, Service, Web],
        command: "ss -tanp state close-wait",
        max_kib: 256,
        why: "connections that a program forgot to close: it runs out of files",
        ..USUAL
    },
    Collector {
        id: "retransmissions",
        categories: &[Network],
        command: "ss -tin state established",
        value: 4,
        max_kib: 512,
        why: "round trip, window and retransmissions of every connection: packet loss",
        ..USUAL
    },
    Collector {
        id: "socket-counters",
        categories: &[Network],
        command: "cat /proc/net/sockstat /proc/net/sockstat6",
        value: 4,
        why: "memory and number of sockets, orphans",
        ..USUAL
    },
    Collector {
        id: "addresses",
        categories: &[Network],
        command: "ip addr show",
        value: 8,
        why: "interfaces that are down or without an address",
        ..USUAL
    },
    Collector {
        id: "addresses-ifconfig",
        categories: &[Network],
        command: "ifconfig -a",
        instead_of: Some("addresses"),
        value: 8,
        why: "interfaces that are down or without an address, on old hosts",
        ..USUAL
    },
    Collector {
        id: "link-errors",
        categories: &[Network],
        command: "ip -s link show",
        when: &[When::Program("bridge")],
        value: 7,
        why: "errors and drops of the interfaces",
        ..USUAL
    },
    Collector {
        id: "link-counters",
        categories: &[Network],
        command: "cat /proc/net/dev",
        instead_of: Some("link-errors"),
        value: 7,
        why: "errors and drops of the interfaces, without iproute2",
        ..USUAL
    },
    Collector {
        id: "link-details",
        categories: &[Network],
        command: "ip -d link show",
        when: &[When::Program("bridge")],
        value: 4,
        why: "MTU, VLAN, bond, bridge and tunnel of each interface",
        ..USUAL
    },
    Collector {
        id: "routes",
        categories: &[Network],
        command: "ip route show table all",
        value: 8,
        why: "a missing default route, or one that is in the way",
        ..USUAL
    },
    Collector {
        id: "routes-plain",
        categories: &[Network],
        command: "route -n",
        instead_of: Some("routes"),
        value: 8,
        why: "a missing default route, on old hosts",
        ..USUAL
    },
    Collector {
        id: "routing-rules",
        categories: &[Network],
        command: "ip rule show",
        value: 4,
        why: "rules that send packets to another routing table",
        ..USUAL
    },
    Collector {
        id: "route-to",
        categories: &[Network],
        command: "ip route get {ip}",
        value: 7,
        why: "which way packets to the address take, and from which source",
        ..USUAL
    },
    Collector {
        id: "reachable",
        categories: &[Network],
        command: "ping -n -c 3 -W 2 {address}",
        value: 6,
        cost: Cost::Medium,
        why: "whether the address answers, with loss and round trip",
        ..USUAL
    },
    Collector {
        id: "path-to",
        categories: &[Network],
        command: "tracepath -n {address}",
        value: 3,
        cost: Cost::Medium,
        timeout_s: 25,
        why: "where on the way to the address packets are lost, and the largest packet (MTU)",
        ..USUAL
    },
    Collector {
        id: "neighbours",
        categories: &[Network],
        command: "ip neigh show",
        value: 6,
        why: "a gateway that does not answer",
        ..USUAL
    },
    Collector {
        id: "neighbours-arp",
        categories: &[Network],
        command: "arp -an",
        instead_of: Some("neighbours"),
        value: 6,
        why: "a gateway that does not answer, on old hosts",
        ..USUAL
    },
    Collector {
        id: "protocol-counters",
        categories: &[Network],
        command: "nstat -as",
        value: 7,
        why: "counters of TCP, UDP and IP: retransmissions, listen queue overflows, drops, resets",
        ..USUAL
    },
    Collector {
        id: "protocol-counters-plain",
        categories: &[Network],
        command: "cat /proc/net/snmp /proc/net/netstat",
        instead_of: Some("protocol-counters"),
        value: 7,
        why: "counters of TCP, UDP and IP, without iproute2: retransmissions, overflows",
        ..USUAL
    },
    Collector {
        id: "packet-backlog",
        categories: &[Network],
        command: "cat /proc/net/softnet_stat",
        value: 3,
        why: "packets that the kernel dropped because a processor could not keep up",
        ..USUAL
    },
    Collector {
        id: "tracked-connections",
        categories: &[Network, Web],
        command: "sysctl -e net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max \
                  net.netfilter.nf_conntrack_buckets",
        value: 7,
        why: "the table of tracked connections is full: packets are dropped, new connections time out",
        ..USUAL
    },
    Collector {
        id: "tracking-errors",
        categories: &[Network],
        command: "conntrack -S",
        as_root: true,
        value: 4,
        why: "drops and failed inserts in the tracking of connections",
        ..USUAL
    },
    Collector {
        id: "network-settings",
        categories: &[Network],
        command: "sysctl -e net.core.somaxconn net.core.netdev_max_backlog net.core.rmem_max net.core.wmem_max \
                  net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_syncookies net.ipv4.ip_local_port_range \
                  net.ipv4.tcp_tw_reuse net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_time net.ipv4.tcp_mem \
                  net.ipv4.ip_forward net.ipv4.conf.all.rp_filter net.ipv4.conf.default.rp_filter \
                  net.ipv4.conf.all.arp_ignore net.ipv4.neigh.default.gc_thresh3 net.ipv6.conf.all.disable_ipv6",
        value: 6,
        why: "limits on queues, ports and buffers, forwarding, reverse path filter, IPv6 off",
        ..USUAL
    },
    Collector {
        id: "interface-state",
        categories: &[Network],
        command: "grep -Hs . /sys/class/net/{interface}/operstate /sys/class/net/{interface}/carrier \
                  /sys/class/net/{interface}/carrier_changes /sys/class/net/{interface}/speed \
                  /sys/class/net/{interface}/duplex /sys/class/net/{interface}/mtu",
        value: 7,
        why: "carrier, speed, duplex and MTU of the interface, and how often the link went down",
        ..USUAL
    },
    Collector {
        id: "interface-link",
        categories: &[Network],
        command: "ethtool {interface}",
        value: 7,
        why: "link, speed, duplex and negotiation of the interface: a bad cable or port",
        ..USUAL
    },
    Collector {
        id: "interface-counters",
        categories: &[Network],
        command: "ethtool -S {interface}",
        value: 6,
        why: "counters of the card: CRC errors, drops, missed packets",
        ..USUAL
    },
    Collector {
        id: "interface-driver",
        categories: &[Network, Kernel],
        command: "ethtool -i {interface}",
        value: 3,
        why: "driver and firmware of the card",
        ..USUAL
    },
    Collector {
        id: "interface-rings",
        categories: &[Network],
        command: "ethtool -g {interface}",
        value: 3,
        why: "sizes of the card's queues: drops under load",
        ..USUAL
    },
    Collector {
        id: "bonds",
        categories: &[Network],
        command: "grep -Hs . /proc/net/bonding/bond0 /proc/net/bonding/bond1 /proc/net/bonding/team0",
        value: 6,
        why: "bonded interfaces: a member that is down, LACP without a partner",
        ..USUAL
    },
    Collector {
        id: "bridge-ports",
        categories: &[Network, Containers, Virtualisation],
        command: "bridge link show",
        value: 3,
        why: "ports of bridges and their state",
        ..USUAL
    },
    Collector {
        id: "queues",
        categories: &[Network],
        command: "tc -s qdisc show",
        when: &[When::Program("bridge")],
        value: 4,
        why: "queues of the interfaces: drops, shaping, a delay that somebody left",
        ..USUAL
    },
    Collector {
        id: "network-journal",
        categories: &[Network],
        command: "journalctl -u systemd-networkd -u NetworkManager -u networking -u network -u wicked -u dhcpcd -u \
                  dhclient -u wpa_supplicant -n 300 -o short-iso --no-pager",
        when: &[When::Systemd],
        value: 7,
        timeout_s: 20,
        why: "what brought interfaces up and down: DHCP that got no lease, carrier lost",
        ..USUAL
    },
    Collector {
        id: "networkmanager-devices",
        categories: &[Network],
        command: "nmcli device status",
        value: 6,
        timeout_s: 10,
        why: "devices that NetworkManager manages, and their state",
        ..USUAL
    },
    Collector {
        id: "networkmanager-details",
        categories: &[Network],
        command: "nmcli device show",
        timeout_s: 10,
        why: "addresses, routes and name servers as NetworkManager set them",
        ..USUAL
    },
    Collector {
        id: "networkmanager-connections",
        categories: &[Network],
        command: "nmcli connection show",
        timeout_s: 10,
        why: "connections that are configured, and which are active",
        ..USUAL
    },
    Collector {
        id: "networkd-links",
        categories: &[Network],
        command: "networkctl list --no-pager",
        when: &[When::Systemd, When::Unit("systemd-networkd")],
        timeout_s: 10,
        why: "links as systemd-networkd sees them: degraded, configuring, failed",
        ..USUAL
    },
    Collector {
        id: "interfaces-file",
        categories: &[Network],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/network/interfaces",
        when: &[When::Program("ifup")],
        value: 6,
        why: "how interfaces are configured (Debian, Alpine)",
        ..USUAL
    },
    Collector {
        id: "interface-file",
        categories: &[Network],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/sysconfig/network-scripts/ifcfg-{interface} \
                  /etc/sysconfig/network/ifcfg-{interface} /etc/sysconfig/network /etc/sysconfig/network/config",
        value: 6,
        why: "how the interface is configured (Red Hat family, SUSE)",
        ..USUAL
    },
    Collector {
        id: "netplan-files",
        categories: &[Network],
        command: "grep -HsviE '^[[:space:]]*(#|$)|password|auth' /etc/netplan/50-cloud-init.yaml \
                  /etc/netplan/00-installer-config.yaml /etc/netplan/01-netcfg.yaml \
                  /etc/netplan/01-network-manager-all.yaml",
        when: &[When::Program("netplan")],
        as_root: true,
        value: 6,
        why: "how interfaces are configured (netplan, Ubuntu)",
        ..USUAL
    },
    Collector {
        id: "network-files",
        categories: &[Network],
        command: "ls -la --full-time /etc/network/interfaces.d /etc/netplan /etc/systemd/network \
                  /etc/NetworkManager/system-connections /etc/sysconfig/network-scripts /etc/sysconfig/network",
        value: 4,
        why: "which files configure the network, and when they were changed",
        ..USUAL
    },
    Collector {
        id: "sar-network",
        categories: &[Network],
        command: "sar -n DEV,EDEV",
        value: 4,
        max_kib: 512,
        why: "traffic and errors of interfaces over the day",
        ..USUAL
    },
    Collector {
        id: "firewall-nft",
        categories: &[Network],
        command: "nft list ruleset",
        as_root: true,
        value: 8,
        max_kib: 512,
        why: "rules of the firewall: what is dropped or rejected, with counters",
        ..USUAL
    },
    Collector {
        id: "firewall-iptables",
        categories: &[Network],
        command: "iptables-save -c",
        as_root: true,
        value: 7,
        max_kib: 512,
        why: "rules of the firewall of IPv4 with counters: what is dropped or rejected",
        ..USUAL
    },
    Collector {
        id: "firewall-ip6tables",
        categories: &[Network],
        command: "ip6tables-save -c",
        as_root: true,
        value: 4,
        max_kib: 256,
        why: "rules of the firewall of IPv6 with counters",
        ..USUAL
    },
    Collector {
        id: "firewalld",
        categories: &[Network],
        command: "firewall-cmd --list-all",
        as_root: true,
        value: 7,
        timeout_s: 20,
        why: "services and ports that firewalld lets in, in the default zone",
        ..USUAL
    },
    Collector {
        id: "firewalld-zones",
        categories: &[Network],
        command: "firewall-cmd --get-active-zones",
        as_root: true,
        timeout_s: 20,
        why: "which interface is in which zone of firewalld",
        ..USUAL
    },
    Collector {
        id: "firewalld-journal",
        categories: &[Network],
        command: "journalctl -u firewalld -u nftables -u iptables -u ufw -n 100 -o short-iso --no-pager",
        when: &[When::Systemd],
        timeout_s: 20,
        why: "rules that could not be loaded, and when the firewall was started",
        ..USUAL
    },
    Collector {
        id: "ufw",
        categories: &[Network],
        command: "ufw status verbose",
        as_root: true,
        value: 8,
        why: "whether ufw is active, its default, and what it lets in",
        ..USUAL
    },
    Collector {
        id: "ufw-log",
        categories: &[Network],
        command: "tail -n 200 /var/log/ufw.log",
        when: &[When::Program("ufw")],
        as_root: true,
        value: 6,
        why: "packets that ufw blocked: from where, to which port",
        ..USUAL
    },
    Collector {
        id: "fail2ban",
        categories: &[Network, Auth],
        command: "fail2ban-client status",
        as_root: true,
        value: 6,
        timeout_s: 10,
        why: "jails of fail2ban: an address that was banned cannot connect",
        ..USUAL
    },
    Collector {
        id: "fail2ban-log",
        categories: &[Network, Auth],
        command: "tail -n 200 /var/log/fail2ban.log",
        when: &[When::Program("fail2ban-client")],
        as_root: true,
        value: 6,
        why: "which address was banned and unbanned when",
        ..USUAL
    },
    Collector {
        id: "tcp-wrappers",
        categories: &[Network, Auth],
        command: "grep -HsvE '^[[:space:]]*(#|;|$)' /etc/hosts.allow /etc/hosts.deny",
        value: 4,
        why: "hosts that are denied by name: connection closed at once",
        ..USUAL
    },
    Collector {
        id: "proxy-settings",
        categories: &[Network, Packages],
        command: "grep -HsiE 'proxy' /etc/environment /etc/apt/apt.conf /etc/apt/apt.conf.d/95proxies /etc/yum.conf \
                  /etc/dnf/dnf.conf /etc/sysconfig/proxy",
        value: 4,
        why: "proxies that downloads and updates are told to use",
        ..USUAL
    },
    Collector {
        id: "virtual-addresses",
        categories: &[Network],
        command: "grep -HsvE '^[[:space:]]*(#|$)|auth_pass' /etc/keepalived/keepalived.conf",
        when: &[When::Program("keepalived")],
        as_root: true,
        value: 6,
        why: "virtual addresses of keepalived: priority, interface, checks",
        ..USUAL
    },
    Collector {
        id: "virtual-servers",
        categories: &[Network],
        command: "ipvsadm -L -n",
        as_root: true,
        value: 7,
        why: "virtual servers and their real servers: weight 0, none left",
        ..USUAL
    },
];
