use super::quantity::{count, number};
use super::rows::{Fields, Line, Output, Rows};

/// What is found in one report.
#[derive(Default)]
struct Report<'a> {
    line: Option<Line<'a>>,
    health: Option<&'a str>,
    model: &'a str,
    numbers: Vec<(&'static str, f64)>,
    failed: Vec<&'a str>,
    self_test_failed: Option<bool>,
}

/// Reads `smartctl -a`, `-x`, `-H`, `-A` of ATA, SCSI and `NVMe` disks: kind `smart`, one row at the line of the health, or of the first attribute.
pub(super) fn smartctl(output: &Output<'_>, rows: &mut Rows) {
    let mut report = Report::default();
    for line in output.filled_lines() {
        let is_attribute = attribute(line, &mut report) || nvme_or_scsi(line, &mut report);
        if is_attribute {
            report.line = report.line.or(Some(line));
        }
        if let Some((name, value)) = line.text.split_once(':') {
            match name.trim() {
                "SMART overall-health self-assessment test result" | "SMART Health Status" => {
                    report.health = Some(value.trim());
                    report.line = Some(line);
                }
                "Device Model" | "Model Number" | "Product" => report.model = value.trim(),
                _ => {}
            }
        }
        self_test(line.text, &mut report);
    }
    let Some(line) = report.line else {
        // Without a word of health: no such device, no permission, a virtual disk; or --scan, which names devices: `/dev/sda -d scsi # …`.
        rows.unread += output.filled_lines().filter(|line| !line.text.starts_with("/dev/")).count();
        return;
    };
    let device = output.operands().rfind(|word| word.starts_with('/')).unwrap_or_default();
    let is_failing = report.health.map(|health| !matches!(health, "PASSED" | "OK"));
    let fields = Fields::of("smart").text("device", device).text("model", report.model);
    let fields = fields.text("health", report.health.unwrap_or_default()).flag("is_failing", is_failing);
    let fields = report.numbers.into_iter().fold(fields, |fields, (name, value)| fields.number(name, value));
    rows.push(
        line,
        fields.text("failed_attributes", &report.failed.join(" ")).flag("self_test_failed", report.self_test_failed),
    );
}

/// A row of the table of attributes: `ID NAME FLAG VALUE WORST THRESH [TYPE UPDATED] WHEN_FAILED RAW`; the brief form of `-x` has no type.
fn attribute<'a>(line: Line<'a>, report: &mut Report<'a>) -> bool {
    let words: Vec<&str> = line.text.split_whitespace().collect();
    let is_row = words.len() >= 8
        && count(words[0]).is_some_and(|id| id < 256.0)
        && words[3..6].iter().all(|w| count(w).is_some() || *w == "---");
    if !is_row {
        return false;
    }
    let (failed, raw) = match words.get(9) {
        Some(raw) if words[2].starts_with("0x") => (words[8], *raw),
        _ => (words[6], words[7]),
    };
    if failed != "-" {
        report.failed.push(words[1]);
    }
    let leading: String = raw.chars().take_while(char::is_ascii_digit).collect();
    let field = match words[0] {
        "5" => "reallocated",
        "197" => "pending",
        "198" => "uncorrectable",
        "199" => "crc_errors",
        "9" => "power_on_hours",
        "194" => "temperature_celsius",
        _ => return true,
    };
    report.numbers.extend(count(&leading).map(|value| (field, value)));
    true
}

fn nvme_or_scsi<'a>(line: Line<'a>, report: &mut Report<'a>) -> bool {
    let Some((name, value)) = line.text.split_once(':') else { return false };
    let value = value.trim();
    let plain = || number(&value.split([' ', '%', 'h']).next().unwrap_or_default().replace(['.', ','], ""));
    let (field, value) = match name.trim() {
        "Critical Warning" => (
            "critical_warning",
            value.strip_prefix("0x").and_then(|hex| u32::from_str_radix(hex, 16).ok()).map(f64::from),
        ),
        "Temperature" | "Current Drive Temperature" => ("temperature_celsius", plain()),
        "Available Spare" => ("available_spare_percent", plain()),
        "Percentage Used" | "Percentage used endurance indicator" => ("wear_percent", plain()),
        "Power On Hours" => ("power_on_hours", plain()),
        "Media and Data Integrity Errors" => ("media_errors", plain()),
        "Error Information Log Entries" | "ATA Error Count" => ("error_count", plain()),
        "Elements in grown defect list" => ("reallocated", plain()),
        "Non-medium error count" => ("error_count", plain()),
        _ => return false,
    };
    report.numbers.extend(value.map(|value| (field, value)));
    true
}

/// The first row of the log of self-tests, which is the newest.
fn self_test(text: &str, report: &mut Report<'_>) {
    let is_newest = text.trim_start().strip_prefix('#').is_some_and(|rest| rest.trim_start().starts_with("1 "));
    if is_newest && report.self_test_failed.is_none() {
        let failed = ["read failure", "Completed: ", "Failed in segment", "unknown failure", "servo/seek failure"];
        report.self_test_failed = Some(failed.iter().any(|words| text.contains(words)));
    }
}
