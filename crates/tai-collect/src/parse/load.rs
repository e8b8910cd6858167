use super::quantity::{count, number};
use super::rows::{Fields, Line, Output, Rows};

/// Reads /proc/pressure/*, or *.pressure of a cgroup: kind `pressure`, one row. `resource` comes from the file's name.
pub(super) fn pressure(resource: &str, output: &Output<'_>, rows: &mut Rows) {
    const NAMES: [[&str; 3]; 2] =
        [["some_avg10", "some_avg60", "some_avg300"], ["full_avg10", "full_avg60", "full_avg300"]];
    let mut found: Option<(Line<'_>, Fields)> = None;
    for line in output.filled_lines() {
        let mut words = line.text.split_whitespace();
        let names = match words.next() {
            Some("some") => NAMES[0],
            Some("full") => NAMES[1],
            _ => {
                rows.unread();
                continue;
            }
        };
        let values: Vec<f64> = words.filter_map(|word| number(word.split_once('=')?.1)).collect();
        if values.len() < 3 {
            rows.unread();
            continue;
        }
        let (first, fields) = found.unwrap_or_else(|| (line, Fields::of("pressure").text("resource", resource)));
        let fields = names.iter().zip(values).fold(fields, |fields, (name, value)| fields.number(name, value));
        found = Some((first, fields));
    }
    if let Some((line, fields)) = found {
        rows.push(line, fields);
    }
}

/// Reads /proc/loadavg: kind `load`.
pub(super) fn loadavg(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let fields = || {
            let [one, five, fifteen, tasks, _] = words[..] else { return None };
            let (running, all) = tasks.split_once('/')?;
            let fields = Fields::of("load").number("load1", number(one)?).number("load5", number(five)?);
            Some(
                fields.number("load15", number(fifteen)?).number("running", count(running)).number("tasks", count(all)),
            )
        };
        rows.push_or_unread(line, fields());
    }
}

/// Reads uptime, and the head of w: kind `load`.
pub(super) fn uptime(output: &Output<'_>, rows: &mut Rows) {
    if let Some(line) = output.filled_lines().next() {
        loads(line, rows);
    }
}

/// A line with `load average:`, and `up 3 days, 4:05` before it.
pub(super) fn loads(line: Line<'_>, rows: &mut Rows) {
    let lower = line.text.to_lowercase();
    let Some((before, loads)) = lower.split_once("load average:").or_else(|| lower.split_once("load averages:")) else {
        rows.unread();
        return;
    };
    let mut loads = loads.split([' ', ',']).filter(|word| !word.is_empty()).map(number);
    let mut next = || loads.next().flatten();
    let fields = Fields::of("load").number("load1", next()).number("load5", next()).number("load15", next());
    let uptime = before.split_once("up ").map(|(_, up)| up_seconds(up)).filter(|seconds| *seconds > 0.0);
    rows.push(line, fields.number("uptime_seconds", uptime));
}

/// `3 days, 4:05,  2 users`.
fn up_seconds(text: &str) -> f64 {
    let part = |part: &str| {
        let words: Vec<&str> = part.split_whitespace().collect();
        match words[..] {
            [clock] => {
                clock.split_once(':').and_then(|(h, m)| Some(count(h)? * 3600.0 + count(m)? * 60.0)).unwrap_or(0.0)
            }
            [amount, unit] => {
                let unit = match unit {
                    "day" | "days" => 86_400.0,
                    "min" | "mins" | "minutes" | "minute" => 60.0,
                    "hours" | "hour" => 3600.0,
                    "week" | "weeks" => 604_800.0,
                    _ => 0.0,
                };
                count(amount).unwrap_or(0.0) * unit
            }
            _ => 0.0,
        }
    };
    text.split(',').map(part).sum()
}

/// Reads lscpu: kind `processor`.
pub(super) fn lscpu(output: &Output<'_>, rows: &mut Rows) {
    let value = |name: &str| {
        let line = output.lines().find(|line| line.text.trim_start().starts_with(name))?;
        Some((line, line.text.split_once(':')?.1.trim()))
    };
    let Some((line, all)) = value("CPU(s):") else {
        rows.unread += output.filled_lines().count();
        return;
    };
    let offline = value("Off-line CPU(s) list:").map_or("", |(_, list)| list);
    let online = value("On-line CPU(s) list:").map_or(0.0, |(_, list)| listed(list));
    let fields = Fields::of("processor")
        .number("cpus", if online > 0.0 { Some(online) } else { count(all) })
        .text("model", value("Model name:").map_or("", |(_, model)| model))
        .text("virtualization", value("Hypervisor vendor:").map_or("", |(_, vendor)| vendor));
    rows.push(line, fields.text("offline", offline));
}

/// How many there are in a list such as `0-3,8`.
fn listed(list: &str) -> f64 {
    let one = |range: &str| match range.split_once('-') {
        Some((from, to)) => Some(count(to)? - count(from)? + 1.0),
        None => count(range).map(|_| 1.0),
    };
    list.split(',').filter_map(one).sum()
}

/// Reads nproc: kind `processor`.
pub(super) fn nproc(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        rows.push_or_unread(line, count(line.text).map(|cpus| Fields::of("processor").number("cpus", cpus)));
    }
}

/// Reads /proc/cpuinfo: kind `processor`.
pub(super) fn cpuinfo(output: &Output<'_>, rows: &mut Rows) {
    let named = |name: &'static str| output.lines().filter(move |line| line.text.starts_with(name));
    if let Some(line) = named("processor").next() {
        let model =
            named("model name").next().and_then(|line| line.text.split_once(':')).map_or("", |(_, model)| model);
        rows.push(line, Fields::of("processor").number("cpus", named("processor").count() as f64).text("model", model));
    }
}
