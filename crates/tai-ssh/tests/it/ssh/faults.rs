//! Servers that are not there, say nothing, or go away.

use std::io::Write;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use tai_ssh::{Ending, Hop, Host, HostError, Limits, SshError, SshHost, SshOptions, Step, Timeouts};

use super::proxy::Proxy;
use super::server::{Client, Server, connect, connect_with, free_port};
use super::{command, run};

fn impatient() -> SshOptions {
    let second = Duration::from_secs(1);
    let timeouts = Timeouts { connect: second, handshake: second, authentication: second, silence: 3 * second };
    SshOptions { timeouts, ..SshOptions::default() }
}

fn hop(port: u16) -> Hop {
    Hop { name: "web1".into(), port, ..Hop::new("127.0.0.1", "root") }
}

#[tokio::test]
async fn a_refused_connection_names_the_address() {
    let port = free_port();
    let error = connect([hop(port)]).await.unwrap_err();
    assert_eq!(error.to_string(), format!("cannot connect to web1 (127.0.0.1 port {port})"));
    assert!(matches!(error, SshError::Connect { .. }));
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_named() {
    let error = connect([Hop { hostname: "no-such-host.invalid".into(), ..hop(22) }]).await.unwrap_err();
    assert!(matches!(&error, SshError::Resolve { hostname, .. } if hostname == "no-such-host.invalid"), "{error:?}");
}

#[tokio::test]
async fn a_server_that_says_nothing_costs_the_limit_of_the_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let started = Instant::now();
    let error = connect_with([hop(listener.local_addr().unwrap().port())], impatient()).await.unwrap_err();
    assert!(matches!(error, SshError::TimedOut { step: Step::Handshake, .. }), "{error:?}");
    assert_eq!(error.to_string(), "web1 did not finish the handshake within 1 s");
    assert!(started.elapsed() < Duration::from_secs(8), "and not for ever");
}

#[tokio::test]
async fn a_server_that_speaks_something_else_fails_the_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n").unwrap();
    });
    let error = connect_with([hop(port)], impatient()).await.unwrap_err();
    assert!(matches!(error, SshError::Handshake { .. }), "{error:?}");
    answer.join().unwrap();
}

#[tokio::test]
async fn a_server_that_never_stops_talking_costs_the_limit_of_the_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // It is left behind: how soon it notices that nobody listens is the kernel's affair.
    let _chatter = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"SSH-2.0-chatter\r\n").unwrap();
        // A packet that says nothing, to be ignored (RFC 4253, section 11.2).
        let ignore = [0, 0, 0, 12, 6, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        while stream.write_all(&ignore.repeat(1000)).is_ok() {}
    });
    let error = connect_with([hop(port)], impatient()).await.unwrap_err();
    assert!(matches!(error, SshError::TimedOut { step: Step::Handshake, .. }), "{error:?}");
}

#[tokio::test]
async fn a_bastion_before_a_silent_host_names_the_host() {
    let (server, client) = (Server::start(), Client::new());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = hop(listener.local_addr().unwrap().port());
    let error =
        connect_with([Hop { name: "outer".into(), ..server.hop(&client) }, silent], impatient()).await.unwrap_err();
    assert!(matches!(&error, SshError::TimedOut { host, .. } if host == "web1"), "{error:?}");
}

#[tokio::test]
async fn a_lost_session_gives_what_arrived_and_is_opened_again_once() {
    let (server, client) = (Server::start(), Client::new());
    let host = connect([server.hop(&client)]).await.unwrap();
    let vmstat = command("vmstat 1 9");
    let limits = Limits::default();
    let kill = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        server.kill_sessions();
    };
    let (output, ()) = tokio::join!(host.run(&vmstat, &limits), kill);
    let output = output.unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("procs"), "{output:?}");
    assert_eq!(output.ending, Ending::Lost { reason: "the connection to web1 was lost".into() });

    assert_eq!(run(&host, "cat /etc/hostname").await.ending, Ending::Exited(0), "over a second connection");
    server.kill_sessions();
    for _ in 0..2 {
        let HostError::Ssh { host, source } = error_of(&host).await else { panic!("another error") };
        assert!(host == "web1" && matches!(*source, SshError::Lost { .. }), "{source:?}");
    }
}

#[tokio::test]
async fn commands_that_wait_for_a_slot_survive_a_lost_session() {
    let (server, client) = (Server::with(&["ed25519"], "MaxSessions 1\n"), Client::new());
    let host = connect([server.hop(&client)]).await.unwrap();
    let (vmstat, cat) = (command("vmstat 1 9"), command("cat /etc/hostname"));
    let limits = Limits::default();
    let kill = async {
        tokio::time::sleep(Duration::from_millis(1000)).await;
        server.kill_sessions();
    };
    let (first, second, third, ()) =
        tokio::join!(host.run(&vmstat, &limits), host.run(&cat, &limits), host.run(&cat, &limits), kill);
    assert!(matches!(first.unwrap().ending, Ending::Lost { .. }));
    assert_eq!(second.unwrap().ending, Ending::Exited(0));
    assert_eq!(third.unwrap().ending, Ending::Exited(0));
}

#[tokio::test]
async fn a_server_that_is_gone_is_an_error_for_what_comes_later() {
    let (mut server, client) = (Server::start(), Client::new());
    let host = connect([server.hop(&client)]).await.unwrap();
    server.kill();
    let HostError::Ssh { source, .. } = error_of(&host).await else { panic!("another error") };
    assert!(matches!(*source, SshError::Connect { .. }), "{source:?}");
}

/// The error of a host that is gone. A command that was sent before that was noticed ends as one that was cut off.
async fn error_of(host: &SshHost) -> HostError {
    for _ in 0..20 {
        match host.run(&command("cat /etc/hostname"), &Limits::default()).await {
            Err(error) => return error,
            Ok(output) => assert!(matches!(output.ending, Ending::Lost { .. }), "{output:?}"),
        }
    }
    panic!("the host answers as if it were there");
}

#[tokio::test]
async fn a_connection_that_goes_silent_is_given_up() {
    let (server, client) = (Server::start(), Client::new());
    let proxy = Proxy::before(server.port, Duration::ZERO);
    let host = connect_with([Hop { port: proxy.port, ..server.hop(&client) }], impatient()).await.unwrap();
    proxy.go_silent();
    let limits = Limits { timeout: Duration::from_secs(60), ..Limits::default() };
    let output = host.run(&command("vmstat 1 2"), &limits).await;
    match output {
        Ok(output) => assert!(
            matches!(&output.ending, Ending::Lost { reason } if reason.contains("has said nothing for 3 s")),
            "{output:?}"
        ),
        Err(HostError::Ssh { source, .. }) => {
            assert!(matches!(*source, SshError::TimedOut { step: Step::Handshake, .. }), "{source:?}");
        }
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_quiet_command_is_not_a_silent_server() {
    let (server, client) = (Server::start(), Client::new());
    let host = connect_with([server.hop(&client)], impatient()).await.unwrap();
    assert_eq!(run(&host, "vmstat 5 2").await.ending, Ending::Exited(0));
}

#[tokio::test]
async fn an_idle_session_answers_its_server_and_costs_nothing() {
    let (server, client) =
        (Server::with(&["ed25519"], "ClientAliveInterval 1\nClientAliveCountMax 2\n"), Client::new());
    let host = connect_with([server.hop(&client)], impatient()).await.unwrap();
    assert_eq!(run(&host, "cat /etc/hostname").await.ending, Ending::Exited(0));
    let before = cpu_ticks();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(cpu_ticks() - before < 20, "it slept");
    assert_eq!(server.processes().len(), 1, "the session of the first connection is still there");
    assert_eq!(run(&host, "cat /etc/hostname").await.ending, Ending::Exited(0));
}

/// Hundredths of a second that this process has computed.
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}
