use std::fmt::Write;

use serde_json::Value;
use tai_ssh::visible_line;
use tai_store::{AuditEntry, Verified};

/// The entries, one a line.
pub(crate) fn audit(entries: &[AuditEntry]) -> String {
    if entries.is_empty() {
        return "no entry\n".to_owned();
    }
    let host_of = |entry: &AuditEntry| visible_line(entry.host.clone().unwrap_or_else(|| "-".to_owned()));
    let hosts = entries.iter().map(|entry| host_of(entry).chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for entry in entries {
        let (number, time, host) = (entry.number, entry.time.strftime("%Y-%m-%d %H:%M:%S"), host_of(entry));
        let _ = writeln!(text, "{number:>6}  {time}  {host:<hosts$}  {}", visible_line(told(entry)));
    }
    text
}

/// A command as it was given, with what it came to; of anything else all that is known.
fn told(entry: &AuditEntry) -> String {
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let detail = |key: &str| entry.details.get(key).map(shown);
    if let (true, Some(command)) = (entry.action == "command", detail("command")) {
        let end = detail("exit").map(|exit| format!("exit {exit}")).or_else(|| detail("ending")).unwrap_or_default();
        let bytes = detail("bytes").map(|bytes| format!(", {bytes} bytes")).unwrap_or_default();
        let root = if entry.details.contains_key("as_root") { ", as root" } else { "" };
        return format!("{command}  ({end}{bytes}, {} ms{root})", detail("ms").unwrap_or_default());
    }
    let details: Vec<String> = entry.details.iter().map(|(key, value)| format!("{key}: {}", shown(value))).collect();
    format!("{}  ({})", entry.action, details.join(", "))
}

/// What a look at the whole chain found.
pub(crate) fn verified_audit(verified: &Verified, head_missing: bool) -> String {
    let Verified { entries, taken_out, pruned, head, faults } = verified;
    let mut text = String::new();
    for fault in faults {
        let _ = writeln!(text, "line {}: {}", fault.line, fault.reason);
    }
    if head_missing {
        let _ = writeln!(text, "the hash of --head is not in the log: its end was cut off, or it was written anew");
    }
    let word = if faults.is_empty() && !head_missing { "whole" } else { "NOT WHOLE" };
    let plural = if *entries == 1 { "y" } else { "ies" };
    let _ = writeln!(text, "{word}: {entries} entr{plural}, {taken_out} taken out, {pruned} pruned from the front");
    let _ = writeln!(text, "head: {head}");
    text
}
