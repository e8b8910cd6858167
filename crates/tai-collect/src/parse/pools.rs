use super::quantity::{count, number};
use super::rows::{Fields, Line, Output, Rows};
use super::table::Heading;

/// Reads `zpool status`: kind `pool`.
pub(super) fn zpool_status(output: &Output<'_>, rows: &mut Rows) {
    let mut open: Option<(Line<'_>, Fields)> = None;
    let mut faulty: Vec<&str> = Vec::new();
    let mut in_config = false;
    let close = |open: Option<(Line<'_>, Fields)>, faulty: &mut Vec<&str>, rows: &mut Rows| {
        if let Some((line, fields)) = open {
            rows.push(line, fields.text("faulty_devices", &std::mem::take(faulty).join(" ")));
        }
    };
    for line in output.filled_lines() {
        let text = line.text.trim();
        let (key, value) = text.split_once(':').unwrap_or((text, ""));
        match (key, open.take()) {
            ("pool", known) => {
                close(known, &mut faulty, rows);
                in_config = false;
                open = Some((line, Fields::of("pool").text("name", value)));
            }
            (_, None) => rows.unread(),
            ("state", Some((_, fields))) => open = Some((line, fields.text("state", value))),
            ("scan", Some((first, fields))) => open = Some((first, fields.text("scan", value))),
            ("errors", Some((first, fields))) => {
                in_config = false;
                let has_errors = value.trim() != "No known data errors";
                open = Some((first, fields.text("errors", value).flag("has_errors", has_errors)));
            }
            (key, known) => {
                open = known;
                in_config |= key == "config";
                if in_config {
                    faulty.extend(faulty_device(text));
                }
            }
        }
    }
    close(open, &mut faulty, rows);
}

/// `sdb  DEGRADED  0  0  12  too many errors`.
fn faulty_device(text: &str) -> Option<&str> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [name, state, counts @ ..] = &words[..] else { return None };
    let is_state = ["ONLINE", "DEGRADED", "FAULTED", "OFFLINE", "UNAVAIL", "REMOVED", "SUSPENDED"].contains(state);
    let has_errors =
        counts.len() >= 3 && counts[..3].iter().any(|n| *n != "0" && n.starts_with(|c: char| c.is_ascii_digit()));
    (is_state && (*state != "ONLINE" || has_errors)).then_some(*name)
}

/// Reads `zpool list`, also with -v: kind `pool`. Devices are below their pool, indented; a class of devices (logs, cache) has no health.
pub(super) fn zpool_list(output: &Output<'_>, rows: &mut Rows) {
    let mut lines = output.filled_lines();
    let Some(first) = lines.next().filter(|line| line.text.starts_with("NAME")) else {
        rows.unread += output.filled_lines().filter(|line| line.text != "no pools available").count();
        return;
    };
    let heading = Heading::new(first.text, 1);
    for line in lines.filter(|line| !line.text.starts_with(' ')) {
        let cells = heading.cells_by_word(line);
        if cells.as_ref().is_some_and(|cells| cells.get(&["HEALTH"]) == "-") {
            continue;
        }
        let fields = cells.map(|cells| {
            let fields = Fields::of("pool").text("name", cells.get(&["NAME"])).text("state", cells.get(&["HEALTH"]));
            fields.number("used_percent", number(cells.get(&["CAP"])))
        });
        rows.push_or_unread(line, fields);
    }
}

/// Reads `btrfs device stats`: kind `device_errors`, for each counter that is not 0.
pub(super) fn btrfs_stats(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let parts = || {
            let (device, rest) = line.text.strip_prefix('[')?.split_once("].")?;
            let (counter, errors) = rest.split_once(char::is_whitespace)?;
            Some((device, counter, count(errors)?))
        };
        match parts() {
            Some((_, _, 0.0)) => {}
            Some((device, counter, errors)) => {
                rows.push(
                    line,
                    Fields::of("device_errors").text("device", device).text("counter", counter).number("count", errors),
                );
            }
            None => rows.unread(),
        }
    }
}

/// Reads `multipath -ll`: kinds `multipath` and `multipath_path`.
pub(super) fn multipath(output: &Output<'_>, rows: &mut Rows) {
    let mut map: Option<(Line<'_>, &str, f64, f64)> = None;
    let close = |map: Option<(Line<'_>, &str, f64, f64)>, rows: &mut Rows| {
        if let Some((line, name, paths, failed)) = map {
            let fields = Fields::of("multipath").text("name", name).number("paths", paths);
            rows.push(line, fields.number("failed_paths", failed).number("working_paths", paths - failed));
        }
    };
    for line in output.filled_lines() {
        let words: Vec<&str> =
            line.text.trim_start_matches(['|', '`', '-', '+', '\\', '_', ' ']).split_whitespace().collect();
        let is_map = words.len() > 1
            && words.iter().any(|word| word.starts_with("dm-"))
            && !line.text.starts_with(['|', '`', ' ', '\\', '_']);
        let is_address = |word: &str| {
            word == "#:#:#:#" || word.split(':').count() == 4 && word.split(':').all(|n| count(n).is_some())
        };
        if is_map {
            close(map.take(), rows);
            map = Some((line, words[0], 0.0, 0.0));
        } else if let (Some((_, name, paths, failed)), [address, device, _, state @ ..]) = (&mut map, &words[..])
            && is_address(address)
        {
            let states: Vec<&str> =
                state.iter().flat_map(|word| word.split(['[', ']'])).filter(|word| !word.is_empty()).collect();
            let is_failed = states.iter().any(|state| matches!(*state, "failed" | "faulty" | "offline"));
            *paths += 1.0;
            *failed += if is_failed { 1.0 } else { 0.0 };
            let get = |known: &[&str]| states.iter().copied().find(|state| known.contains(state)).unwrap_or_default();
            let fields = Fields::of("multipath_path")
                .text("map", name)
                .text("device", device)
                .text("state", get(&["active", "failed", "undef"]))
                .text("check", get(&["ready", "faulty", "shaky", "ghost", "i/o"]))
                .text("online", get(&["running", "offline"]));
            rows.push(line, fields.flag("is_failed", is_failed));
        }
    }
    close(map, rows);
}
