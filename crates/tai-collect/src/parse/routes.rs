use super::json;
use super::quantity::count;
use super::rows::{Fields, Line, Output, Rows};

/// Reads `ip route`, plain and JSON: kind `route`. Those of the tables local and broadcast are left out.
pub(super) fn ip_route(output: &Output<'_>, rows: &mut Rows) {
    if let Some(value) = json::document(output.text) {
        for item in json::items(&value) {
            let text = |path: &str| json::text(item, path);
            let destination = text("/dst");
            if destination.is_empty() || matches!(&*text("/type"), "local" | "broadcast" | "multicast" | "anycast") {
                continue;
            }
            let flags: Vec<&str> = json::list(item, "/flags").iter().filter_map(|flag| flag.as_str()).collect();
            let line = output.line_with(&format!("\"dst\":\"{destination}\""));
            let fields =
                route(&text("/type"), &destination, &text("/gateway"), &text("/dev")).text("source", &text("/prefsrc"));
            let fields = fields.number("metric", json::number(item, "/metric")).text("table", or_main(&text("/table")));
            rows.push(line, fields.flag("is_dead", flags.contains(&"linkdown") || flags.contains(&"dead")));
        }
        return;
    }
    for line in output.filled_lines() {
        if let Some(fields) = plain(line, rows) {
            rows.push(line, fields);
        }
    }
}

fn plain(line: Line<'_>, rows: &mut Rows) -> Option<Fields> {
    const TYPES: [&str; 8] = ["unicast", "blackhole", "unreachable", "prohibit", "throw", "nat", "local", "broadcast"];
    let words: Vec<&str> = line.text.split_whitespace().collect();
    let is_hop = words[0] == "nexthop" || line.text.starts_with(char::is_whitespace);
    let (kind, rest) = match words.split_first()? {
        (kind, rest) if TYPES.contains(kind) || matches!(*kind, "multicast" | "anycast") => (*kind, rest),
        _ => ("unicast", &words[..]),
    };
    if is_hop || matches!(kind, "local" | "broadcast" | "multicast" | "anycast") {
        return None;
    }
    let after = |name: &str| {
        rest.iter().position(|word| *word == name).and_then(|i| rest.get(i + 1).copied()).unwrap_or_default()
    };
    let is_destination = rest.first().is_some_and(|word| *word == "default" || word.contains(['.', ':']));
    if !is_destination || rest.len() < 2 && kind == "unicast" {
        rows.unread();
        return None;
    }
    let fields = route(kind, rest[0], after("via"), after("dev"))
        .text("source", after("src"))
        .number("metric", count(after("metric")));
    Some(
        fields
            .text("table", or_main(after("table")))
            .flag("is_dead", rest.contains(&"linkdown") || rest.contains(&"dead")),
    )
}

fn or_main(table: &str) -> &str {
    if table.is_empty() { "main" } else { table }
}

fn route(kind: &str, destination: &str, gateway: &str, device: &str) -> Fields {
    let is_default = matches!(destination, "default" | "0.0.0.0/0" | "::/0");
    Fields::of("route")
        .text("type", if kind.is_empty() { "unicast" } else { kind })
        .text("destination", if is_default { "default" } else { destination })
        .text("gateway", gateway)
        .text("device", device)
        .flag("is_default", is_default && kind != "unreachable")
}

/// Reads `route -n` and `netstat -rn`: kind `route`. `DESTINATION GATEWAY GENMASK FLAGS METRIC REF USE IFACE`, or with `MSS WINDOW IRTT` in the middle.
pub(super) fn route_program(output: &Output<'_>, rows: &mut Rows) {
    let mut has_metric = true;
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        if words[0] == "Destination" {
            has_metric = words.contains(&"Metric");
            continue;
        }
        let [destination, gateway, mask, flags, metric, _, _, device] = words[..] else {
            if !line.text.starts_with("Kernel ") {
                rows.unread();
            }
            continue;
        };
        let destination = match (destination, mask) {
            // Without -n it has its name.
            ("0.0.0.0" | "default", "0.0.0.0") => "default".to_owned(),
            (address, mask) => format!(
                "{address}/{}",
                mask.split('.').filter_map(|part| part.parse::<u8>().ok()).map(u8::count_ones).sum::<u32>()
            ),
        };
        let gateway = if matches!(gateway, "0.0.0.0" | "*") { "" } else { gateway };
        let kind = if flags.contains('!') { "unreachable" } else { "unicast" };
        let fields = route(kind, &destination, gateway, device).text("table", "main");
        rows.push(line, fields.number("metric", has_metric.then(|| count(metric)).flatten()).flag("is_dead", false));
    }
}

/// Reads `ip neigh`, plain and JSON: kind `neighbour`.
pub(super) fn ip_neigh(output: &Output<'_>, rows: &mut Rows) {
    if let Some(value) = json::document(output.text) {
        for item in json::items(&value) {
            let text = |path: &str| json::text(item, path);
            let address = text("/dst");
            if !address.is_empty() {
                let line = output.line_with(&format!("\"dst\":\"{address}\""));
                let state = json::list(item, "/state").first().and_then(|state| state.as_str()).unwrap_or_default();
                rows.push(line, neighbour(&address, &text("/dev"), &text("/lladdr"), state));
            }
        }
        return;
    }
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let after = |name: &str| {
            words.iter().position(|word| *word == name).and_then(|i| words.get(i + 1).copied()).unwrap_or_default()
        };
        let is_state = |word: &&&str| word.len() > 3 && word.bytes().all(|b| b.is_ascii_uppercase());
        let state = words.iter().rfind(is_state);
        rows.push_or_unread(
            line,
            state.filter(|_| words.len() > 3).map(|state| neighbour(words[0], after("dev"), after("lladdr"), state)),
        );
    }
}

/// Reads `arp -n` and `arp -an`, and /proc/net/arp: kind `neighbour`.
pub(super) fn arp(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let mac = words.iter().find(|word| word.split(':').count() == 6).copied().unwrap_or_default();
        let is_failed = line.text.contains("incomplete") || mac == "00:00:00:00:00:00";
        let address = words.iter().find(|word| word.trim_matches(['(', ')']).parse::<std::net::IpAddr>().is_ok());
        match address {
            Some(address) if is_failed || !mac.is_empty() => {
                let state = if is_failed { "INCOMPLETE" } else { "REACHABLE" };
                let device = words.last().copied().unwrap_or_default();
                rows.push(
                    line,
                    neighbour(address.trim_matches(['(', ')']), device, if is_failed { "" } else { mac }, state),
                );
            }
            _ if line.number == 1 => {}
            _ => rows.unread(),
        }
    }
}

fn neighbour(address: &str, device: &str, mac: &str, state: &str) -> Fields {
    Fields::of("neighbour")
        .text("address", address)
        .text("device", device)
        .text("mac", mac)
        .text("state", state)
        .flag("is_failed", matches!(state, "FAILED" | "INCOMPLETE"))
}
