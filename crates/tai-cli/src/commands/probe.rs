use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tai_ssh::{Ending, Host, Limits, Policy};

use crate::args::{Format, Probe};
use crate::exit::{Exit, Failure};
use crate::fleet::{Fleet, Looked};
use crate::output::Output;
use crate::progress::Screen;
use crate::wire::{Opener, Place};
use crate::{render, wire};

/// Whether the account can read something.
#[derive(Serialize)]
pub(crate) struct Access {
    pub(crate) what: &'static str,
    pub(crate) readable: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// What an account may not be allowed to read, and a command that shows whether it is.
const READS: [(&str, &str); 8] = [
    ("the journal", "journalctl -n 1 --no-pager"),
    ("kernel messages", "dmesg"),
    ("/var/log/syslog", "tail -n 1 /var/log/syslog"),
    ("/var/log/messages", "tail -n 1 /var/log/messages"),
    ("/var/log/auth.log", "tail -n 1 /var/log/auth.log"),
    ("/var/log/secure", "tail -n 1 /var/log/secure"),
    ("/var/log/audit", "ls /var/log/audit"),
    ("processes of others", "ls -l /proc/1/ns"),
];

pub(crate) async fn probe(args: Probe, screen: Screen) -> Result<Exit, Failure> {
    let flags = wire::with_environment(args.where_to_look());
    let policy = wire::logged_policy(flags.policy_log.as_deref(), &screen)?;
    let sudo = flags.sudo;
    let fleet = &Fleet::new(&flags, &screen)?;
    let format = fleet.format(if args.json { Format::JsonLines } else { Format::Text });
    let opener = Opener::new(flags, policy.clone(), &screen);
    let look = async |place: &Place| -> Result<Looked, Failure> {
        let line = fleet.line(place);
        let wired = opener.open(place, &line).await?;
        let host = &*wired.host;
        line.show_text(format!("asking {}", host.name()));
        let facts = tai_collect::facts(host, &policy, &wired.background).await?;
        let live = !matches!(place, Place::Replay(_));
        let clock = if live { clock_skew(host, &policy).await? } else { None };
        let reads = if live { reads(host, &policy, sudo).await? } else { Vec::new() };
        let found = render::Probed { host: host.name(), way: wired.way.as_ref(), facts: &facts, clock, reads: &reads };
        Ok(Looked { exit: Exit::Done, text: render::probe(&found, format)?, gist: facts.os_name().to_owned() })
    };
    fleet.look(format, Output::Stdout, look).await
}

/// How far the host's clock is ahead of ours, in seconds, and by how much that may be wrong.
async fn clock_skew(host: &dyn Host, policy: &Policy) -> Result<Option<(f64, f64)>, Failure> {
    let Ok(command) = policy.check("date +%s.%N") else { return Ok(None) };
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64();
    let before = now();
    let output = host.run(&command, &Limits::default()).await?;
    let after = now();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // A date that knows no %N prints whole seconds.
    let (said, error) = match text.trim().parse::<f64>() {
        Ok(said) => (said, 0.0),
        Err(_) => match text.split('.').next().and_then(|seconds| seconds.trim().parse::<f64>().ok()) {
            Some(said) => (said + 0.5, 0.5),
            None => return Ok(None),
        },
    };
    Ok(Some((said - f64::midpoint(before, after), error + (after - before) / 2.0)))
}

/// What can be read, with root's rights where sudo is used. What is not there is left out.
async fn reads(host: &dyn Host, policy: &Policy, sudo: bool) -> Result<Vec<Access>, Failure> {
    let limits = Limits { as_root: true, max_bytes: 64 << 10, ..Limits::default() };
    let mut reads = Vec::new();
    let root = sudo.then_some(("anything, by sudo", "id -u"));
    for (what, line) in READS.into_iter().chain(root) {
        let Ok(command) = policy.check(line) else { continue };
        let output = host.run(&command, &limits).await?;
        let stderr = tai_ssh::visible(output.stderr);
        let says = |text: &str| stderr.contains(text);
        let reason = match &output.ending {
            Ending::NotStarted { reason } if reason == "the program is not installed" => continue,
            Ending::NotStarted { reason } | Ending::Lost { reason } => Some(reason.clone()),
            _ if says("No such file") => continue,
            _ if says("not seeing messages from other users") => {
                Some("the account sees its own messages only".to_owned())
            }
            Ending::Exited(0) => None,
            Ending::Exited(_) => stderr.lines().next().map(str::to_owned).or(Some("it failed".to_owned())),
            Ending::TimedOut => Some("it took too long".to_owned()),
            // Cut at its limit: there is more than enough.
            Ending::Signalled(_) | Ending::NotCaptured => None,
        };
        reads.push(Access { what, readable: reason.is_none(), reason });
    }
    Ok(reads)
}
