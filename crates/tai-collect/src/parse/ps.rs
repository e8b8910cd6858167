use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::quantity::{count, elapsed, number, size};
use super::rows::{Fields, Line, Output, Rows};

/// A list up to this long is kept whole.
const SHORT: usize = 200;
/// Of a longer one so many of the largest and of the busiest are kept, and those in trouble.
const MOST: usize = 30;

/// Reads ps with a heading, of procps in any format and of busybox: kinds `process` and `process_states`. Threads and the rows of a second heading are skipped.
pub(super) fn processes(output: &Output<'_>, rows: &mut Rows) {
    let mut columns: Option<Vec<&str>> = None;
    let mut found: Vec<(Line<'_>, Fields)> = Vec::new();
    let mut pids = BTreeSet::new();
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        if words.contains(&"PID") {
            columns = Some(words);
            continue;
        }
        let Some(columns) = &columns else {
            // `ps -o comm=` has no heading.
            continue;
        };
        match process(columns, &words) {
            Some((pid, fields)) => {
                if pids.insert(pid) {
                    found.push((line, fields));
                }
            }
            None if columns.iter().zip(&words).any(|(column, word)| *column == "PID" && *word == "-") => {}
            None => rows.unread(),
        }
    }
    count_states(&found, rows);
    let kept = keep(&found);
    rows.left_out += found.len() - kept.len();
    for (i, (line, fields)) in found.into_iter().enumerate() {
        if kept.contains(&i) {
            rows.push(line, fields);
        }
    }
}

fn process(columns: &[&str], words: &[&str]) -> Option<(u64, Fields)> {
    let mut fields = Fields::of("process");
    let mut pid = None;
    let mut at = 0;
    let mut state = "";
    for (i, column) in columns.iter().enumerate() {
        let word = *words.get(at)?;
        let is_last = i + 1 == columns.len();
        // lstart is the one column of several words: Mon May  4 10:00:00 2026.
        let is_date = *column == "STARTED" && word.len() == 3 && word.starts_with(char::is_uppercase);
        at += if is_date { 5 } else { 1 };
        fields = match *column {
            "PID" => {
                pid = Some(word.parse::<u64>().ok()?);
                fields.number("pid", count(word))
            }
            "PPID" => fields.number("ppid", count(word)),
            "USER" | "UID" | "RUSER" | "EUSER" => fields.text("user", word),
            "STAT" | "S" => {
                state = word;
                fields.text("state", word)
            }
            // KiB; busybox writes 12m.
            "RSS" | "RSZ" => fields.number("rss_bytes", count(word).map(|n| n * 1024.0).or_else(|| size(word))),
            "%MEM" => fields.number("memory_percent", number(word)),
            "%CPU" => fields.number("cpu_percent", number(word)),
            "ELAPSED" => fields.number("elapsed_seconds", elapsed(word).or_else(|| count(word))),
            "WCHAN" => fields.text("wait_channel", if word == "-" { "" } else { word }),
            "COMMAND" | "CMD" | "COMM" | "ARGS" => {
                let command = if is_last { words[at - 1..].join(" ") } else { word.to_owned() };
                let name = command.trim_start_matches(['\\', '_', '|', ' ']);
                let first = name.split(' ').next().unwrap_or_default();
                let first = if first.starts_with('[') { first } else { first.rsplit('/').next().unwrap_or_default() };
                fields.text("name", first).text("command", name)
            }
            _ => fields,
        };
    }
    let is_state = state.starts_with(|c: char| c.is_ascii_uppercase());
    let in_state = |letter: char| is_state.then(|| state.starts_with(letter));
    Some((pid?, fields.flag("is_blocked", in_state('D')).flag("is_zombie", in_state('Z'))))
}

fn count_states(found: &[(Line<'_>, Fields)], rows: &mut Rows) {
    let is_in = |letter: char| move |(_, fields): &&(Line<'_>, Fields)| fields.text_of("state").starts_with(letter);
    let of = |letter: char| found.iter().filter(is_in(letter)).count() as f64;
    // The line that shows it is one of the trouble that there is most of.
    let letter = if of('Z') >= of('D') { 'Z' } else { 'D' };
    let troubled = found.iter().find(is_in(letter));
    let Some((line, _)) = troubled.or(found.first()).filter(|(_, fields)| !fields.text_of("state").is_empty()) else {
        return;
    };
    // The list of one or a few processes that were asked for says nothing of the host.
    if found.len() > 5 {
        let fields = Fields::of("process_states").number("total", found.len() as f64).number("running", of('R'));
        let fields = fields.number("blocked", of('D')).number("zombies", of('Z')).number("stopped", of('T'));
        rows.push(*line, fields.number("zombie_parent", parent_of_zombies(found)));
    }
}

/// The process that most of the zombies are children of.
fn parent_of_zombies(found: &[(Line<'_>, Fields)]) -> Option<f64> {
    let mut children: BTreeMap<u64, usize> = BTreeMap::new();
    let zombies = found.iter().filter(|(_, fields)| fields.text_of("state").starts_with('Z'));
    for parent in zombies.filter_map(|(_, fields)| fields.number_of("ppid")) {
        *children.entry(parent as u64).or_default() += 1;
    }
    let (parent, _) = children.into_iter().max_by_key(|(_, count)| *count)?;
    Some(parent as f64)
}

fn keep(found: &[(Line<'_>, Fields)]) -> BTreeSet<usize> {
    if found.len() <= SHORT {
        return (0..found.len()).collect();
    }
    let most = |field: &str| {
        let value = |i: &usize| found[*i].1.number_of(field).unwrap_or(0.0);
        let mut order: Vec<usize> = (0..found.len()).collect();
        order.sort_by(|a, b| value(b).partial_cmp(&value(a)).unwrap_or(Ordering::Equal));
        order.truncate(MOST);
        order
    };
    let is_troubled = |i: &usize| found[*i].1.text_of("state").starts_with(['D', 'Z', 'T']);
    let troubled = (0..found.len()).filter(is_troubled).take(SHORT);
    most("rss_bytes").into_iter().chain(most("cpu_percent")).chain(troubled).collect()
}
