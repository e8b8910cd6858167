use std::fmt::Write;

use crate::commands::Gone;
use crate::when::minute;

/// What goes, or would go: how many, since when, how much.
pub(crate) fn gone(gone: &[Gone], with_audit: bool) -> String {
    let mut text = String::new();
    for Gone { what, count, oldest, bytes } in gone.iter().filter(|gone| gone.count > 0) {
        let oldest = oldest.map(|at| format!(", the oldest of {} UTC", minute(at))).unwrap_or_default();
        let _ = writeln!(text, "{what}: {count}{oldest}, {}", size(*bytes));
    }
    if text.is_empty() {
        text.push_str("there is nothing to remove\n");
    }
    if !with_audit {
        text.push_str("entries of the audit log stay: --audit removes them as well\n");
    }
    text
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
