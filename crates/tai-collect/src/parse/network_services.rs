use super::quantity::count;
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
