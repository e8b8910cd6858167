use std::fmt::Write;

use serde_json::{Value, json};
use tai_collect::{Facts, Init};
use tai_ssh::{Hop, HopReport, HostKeyStatus, visible_line};

use super::json;
use crate::args::Format;
use crate::commands::Access;
use crate::exit::Failure;
use crate::wire::Way;

/// What was found out about a host and the way to it.
pub(crate) struct Probed<'a> {
    pub(crate) host: &'a str,
    pub(crate) way: Option<&'a Way>,
    pub(crate) facts: &'a Facts,
    /// Seconds that its clock is ahead, and how exact that is.
    pub(crate) clock: Option<(f64, f64)>,
    pub(crate) reads: &'a [Access],
}

pub(crate) fn probe(found: &Probed<'_>, format: Format) -> Result<String, Failure> {
    match format {
        Format::Text | Format::Markdown | Format::Html | Format::HtmlPart => Ok(text(found)),
        Format::Json | Format::JsonLines => as_json(found),
    }
}

fn as_json(found: &Probed<'_>) -> Result<String, Failure> {
    let hops: Vec<Value> = hops(found.way).map(|(hop, report)| hop_json(hop, report)).collect();
    let clock = found.clock.map(|(ahead, error)| json!({ "ahead_s": ahead, "error_s": error }));
    let notes = found.way.map(|way| way.notes.as_slice()).unwrap_or_default();
    let object = json!({
        "schema": "tai.probe/1", "host": found.host, "hops": hops, "notes": notes, "facts": found.facts, "clock": clock,
        "reads": found.reads, "config_files": found.way.map(|way| way.files.as_slice()).unwrap_or_default(),
    });
    json(&object, Format::JsonLines)
}

fn hop_json(hop: &Hop, report: &HopReport) -> Value {
    json!({
        "name": report.name,
        "user": hop.user,
        "port": hop.port,
        "address": report.address,
        "host_key": { "type": report.host_key.kind, "fingerprint": report.host_key.fingerprint, "status": status(report) },
        "known_hosts": hop.known_hosts,
        "identity": report.identity,
        "identity_files": hop.identity_files,
        "agent": hop.agent_socket,
        "connect_ms": report.connect.as_millis() as u64,
        "handshake_ms": report.handshake.as_millis() as u64,
        "authentication_ms": report.authentication.as_millis() as u64,
    })
}

fn text(found: &Probed<'_>) -> String {
    let mut text = String::new();
    for (hop, report) in hops(found.way) {
        hop_text(&mut text, hop, report);
    }
    if let Some(way) = found.way {
        let files = list(way.files.iter().map(|file| file.display().to_string()));
        let _ = writeln!(text, "configuration: {}", if files.is_empty() { "none" } else { &files });
    }
    let facts = found.facts;
    let _ = writeln!(text, "{}: {}", found.host, facts.os_name());
    let init = match &facts.init {
        Init::Systemd => "systemd",
        Init::Other(program) => program,
        Init::Unknown => "unknown",
    };
    let programs = facts.programs.as_ref().map_or_else(|| "unknown".to_owned(), |programs| programs.len().to_string());
    for (name, value) in [
        ("init", init),
        ("account", facts.account.as_deref().unwrap_or("unknown")),
        ("programs", &programs),
        ("units", &facts.units.len().to_string()),
    ] {
        row(&mut text, name, value);
    }
    if let Some((ahead, error)) = found.clock {
        let side = if ahead < 0.0 { "behind" } else { "ahead of" };
        row(&mut text, "clock", &format!("{:.2} s {side} this machine's, give or take {error:.2} s", ahead.abs()));
    }
    for access in found.reads {
        let answer = access.reason.as_ref().map_or_else(|| "yes".to_owned(), |reason| format!("no: {reason}"));
        row(&mut text, "may read", &format!("{}: {answer}", access.what));
    }
    text
}

fn hop_text(text: &mut String, hop: &Hop, report: &HopReport) {
    let times = [report.connect, report.handshake, report.authentication].map(|time| time.as_millis());
    let [connect, handshake, authentication] = times;
    let name = visible_line(report.name.clone());
    let user = visible_line(hop.user.clone());
    let _ = writeln!(text, "{name} ({user}@{}) in {} ms", report.address, report.total().as_millis());
    row(text, "times", &format!("connect {connect} ms, handshake {handshake} ms, log in {authentication} ms"));
    row(text, "host key", &format!("{} ({})", report.host_key, status(report)));
    row(text, "known", &list(hop.known_hosts.iter().map(|file| file.display().to_string())));
    row(text, "key used", &visible_line(report.identity.clone()));
    let agent = hop.agent_socket.iter().map(|socket| format!("the agent at {}", socket.display()));
    row(text, "keys", &list(hop.identity_files.iter().map(|file| file.display().to_string()).chain(agent)));
}

fn hops(way: Option<&Way>) -> impl Iterator<Item = (&Hop, &HopReport)> {
    way.into_iter().flat_map(|way| way.route.hops.iter().zip(&way.hops))
}

fn row(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "  {name:<8}  {value}");
}

fn list(items: impl Iterator<Item = String>) -> String {
    visible_line(items.collect::<Vec<_>>().join(", "))
}

fn status(hop: &HopReport) -> &'static str {
    match hop.host_key_status {
        HostKeyStatus::Known => "known",
        HostKeyStatus::Added => "new, now known",
        HostKeyStatus::NotKept => "new, not kept",
    }
}
