//! Hosts in a bad state: what cannot be read is data, with what that means for a diagnosis. The journals are real files, read by the real journalctl.

#![expect(
    clippy::disallowed_methods,
    reason = "journalctl is asked for a directory, which the policy forbids on hosts"
)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tai_collect::Report;
use tai_ssh::capture::CaptureWriter;
use tai_ssh::{Ending, Host, Limits, LocalHost, Output, Policy, ReplayHost};

use crate::{TableHost, collect_from};

const JOURNAL: &str = "journalctl -n 1000 -o short-iso --no-pager";

/// A report over one output.
async fn report_of(command: &str, output: &Output) -> Report {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::create(&dir.path().join("c")).unwrap();
    writer.add(command, output);
    let path = writer.finish("web1", None, BTreeMap::new()).unwrap();
    collect_from(&ReplayHost::open(&path).unwrap(), "x", None).await
}

fn gap(report: &Report, command: &str) -> Option<String> {
    report.gaps().into_iter().find(|(line, _)| line == command).map(|(_, reason)| reason)
}

/// A file of forty entries of one service, as systemd-journal-remote has written it.
async fn journal() -> Vec<u8> {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/shop.journal.gz");
    let command = Policy::builtin().check(&format!("zcat {}", packed.display())).unwrap();
    let limits = Limits { max_bytes: 16 << 20, ..Limits::default() };
    let output = LocalHost::new().run(&command, &limits).await.unwrap();
    assert_eq!(output.stdout.len(), 8 << 20, "{:?}", output.ending);
    output.stdout
}

/// What journalctl says of a directory of journals. Root asks as nobody: only then a file can be one that may not be read.
fn journalctl(dir: &Path) -> Output {
    let mut command = Command::new("journalctl");
    command.args(["--directory", dir.to_str().unwrap(), "-n", "1000", "-o", "short-iso", "--no-pager"]);
    let is_root = fs::metadata(dir).unwrap().uid() == 0;
    if is_root {
        command.uid(65_534).gid(65_534);
    }
    let done = command.env("LC_ALL", "C").output().unwrap();
    let ending = Ending::Exited(done.status.code().unwrap());
    Output { stdout: done.stdout, stderr: done.stderr, ending, truncated: false, duration: Duration::ZERO }
}

fn write(dir: &Path, name: &str, bytes: &[u8], mode: u32) {
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(dir.join(name), bytes).unwrap();
    fs::set_permissions(dir.join(name), fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_journal_that_is_corrupt_is_a_gap_and_what_is_left_is_evidence() {
    let whole = journal().await;
    let mut broken = whole.clone();
    broken[..8].fill(b'X');
    for damaged in [&whole[..100_000], &broken] {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "user-1000.journal", &whole, 0o644);
        assert_eq!(gap(&report_of(JOURNAL, &journalctl(dir.path())).await, JOURNAL), None);
        write(dir.path(), "system.journal", damaged, 0o644);
        let report = report_of(JOURNAL, &journalctl(dir.path())).await;
        let reason = gap(&report, JOURNAL).unwrap();
        assert!(reason.contains("corrupt") && reason.contains("messages are missing"), "{reason}");
        assert!(report.evidence().any(|c| c.text.contains("order 39 was taken")));
    }
}

#[tokio::test]
async fn a_journal_that_may_not_be_read_is_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "system.journal", &journal().await, 0o000);
    let output = journalctl(dir.path());
    let report = report_of(JOURNAL, &output).await;
    let reason = gap(&report, JOURNAL).unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert!(reason.contains("may not read the system's journal"), "{reason}");
    assert!(reason.contains("what services and the kernel said is missing"), "{reason}");
}

#[tokio::test]
async fn a_host_that_does_not_say_what_it_is_is_looked_at_all_the_same() {
    let host = TableHost(|command| match command {
        c if c.contains("os-release") && !c.starts_with("head ") => None,
        "df -PT" => Some(b"/dev/vda1 ext4 100 95 5 95% /\n".to_vec()),
        _ => Some(Vec::new()),
    });
    let report = collect_from(&host, "the disk is full", None).await;
    assert_eq!((report.facts.os_name(), report.facts.family()), ("an unknown operating system", None));
    assert!(report.readings.iter().any(|r| r.kind == "disk" && r.number_of("used_percent") == Some(95.0)));
    let denied = Output {
        stdout: Vec::new(),
        stderr: b"cat: /etc/os-release: Permission denied\n".to_vec(),
        ending: Ending::Exited(1),
        truncated: false,
        duration: Duration::ZERO,
    };
    let reason = gap(&report_of("cat /etc/os-release", &denied).await, "cat /etc/os-release").unwrap();
    assert!(reason.contains("no permission") && reason.contains("the distribution is not known"), "{reason}");
}

/// A number that was cut is another number: the last line of what was cut off is no row, and the text says where it ends.
#[tokio::test]
async fn an_output_that_ends_in_the_middle_of_a_line_gives_no_wrong_row() {
    let cut = |ending, truncated| Output {
        stdout: b"/dev/vda1 ext4 100 5 95 5% /\n/dev/vdb1 ext4 100000 9".to_vec(),
        stderr: Vec::new(),
        ending,
        truncated,
        duration: Duration::from_secs(10),
    };
    for output in [cut(Ending::Signalled(9), true), cut(Ending::TimedOut, false)] {
        let report = report_of("df -PT", &output).await;
        let disks: Vec<_> = report.readings.iter().filter(|r| r.kind == "disk").map(|r| r.text_of("mount")).collect();
        assert_eq!(disks, ["/"]);
        let is_told =
            report.collected.iter().any(|c| c.text.contains("[tai: cut after")) || gap(&report, "df -PT").is_some();
        assert!(is_told, "{:?}", report.collected);
    }
}
