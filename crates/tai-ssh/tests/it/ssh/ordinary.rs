//! An account that is not root, with and without sudo.

use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tai_ssh::{Ending, Limits, Output, Policy, SshHost, SshOptions};

use super::run_with;
use super::server::{Client, Server, connect_with};

fn as_root() -> Limits {
    Limits { as_root: true, ..Limits::default() }
}

async fn logged_in(sudoers: &str) -> (Server, Client, SshHost) {
    let (server, client) = (Server::for_ordinary_account(sudoers), Client::new());
    let options = SshOptions { sudo: Some(Arc::new(Policy::builtin())), ..SshOptions::default() };
    let host = connect_with([server.hop(&client)], options).await.unwrap();
    (server, client, host)
}

fn reason(output: &Output) -> &str {
    match &output.ending {
        Ending::NotStarted { reason } => reason,
        _ => panic!("{output:?}"),
    }
}

#[tokio::test]
#[ignore = "only root can add an account: the tier `sshd` of scripts/test.sh runs it"]
async fn what_an_ordinary_account_may_not_see_is_said_by_the_programs() {
    let (server, _client, host) = logged_in("").await;
    let closed = server.root_file("closed.log", "for root\n");
    for (line, says) in [
        (&*format!("cat {}", closed.display()), "Permission denied"),
        ("dmesg", "Operation not permitted"),
        ("iptables -S", "ermission denied"),
    ] {
        let output = run_with(&host, line, Limits::default()).await;
        assert!(output.stdout.is_empty(), "{output:?}");
        let installed = output.ending != Ending::NotStarted { reason: "the program is not installed".into() };
        assert!(!installed || String::from_utf8_lossy(&output.stderr).contains(says), "{line}: {output:?}");
    }
}

#[tokio::test]
#[ignore = "only root can add an account: the tier `sshd` of scripts/test.sh runs it"]
async fn sudo_is_for_the_commands_that_need_root_alone() {
    let (server, _client, host) = logged_in("tai-test ALL=(root) NOPASSWD: ALL").await;
    let closed = format!("cat {}", server.root_file("closed.log", "for root\n").display());
    let output = run_with(&host, &closed, as_root()).await;
    assert_eq!((output.ending, output.stdout.as_slice()), (Ending::Exited(0), b"for root\n".as_slice()));
    let output = run_with(&host, &closed, Limits::default()).await;
    assert_eq!((output.ending, output.stdout.as_slice()), (Ending::Exited(1), b"".as_slice()));
    let output = run_with(&host, "ps -o user=,ni= -C ps", Limits { low_priority: true, ..as_root() }).await;
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.lines().any(|line| line.split_whitespace().eq(["root", "19"])), "{shown}");
    assert_eq!(reason(&run_with(&host, "zpool status", as_root()).await), "the program is not installed");
}

#[tokio::test]
#[ignore = "only root can add an account: the tier `sshd` of scripts/test.sh runs it"]
async fn a_command_of_root_ends_at_its_limit() {
    for sudoers in ["NOPASSWD: ALL", "NOPASSWD: /usr/bin/vmstat"] {
        let (server, _client, host) = logged_in(&format!("tai-test ALL=(root) {sudoers}")).await;
        let started = Instant::now();
        let limits = Limits { timeout: Duration::from_millis(1500), ..as_root() };
        let output = run_with(&host, "vmstat 1 9", limits).await;
        assert_eq!(output.ending, Ending::TimedOut);
        assert!(String::from_utf8_lossy(&output.stdout).contains("procs"), "{output:?}");
        assert!(started.elapsed() < Duration::from_secs(6));
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(super::programs(&server, "vmstat"), Vec::<i32>::new(), "{sudoers}");
    }
}

#[tokio::test]
#[ignore = "only root can add an account: the tier `sshd` of scripts/test.sh runs it"]
async fn a_link_to_a_secret_is_not_read_with_sudo() {
    let (server, _client, host) = logged_in("tai-test ALL=(root) NOPASSWD: ALL").await;
    let home = server.root_file("x", "").with_file_name("home");
    let log = server.root_file("closed.log", "for root\n");
    let links = [
        ("a.log", "/etc/shadow"),
        ("again.log", "a.log"),
        ("disk.log", "/dev/sda"),
        ("app.log", log.to_str().unwrap()),
    ];
    for (name, target) in links {
        symlink(target, home.join(name)).unwrap();
    }
    let cat = |name: &str| format!("cat {}", home.join(name).display());
    for name in ["a.log", "again.log", "disk.log"] {
        let output = run_with(&host, &cat(name), as_root()).await;
        assert!(reason(&output).starts_with("a link leads to where tai does not read with sudo: "), "{output:?}");
        assert_eq!(run_with(&host, &cat(name), Limits::default()).await.stdout, b"", "nor without");
    }
    assert_eq!(run_with(&host, &cat("app.log"), as_root()).await.stdout, b"for root\n");
    let absent = run_with(&host, &cat("no/such/file"), as_root()).await;
    assert!(String::from_utf8_lossy(&absent.stderr).contains("No such file"), "{absent:?}");
    let pattern = format!("grep -e /etc/shadow {}", log.display());
    assert_eq!(run_with(&host, &pattern, as_root()).await.ending, Ending::Exited(1), "a pattern is no path");
}

#[tokio::test]
#[ignore = "only root can add an account: the tier `sshd` of scripts/test.sh runs it"]
async fn what_sudo_does_not_permit_says_how_it_would() {
    let (server, _client, host) = logged_in("tai-test ALL=(root) NOPASSWD: /usr/bin/cat, /usr/bin/readlink").await;
    let closed = format!("cat {}", server.root_file("closed.log", "for root\n").display());
    assert_eq!(run_with(&host, &closed, as_root()).await.stdout, b"for root\n");
    let output = run_with(&host, "dmesg", as_root()).await;
    assert_eq!(
        reason(&output),
        "sudo asks tai-test for a password to run dmesg: a line such as `tai-test ALL=(root) NOPASSWD: /usr/bin/dmesg, \
         /usr/bin/readlink` in a file of /etc/sudoers.d on the host lets it run"
    );
    let (_server, _client, host) = logged_in("").await;
    assert!(reason(&run_with(&host, "dmesg", as_root()).await).starts_with("sudo asks tai-test for a password"));
}
