use std::fmt::Write;

use tai_collect::{Reading, Report, Value};
use tai_engine::{Diagnosis, TokenCount};

use super::escaped;

/// File systems that are shown, the fullest first.
const MOST: usize = 8;
/// What is no disk: file systems in memory, images and those of the kernel.
const NO_DISKS: [&str; 6] = ["tmpfs", "devtmpfs", "overlay", "squashfs", "iso9660", "efivarfs"];

/// How full the host is, and what the choice of evidence spares a model.
pub(super) fn section(html: &mut String, diagnosis: &Diagnosis, report: &Report) {
    let mut rows = memory(report);
    rows.extend(disks(report));
    if !rows.is_empty() {
        *html += "<section>\n<h2>Space</h2>\n<table class=\"bars\">\n";
        rows.iter().for_each(|bar| bar.write(html));
        *html += "</table>\n</section>\n";
    }
    let TokenCount { collected, sent, saved } = diagnosis.tokens;
    let percent = if collected == 0 { 0.0 } else { sent as f64 / collected as f64 * 100.0 };
    *html += "<section>\n<h2>Tokens</h2>\n<table class=\"bars\">\n";
    let said = format!("{sent} sent, {saved} saved of {collected} collected, estimated");
    Bar { name: "sent to a model, or what would be".to_owned(), percent, said, is_plain: true }.write(html);
    *html += "</table>\n</section>\n";
}

struct Bar {
    name: String,
    percent: f64,
    said: String,
    /// Whether much of it is no trouble.
    is_plain: bool,
}

impl Bar {
    fn write(&self, html: &mut String) {
        let Bar { name, percent, said, is_plain } = self;
        let class = match percent {
            _ if *is_plain => "plain",
            90.0.. => "critical",
            75.0.. => "warning",
            _ => "fine",
        };
        // Drawn, not styled: paper shows no backgrounds.
        let width = percent.clamp(0.0, 100.0);
        let _ = writeln!(
            html,
            "<tr><th>{}</th><td><svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{percent:.0} percent\">\
             <rect class=\"frame\" width=\"100\" height=\"8\"/><rect class=\"{class}\" width=\"{width:.1}\" height=\"8\"/></svg></td><td>{}</td></tr>",
            escaped(name),
            escaped(said)
        );
    }
}

fn memory(report: &Report) -> Vec<Bar> {
    let Some(reading) = report.readings.iter().find(|reading| reading.kind == "memory") else { return Vec::new() };
    let mut bars = Vec::new();
    if let (Some(available), Some(total)) = (number(reading, "available_percent"), number(reading, "total_bytes")) {
        let said = format!("{:.0} % in use of {}", 100.0 - available, size(total));
        bars.push(Bar { name: "memory".to_owned(), percent: 100.0 - available, said, is_plain: false });
    }
    if let (Some(percent), Some(total)) = (number(reading, "swap_used_percent"), number(reading, "swap_total_bytes")) {
        let said = format!("{percent:.0} % in use of {}", size(total));
        bars.push(Bar { name: "swap".to_owned(), percent, said, is_plain: false });
    }
    bars
}

fn disks(report: &Report) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    for (kind, what) in [("disk", ""), ("inodes", ", inodes")] {
        for reading in report.readings.iter().filter(|reading| reading.kind == kind) {
            let (Some(mount), Some(percent)) = (text(reading, "mount"), number(reading, "used_percent")) else {
                continue;
            };
            let name = format!("{mount}{what}");
            let is_disk = !NO_DISKS.contains(&text(reading, "type").unwrap_or_default());
            // Inodes are told where they are scarce.
            if !is_disk || (kind == "inodes" && percent < 75.0) || bars.iter().any(|bar| bar.name == name) {
                continue;
            }
            let of = number(reading, "size_bytes").map(|bytes| format!(" of {}", size(bytes))).unwrap_or_default();
            bars.push(Bar { name, percent, said: format!("{percent:.0} % in use{of}"), is_plain: false });
        }
    }
    bars.sort_by(|a, b| b.percent.total_cmp(&a.percent).then_with(|| a.name.cmp(&b.name)));
    bars.truncate(MOST);
    bars
}

fn number(reading: &Reading, field: &str) -> Option<f64> {
    match reading.fields.get(field)? {
        Value::Number(number) => Some(*number),
        Value::Text(_) => None,
    }
}

fn text<'a>(reading: &'a Reading, field: &str) -> Option<&'a str> {
    match reading.fields.get(field)? {
        Value::Text(text) => Some(text),
        Value::Number(_) => None,
    }
}

fn size(bytes: f64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let (mut bytes, mut unit) = (bytes, 0);
    while bytes >= 1000.0 && unit + 1 < units.len() {
        bytes /= 1000.0;
        unit += 1;
    }
    if bytes < 10.0 { format!("{bytes:.1} {}", units[unit]) } else { format!("{bytes:.0} {}", units[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_digits() {
        for (bytes, expect) in [(0.0, "0.0 B"), (1e9, "1.0 GB"), (5.27e10, "53 GB"), (999.4, "999 B")] {
            assert_eq!(size(bytes), expect);
        }
    }
}
