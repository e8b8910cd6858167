use std::collections::BTreeMap;

use super::quantity::count;
use super::rows::{Fields, Line, Output, Rows};

/// One socket, as ss or netstat prints it.
struct Socket<'a> {
    protocol: &'a str,
    state: &'a str,
    queues: (f64, f64),
    local: &'a str,
    peer: &'a str,
    owner: Option<(&'a str, &'a str)>,
}

/// Counts of sockets by protocol and state, with the first line of each.
type Counts<'a> = BTreeMap<(String, String), (Line<'a>, f64)>;

/// Reads ss in any form: kind `socket` for those that listen or have a queue, `socket_states` for all. Lines with the details of a socket belong to the line above.
pub(super) fn ss(output: &Output<'_>, rows: &mut Rows) {
    if output.has_flag('s') && !output.lines().any(|line| line.text.starts_with("Netid")) {
        return summary(output, rows);
    }
    let mut counts = Counts::new();
    let mut heading: Option<(bool, bool)> = None;
    let mut asked = output.args().filter(|arg| arg.starts_with('-') && !arg.starts_with("--"));
    let default = match asked.find_map(|arg| arg.chars().find(|c| "tux".contains(*c))) {
        Some('u') => "udp",
        Some('x') => "unix",
        _ => "tcp",
    };
    for line in output.filled_lines().filter(|line| !line.text.starts_with(char::is_whitespace)) {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        if words.contains(&"Recv-Q") {
            heading = Some((words[0] == "Netid", words.contains(&"State")));
            continue;
        }
        let (has_protocol, has_state) = heading.unwrap_or((count(words.get(2).unwrap_or(&"")).is_some(), true));
        match ss_socket(&words, has_protocol, has_state, default) {
            Some(socket) => add(line, &socket, &mut counts, rows),
            None => rows.unread(),
        }
    }
    push_counts(counts, rows);
}

fn ss_socket<'a>(words: &[&'a str], has_protocol: bool, has_state: bool, default: &'a str) -> Option<Socket<'a>> {
    let mut words = words.iter().copied();
    let protocol = if has_protocol { words.next()? } else { default };
    let state = if has_state { words.next()? } else { "LISTEN" };
    let queues = (count(words.next()?)?, count(words.next()?)?);
    let rest: Vec<&str> = words.collect();
    // Sockets of unix and netlink have a number or a name besides the address.
    let is_inet =
        ["tcp", "udp", "raw", "sctp", "dccp", "mptcp", "icmp"].iter().any(|known| protocol.starts_with(known));
    let (local, peer) =
        if is_inet { (*rest.first()?, rest.get(1).copied().unwrap_or_default()) } else { (*rest.first()?, "") };
    let owner = rest.iter().find_map(|word| ss_owner(word));
    Some(Socket { protocol, state, queues, local, peer, owner })
}

/// `users:(("nginx",pid=1,fd=6),…)`, or `users:(("nginx",1,6))` in old versions.
fn ss_owner(word: &str) -> Option<(&str, &str)> {
    let inner = word.strip_prefix("users:((\"")?;
    let (name, rest) = inner.split_once("\",")?;
    let pid = rest.split([',', ')']).next()?;
    Some((name, pid.trim_start_matches("pid=")))
}

/// Reads netstat, of net-tools and busybox: `PROTO RECV-Q SEND-Q LOCAL FOREIGN [STATE] [USER INODE] [PID/PROGRAM]`. What it says of unix sockets is left.
pub(super) fn netstat(output: &Output<'_>, rows: &mut Rows) {
    let mut counts = Counts::new();
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let is_inet = ["tcp", "udp", "raw"].iter().any(|known| words[0].starts_with(known));
        if !is_inet {
            let known =
                ["Active", "Proto", "unix", "(", "netstat:", "sctp"].iter().any(|known| words[0].starts_with(known));
            if !known && !line.text.starts_with(char::is_whitespace) {
                rows.unread();
            }
            continue;
        }
        let socket = || {
            let queues = (count(words.get(1)?)?, count(words.get(2)?)?);
            let (local, peer) = (*words.get(3)?, *words.get(4)?);
            let state = words.get(5).filter(|word| {
                word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit()) && word.len() > 2
            });
            let state = state.filter(|word| count(word).is_none()).copied().unwrap_or("UNCONN");
            let owner =
                words.iter().skip(5).find_map(|word| word.split_once('/').filter(|(pid, _)| count(pid).is_some()));
            let owner = owner.map(|(pid, name)| (name.trim_end_matches(':'), pid));
            Some(Socket { protocol: words[0], state, queues, local, peer, owner })
        };
        match socket() {
            Some(socket) => add(line, &socket, &mut counts, rows),
            None => rows.unread(),
        }
    }
    push_counts(counts, rows);
}

fn add<'a>(line: Line<'a>, socket: &Socket<'_>, counts: &mut Counts<'a>, rows: &mut Rows) {
    let protocol = match socket.protocol.trim_end_matches('6') {
        "u_str" | "u_dgr" | "u_seq" | "unix" => "unix",
        protocol => protocol,
    };
    let state = state_name(socket.state);
    counts.entry((protocol.to_owned(), state.to_owned())).or_insert((line, 0.0)).1 += 1.0;
    let (local, peer) = (address(socket.local), address(socket.peer));
    let is_inet = matches!(protocol, "tcp" | "udp" | "raw" | "sctp" | "dccp" | "mptcp");
    let is_listening = state == "LISTEN" || matches!(protocol, "udp" | "raw") && state == "UNCONN";
    let (received, to_send) = socket.queues;
    let is_overfull = protocol == "unix" && state == "LISTEN" && to_send > 0.0 && received >= to_send;
    let has_queue = received > 0.0 || to_send > 0.0;
    if !(is_inet && (is_listening || has_queue) || is_overfull) {
        return;
    }
    let is_accepting = state == "LISTEN" && (protocol != "udp");
    let is_local = local.0 == "::1" || local.0.starts_with("127.") || local.0 == "localhost" || local.0 == "[::1]";
    let fields = Fields::of("socket")
        .text("protocol", protocol)
        .text("state", state)
        .flag("is_listening", is_listening)
        .text("local_address", local.0)
        .number("local_port", port(local.1))
        .flag("is_local_only", is_inet.then_some(is_local))
        .text("peer_address", if is_listening { "" } else { peer.0 })
        .number("peer_port", port(peer.1))
        .number("recv_queue", received)
        .number("send_queue", to_send)
        .share("accept_queue_percent", is_accepting.then_some(received), Some(to_send));
    let (name, pid) = socket.owner.unwrap_or_default();
    rows.push(line, fields.text("process", name).number("pid", count(pid)));
}

/// netstat's and ss's words for a state, in those of ss.
fn state_name(state: &str) -> &str {
    match state {
        "ESTABLISHED" => "ESTAB",
        "TIME_WAIT" => "TIME-WAIT",
        "CLOSE_WAIT" => "CLOSE-WAIT",
        "SYN_SENT" => "SYN-SENT",
        "SYN_RECV" => "SYN-RECV",
        "FIN_WAIT1" | "FIN_WAIT_1" => "FIN-WAIT-1",
        "FIN_WAIT2" | "FIN_WAIT_2" => "FIN-WAIT-2",
        "LAST_ACK" => "LAST-ACK",
        "LISTENING" => "LISTEN",
        state => state,
    }
}

/// Address and port, without the interface: `[::]:22`, `0.0.0.0:22`, `:::22`, `127.0.0.53%lo:53`, `*:*`.
fn address(text: &str) -> (&str, &str) {
    let (address, port) = text.rsplit_once(':').unwrap_or((text, ""));
    let address = address.split('%').next().unwrap_or_default();
    let address = if address.starts_with('[') { address.trim_matches(['[', ']']) } else { address };
    (if matches!(address, "" | "0.0.0.0" | "::") { "*" } else { address }, port)
}

/// Numbers, and the names that a service has without `-n`.
fn port(text: &str) -> Option<f64> {
    let named = [
        ("ssh", 22.0),
        ("http", 80.0),
        ("https", 443.0),
        ("domain", 53.0),
        ("smtp", 25.0),
        ("mysql", 3306.0),
        ("postgresql", 5432.0),
    ];
    count(text).or_else(|| named.iter().find(|(name, _)| *name == text).map(|(_, port)| *port))
}

fn push_counts(counts: Counts<'_>, rows: &mut Rows) {
    for ((protocol, state), (line, number)) in counts {
        let fields = Fields::of("socket_states").text("protocol", &protocol).text("state", &state);
        rows.push(line, fields.number("count", number));
    }
}

/// Reads `ss -s`: `TCP:   10 (estab 2, closed 1, orphaned 0, timewait 1)`, and the totals of the other protocols.
fn summary(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let text = line.text;
        if let Some((total, inner)) = text.strip_prefix("TCP:").and_then(|rest| rest.split_once('(')) {
            let mut push = |state: &str, number: f64| {
                let fields = Fields::of("socket_states").text("protocol", "tcp").text("state", state);
                rows.push(line, fields.number("count", number));
            };
            count(total).into_iter().for_each(|number| push("all", number));
            for part in inner.split([',', ')']) {
                let pair = part.trim().split_once(' ');
                let state = pair.map_or("", |(state, _)| match state {
                    "estab" => "ESTAB",
                    "closed" => "CLOSED",
                    "synrecv" => "SYN-RECV",
                    "timewait" => "TIME-WAIT",
                    state => state,
                });
                if let Some(number) = pair.and_then(|(_, number)| count(number.split('/').next()?)) {
                    push(state, number);
                }
            }
        } else if !["Total:", "Transport", "*", "RAW", "UDP", "TCP", "INET", "FRAG"]
            .iter()
            .any(|known| text.starts_with(known))
        {
            rows.unread();
        }
    }
}
