//! Hosts that are reached through others.

use std::time::Duration;

use tai_ssh::{Ending, Hop, Host, HostKeyStatus, Limits, SshError, SshOptions, Timeouts};

use super::server::{Client, Server, connect, connect_with, free_port, generate};
use super::{command, run};

/// A server that lets nobody do anything but pass through.
fn bastion() -> Server {
    Server::with(&["ed25519"], "MaxSessions 0\nForceCommand /bin/false\n")
}

fn named(name: &str, hop: Hop) -> Hop {
    Hop { name: name.into(), ..hop }
}

#[tokio::test]
async fn a_host_behind_one_and_behind_two_bastions_answers() {
    let (outer, inner, server) = (bastion(), bastion(), Server::start());
    let (ours, theirs) = (Client::new(), Client::with_key(&["-t", "ecdsa"], ""));
    let routes = [
        vec![named("outer", outer.hop(&ours)), server.hop(&theirs)],
        vec![named("outer", outer.hop(&ours)), named("inner", inner.hop(&theirs)), server.hop(&ours)],
    ];
    for route in routes {
        let names: Vec<_> = route.iter().map(|hop| hop.name.clone()).collect();
        let host = connect(route).await.unwrap();
        assert_eq!(host.name(), "web1");
        assert_eq!(run(&host, "cat /etc/hostname").await.ending, Ending::Exited(0));
        let hops = host.hops().await;
        assert_eq!(hops.iter().map(|hop| hop.name.as_str()).collect::<Vec<_>>(), names);
    }
    let host = connect([named("outer", outer.hop(&ours)), server.hop(&theirs)]).await.unwrap();
    assert!(host.hops().await.iter().all(|hop| hop.host_key_status == HostKeyStatus::Known));
}

#[tokio::test]
async fn megabytes_come_through_unharmed() {
    let (outer, inner, server, client) = (bastion(), bastion(), Server::start(), Client::new());
    let log = client.dir.path().join("big.log");
    let text: String = (0..400_000).map(|i| format!("line {i}\n")).collect();
    std::fs::write(&log, &text).unwrap();
    let host = connect([outer.hop(&client), inner.hop(&client), server.hop(&client)]).await.unwrap();
    let limits = Limits { max_bytes: 16 << 20, ..Limits::default() };
    let cat = command(&format!("cat {}", log.display()));
    let (first, second) = tokio::join!(host.run(&cat, &limits), host.run(&cat, &limits));
    assert!(first.unwrap().stdout == text.as_bytes() && second.unwrap().stdout == text.as_bytes());
}

#[tokio::test]
async fn an_error_names_the_hop_that_failed() {
    let (outer, server, client) = (bastion(), Server::start(), Client::new());
    let through = || named("outer", outer.hop(&client));

    let nowhere = Hop { port: free_port(), ..server.hop(&client) };
    let error = connect([through(), nowhere]).await.unwrap_err();
    assert!(matches!(&error, SshError::Forward { host, via, .. } if host == "web1" && via == "outer"), "{error:?}");

    let stranger = generate(client.dir.path(), "stranger", &["-t", "ed25519"], "");
    let locked = Hop { identity_files: vec![stranger.clone()], ..server.hop(&client) };
    let error = connect([through(), locked]).await.unwrap_err();
    assert!(matches!(&error, SshError::Authentication { host, .. } if host == "web1"), "{error:?}");

    let locked = Hop { identity_files: vec![stranger], ..through() };
    let error = connect([locked, server.hop(&client)]).await.unwrap_err();
    assert!(matches!(&error, SshError::Authentication { host, .. } if host == "outer"), "{error:?}");

    let closed = Server::with(&["ed25519"], "AllowTcpForwarding no\n");
    let error = connect([named("closed", closed.hop(&client)), server.hop(&client)]).await.unwrap_err();
    assert!(matches!(&error, SshError::Forward { via, .. } if via == "closed"), "{error:?}");
}

#[tokio::test]
async fn the_host_key_of_each_hop_counts() {
    let (outer, mut server, client) = (bastion(), Server::start(), Client::new());
    let route = [named("outer", outer.hop(&client)), server.hop(&client)];
    assert!(connect(route.clone()).await.is_ok());
    server.replace_host_key("ed25519");
    let error = connect(route).await.unwrap_err();
    assert!(matches!(&error, SshError::HostKeyChanged { host, .. } if host == "web1"), "{error:?}");
}

#[tokio::test]
async fn a_bastion_that_dies_loses_the_host_and_a_second_route_finds_it_again() {
    let (outer, server, client) = (bastion(), Server::start(), Client::new());
    let timeouts = Timeouts { silence: Duration::from_secs(3), ..Timeouts::default() };
    let options = SshOptions { timeouts, ..SshOptions::default() };
    let host = connect_with([outer.hop(&client), server.hop(&client)], options).await.unwrap();
    let vmstat = command("vmstat 1 9");
    let limits = Limits::default();
    let (cut, ()) = tokio::join!(host.run(&vmstat, &limits), async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        outer.kill_sessions();
    });
    let cut = cut.unwrap();
    assert!(matches!(cut.ending, Ending::Lost { .. }), "{cut:?}");
    assert!(!cut.stdout.is_empty());
    assert_eq!(run(&host, "cat /etc/hostname").await.ending, Ending::Exited(0));
}

#[tokio::test]
async fn an_empty_route_is_an_error() {
    assert!(matches!(connect([]).await.unwrap_err(), SshError::EmptyRoute));
}
