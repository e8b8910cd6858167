use std::fmt::Write;

use serde_json::json;
use tai_collect::{Facts, Init};
use tai_ssh::{HopReport, HostKeyStatus, visible_line};

use super::json_line;
use crate::args::Probe;
use crate::exit::{Exit, Failure};
use crate::progress::ProgressLine;
use crate::terminal::print;
use crate::wire::{self, host_flags};

pub(crate) async fn probe(args: Probe) -> Result<Exit, Failure> {
    let policy = wire::policy()?;
    let progress = ProgressLine::new();
    let wired = wire::host(host_flags!(args), &progress).await?;
    let facts = tai_collect::facts(&*wired.host, &policy).await?;
    progress.clear();
    let text = if args.json {
        json_line(&json!({
            "schema": "tai.probe/1",
            "host": wired.host.name(),
            "hops": wired.hops.iter().map(hop_json).collect::<Vec<_>>(),
            "facts": facts,
        }))?
    } else {
        text(wired.host.name(), &wired.hops, &facts)
    };
    print(&text)?;
    Ok(Exit::Done)
}

fn hop_json(hop: &HopReport) -> serde_json::Value {
    json!({
        "name": hop.name,
        "address": hop.address,
        "host_key": { "type": hop.host_key.kind, "fingerprint": hop.host_key.fingerprint, "status": status(hop) },
        "identity": hop.identity,
        "connect_ms": hop.connect.as_millis() as u64,
        "handshake_ms": hop.handshake.as_millis() as u64,
        "authentication_ms": hop.authentication.as_millis() as u64,
    })
}

fn text(name: &str, hops: &[HopReport], facts: &Facts) -> String {
    let mut text = String::new();
    for hop in hops {
        let _ =
            writeln!(text, "{} ({}) in {} ms", visible_line(hop.name.clone()), hop.address, hop.total().as_millis());
        let _ = writeln!(text, "  host key  {} ({})", hop.host_key, status(hop));
        let _ = writeln!(text, "  key used  {}", visible_line(hop.identity.clone()));
    }
    let _ = writeln!(text, "{name}: {}", facts.os_name());
    let init = match &facts.init {
        Init::Systemd => "systemd",
        Init::Other(program) => program,
        Init::Unknown => "unknown",
    };
    let _ = writeln!(text, "  init      {init}");
    let _ = writeln!(text, "  account   {}", facts.account.as_deref().unwrap_or("unknown"));
    let programs = facts.programs.as_ref().map_or_else(|| "unknown".to_owned(), |programs| programs.len().to_string());
    let _ = writeln!(text, "  programs  {programs}");
    let _ = writeln!(text, "  units     {}", facts.units.len());
    text
}

fn status(hop: &HopReport) -> &'static str {
    match hop.host_key_status {
        HostKeyStatus::Known => "known",
        HostKeyStatus::Added => "new, now known",
        HostKeyStatus::NotKept => "new, not kept",
    }
}
