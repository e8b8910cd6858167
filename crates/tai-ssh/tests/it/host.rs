//! Hosts against real processes and real files. What both hosts promise is checked over both.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tai_ssh::capture::CaptureWriter;
use tai_ssh::{Ending, Host, Limits, LocalHost, Output, Policy, ReadOnlyCommand, ReplayHost};

fn command(line: &str) -> ReadOnlyCommand {
    Policy::builtin().check(line).unwrap_or_else(|denied| panic!("{line}: {denied}"))
}

async fn run_with(line: &str, limits: Limits) -> Output {
    LocalHost::new().run(&command(line), &limits).await.unwrap()
}

async fn run(line: &str) -> Output {
    run_with(line, Limits::default()).await
}

#[tokio::test]
async fn a_command_gives_its_output_and_status() {
    let output = run("cat /etc/os-release").await;
    assert_eq!(output.ending, Ending::Exited(0));
    assert_eq!(output.stdout, std::fs::read("/etc/os-release").unwrap());
    assert!(!output.truncated);

    let output = run("cat /etc/no-such-file").await;
    assert_eq!(output.ending, Ending::Exited(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("No such file or directory"), "C locale");
}

#[tokio::test]
async fn words_reach_the_program_as_they_are() {
    let output = run(r#"grep -c -e 'a  b"$x' /etc/hostname"#).await;
    assert_eq!(output.ending, Ending::Exited(1), "grep took the pattern as one word: {output:?}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_data() {
    // No machine has the package tools of Arch and of Alpine.
    let outputs = [run("pacman -Q").await, run("apk info").await];
    let missing = Ending::NotStarted { reason: "the program is not installed".into() };
    assert!(outputs.iter().any(|output| output.ending == missing), "{outputs:?}");
}

#[tokio::test]
async fn a_hanging_command_costs_its_timeout_and_keeps_what_arrived() {
    let started = Instant::now();
    let limits = Limits { timeout: Duration::from_millis(1500), ..Limits::default() };
    let output = run_with("vmstat 1 5", limits).await;
    assert_eq!(output.ending, Ending::TimedOut);
    assert!(!output.stdout.is_empty());
    assert!(started.elapsed() < Duration::from_secs(4), "it would take 4 seconds by itself");
}

#[tokio::test]
async fn output_past_the_limit_is_cut_and_marked() {
    let output = run_with("cat /etc/os-release", Limits { max_bytes: 10, ..Limits::default() }).await;
    assert_eq!(output.stdout, std::fs::read("/etc/os-release").unwrap()[..10]);
    assert!(output.truncated);
}

#[tokio::test]
async fn fifty_megabytes_stop_at_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("big.log");
    std::fs::write(&log, "0123456789abcde\n".repeat(50 << 16)).unwrap();
    let output = run(&format!("cat {}", log.display())).await;
    assert!(output.truncated);
    assert_eq!(output.stdout.len(), Limits::default().max_bytes);
}

#[tokio::test]
async fn a_dropped_run_leaves_no_process() {
    let before = processes_named("vmstat");
    let limits = Limits::default();
    let vmstat = command("vmstat 1 9");
    let host = LocalHost::new();
    let running = host.run(&vmstat, &limits);
    drop(tokio::time::timeout(Duration::from_millis(300), running).await);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let left: Vec<_> = processes_named("vmstat 1 9").into_iter().filter(|pid| !before.contains(pid)).collect();
    assert_eq!(left, Vec::<String>::new());
}

fn processes_named(words: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let line = |pid: &str| std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let pids = entries.filter_map(|entry| entry.file_name().into_string().ok());
    pids.filter(|pid| line(pid) == format!("{words} ").replace(' ', "\0").into_bytes()).collect()
}

/// A local run and its replay give the same, whatever happened to the command.
#[tokio::test]
async fn both_hosts_answer_alike() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = CaptureWriter::create(&dir.path().join("capture")).unwrap();
    let limits = Limits { timeout: Duration::from_millis(500), max_bytes: 100, ..Limits::default() };
    let lines = ["cat /etc/os-release", "cat /etc/no-such-file", "vmstat 1 5", "uname -a", "smartctl -H /dev/sda"];
    let mut live = Vec::new();
    for line in lines {
        let output = LocalHost::new().run(&command(line), &limits).await.unwrap();
        writer.add(&command(line).to_string(), &output);
        live.push(output);
    }
    let lost = Output { ending: Ending::Lost { reason: "no line".into() }, ..live[0].clone() };
    writer.add("uname -r", &lost);
    let path = writer.finish("web1", Some("2026-05-04T10:00:00Z".into()), BTreeMap::new()).unwrap();

    let replay = ReplayHost::open(&path).unwrap();
    assert_eq!(replay.name(), "web1");
    for (line, live) in lines.iter().zip(&live) {
        let replayed = replay.run(&command(line), &Limits::default()).await.unwrap();
        let millis = Duration::from_millis(live.duration.as_millis() as u64);
        assert_eq!(replayed, Output { duration: millis, ..live.clone() }, "{line}");
    }
    let recorded = replay.recorded().await.unwrap();
    assert_eq!(recorded.iter().map(|r| r.command.as_str()).collect::<Vec<_>>(), [&lines[..], &["uname -r"]].concat());
    assert_eq!(recorded[lines.len()].output.ending, lost.ending);
    let missing = replay.run(&command("uptime"), &limits).await.unwrap();
    assert_eq!(missing.ending, Ending::NotCaptured);
    assert!(LocalHost::new().recorded().await.unwrap().is_empty());
}
