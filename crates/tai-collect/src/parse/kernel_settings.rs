use super::quantity::{count, number};
use super::rows::{Fields, Line, Output, Rows};

/// A list of settings up to this long was asked for setting by setting, and is kept whole.
const SHORT: usize = 60;

/// What a long list of settings is searched for.
const DECISIVE: &[&str] = &[
    "fs.aio-max-nr",
    "fs.aio-nr",
    "fs.file-max",
    "fs.inotify.max_user_instances",
    "fs.inotify.max_user_watches",
    "fs.nr_open",
    "kernel.core_pattern",
    "kernel.hung_task_panic",
    "kernel.hung_task_timeout_secs",
    "kernel.keys.maxkeys",
    "kernel.panic",
    "kernel.panic_on_oops",
    "kernel.pid_max",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.tainted",
    "kernel.threads-max",
    "net.core.netdev_max_backlog",
    "net.core.rmem_max",
    "net.core.somaxconn",
    "net.core.wmem_max",
    "net.ipv4.conf.all.forwarding",
    "net.ipv4.conf.all.rp_filter",
    "net.ipv4.conf.default.rp_filter",
    "net.ipv4.ip_forward",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_nonlocal_bind",
    "net.ipv4.neigh.default.gc_thresh3",
    "net.ipv4.tcp_abort_on_overflow",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_max_orphans",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_max_tw_buckets",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_timestamps",
    "net.ipv4.tcp_tw_reuse",
    "net.ipv6.conf.all.disable_ipv6",
    "net.ipv6.conf.all.forwarding",
    "user.max_user_namespaces",
    "vm.dirty_background_ratio",
    "vm.dirty_ratio",
    "vm.max_map_count",
    "vm.min_free_kbytes",
    "vm.nr_hugepages",
    "vm.oom_kill_allocating_task",
    "vm.overcommit_memory",
    "vm.overcommit_ratio",
    "vm.panic_on_oom",
    "vm.swappiness",
    "vm.zone_reclaim_mode",
];

/// Reads sysctl: kinds `sysctl`, `conntrack`, `file_handles`. `sysctl -n` gives only values, which belong to the names in the command.
pub(super) fn sysctl(output: &Output<'_>, rows: &mut Rows) {
    let lines: Vec<Line<'_>> = output.filled_lines().filter(|line| !line.text.starts_with("sysctl:")).collect();
    let names: Vec<&str> = output.operands().collect();
    let pairs: Vec<(Line<'_>, &str, &str)> = if output.has_flag('n') && names.len() == lines.len() {
        lines.iter().zip(names).map(|(line, name)| (*line, name, line.text)).collect()
    } else {
        let pairs = lines
            .iter()
            .filter_map(|line| line.text.split_once('=').map(|(name, value)| (*line, name.trim(), value.trim())));
        let pairs: Vec<_> = pairs.collect();
        rows.unread += lines.len() - pairs.len();
        pairs
    };
    settings(&pairs, rows);
}

/// Reads files under /proc/sys, one value for each path in the order of the command.
pub(super) fn files(paths: &[&str], output: &Output<'_>, rows: &mut Rows) {
    let lines: Vec<Line<'_>> = output.filled_lines().collect();
    if lines.len() != paths.len() {
        return;
    }
    let names: Vec<String> = paths.iter().map(|path| path.trim_start_matches("/proc/sys/").replace('/', ".")).collect();
    let pairs = lines.iter().zip(&names).zip(paths).filter(|(_, path)| path.starts_with("/proc/sys/"));
    let pairs: Vec<_> = pairs.map(|((line, name), _)| (*line, name.as_str(), line.text)).collect();
    settings(&pairs, rows);
}

fn settings(pairs: &[(Line<'_>, &str, &str)], rows: &mut Rows) {
    let is_short = pairs.len() <= SHORT;
    for (line, name, value) in pairs {
        if *name == "fs.file-nr" {
            rows.push_or_unread(*line, file_nr(value));
        } else if is_short || DECISIVE.contains(name) {
            let fields = Fields::of("sysctl").text("name", name);
            rows.push(
                *line,
                match number(value) {
                    Some(value) => fields.number("value", value),
                    None => fields.text_or_empty("value", value),
                },
            );
        }
    }
    let find = |suffix: &str| {
        pairs
            .iter()
            .find(|(_, name, _)| name.ends_with(suffix))
            .and_then(|(line, _, value)| Some((*line, count(value)?)))
    };
    if let Some((line, used)) = find("nf_conntrack_count") {
        let max = find("netfilter.nf_conntrack_max").or_else(|| find("nf_conntrack_max")).map(|(_, max)| max);
        rows.push(
            line,
            Fields::of("conntrack").number("count", used).number("max", max).share("used_percent", Some(used), max),
        );
    }
}

/// Reads `conntrack -C`: kind `conntrack`.
pub(super) fn conntrack_count(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        rows.push_or_unread(line, count(line.text).map(|n| Fields::of("conntrack").number("count", n)));
    }
}

/// `used free max`.
fn file_nr(text: &str) -> Option<Fields> {
    let numbers: Vec<f64> = text.split_whitespace().map_while(count).collect();
    let [allocated, free, max] = numbers[..] else { return None };
    let used = allocated - free;
    Some(Fields::of("file_handles").number("used", used).number("max", max).share(
        "used_percent",
        Some(used),
        Some(max),
    ))
}

/// Reads /proc/PID/limits and `prlimit`: kind `limit`.
pub(super) fn limits(pid: Option<&str>, output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let Some(rest) = line.text.strip_prefix("Max ").or_else(|| prlimit_name(line.text)) else {
            if !line.text.starts_with("Limit ") && !line.text.starts_with("RESOURCE") {
                rows.unread();
            }
            continue;
        };
        let words: Vec<&str> = rest.split_whitespace().collect();
        let is_value = |word: &str| word == "unlimited" || count(word).is_some();
        let at = words.windows(2).position(|pair| is_value(pair[0]) && is_value(pair[1]));
        let fields = at.map(|at| {
            let name = if line.text.starts_with("Max ") {
                format!("Max {}", words[..at].join(" "))
            } else {
                words[0].to_owned()
            };
            let fields = Fields::of("limit").number("pid", pid.and_then(count)).text("name", &name);
            fields.number("soft", count(words[at])).number("hard", count(words[at + 1]))
        });
        rows.push_or_unread(line, fields);
    }
}

fn prlimit_name(line: &str) -> Option<&str> {
    let first = line.split_whitespace().next()?;
    (first.len() > 1 && first != "RESOURCE" && first.bytes().all(|b| b.is_ascii_uppercase())).then_some(line)
}

/// Reads `ulimit -a`: kind `limit`, of the account. `open files   (-n) 1024`.
pub(super) fn ulimit(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let fields = line.text.split_once('(').and_then(|(name, rest)| {
            let value = rest.split_once(')')?.1.trim();
            let is_value = value == "unlimited" || count(value).is_some();
            is_value.then(|| Fields::of("limit").text("name", name).number("soft", count(value)))
        });
        rows.push_or_unread(line, fields);
    }
}

/// Reads memory.events, memory.events.local, cpu.stat of cgroup v1 and v2: kind `cgroup`, one row.
pub(super) fn cgroup(path: &str, output: &Output<'_>, rows: &mut Rows) {
    let group = path.rsplit_once('/').map_or("", |(group, _)| group);
    let group = group.strip_prefix("/sys/fs/cgroup").unwrap_or(group);
    let unit = group.rsplit('/').next().unwrap_or_default();
    let mut fields = Fields::of("cgroup").text("path", group).text("unit", unit);
    let mut first = None;
    for line in output.filled_lines() {
        let Some((name, value)) = line.text.split_once(' ').and_then(|(name, value)| Some((name, count(value)?)))
        else {
            rows.unread();
            continue;
        };
        first = first.or(Some(line));
        fields = match name {
            "oom" => fields.number("oom", value),
            "oom_kill" => fields.number("oom_kill", value),
            "max" => fields.number("max", value),
            "high" => fields.number("high", value),
            "nr_periods" => fields.number("periods", value),
            "nr_throttled" => fields.number("throttled", value),
            "throttled_usec" => fields.number("throttled_seconds", value / 1e6),
            "throttled_time" => fields.number("throttled_seconds", value / 1e9),
            _ => fields,
        };
    }
    if let Some(line) = first {
        let (throttled, periods) = (fields.number_of("throttled"), fields.number_of("periods"));
        rows.push(line, fields.share("throttled_percent", throttled, periods));
    }
}
