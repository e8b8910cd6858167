use super::quantity::{count, number};
use super::rows::{Fields, Line, Output, Rows};

/// Reads /proc/mdstat: kind `raid`, a row for each array.
pub(super) fn mdstat(output: &Output<'_>, rows: &mut Rows) {
    let mut open: Option<(Line<'_>, Array)> = None;
    for line in output.filled_lines() {
        let text = line.text;
        if let Some((name, rest)) = text.split_once(" : ").filter(|(name, _)| name.starts_with("md")) {
            close(open.take(), rows);
            open = Some((line, Array::new(name, rest)));
        } else if let Some((_, array)) = open.as_mut().filter(|_| text.starts_with(' ')) {
            array.read(text);
        } else if !["Personalities", "unused devices", "read_ahead"].iter().any(|known| text.starts_with(known)) {
            rows.unread();
        }
    }
    close(open, rows);
}

struct Array {
    name: String,
    level: String,
    state: String,
    failed: Vec<String>,
    is_read_only: bool,
    devices: Option<(f64, f64)>,
    recovery: Option<(String, Option<f64>)>,
}

impl Array {
    /// `active raid1 sdb1[1] sda1[0](F)`, `inactive sdb1[1](S)`, `active (auto-read-only) raid1 …`.
    fn new(name: &str, rest: &str) -> Self {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let is_level =
            |word: &&&str| ["raid", "linear", "multipath", "faulty"].iter().any(|level| word.starts_with(level));
        let failed = words.iter().filter(|word| word.contains("(F)"));
        Array {
            name: name.to_owned(),
            level: words.iter().find(is_level).map_or(String::new(), |level| (*level).to_owned()),
            state: words.first().copied().unwrap_or_default().to_owned(),
            failed: failed.filter_map(|word| Some(word.split_once('[')?.0.to_owned())).collect(),
            is_read_only: rest.contains("read-only)") && !rest.contains("auto-read-only"),
            devices: None,
            recovery: None,
        }
    }

    /// `1046528 blocks super 1.2 [2/1] [U_]`, `[>....]  recovery = 12.6% (37043392/292945152) finish=…`, `resync=DELAYED`.
    fn read(&mut self, text: &str) {
        let pair = text.split(['[', ']']).find_map(|part| {
            let (all, active) = part.split_once('/')?;
            Some((count(all)?, count(active)?))
        });
        self.devices = self.devices.or(pair);
        for action in ["recovery", "resync", "reshape", "check"] {
            let Some((_, rest)) =
                text.split_once(action).filter(|(before, _)| before.trim_end().is_empty() || before.contains(']'))
            else {
                continue;
            };
            if let Some(value) = rest.trim_start().strip_prefix('=') {
                let percent = value.split_whitespace().next().and_then(number);
                self.recovery = Some((action.to_owned(), percent));
            }
        }
    }
}

fn close(open: Option<(Line<'_>, Array)>, rows: &mut Rows) {
    let Some((line, array)) = open else { return };
    let missing = array.devices.map(|(all, active)| (all - active).max(0.0));
    let fields = Fields::of("raid")
        .text("name", &array.name)
        .text("level", &array.level)
        .text("state", &array.state)
        .number("devices", array.devices.map(|(all, _)| all))
        .number("active_devices", array.devices.map(|(_, active)| active))
        .number("missing_devices", missing)
        .number("failed_devices", array.failed.len() as f64)
        .text("failed_names", &array.failed.join(" "))
        .flag("is_degraded", missing.map(|missing| missing > 0.0))
        .flag("is_read_only", array.is_read_only);
    let (recovery, percent) = array.recovery.unwrap_or_default();
    rows.push(line, fields.text("recovery", &recovery).number("recovery_percent", percent));
}

/// Reads `mdadm --detail`: kind `raid`, a row for each array that is named.
pub(super) fn mdadm(output: &Output<'_>, rows: &mut Rows) {
    let mut open: Option<(Line<'_>, Fields, f64)> = None;
    let mut failed = Vec::new();
    for line in output.filled_lines() {
        let text = line.text.trim();
        if text.starts_with("/dev/") && text.ends_with(':') {
            close_detail(open.take(), &mut failed, rows);
            let name = text.trim_start_matches("/dev/").trim_end_matches(':');
            open = Some((line, Fields::of("raid").text("name", name), 0.0));
            continue;
        }
        let Some((first, fields, all)) = open.take() else { continue };
        let (name, value) = text.split_once(" : ").unwrap_or((text, ""));
        let mut all = all;
        let fields = match name.trim() {
            "Raid Level" => fields.text("level", value),
            "Raid Devices" => {
                all = count(value).unwrap_or(0.0);
                fields.number("devices", count(value))
            }
            "Active Devices" => fields.number("active_devices", count(value)),
            "Failed Devices" => fields.number("failed_devices", count(value)),
            "State" => {
                fields.text("state", value).flag("is_read_only", value.contains("read-only") && !value.contains("auto"))
            }
            "Rebuild Status" | "Resync Status" | "Reshape Status" | "Check Status" => {
                let kind = if name.starts_with("Rebuild") {
                    "recovery".to_owned()
                } else {
                    name.trim().replace(" Status", "").to_lowercase()
                };
                fields.text("recovery", &kind).number("recovery_percent", value.split('%').next().and_then(number))
            }
            _ => {
                if let Some(device) = text.split_whitespace().last().filter(|_| text.contains(" faulty ")) {
                    failed.push(device.trim_start_matches("/dev/").to_owned());
                }
                fields
            }
        };
        open = Some((first, fields, all));
    }
    close_detail(open, &mut failed, rows);
}

fn close_detail(open: Option<(Line<'_>, Fields, f64)>, failed: &mut Vec<String>, rows: &mut Rows) {
    let Some((line, fields, all)) = open else { return };
    let missing = fields.number_of("active_devices").map(|active| (all - active).max(0.0));
    let is_degraded = fields.text_of("state").contains("degraded") || missing.is_some_and(|missing| missing > 0.0);
    let fields = fields.number("missing_devices", missing).flag("is_degraded", is_degraded);
    rows.push(line, fields.text("failed_names", &std::mem::take(failed).join(" ")));
}
