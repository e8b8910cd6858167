//! Firewalls: chains with a policy, and the ports that they accept.

use super::quantity::size;
use super::rows::{Fields, Line, Output, Rows};

/// Reads `iptables -L`: kind `firewall_chain`, for each chain with a policy.
fn iptables_listing(output: &Output<'_>, rows: &mut Rows) {
    let mut open: Option<(Line<'_>, Fields, f64)> = None;
    let close = |open: Option<(Line<'_>, Fields, f64)>, rows: &mut Rows| {
        open.into_iter().for_each(|(line, fields, rules)| rows.push(line, fields.number("rules", rules)));
    };
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

/// Reads `iptables -L`, `iptables -S` and `iptables-save`: kind `firewall_chain`, for each chain with a policy. Of `iptables-save` the table `filter` alone.
pub(super) fn iptables(output: &Output<'_>, rows: &mut Rows) {
    if output.lines().any(|line| line.text.starts_with("Chain ")) {
        return iptables_listing(output, rows);
    }
    // `-c` puts counters before each rule.
    let rule_of =
        |line: &str| line.trim_start_matches(|c: char| "[]:".contains(c) || c.is_ascii_digit()).trim_start().to_owned();
    let mut table = "filter";
    let mut policies: Vec<(Line<'_>, &str, &str)> = Vec::new();
    let mut rules: Vec<String> = Vec::new();
    for line in output.filled_lines() {
        if let Some(name) = line.text.strip_prefix('*') {
            table = name;
        } else if table == "filter" {
            match line.text.split_whitespace().collect::<Vec<_>>()[..] {
                ["-P", chain, policy, ..] => policies.push((line, chain, policy)),
                [chain, policy, _] if chain.starts_with(':') && policy != "-" => {
                    policies.push((line, &chain[1..], policy));
                }
                _ => rules.push(rule_of(line.text)),
            }
        }
    }
    for (line, chain, policy) in policies {
        let begin = format!("-A {chain} ");
        let of_chain = || rules.iter().filter_map(|rule| rule.strip_prefix(&begin));
        let ends =
            of_chain().next_back().is_some_and(|last| last.starts_with("-j DROP") || last.starts_with("-j REJECT"));
        let fields = Fields::of("firewall_chain")
            .text("chain", chain)
            .text("policy", policy)
            .number("rules", of_chain().count() as f64);
        let drops = chain == "INPUT" && (policy == "DROP" || ends) && !output.words[0].starts_with("ip6");
        let ports = drops.then(|| accepted(rules.iter().map(String::as_str), IPTABLES)).flatten();
        rows.push(line, fields.text("ports", &ports.unwrap_or_default()));
    }
}

/// Reads `nft list ruleset`: kind `firewall_chain`, for each chain with a policy.
pub(super) fn nft(output: &Output<'_>, rows: &mut Rows) {
    let lines: Vec<Line<'_>> = output.filled_lines().collect();
    for table in lines.chunk_by(|_, line| !line.text.starts_with("table ")) {
        nft_table(table, rows);
    }
}

fn nft_table(lines: &[Line<'_>], rows: &mut Rows) {
    let Some(table) = lines.first().and_then(|line| line.text.strip_prefix("table ")) else { return };
    let table = table.trim_end_matches('{').trim();
    let texts = || lines.iter().map(|line| line.text.trim());
    for chain in lines.chunk_by(|_, line| !line.text.trim_start().starts_with("chain ")) {
        let Some(name) = chain[0].text.trim().strip_prefix("chain ") else { continue };
        let body = || chain.iter().skip(1).take_while(|line| line.text.trim() != "}");
        let Some((line, policy)) = body().find_map(|line| Some((line, line.text.trim().split_once("policy ")?.1)))
        else {
            continue;
        };
        let rules: Vec<&str> = body().map(|line| line.text.trim()).filter(|text| !text.contains("policy ")).collect();
        let policy = policy.trim_end_matches(';').to_uppercase();
        let ends = rules.last().is_some_and(|last| {
            last.starts_with("drop")
                || last.starts_with("reject")
                || last.starts_with("counter") && (last.contains(" drop") || last.contains(" reject"))
        });
        let is_input = line.text.contains("hook input") && !table.starts_with("ip6 ");
        let drops = is_input && (policy == "DROP" || ends);
        let ports = drops.then(|| accepted(texts(), NFT)).flatten();
        let fields =
            Fields::of("firewall_chain").text("chain", &format!("{table} {}", name.trim_end_matches('{').trim()));
        rows.push(
            *line,
            fields
                .text("policy", &policy)
                .number("rules", rules.len() as f64)
                .text("ports", &ports.unwrap_or_default()),
        );
    }
}

/// The words in which a firewall writes its rules.
struct Dialect {
    accept: &'static str,
    /// What comes from this host itself, belongs to a connection that exists, or has no port.
    harmless: &'static [&'static str],
    /// What stands before the ports.
    port: &'static [&'static str],
    /// What tells that a rule cannot be understood by its own line.
    obscure: &'static [&'static str],
    range: char,
}

const IPTABLES: Dialect = Dialect {
    accept: "-j ACCEPT",
    harmless: &["-i lo ", "-p icmp", "-p ipv6-icmp", "-p igmp", "-p 2 ", "RELATED"],
    port: &["--dport ", "--dports "],
    obscure: &["--match-set", "! --dport", "! -i "],
    range: ':',
};
const NFT: Dialect = Dialect {
    accept: "accept",
    harmless: &["iif \"lo\"", "iifname \"lo\"", "iif lo", "iifname lo", "icmp", "igmp", "established"],
    port: &["dport "],
    obscure: &["vmap", "dport @", "dport !=", " map "],
    range: '-',
};

/// The ports that some rule accepts, whatever the chain and whoever asks, as `22,8000-8080`; `None` when a rule accepts more than its ports tell, so that
/// nothing can be said of the others.
fn accepted<'a>(rules: impl Iterator<Item = &'a str> + Clone, dialect: Dialect) -> Option<String> {
    let has = |rule: &str, words: &[&str]| words.iter().any(|word| rule.contains(word));
    let rules = rules.map(without_comment);
    if rules.clone().any(|rule| has(&rule, dialect.obscure)) {
        return None;
    }
    let accepts = |rule: &String| rule.contains(dialect.accept) && !rule.contains("policy ") && !rule.contains("hook ");
    let mut ports = Vec::new();
    for rule in rules.filter(accepts) {
        let Some((_, rest)) = dialect.port.iter().find_map(|word| rule.split_once(word)) else {
            if has(&rule, dialect.harmless) {
                continue;
            }
            return None;
        };
        let list = match rest.strip_prefix('{') {
            Some(set) => set.split_once('}')?.0,
            None => rest.split_whitespace().next()?,
        };
        for range in list.split(',') {
            let range = range.trim().replace(dialect.range, "-");
            if !range.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
                return None;
            }
            ports.push(range);
        }
    }
    // No port at all is told as well.
    Some(if ports.is_empty() { "none".to_owned() } else { ports.join(",") })
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

/// A rule without the words that somebody wrote beside it.
fn without_comment(rule: &str) -> String {
    let parts = rule.split_once("comment \"").and_then(|(before, rest)| Some((before, rest.split_once('"')?.1)));
    parts.map_or_else(|| rule.to_owned(), |(before, after)| format!("{before}{after}"))
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    #[test]
    fn ports_that_are_accepted() {
        let check = |command: &str, text: &str, expect: Option<&str>| {
            let readings = parse(command, text, None).readings;
            let chain = readings.iter().find(|r| r.text_of("chain").to_lowercase().ends_with("input"));
            let ports = chain.map(|r| r.text_of("ports")).filter(|ports| !ports.is_empty());
            assert_eq!(ports, expect, "{text}");
        };
        let nft = |policy: &str, rules: &str| {
            format!(
                "table inet filter {{\n\tchain input {{\n\t\ttype filter hook input priority filter; policy {policy};\n{rules}\t}}\n}}\n"
            )
        };
        let usual = "\t\tiif \"lo\" accept\n\t\tct state established,related accept\n\t\tip protocol icmp accept\n";
        check(
            "nft list ruleset",
            &nft("drop", &format!("{usual}\t\ttcp dport {{ 22, 8000-8080 }} accept\n")),
            Some("22,8000-8080"),
        );
        check(
            "nft list ruleset",
            &nft("accept", &format!("{usual}\t\ttcp dport 22 accept\n\t\tcounter packets 1 bytes 2 drop\n")),
            Some("22"),
        );
        check("nft list ruleset", &nft("drop", usual), Some("none"));
        check("nft list ruleset", &nft("accept", &format!("{usual}\t\ttcp dport 22 accept\n")), None);
        check("nft list ruleset", &nft("drop", &format!("{usual}\t\tip saddr 10.0.0.0/8 accept\n")), None);
        check("nft list ruleset", &nft("drop", &format!("{usual}\t\ttcp dport @open accept\n")), None);
        let both = "\t\tct state established,related,new tcp dport 443 accept\n";
        check("nft list ruleset", &nft("drop", &format!("{usual}{both}")), Some("443"));
        let commented = "\t\ttcp dport 22 accept comment \"icmp and established too\"\n";
        check("nft list ruleset", &nft("drop", &format!("{usual}{commented}")), Some("22"));
        let all = "\t\tip saddr 10.0.0.0/8 accept comment \"established long ago\"\n";
        check("nft list ruleset", &nft("drop", &format!("{usual}{all}")), None);
        let rules = "-A INPUT -i lo -j ACCEPT\n-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n\
                     -A INPUT -p tcp -m multiport --dports 80,8000:8080 -j ACCEPT\n";
        check("iptables -S", &format!("-P INPUT DROP\n{rules}"), Some("22,80,8000-8080"));
        check(
            "iptables -S",
            &format!("-P INPUT ACCEPT\n{rules}-A INPUT -j REJECT --reject-with icmp-host-prohibited\n"),
            Some("22,80,8000-8080"),
        );
        check("iptables -S", &format!("-P INPUT ACCEPT\n{rules}"), None);
        let both = "-A INPUT -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT\n";
        check("iptables -S", &format!("-P INPUT DROP\n{both}"), Some("22"));
        let all = "-A INPUT -s 10.0.0.0/8 -m comment --comment \"-p icmp\" -j ACCEPT\n";
        check("iptables -S", &format!("-P INPUT DROP\n{all}"), None);
        check("ip6tables -S", &format!("-P INPUT DROP\n{rules}"), None);
        let counted = "*nat\n:INPUT DROP [0:0]\nCOMMIT\n*filter\n:INPUT DROP [3:180]\n:f2b - [0:0]\n[9:540] -A INPUT -p tcp -m tcp --dport 443 -j ACCEPT\nCOMMIT\n";
        check("iptables-save -c", counted, Some("443"));
    }
}
