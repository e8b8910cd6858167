use std::fmt::Write;

use serde_json::json;
use tai_collect::{Collector, Planned, Refused};

use super::json;
use crate::args::Format;
use crate::exit::Failure;

/// What would be run, and why.
pub(crate) fn plan(host: &str, planned: &[Planned], refused: &[Refused], format: Format) -> Result<String, Failure> {
    if matches!(format, Format::Json | Format::JsonLines) {
        let commands: Vec<_> = planned
            .iter()
            .map(|Planned { collector, command, limits }| {
                json!({
                    "command": command.to_string(), "collector": collector.id, "why": collector.why,
                    "timeout_s": limits.timeout.as_secs(), "max_bytes": limits.max_bytes, "as_root": limits.as_root,
                    "low_priority": limits.low_priority,
                })
            })
            .collect();
        return json(
            &json!({ "schema": "tai.plan/1", "host": host, "commands": commands, "refused": refused }),
            format,
        );
    }
    let mut text = String::new();
    for Planned { collector, command, .. } in planned {
        let _ = writeln!(text, "{command}\n    {}: {}", collector.id, collector.why);
    }
    for Refused { command, reason } in refused {
        let _ = writeln!(text, "not run: {command}: {reason}");
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
