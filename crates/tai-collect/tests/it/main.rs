//! Collecting from hosts that behave badly, and from captures: what cannot be had is data, and a replay gives what the live host gave.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod directories;
mod incident;
mod load;
mod recorded;
mod samples;
mod sosreport;
mod trouble;

use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use tai_collect::{Background, Budget, Progress, Report, Scope, Ticket, collect, collect_further};
use tai_ssh::capture::CaptureWriter;
use tai_ssh::{Ending, Host, HostError, Limits, LocalHost, Output, Policy, ReadOnlyCommand, ReplayHost};

async fn collect_from(host: &dyn Host, issue: &str, save: Option<&mut CaptureWriter>) -> Report {
    collect(host, &Policy::builtin(), Ticket::parse(issue), Background::default(), &Scope::default(), save, &|_| {})
        .await
        .unwrap()
}

/// A host whose outputs are a function of the command: the second honest implementation for what no real machine does on demand.
struct TableHost(fn(&str) -> Option<Vec<u8>>);

#[async_trait]
impl Host for TableHost {
    fn name(&self) -> &'static str {
        "table"
    }

    fn has_own_session(&self) -> bool {
        true
    }

    async fn run(&self, command: &ReadOnlyCommand, _: &Limits) -> Result<Output, HostError> {
        let (ending, stdout) = match (self.0)(&command.to_string()) {
            Some(stdout) => (Ending::Exited(0), stdout),
            None => (Ending::NotStarted { reason: "the program is not installed".into() }, Vec::new()),
        };
        let duration = std::time::Duration::ZERO;
        Ok(Output { stdout, stderr: Vec::new(), ending, truncated: false, duration })
    }
}

#[tokio::test]
async fn a_live_host_and_its_capture_give_the_same_report() {
    let dir = tempfile::tempdir().unwrap();
    let issue = "the disk is full, see /var/log";
    let mut writer = CaptureWriter::create(&dir.path().join("c")).unwrap();
    let live = collect_from(&LocalHost::new(), issue, Some(&mut writer)).await;
    let path = writer.finish(&live.host, None, live.facts.os_release.clone()).unwrap();

    let replayed = collect_from(&ReplayHost::open(&path).unwrap(), issue, None).await;
    let essence = |report: &Report| {
        let one = |c: &tai_collect::Collected| {
            (c.command.clone(), c.text.clone(), c.stderr.clone(), c.ending.clone(), c.about.clone())
        };
        (report.collected.iter().map(one).collect::<Vec<_>>(), report.facts.clone(), report.targets.clone())
    };
    assert_eq!(essence(&live), essence(&replayed));
    assert_eq!(live.gaps(), replayed.gaps());
    assert!(live.collected.iter().any(|c| c.command == "df -PT" && c.text.contains("Mounted on")));
    assert!(live.collected.iter().any(|c| c.command == "ls -la /var/log"));
}

#[tokio::test]
async fn nothing_works_and_the_report_says_so() {
    let report = collect_from(&TableHost(|_| None), "the disk is full", None).await;
    assert!(report.collected.len() > 20);
    assert_eq!(report.gaps().len(), report.collected.len());
    assert_eq!(report.evidence().count(), 0);
}

#[tokio::test]
async fn garbage_is_taken_as_it_is() {
    let host = TableHost(|_| Some(b"\xff\xfe\0\x1b[31m\r\nreport: 100%\n\n\x1b".repeat(100)));
    let report = collect_from(&host, "the disk is full", None).await;
    assert!(report.evidence().all(|c| !c.text.contains(['\u{1b}', '\0'])));
}

#[tokio::test]
async fn what_the_first_outputs_show_is_followed_up() {
    let host = TableHost(|command| {
        let stdout = match command {
            "ps -p 1 -o comm=" => "systemd\n",
            "df -PT" => "/dev/vdb1 ext4 100 95 5 95% /srv/uploads\n/dev/vda1 ext4 100 50 50 50% /\n",
            c if c.starts_with("systemctl list-units --type") => {
                "good.service loaded active running Good\nworker.service loaded activating auto-restart Worker\n"
            }
            _ => "",
        };
        Some(stdout.as_bytes().to_vec())
    });
    let report = collect_from(&host, "customers complain", None).await;
    assert_eq!(
        (report.targets.units, report.targets.mounts),
        (vec!["worker.service".into()], vec!["/srv/uploads".into()])
    );
    let named = collect_from(&host, "is / all right?", None).await;
    assert_eq!(named.targets.mounts, ["/", "/srv/uploads"]);
    let ran = |start: &str| report.collected.iter().filter(|c| c.command.starts_with(start)).count();
    let du = "du -xk --max-depth=3 --threshold=1M /srv/uploads";
    assert_eq!((ran("journalctl -u worker.service -n 500"), ran("journalctl -u good.service"), ran(du)), (1, 0, 1));
}

#[tokio::test]
async fn what_the_policy_refuses_is_reported_and_does_not_run() {
    let host = TableHost(|_| Some(Vec::new()));
    let report = collect_from(&host, "cannot read /srv/../etc/shadow", None).await;
    assert!(report.collected.iter().all(|c| !c.command.contains("shadow")));
    assert!(
        report
            .gaps()
            .iter()
            .any(|(command, reason)| command.contains("shadow") && reason.contains("denied by the policy"))
    );
    let report = collect_from(&host, "cannot read /etc/shadow", None).await;
    assert!(report.collected.iter().all(|c| !c.command.contains("shadow") || !c.command.starts_with("cat ")));
}

#[tokio::test]
async fn a_capture_of_another_tool_is_evidence_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("1"), "pod is OOMKilled\n").unwrap();
    std::fs::write(dir.path().join("2"), "second\n").unwrap();
    let json = r#"{"schema":"tai.capture/1","commands":[{"command":"kubectl get pods | grep x\n-A","file":"1"},
        {"command":"df -PT","file":"2"},{"command":"df -PT","file":"1"}]}"#;
    std::fs::write(dir.path().join("manifest.json"), json).unwrap();
    let report = collect_from(&ReplayHost::open(dir.path()).unwrap(), "x", None).await;
    let evidence: Vec<_> = report.evidence().map(|c| (c.command.as_str(), &*c.text)).collect();
    let expect = [
        ("df -PT", "second\n"),
        ("kubectl get pods | grep x -A", "pod is OOMKilled\n"),
        ("df -PT", "pod is OOMKilled\n"),
    ];
    assert_eq!(evidence, expect);
}

#[tokio::test]
async fn progress_counts_every_command_once() {
    let events = Mutex::new((0, 0, 0));
    let count = |progress: Progress| {
        let mut events = events.lock().unwrap();
        match progress {
            Progress::Planned(more) => events.0 += more,
            Progress::Started { .. } => events.1 += 1,
            Progress::Finished { .. } => events.2 += 1,
            Progress::Denied { .. } => {}
        }
    };
    let host = TableHost(|_| Some(Vec::new()));
    collect(&host, &Policy::builtin(), Ticket::parse("x"), Background::default(), &Scope::default(), None, &count)
        .await
        .unwrap();
    let (planned, started, finished) = *events.lock().unwrap();
    assert!(planned > 20);
    assert_eq!((started, finished), (planned, planned));
}

#[tokio::test]
async fn two_rounds_follow_a_port_to_its_owner() {
    let host = TableHost(|command| {
        let stdout = match command {
            "ps -p 1 -o comm=" => "systemd\n",
            c if c.starts_with("systemctl list-units --type") => {
                "nginx.service loaded failed failed Web\nstatus-page.service loaded active running Status\n"
            }
            c if c.starts_with("journalctl -u nginx.service") => {
                "web1 nginx[7]: bind() to 0.0.0.0:80 failed (98: Address already in use)\n"
            }
            c if c.starts_with("ss -anp") => "LISTEN 0 5 *:80 *:* users:((\"status-page\",pid=211,fd=3))\n",
            _ => "",
        };
        Some(stdout.as_bytes().to_vec())
    });
    let report = collect_from(&host, "the web server does not start", None).await;
    assert_eq!((report.targets.ports, report.targets.pids), (vec![80], vec![211]));
    let status =
        report.collected.iter().find(|c| c.command.starts_with("systemctl status status-page.service")).unwrap();
    assert_eq!(status.reason, "status-page.service: it has port 80");
}

#[tokio::test]
async fn a_budget_ends_what_is_collected_and_a_replay_ends_there_too() {
    let budget = Budget { bytes: 60_000, ..Budget::default() };
    let scope = Scope { budget, ..Scope::default() };
    let dir = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::create(&dir.path().join("c")).unwrap();
    let host = TableHost(|command| {
        let is_fact = ["head ", "ls -1 "].iter().any(|start| command.starts_with(start));
        Some(if is_fact { Vec::new() } else { b"0123456789abcde\n".repeat(500) })
    });
    let policy = Policy::builtin();
    let start = || (Ticket::parse("x"), Background::default());
    let (ticket, background) = start();
    let live = collect(&host, &policy, ticket, background, &scope, Some(&mut writer), &|_| {}).await.unwrap();
    assert!(live.gaps().iter().any(|(_, reason)| reason.contains("budget of bytes")), "{:?}", live.gaps());
    let path = writer.finish("table", None, live.facts.os_release.clone()).unwrap();
    let (ticket, background) = start();
    let capture = ReplayHost::open(&path).unwrap();
    let replayed = collect(&capture, &policy, ticket, background, &scope, None, &|_| {}).await.unwrap();
    let commands = |report: &Report| report.collected.iter().map(|c| c.command.clone()).collect::<Vec<_>>();
    assert_eq!(commands(&live), commands(&replayed));
    assert_eq!(live.left_out, replayed.left_out);
    assert!(live.footprint().bytes >= 60_000 && live.footprint().commands == live.collected.len());
}

#[tokio::test]
async fn what_the_session_used_is_asked_last() {
    const USAGE: &str = "cat /sys/fs/cgroup/user.slice/user-1000.slice/session-7.scope/cpu.stat";
    let in_session = TableHost(|command| {
        let stdout = match command {
            "cat /proc/self/cgroup" => "0::/user.slice/user-1000.slice/session-7.scope\n",
            USAGE => "usage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\n",
            _ => "",
        };
        Some(stdout.as_bytes().to_vec())
    });
    let report = collect_from(&in_session, "the disk is full", None).await;
    assert_eq!(report.collected.last().unwrap().command, USAGE);
    assert_eq!(report.footprint().cpu_seconds, Some(1.234_567));
    // What is not the session's alone says nothing: the group of all logins, the groups of version 1.
    let check = |host: TableHost| async move {
        let report = collect_from(&host, "the disk is full", None).await;
        assert!(report.collected.iter().all(|c| !c.command.ends_with("cpu.stat")));
        assert_eq!(report.footprint().cpu_seconds, None);
    };
    check(TableHost(|_| Some(b"0::/system.slice/ssh.service\n".to_vec()))).await;
    check(TableHost(|_| {
        Some(b"4:cpu,cpuacct:/user.slice/session-7.scope\n1:name=systemd:/session-7.scope\n".to_vec())
    }))
    .await;
    check(TableHost(|_| Some(b"0::/user.slice/$(id)/session-7.scope\n".to_vec()))).await;
}

#[tokio::test]
async fn output_in_another_language_is_no_trouble() {
    let host = TableHost(|command| {
        let stdout = match command {
            "df -PT" => {
                "Dateisystem Typ 1024-Blöcke Benutzt Verfügbar Kapazität Eingehängt auf\n/dev/vda1 ext4 100 95 5 95% /srv\n"
            }
            "date +%FT%T%z" => "2026-05-04T12:00:00+0200\n",
            c if c.starts_with("head ") => {
                "==> /etc/os-release <==\n\u{fffd}\u{fffd}\n\n==> /proc/1/comm <==\nsystemd\n"
            }
            _ => "",
        };
        Some(stdout.as_bytes().to_vec())
    });
    let background = Background { collected_at: Some("2026-05-04T09:00:00Z".into()), ..Background::default() };
    let ticket = Ticket::parse("slow since 11:00");
    let report =
        collect(&host, &Policy::builtin(), ticket, background, &Scope::default(), None, &|_| {}).await.unwrap();
    assert_eq!(report.targets.mounts, ["/srv"]);
    // The host is an hour ahead of the operator: the time that the ticket gives is the host's.
    assert_eq!(report.facts.clock.unwrap().skew_seconds, Some(3600));
    assert!(report.readings.iter().any(|r| r.kind == "clock" && r.number_of("offset_seconds") == Some(3600.0)));
    assert_eq!(report.window.unwrap().since.to_string(), "2026-05-04T08:00:00Z");
}

#[tokio::test]
async fn a_further_ticket_adds_what_did_not_run_yet() {
    // Without a list of its programs a host may have any.
    let host = TableHost(|command| (!command.starts_with("ls -1")).then(Vec::new));
    let first = collect_from(&host, "the disk is full", None).await;
    let (policy, scope) = (Policy::builtin(), Scope::default());
    let denied = Mutex::new(Vec::new());
    let progress = |progress| {
        if let Progress::Denied { command, .. } = progress {
            denied.lock().unwrap().push(command);
        }
    };
    let ticket = Ticket::parse("the network is down, see /etc/shadow");
    let more = collect_further(&host, &policy, &first, ticket, &scope, &progress).await.unwrap();
    let commands = |report: &Report| report.collected.iter().map(|c| c.command.clone()).collect::<Vec<_>>();
    let (before, after) = (commands(&first), commands(&more));
    assert_eq!(after[..before.len()], before, "what was there stays, in its order");
    assert!(after[before.len()..].iter().any(|command| command.starts_with("ip ")), "{after:?}");
    let distinct: BTreeSet<&String> = after.iter().collect();
    assert_eq!(distinct.len(), after.len(), "nothing runs twice");
    let refused: Vec<&str> = more.refused.iter().map(|refused| refused.command.as_str()).collect();
    assert!(refused.iter().all(|command| command.contains("/etc/shadow")), "{refused:?}");
    assert_eq!(*denied.lock().unwrap(), refused);
}
