use std::collections::BTreeMap;

use serde_json::Value;

use super::json;
use super::quantity::{count, number};
use super::rows::{Fields, Line, Output, Rows};

/// One interface while its lines are read.
pub(super) struct Interface<'a> {
    line: Line<'a>,
    name: String,
    flags: Vec<String>,
    state: String,
    mtu: Option<f64>,
    master: String,
    addresses: Vec<String>,
    counters: BTreeMap<&'static str, f64>,
}

impl<'a> Interface<'a> {
    fn new(line: Line<'a>, name: &str) -> Self {
        // eth0@if5, eth0:1 are eth0's.
        let name = name.split('@').next().unwrap_or_default().trim_end_matches(':').to_owned();
        let (flags, addresses) = (Vec::new(), Vec::new());
        let (state, master) = (String::new(), String::new());
        Interface { line, name, flags, state, mtu: None, master, addresses, counters: BTreeMap::new() }
    }

    /// `shows_addresses` when the command would have shown one.
    fn push(self, shows_addresses: bool, rows: &mut Rows) {
        let has = |flag: &str| self.flags.iter().any(|known| known == flag);
        let is_known = !self.flags.is_empty();
        let is_up = is_known.then(|| has("UP"));
        let no_carrier = has("NO-CARRIER")
            || matches!(self.state.as_str(), "DOWN" | "LOWERLAYERDOWN")
            || !has("LOWER_UP") && !has("RUNNING");
        let is_link_local = |address: &String| address.starts_with("fe80:") || address.starts_with("169.254.");
        let fields = Fields::of("interface")
            .text("name", &self.name)
            .text("state", &self.state)
            .flag("is_up", is_up)
            .flag("has_carrier", is_up.filter(|up| *up).map(|_| !no_carrier))
            .flag("is_loopback", self.name == "lo" || has("LOOPBACK"))
            .flag("is_virtual", is_virtual(&self.name))
            .number("mtu", self.mtu)
            .text("master", &self.master);
        let fields = self.counters.into_iter().fold(fields, |fields, (name, value)| fields.number(name, value));
        if shows_addresses {
            let is_good = self.addresses.iter().any(|address| !is_link_local(address));
            let fields = fields.text_or_empty("addresses", &self.addresses.join(" ")).flag("has_address", is_good);
            rows.push(self.line, fields);
        } else {
            rows.push(self.line, fields);
        }
    }
}

fn is_virtual(name: &str) -> bool {
    const PREFIXES: [&str; 25] = [
        "veth",
        "docker",
        "br-",
        "virbr",
        "vnet",
        "tap",
        "tun",
        "cali",
        "flannel",
        "cni",
        "cilium",
        "lxc",
        "lxd",
        "lxdbr",
        "vxlan",
        "ifb",
        "dummy",
        "kube-",
        "nodelocaldns",
        "ip6tnl",
        "sit",
        "gre",
        "podman",
        "fan-",
        "wg",
    ];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || matches!(name, "bonding_masters" | "tunl0" | "erspan0" | "ip_vti0" | "ip6_vti0")
}

/// Reads `ip addr` and `ip link`, with `-s`, `-d`, `-o`, `-br` or `-j`: kind `interface`.
pub(super) fn ip(output: &Output<'_>, rows: &mut Rows) {
    if let Some(value) = json::document(output.text) {
        return ip_json(&value, output, rows);
    }
    let shows_addresses = output.verb().starts_with('a');
    if output.args().any(|arg| matches!(arg, "-br" | "-brief")) {
        return brief(output, shows_addresses, rows);
    }
    let mut open: Option<Interface<'_>> = None;
    let mut counters: Option<(bool, Vec<&str>)> = None;
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let is_head =
            !line.text.starts_with(' ') && words[0].strip_suffix(':').is_some_and(|index| count(index).is_some());
        if is_head {
            let Some(name) = words.get(1) else {
                rows.unread();
                continue;
            };
            let interface = Interface::new(line, name);
            // With -o every address is in a line of its own.
            if open.as_ref().is_none_or(|known| known.name != interface.name) {
                open.replace(interface).into_iter().for_each(|known| known.push(shows_addresses, rows));
            }
        }
        let Some(interface) = &mut open else {
            rows.unread();
            continue;
        };
        read_ip_words(interface, &words);
        match (words[0], counters.take()) {
            ("RX:" | "TX:", _) => counters = Some((words[0] == "RX:", words[1..].to_vec())),
            (_, Some((is_rx, names))) => read_counters(interface, is_rx, &names, &words),
            _ => {}
        }
    }
    open.into_iter().for_each(|known| known.push(shows_addresses, rows));
}

fn read_ip_words(interface: &mut Interface<'_>, words: &[&str]) {
    for pair in words.windows(2) {
        match pair[0] {
            "mtu" => interface.mtu = interface.mtu.or(count(pair[1])),
            "state" if interface.state.is_empty() => pair[1].clone_into(&mut interface.state),
            "master" if interface.master.is_empty() => pair[1].clone_into(&mut interface.master),
            "inet" | "inet6" => interface.addresses.push(pair[1].to_owned()),
            _ => {}
        }
    }
    if let Some(flags) = words.iter().find_map(|word| word.strip_prefix('<')?.strip_suffix('>')) {
        interface.flags = flags.split(',').map(str::to_owned).collect();
    }
}

fn read_counters(interface: &mut Interface<'_>, is_rx: bool, names: &[&str], values: &[&str]) {
    for (name, value) in names.iter().zip(values) {
        let field = match (*name, is_rx) {
            ("packets", true) => "rx_packets",
            ("packets", false) => "tx_packets",
            ("errors", true) => "rx_errors",
            ("errors", false) => "tx_errors",
            ("dropped", true) => "rx_dropped",
            ("dropped", false) => "tx_dropped",
            ("collsns", _) => "collisions",
            _ => continue,
        };
        // Before the table of errors of -s -s there is one table each way only.
        if let Some(value) = number(value).filter(|_| !interface.counters.contains_key(field)) {
            interface.counters.insert(field, value);
        }
    }
}

/// `eth0  UP  192.0.2.1/24 …`, or with the hardware address and flags of `link`.
fn brief(output: &Output<'_>, shows_addresses: bool, rows: &mut Rows) {
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let [name, state, rest @ ..] = &words[..] else {
            rows.unread();
            continue;
        };
        let mut interface = Interface::new(line, name);
        (*state).clone_into(&mut interface.state);
        interface.addresses = rest.iter().filter(|word| word.contains('/')).map(|word| (*word).to_owned()).collect();
        read_ip_words(&mut interface, rest);
        interface.push(shows_addresses, rows);
    }
}

fn ip_json(value: &Value, output: &Output<'_>, rows: &mut Rows) {
    for item in json::items(value) {
        let name = json::text(item, "/ifname");
        if name.is_empty() {
            continue;
        }
        let mut interface = Interface::new(output.line_with(&format!("\"ifname\":\"{name}\"")), &name);
        interface.flags =
            json::list(item, "/flags").iter().filter_map(|flag| Some(flag.as_str()?.to_owned())).collect();
        interface.state = json::text(item, "/operstate").into_owned();
        interface.mtu = json::number(item, "/mtu");
        interface.master = json::text(item, "/master").into_owned();
        for address in json::list(item, "/addr_info") {
            let text = json::text(address, "/local");
            if !text.is_empty() {
                interface.addresses.push(format!("{text}/{}", json::text(address, "/prefixlen")));
            }
        }
        for (field, paths) in [
            ("rx_packets", "/rx/packets"),
            ("tx_packets", "/tx/packets"),
            ("rx_errors", "/rx/errors"),
            ("tx_errors", "/tx/errors"),
            ("rx_dropped", "/rx/dropped"),
            ("tx_dropped", "/tx/dropped"),
            ("collisions", "/tx/collisions"),
        ] {
            let value = ["/stats64", "/stats"].iter().find_map(|root| json::number(item, &format!("{root}{paths}")));
            interface.counters.extend(value.map(|value| (field, value)));
        }
        interface.push(item.get("addr_info").is_some(), rows);
    }
}

/// Reads ifconfig, of net-tools old (RHEL 6, busybox: `Link encap`) and new: kind `interface`.
pub(super) fn ifconfig(output: &Output<'_>, rows: &mut Rows) {
    let mut open: Option<Interface<'_>> = None;
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        if !line.text.starts_with(char::is_whitespace) {
            open.replace(Interface::new(line, words[0])).into_iter().for_each(|known| known.push(true, rows));
        }
        let Some(interface) = &mut open else {
            rows.unread();
            continue;
        };
        // New: flags=4163<UP,BROADCAST>  mtu 1500. Old: UP BROADCAST RUNNING  MTU:1500.
        if let Some((_, flags)) = words.iter().find_map(|word| word.strip_prefix("flags=")?.split_once('<')) {
            interface.flags = flags.trim_end_matches('>').split(',').map(str::to_owned).collect();
        }
        if line.text.contains(" MTU:") {
            interface.flags = words.iter().filter(|word| !word.contains(':')).map(|word| (*word).to_owned()).collect();
        }
        for (i, word) in words.iter().enumerate() {
            let (key, value) = word
                .split_once(':')
                .filter(|(_, value)| !value.is_empty())
                .unwrap_or((word, words.get(i + 1).copied().unwrap_or_default()));
            match key {
                "mtu" | "MTU" => interface.mtu = interface.mtu.or(count(value)),
                "inet" | "inet6" if i == 0 => {
                    let value = if matches!(value, "addr:" | "addr") {
                        words.get(i + 2).copied().unwrap_or_default()
                    } else {
                        value
                    };
                    interface.addresses.push(value.trim_start_matches("addr:").to_owned());
                }
                "addr" if i == 1 => {
                    interface.addresses.pop();
                    interface.addresses.push(value.to_owned());
                }
                _ => {}
            }
        }
        ifconfig_counters(interface, &words);
    }
    open.into_iter().for_each(|known| known.push(true, rows));
}

/// `RX packets 10  bytes …`, `RX errors 0  dropped 0`, or `RX packets:10 errors:0 dropped:0`.
fn ifconfig_counters(interface: &mut Interface<'_>, words: &[&str]) {
    let is_rx = match words[0] {
        "RX" => true,
        "TX" => false,
        _ => return,
    };
    let flat: Vec<&str> = words[1..].iter().flat_map(|word| word.split(':')).collect();
    let (names, values): (Vec<&str>, Vec<&str>) =
        flat.windows(2).map(|pair| (if pair[0] == "collisions" { "collsns" } else { pair[0] }, pair[1])).unzip();
    read_counters(interface, is_rx, &names, &values);
}

/// Reads /proc/net/dev: kind `interface`.
pub(super) fn proc_net_dev(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines().filter(|line| !line.text.contains('|')) {
        let parts = || {
            let (name, rest) = line.text.split_once(':')?;
            let values: Vec<f64> = rest.split_whitespace().map_while(count).collect();
            let mut interface = Interface::new(line, name.trim());
            let fields = [
                ("rx_packets", 1),
                ("rx_errors", 2),
                ("rx_dropped", 3),
                ("tx_packets", 9),
                ("tx_errors", 10),
                ("tx_dropped", 11),
                ("collisions", 13),
            ];
            for (field, i) in fields {
                interface.counters.insert(field, *values.get(i)?);
            }
            Some(interface)
        };
        match parts() {
            Some(interface) => interface.push(false, rows),
            None => rows.unread(),
        }
    }
}

/// Reads ethtool: kind `interface`, with speed, duplex and whether there is a link.
pub(super) fn ethtool(output: &Output<'_>, rows: &mut Rows) {
    let name = output.operands().next().unwrap_or_default();
    let value = |key: &str| {
        let line = output.lines().find(|line| line.text.trim_start().starts_with(key))?;
        Some((line, line.text.split_once(':')?.1.trim()))
    };
    let (speed, duplex, link) = (value("Speed:"), value("Duplex:"), value("Link detected:"));
    let Some((line, _)) = link.or(speed) else {
        rows.unread += output.filled_lines().filter(|line| !line.text.starts_with("Settings for")).count();
        return;
    };
    let fields = Fields::of("interface")
        .text("name", name)
        .flag("has_carrier", link.map(|(_, link)| link.starts_with("yes")))
        .flag("is_virtual", is_virtual(name))
        .number("speed_mbit", speed.and_then(|(_, speed)| number(speed.trim_end_matches("Mb/s"))));
    let duplex = duplex.map_or("", |(_, duplex)| duplex);
    rows.push(line, fields.text("duplex", if duplex.starts_with("Unknown") { "" } else { duplex }));
}

/// Reads /proc/net/bonding/NAME: kind `bond_member`.
pub(super) fn bonding(bond: &str, output: &Output<'_>, rows: &mut Rows) {
    let (mut mode, mut active) = ("", "");
    let mut member: Option<(Line<'_>, Fields)> = None;
    for line in output.filled_lines() {
        let Some((key, value)) = line.text.split_once(':') else { continue };
        let value = value.trim();
        match key.trim() {
            "Bonding Mode" => mode = value,
            "Currently Active Slave" => active = value,
            "Slave Interface" => {
                member.take().into_iter().for_each(|(line, fields)| rows.push(line, fields));
                let fields = Fields::of("bond_member").text("bond", bond).text("name", value).text("mode", mode);
                member = Some((line, fields.flag("is_active", (!active.is_empty()).then(|| active == value))));
            }
            "MII Status" => member = member.map(|(line, fields)| (line, fields.text("status", value))),
            "Link Failure Count" => {
                member = member.map(|(line, fields)| (line, fields.number("failures", count(value))));
            }
            _ => {}
        }
    }
    member.into_iter().for_each(|(line, fields)| rows.push(line, fields));
}
