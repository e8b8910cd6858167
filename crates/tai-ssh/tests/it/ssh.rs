//! Hosts over SSH against a real sshd (Debian package openssh-server) and against servers that misbehave.

mod faults;
mod host_keys;
mod login;
mod measure;
mod ordinary;
mod proxy;
mod route;
mod server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tai_ssh::{Ending, Host, Limits, LocalHost, Output, Policy, ReadOnlyCommand, SshHost, SshOptions};
use tokio::task::JoinSet;

use server::{Client, Server, connect, connect_with};

fn command(line: &str) -> ReadOnlyCommand {
    Policy::builtin().check(line).unwrap_or_else(|denied| panic!("{line}: {denied}"))
}

async fn run_with(host: &SshHost, line: &str, limits: Limits) -> Output {
    host.run(&command(line), &limits).await.unwrap()
}

async fn run(host: &SshHost, line: &str) -> Output {
    run_with(host, line, Limits::default()).await
}

fn within(millis: u64) -> Limits {
    Limits { timeout: Duration::from_millis(millis), ..Limits::default() }
}

/// A server with somebody who is logged in.
async fn logged_in(settings: &str) -> (Server, Client, SshHost) {
    let (server, client) = (Server::with(&["ed25519"], settings), Client::new());
    let host = connect([server.hop(&client)]).await.unwrap();
    (server, client, host)
}

/// Runs the lines at once, and gives the outputs in their order.
async fn all(host: SshHost, lines: &[&str], limits: Limits) -> Vec<Output> {
    let host = Arc::new(host);
    let mut running = JoinSet::new();
    for (i, line) in lines.iter().enumerate() {
        let (host, command) = (Arc::clone(&host), command(line));
        running.spawn(async move { (i, host.run(&command, &limits).await.unwrap()) });
    }
    let mut outputs = running.join_all().await;
    outputs.sort_by_key(|(i, _)| *i);
    outputs.into_iter().map(|(_, output)| output).collect()
}

/// The same over both, but for the time it took.
#[tokio::test]
async fn a_host_over_ssh_answers_as_the_local_one() {
    let (_server, client, ssh) = logged_in("").await;
    let local = LocalHost::new();
    for i in 0..2000 {
        std::os::unix::fs::symlink("nowhere", client.dir.path().join(format!("dangling-{i:04}"))).unwrap();
    }
    let big = client.dir.path().join("big.log");
    std::fs::write(&big, "0123456789abcde\n".repeat(50 << 16)).unwrap();
    let lines = [
        "cat /etc/os-release",
        "cat /etc/no-such-file",
        "uname -a",
        r#"grep -c -e 'a  b"$x' /etc/hostname"#,
        r"grep -c -e 'it'\''s \ ! * ~ % = # größe' /etc/hostname",
        "grep -c -e '' /etc/hostname",
        "smartctl -H /dev/sda",
        &format!("ls -L {}", client.dir.path().display()),
        &format!("cat {}", big.display()),
    ];
    for line in lines {
        let timeless = |output: Output| Output { duration: Duration::ZERO, ..output };
        let (here, there) = (local.run(&command(line), &Limits::default()).await.unwrap(), run(&ssh, line).await);
        let shown = &line[..line.len().min(80)];
        assert!(
            timeless(here.clone()) == timeless(there.clone()),
            "{shown}: {:?} {:?}",
            summary(&here),
            summary(&there)
        );
    }
}

fn summary(output: &Output) -> (usize, String, &Ending, bool) {
    let stderr = String::from_utf8_lossy(&output.stderr[..output.stderr.len().min(200)]).into_owned();
    (output.stdout.len(), stderr, &output.ending, output.truncated)
}

#[tokio::test]
async fn a_command_that_hangs_costs_its_timeout_and_leaves_no_process() {
    let (server, _client, host) = logged_in("").await;
    let started = Instant::now();
    let output = run_with(&host, "vmstat 1 9", within(1500)).await;
    assert_eq!(output.ending, Ending::TimedOut);
    assert!(String::from_utf8_lossy(&output.stdout).contains("procs"), "{output:?}");
    assert!(started.elapsed() < Duration::from_secs(6), "it would take 9 seconds by itself");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(programs(&server, "vmstat"), Vec::<i32>::new(), "ended by the host's own timeout");
    assert_eq!(run(&host, "cat /etc/hostname").await.ending, Ending::Exited(0), "the session goes on");
}

#[tokio::test]
async fn a_dropped_run_gives_its_channel_back() {
    let (server, _client, host) = logged_in("MaxSessions 1\n").await;
    let vmstat = command("vmstat 1 9");
    let limits = within(2000);
    drop(tokio::time::timeout(Duration::from_millis(700), host.run(&vmstat, &limits)).await);
    assert_eq!(run(&host, "cat /etc/hostname").await.ending, Ending::Exited(0));
    assert_eq!(programs(&server, "vmstat"), Vec::<i32>::new());
}

#[tokio::test]
async fn a_command_that_is_killed_says_by_what() {
    let (server, _client, host) = logged_in("").await;
    let vmstat = command("vmstat 1 9");
    let limits = Limits::default();
    let (output, ()) = tokio::join!(host.run(&vmstat, &limits), async {
        tokio::time::sleep(Duration::from_millis(700)).await;
        for pid in programs(&server, "vmstat") {
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM).unwrap();
        }
    });
    assert_eq!(output.unwrap().ending, Ending::Signalled(15));
}

/// Processes below the server whose program is this one.
fn programs(server: &Server, name: &str) -> Vec<i32> {
    let line = |pid: &i32| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    server.processes().into_iter().filter(|pid| line(pid).split('\0').next() == Some(name)).collect()
}

#[tokio::test]
async fn output_past_the_limit_is_cut_and_marked() {
    let (_server, _client, host) = logged_in("").await;
    let output = run_with(&host, "cat /etc/os-release", Limits { max_bytes: 10, ..Limits::default() }).await;
    assert_eq!(output.stdout, std::fs::read("/etc/os-release").unwrap()[..10]);
    assert!(output.truncated);
    assert_eq!(run(&host, "cat /etc/hostname").await.ending, Ending::Exited(0), "the session goes on");
}

#[tokio::test]
async fn a_command_line_that_fits_into_no_packet_is_not_sent() {
    let (_server, _client, host) = logged_in("").await;
    let long = |bytes: usize| format!("ls{}", format!(" /{}", "x".repeat(bytes - 2)).repeat(500));
    assert_eq!(run(&host, &long(63)).await.ending, Ending::Exited(2), "sent, and there is no such file");
    let Ending::NotStarted { reason } = run(&host, &long(80)).await.ending else { panic!("it ran") };
    assert!(reason.starts_with("the command line has 40"), "{reason}");
    assert_eq!(run(&host, "cat /etc/hostname").await.ending, Ending::Exited(0), "the session goes on");
}

#[tokio::test]
async fn the_bytes_of_a_run_are_limited_too() {
    let (server, client) = (Server::start(), Client::new());
    let options = SshOptions { max_total_bytes: 20, ..SshOptions::default() };
    let host = connect_with([server.hop(&client)], options).await.unwrap();
    assert!(run(&host, "cat /etc/os-release").await.truncated);
    let Ending::NotStarted { reason } = run(&host, "cat /etc/hostname").await.ending else { panic!("it ran") };
    assert_eq!(reason, "the host has said 20 bytes, the most for one run");
}

#[tokio::test]
async fn forty_commands_run_at_once() {
    let (_server, _client, host) = logged_in("").await;
    let lines: Vec<_> = (0..40).map(|i| if i % 2 == 0 { "cat /etc/os-release" } else { "uname -a" }).collect();
    let outputs = all(host, &lines, Limits::default()).await;
    let os_release = std::fs::read("/etc/os-release").unwrap();
    for (i, output) in outputs.iter().enumerate() {
        assert_eq!(output.ending, Ending::Exited(0), "{i}: {output:?}");
        assert_eq!(output.stdout == os_release, i % 2 == 0);
    }
}

#[tokio::test]
async fn commands_wait_for_a_free_slot() {
    let (_server, _client, host) = logged_in("MaxSessions 1\n").await;
    let outputs = all(host, &["cat /etc/hostname"; 8], Limits::default()).await;
    assert!(outputs.iter().all(|output| output.ending == Ending::Exited(0)), "{outputs:?}");
}

#[tokio::test]
async fn slow_commands_do_not_hold_up_others() {
    let (_server, _client, host) = logged_in("").await;
    let started = Instant::now();
    let outputs = all(host, &["vmstat 2 2"; 5], Limits::default()).await;
    assert!(outputs.iter().all(|output| output.ending == Ending::Exited(0)));
    assert!(started.elapsed() < Duration::from_secs(9), "one after the other they take ten seconds");
}

#[tokio::test]
async fn an_account_that_may_run_nothing_says_so() {
    let (server, client) = (Server::with(&["ed25519"], "MaxSessions 0\n"), Client::new());
    let host = connect([server.hop(&client)]).await.unwrap();
    let Ending::NotStarted { reason } = run(&host, "cat /etc/hostname").await.ending else { panic!("it ran") };
    assert_eq!(reason, "the server opens no session for this account");
}
