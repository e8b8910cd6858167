//! Looking into directories of a real file system.

use std::fs::{self, File};
use std::path::Path;

use tai_collect::{Background, Cost, Report, Scope, Ticket, collect, preview};
use tai_ssh::capture::CaptureWriter;
use tai_ssh::{Ending, LocalHost, Policy, ReplayHost};

/// A file of one line, as `gzip -n` packs it: made once, since the standard library packs nothing.
const PACKED: &[u8] = include_bytes!("old-part.gz");

/// A folder as an application leaves it: a log, an old part of it that is packed, settings, a secret, and names that no program should trust.
fn application(root: &Path) {
    let write = |name: &str, bytes: &[u8]| fs::write(root.join(name), bytes).unwrap();
    write("app.log", b"2026-05-04 10:00:00 ERROR cannot reach the stock server\n");
    write("settings.conf", b"stock = http://stock:8080\n");
    write(".env", b"TOKEN=generated\n");
    write("evil\n2026-05-04T10:00 9 \x1b[31mred.log", b"nothing\n");
    write("app.log.1.gz", PACKED);
    File::create(root.join("huge.log")).unwrap().set_len(1 << 30).unwrap();
}

fn scope(root: &Path) -> Scope {
    Scope { directories: vec![root.to_str().unwrap().to_owned()], ..Scope::default() }
}

async fn look(root: &Path, save: Option<&mut CaptureWriter>) -> Report {
    let (policy, background) = (Policy::builtin(), Background::default());
    let host = LocalHost::new();
    collect(&host, &policy, Ticket::parse("time is wrong"), background, &scope(root), save, &|_| {}).await.unwrap()
}

#[tokio::test]
async fn logs_old_parts_and_settings_are_read_and_secrets_are_not() {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    application(dir.path());
    let saved = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::create(&saved.path().join("c")).unwrap();
    let report = look(dir.path(), Some(&mut writer)).await;
    let text = |part: &str| {
        let found = report.collected.iter().find(|c| c.command.contains(part));
        found.map(|c| c.text.to_string()).unwrap_or_else(|| panic!("{part}: {:?}", commands(&report)))
    };
    assert!(
        text("tail -n 400 ").contains("ERROR cannot reach the stock server")
            || text("/app.log").contains("stock server")
    );
    assert!(text("zgrep -m 400").contains("the disk of stock failed"));
    assert!(text("/settings.conf").contains("http://stock:8080"));
    assert!(report.evidence().all(|c| !c.text.contains("TOKEN=generated") && !c.text.contains('\u{1b}')));
    assert!(!commands(&report).iter().any(|c| c.contains("red.log")), "{:?}", commands(&report));
    // A gigabyte costs its own limits and no more.
    let huge = report.collected.iter().find(|c| c.command.contains("huge.log")).unwrap();
    assert!(huge.truncated || huge.ending == Ending::TimedOut || huge.bytes < 2 << 20, "{huge:?}");

    let path = writer.finish(&report.host, None, report.facts.os_release.clone()).unwrap();
    let host = ReplayHost::open(&path).unwrap();
    let (policy, ticket) = (Policy::builtin(), Ticket::parse("time is wrong"));
    let again =
        collect(&host, &policy, ticket, Background::default(), &scope(dir.path()), None, &|_| {}).await.unwrap();
    assert_eq!(commands(&again), commands(&report));
}

#[tokio::test]
async fn heavy_commands_come_last_at_low_priority() {
    let dir = tempfile::tempdir_in("/var/tmp").unwrap();
    let (policy, background) = (Policy::builtin(), Background::default());
    let ticket = Ticket::parse("x");
    let preview = preview(&LocalHost::new(), &policy, ticket, &background, &scope(dir.path())).await.unwrap();
    let heavy: Vec<_> = preview.plan.planned.iter().filter(|p| p.collector.cost == Cost::Heavy).collect();
    assert!(!heavy.is_empty() && heavy.iter().all(|p| p.limits.low_priority));
    assert!(heavy[0].reason.ends_with("named in the ticket"), "{}", heavy[0].reason);
}

fn commands(report: &Report) -> Vec<&str> {
    report.collected.iter().map(|c| c.command.as_str()).collect()
}
