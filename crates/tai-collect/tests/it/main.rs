//! Collecting from hosts that behave badly, and from captures: what cannot be had is data, and a replay gives what the live host gave.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::sync::Mutex;

use async_trait::async_trait;
use tai_collect::{Background, Progress, Report, Scope, Ticket, collect};
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
    assert_eq!((ran("journalctl -u worker.service"), ran("journalctl -u good.service"), ran("du -xk")), (1, 0, 1));
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
