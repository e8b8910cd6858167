use super::quantity::{count, size};
use super::rows::{Fields, Line, Output, Rows};

/// Reads resolv.conf(5): kind `resolver`, one row at the first server.
pub(super) fn resolv_conf(output: &Output<'_>, rows: &mut Rows) {
    let mut servers: Vec<(Line<'_>, &str)> = Vec::new();
    let (mut search, mut options) = (String::new(), Vec::new());
    let mut first = None;
    for line in output.filled_lines().filter(|line| !line.text.trim_start().starts_with(['#', ';'])) {
        let mut words = line.text.split_whitespace();
        match words.next().unwrap_or_default() {
            "nameserver" => servers.extend(words.next().map(|server| (line, server))),
            "search" | "domain" => search = words.collect::<Vec<_>>().join(" "),
            "options" => options.extend(words),
            "sortlist" => {}
            _ => {
                rows.unread();
                continue;
            }
        }
        first = first.or(Some(line));
    }
    let names: Vec<&str> = servers.iter().map(|(_, server)| *server).collect();
    let line = servers.first().map(|(line, _)| *line).or(first).or_else(|| output.lines().next());
    if let Some(line) = line {
        rows.push(line, resolver(&names).text("search", &search).text("options", &options.join(" ")));
    }
}

/// Reads `resolvectl status` and `systemd-resolve --status`: kind `resolver`, a row for each link, and for `Global`.
pub(super) fn resolvectl(output: &Output<'_>, rows: &mut Rows) {
    let mut open: Option<(Line<'_>, String, Vec<&str>, String)> = None;
    let mut key = "";
    let close = |open: Option<(Line<'_>, String, Vec<&str>, String)>, rows: &mut Rows| {
        if let Some((line, link, servers, search)) = open {
            rows.push(line, resolver(&servers).text("link", &link).text("search", &search));
        }
    };
    for line in output.filled_lines() {
        let text = line.text.trim();
        let link = text.strip_prefix("Link ").and_then(|rest| rest.split(['(', ')']).nth(1));
        if let Some(link) = link.or((text == "Global").then_some("Global")) {
            close(open.take(), rows);
            open = Some((line, link.to_owned(), Vec::new(), String::new()));
            continue;
        }
        let Some((_, _, servers, search)) = &mut open else { continue };
        // Without a key the line goes on with the list above.
        let value = match text.split_once(": ").or_else(|| text.strip_suffix(':').map(|name| (name, ""))) {
            Some((name, value)) if name.contains(|c: char| c.is_ascii_uppercase()) => {
                key = name;
                value
            }
            _ => text,
        };
        match key {
            "DNS Servers" => servers.extend(value.split_whitespace()),
            "DNS Domain" => *search = format!("{search} {value}"),
            _ => {}
        }
    }
    close(open, rows);
}

fn resolver(servers: &[&str]) -> Fields {
    let is_here = |server: &&str| server.starts_with("127.") || *server == "::1";
    Fields::of("resolver")
        .text_or_empty("servers", &servers.join(" "))
        .number("server_count", servers.len() as f64)
        .flag("is_stub", !servers.is_empty() && servers.iter().all(is_here))
}

/// Reads `iptables -L` and `iptables -S`: kind `firewall_chain`, for each chain with a policy.
pub(super) fn iptables(output: &Output<'_>, rows: &mut Rows) {
    let mut open: Option<(Line<'_>, Fields, f64)> = None;
    let close = |open: Option<(Line<'_>, Fields, f64)>, rows: &mut Rows| {
        open.into_iter().for_each(|(line, fields, rules)| rows.push(line, fields.number("rules", rules)));
    };
    if output.lines().any(|line| line.text.starts_with("-P ")) {
        for line in output.filled_lines() {
            if let ["-P", chain, policy, ..] = line.text.split_whitespace().collect::<Vec<_>>()[..] {
                let rule = format!("-A {chain} ");
                let rules = output.lines().filter(|line| line.text.starts_with(&rule)).count();
                rows.push(
                    line,
                    Fields::of("firewall_chain")
                        .text("chain", chain)
                        .text("policy", policy)
                        .number("rules", rules as f64),
                );
            }
        }
        return;
    }
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        if words[0] == "Chain" {
            close(open.take(), rows);
            if let [_, chain, "(policy", policy, rest @ ..] = &words[..] {
                let packets = rest.first().and_then(|packets| size(packets));
                let fields =
                    Fields::of("firewall_chain").text("chain", chain).text("policy", policy.trim_end_matches(')'));
                open = Some((line, fields.number("packets", packets), 0.0));
            }
        } else if let (Some((_, _, rules)), false) = (&mut open, matches!(words[0], "pkts" | "target" | "num")) {
            *rules += 1.0;
        }
    }
    close(open, rows);
}

/// Reads `nft list ruleset`: kind `firewall_chain`, for each chain with a policy.
pub(super) fn nft(output: &Output<'_>, rows: &mut Rows) {
    let (mut table, mut chain) = (String::new(), None);
    let mut open: Option<(Line<'_>, Fields, f64)> = None;
    for line in output.filled_lines() {
        let text = line.text.trim();
        if let Some(rest) = text.strip_prefix("table ") {
            table = rest.trim_end_matches('{').trim().to_owned();
        } else if let Some(rest) = text.strip_prefix("chain ") {
            chain = Some(rest.trim_end_matches('{').trim());
        } else if let (Some(name), Some((_, policy))) = (chain, text.split_once("policy ")) {
            let policy = policy.trim_end_matches(';').to_uppercase();
            let fields = Fields::of("firewall_chain").text("chain", &format!("{table} {name}")).text("policy", &policy);
            open = Some((line, fields, 0.0));
        } else if text == "}" {
            chain = None;
            open.take().into_iter().for_each(|(line, fields, rules)| rows.push(line, fields.number("rules", rules)));
        } else if let Some((_, _, rules)) = &mut open {
            *rules += 1.0;
        }
    }
}

/// Reads `ufw status`: kind `firewall`.
pub(super) fn ufw(output: &Output<'_>, rows: &mut Rows) {
    let value = |key: &str| output.lines().find_map(|line| Some((line, line.text.strip_prefix(key)?.trim())));
    let Some((line, status)) = value("Status:") else {
        rows.unread += output.filled_lines().count();
        return;
    };
    let incoming = value("Default:").and_then(|(_, value)| value.split_whitespace().next()).unwrap_or_default();
    rows.push(
        line,
        Fields::of("firewall")
            .text("name", "ufw")
            .flag("is_active", status == "active")
            .text("default_incoming", incoming),
    );
}

/// Reads `firewall-cmd --state`: kind `firewall`.
pub(super) fn firewalld(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines().take(1) {
        rows.push(
            line,
            Fields::of("firewall").text("name", "firewalld").flag("is_active", line.text.trim() == "running"),
        );
    }
}

/// Reads `nfsstat -c`: the line behind `calls retrans authrefrsh`. Kind `nfs_client`.
pub(super) fn nfsstat(output: &Output<'_>, rows: &mut Rows) {
    let lines: Vec<Line<'_>> = output.filled_lines().collect();
    for pair in lines.windows(2) {
        if pair[0].text.starts_with("calls") && pair[0].text.contains("retrans") {
            let numbers: Vec<f64> = pair[1].text.split_whitespace().map_while(count).collect();
            let fields = (numbers.len() >= 2).then(|| {
                let fields = Fields::of("nfs_client").number("calls", numbers[0]).number("retransmissions", numbers[1]);
                fields.share("retransmitted_percent", Some(numbers[1]), Some(numbers[0]))
            });
            rows.push_or_unread(pair[1], fields);
        }
    }
}
