use std::collections::BTreeMap;

use super::quantity::number;
use super::rows::{Fields, Line, Output, Rows};
use super::table::{Cells, Heading};

/// Reads vmstat: kind `cpu`, of the last sample. One sample alone is the mean since the boot.
pub(super) fn vmstat(output: &Output<'_>, rows: &mut Rows) {
    let mut heading = None;
    let mut last = None;
    for line in output.filled_lines() {
        let text = line.text.trim_start();
        if text.starts_with("r ") {
            heading = Some(Heading::new(line.text, 1));
        } else if text.starts_with(|c: char| c.is_ascii_digit()) && heading.is_some() {
            last = Some(line);
        } else if !text.starts_with("procs") && !text.contains("---") {
            rows.unread();
        }
    }
    let (Some(heading), Some(line)) = (heading, last) else { return };
    let Some(cells) = heading.cells_by_word(line) else {
        rows.unread();
        return;
    };
    let get = |name: &str| number(cells.get(&[name]));
    let fields = Fields::of("cpu").number("runnable", get("r")).number("blocked", get("b"));
    let fields = fields.number("swap_in_kib_s", get("si")).number("swap_out_kib_s", get("so"));
    rows.push(line, times(fields, &cells));
}

/// Reads iostat, sar and mpstat: kinds `cpu` (of all processors) and `device_io`, the averages, else the last sample.
pub(super) fn samples(output: &Output<'_>, rows: &mut Rows) {
    let mut heading: Option<(Heading, bool)> = None;
    let mut cpu: Option<(bool, Line<'_>, Fields)> = None;
    let mut devices: BTreeMap<String, (bool, Line<'_>, Fields)> = BTreeMap::new();
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        if line.text.contains("%idle") {
            heading = Some((Heading::new(line.text, 1), true));
        } else if words.iter().any(|word| matches!(*word, "Device" | "Device:" | "DEV")) {
            heading = Some((Heading::new(line.text, 1), false));
        } else if words.iter().any(|word| word.starts_with('%') || word.contains("/s")) {
            // Another table of sar: memory, network, queues.
            heading = None;
        } else if let Some((heading, is_cpu)) = &heading {
            let cells = heading.cells_from_right(line);
            let is_average = words[0] == "Average:";
            if *is_cpu {
                if matches!(cells.get(&["CPU"]), "" | "all" | "-1")
                    && cpu.as_ref().is_none_or(|known| is_average || !known.0)
                {
                    cpu = Some((is_average, line, times(Fields::of("cpu"), &cells)));
                }
            } else if let Some((name, fields)) = device(&cells)
                && devices.get(&name).is_none_or(|known| is_average || !known.0)
            {
                devices.insert(name, (is_average, line, fields));
            }
        }
    }
    let found = cpu.into_iter().chain(devices.into_values()).filter(|(_, _, fields)| !fields.is_empty());
    found.for_each(|(_, line, fields)| rows.push(line, fields));
}

/// Reads the head of `top -b`, of procps and busybox: kinds `load`, `process_states`, `cpu`.
pub(super) fn top(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines().take(8) {
        let text = line.text.trim();
        if text.starts_with("top - ") || text.starts_with("Load average:") {
            super::load::loads(line, rows);
        } else if text.starts_with("Tasks:") {
            let get = |name: &str| before(text, name);
            let fields = Fields::of("process_states").number("total", get("total")).number("running", get("running"));
            rows.push(line, fields.number("stopped", get("stopped")).number("zombies", get("zombie")));
        } else if text.starts_with("%Cpu") || text.starts_with("Cpu(s)") || text.starts_with("CPU:") {
            let get = |names: [&str; 2]| names.iter().find_map(|name| before(text, name));
            let fields = Fields::of("cpu")
                .number("user_percent", get(["us", "usr"]))
                .number("system_percent", get(["sy", "sys"]))
                .number("idle_percent", get(["id", "idle"]))
                .number("iowait_percent", get(["wa", "io"]));
            rows.push(line, fields.number("steal_percent", get(["st", "steal"])));
        }
    }
}

fn times(fields: Fields, cells: &Cells) -> Fields {
    let get = |names: &[&str]| number(cells.get(names));
    fields
        .number("user_percent", get(&["%user", "%usr", "us"]))
        .number("system_percent", get(&["%system", "%sys", "sy"]))
        .number("idle_percent", get(&["%idle", "id"]))
        .number("iowait_percent", get(&["%iowait", "wa"]))
        .number("steal_percent", get(&["%steal", "st"]))
}

/// A row of `iostat -x` or `sar -d`; sizes are KiB, or sectors of 512 bytes in old versions.
fn device(cells: &Cells) -> Option<(String, Fields)> {
    let name = cells.get(&["Device", "Device:", "DEV"]);
    let get = |names: &[&str]| number(cells.get(names));
    let kib = |kib: &[&str], sectors: &[&str], mib: &[&str]| {
        get(kib).or_else(|| get(sectors).map(|n| n / 2.0)).or_else(|| get(mib).map(|n| n * 1024.0))
    };
    let waits = ["await", "r_await", "w_await"].into_iter().filter_map(|name| get(&[name]));
    let util = get(&["%util"])?;
    let fields = Fields::of("device_io")
        .text("device", name)
        .number("util_percent", util)
        .number("await_ms", waits.reduce(f64::max))
        .number("queue", get(&["aqu-sz", "avgqu-sz"]))
        .number("read_kib_s", kib(&["rkB/s"], &["rsec/s", "rd_sec/s"], &["rMB/s"]))
        .number("write_kib_s", kib(&["wkB/s"], &["wsec/s", "wr_sec/s"], &["wMB/s"]));
    (!name.is_empty()).then(|| (name.to_owned(), fields))
}

/// The number before a word, as in `1.5 us,` or `99.0%id`.
fn before(text: &str, name: &str) -> Option<f64> {
    let text = text.split_once(':')?.1.replace('%', " ");
    let words: Vec<&str> = text.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let at = words.iter().position(|word| *word == name)?;
    number(words.get(at.checked_sub(1)?)?)
}
