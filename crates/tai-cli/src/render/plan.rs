use std::fmt::Write;

use serde_json::json;
use tai_collect::{Collector, LeftOut, Planned, Preview, Refused};

use super::json;
use crate::args::Format;
use crate::exit::Failure;

/// What would be run, and why.
pub(crate) fn plan(host: &str, preview: &Preview, format: Format) -> Result<String, Failure> {
    let Preview { facts, targets, window, plan, .. } = preview;
    if matches!(format, Format::Json | Format::JsonLines) {
        let commands: Vec<_> = plan
            .planned
            .iter()
            .map(|Planned { collector, command, limits, reason }| {
                json!({
                    "command": command.to_string(), "collector": collector.id, "reason": reason, "why": collector.why,
                    "value": collector.value, "cost": collector.cost,
                    "timeout_s": limits.timeout.as_secs(), "max_bytes": limits.max_bytes, "as_root": limits.as_root,
                    "low_priority": limits.low_priority,
                })
            })
            .collect();
        return json(
            &json!({
                "schema": "tai.plan/1", "host": host, "facts": facts, "targets": targets, "window": window,
                "commands": commands, "refused": plan.refused, "left_out": plan.left_out,
            }),
            format,
        );
    }
    let mut text = String::new();
    if let Some(window) = window {
        let until = window.until.map_or_else(String::new, |until| format!(" until {until}"));
        let _ = writeln!(text, "looked at in time: since {}{until}, for \"{}\"", window.since, window.words);
    }
    for Planned { collector, command, reason, .. } in &plan.planned {
        let _ = writeln!(text, "{command}\n    {}: {}\n    for: {reason}", collector.id, collector.why);
    }
    for Refused { command, reason } in &plan.refused {
        let _ = writeln!(text, "not run: {command}: {reason}");
    }
    for LeftOut { command, reason } in &plan.left_out {
        let _ = writeln!(text, "left out: {command}: {reason}");
    }
    Ok(text)
}

/// The table of collectors.
pub(crate) fn collectors(collectors: &[&Collector]) -> String {
    let mut text = String::new();
    for collector in collectors {
        let categories: Vec<String> = collector.categories.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            text,
            "{} ({})\n    {}\n    {}",
            collector.id,
            categories.join(", "),
            collector.command,
            collector.why
        );
    }
    text
}
