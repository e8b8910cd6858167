//! What becomes of the key that a server shows.

use std::fs;

use tai_ssh::{Hop, HostKeyStatus, SshError, SshOptions};

use super::server::{Client, Server, connect, connect_with, fingerprint, run};

async fn status(hop: &Hop) -> HostKeyStatus {
    connect([hop.clone()]).await.unwrap().hops().await[0].host_key_status
}

#[tokio::test]
async fn a_new_host_is_accepted_and_written_once() {
    for kind in ["ed25519", "ecdsa-256", "ecdsa-384", "ecdsa-521", "rsa-2048"] {
        let (server, client) = (Server::with(&[kind], ""), Client::new());
        let hop = server.hop(&client);
        let first = connect([hop.clone()]).await.unwrap_or_else(|error| panic!("{kind}: {error:?}"));
        assert_eq!(first.hops().await[0].host_key_status, HostKeyStatus::Added);
        assert_eq!(first.hops().await[0].host_key.fingerprint, fingerprint(&server.host_key(kind)));
        assert_eq!(status(&hop).await, HostKeyStatus::Known);
        assert_eq!(client.known().lines().count(), 1, "{}", client.known());
        let found = format!("[127.0.0.1]:{}", server.port);
        let known_hosts = client.known_hosts.to_str().unwrap();
        assert!(run("ssh-keygen", &["-F", &found, "-f", known_hosts]).contains("found"), "OpenSSH reads it");
    }
}

#[tokio::test]
async fn nothing_is_written_without_persistence() {
    let (server, client) = (Server::start(), Client::new());
    let options = SshOptions { persist_known_hosts: false, ..SshOptions::default() };
    let host = connect_with([server.hop(&client)], options).await.unwrap();
    assert_eq!(host.hops().await[0].host_key_status, HostKeyStatus::NotKept);
    assert!(!client.known_hosts.exists());
}

#[tokio::test]
async fn the_known_kind_is_asked_for_first() {
    let kinds = ["rsa-2048", "ecdsa-256", "ed25519"];
    let server = Server::with(&kinds, "");
    for kind in kinds {
        let client = Client::new();
        let key = fs::read_to_string(server.host_key(kind)).unwrap();
        fs::write(&client.known_hosts, format!("[127.0.0.1]:{} {key}", server.port)).unwrap();
        let host = connect([server.hop(&client)]).await.unwrap();
        assert_eq!(host.hops().await[0].host_key_status, HostKeyStatus::Known, "{kind}");
        assert_eq!(host.hops().await[0].host_key.fingerprint, fingerprint(&server.host_key(kind)));
    }
}

#[tokio::test]
async fn a_key_that_changed_ends_the_connection_with_both_fingerprints() {
    let (mut server, client) = (Server::start(), Client::new());
    let hop = server.hop(&client);
    assert_eq!(status(&hop).await, HostKeyStatus::Added);
    let before = fingerprint(&server.host_key("ed25519"));
    let written = client.known();
    server.replace_host_key("ed25519");
    let after = fingerprint(&server.host_key("ed25519"));

    let error = connect([hop]).await.unwrap_err();
    let message = error.to_string();
    let SshError::HostKeyChanged { host, port, shown, known } = error else { panic!("{error:?}") };
    assert_eq!((host.as_str(), port, shown.fingerprint), ("web1", server.port, after.clone()));
    assert_eq!((known[0].line, &known[0].file, &known[0].fingerprint), (1, &client.known_hosts, &before));
    for part in [before, after, format!("{}:1", client.known_hosts.display()), "ssh-keygen -l".to_owned()] {
        assert!(message.contains(&part), "{message}");
    }
    for way_round in ["ssh-keygen -R", "remove", "delete", "StrictHostKeyChecking", "--"] {
        assert!(!message.contains(way_round), "{message}");
    }
    assert_eq!(client.known(), written);
}

#[tokio::test]
async fn a_host_known_by_another_kind_only_is_changed_and_not_new() {
    let (server, client, other) = (Server::start(), Client::new(), Server::with(&["rsa-2048"], ""));
    let key = fs::read_to_string(other.host_key("rsa-2048")).unwrap();
    fs::write(&client.known_hosts, format!("[127.0.0.1]:{} {key}", server.port)).unwrap();
    let error = connect([server.hop(&client)]).await.unwrap_err();
    assert!(matches!(error, SshError::HostKeyChanged { .. }), "{error:?}");
}

#[tokio::test]
async fn a_revoked_key_ends_the_connection() {
    let (server, client) = (Server::start(), Client::new());
    let key = fs::read_to_string(server.host_key("ed25519")).unwrap();
    fs::write(&client.known_hosts, format!("# ours\n@revoked * {key}")).unwrap();
    let error = connect([server.hop(&client)]).await.unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, SshError::HostKeyRevoked { line: 2, .. }), "{error:?}");
    assert!(message.contains(&fingerprint(&server.host_key("ed25519"))), "{message}");
}

#[tokio::test]
async fn a_strict_hop_takes_known_hosts_only() {
    let (server, client) = (Server::start(), Client::new());
    let strict = Hop { strict: true, ..server.hop(&client) };
    let error = connect([strict.clone()]).await.unwrap_err();
    assert!(matches!(error, SshError::HostKeyUnknown { .. }), "{error:?}");
    assert!(!client.known_hosts.exists());
    assert_eq!(status(&server.hop(&client)).await, HostKeyStatus::Added);
    assert_eq!(status(&strict).await, HostKeyStatus::Known);
}

#[tokio::test]
async fn an_alias_stands_for_host_and_port() {
    let (server, client) = (Server::start(), Client::new());
    let hop = Hop { host_key_alias: Some("cluster".into()), ..server.hop(&client) };
    assert_eq!(status(&hop).await, HostKeyStatus::Added);
    assert!(client.known().starts_with("cluster ssh-ed25519 "), "{}", client.known());
    assert_eq!(status(&hop).await, HostKeyStatus::Known);
}

#[tokio::test]
async fn a_server_with_sha1_only_is_told_from_others() {
    let (server, client) = (Server::with(&["rsa-2048"], "HostKeyAlgorithms ssh-rsa\n"), Client::new());
    let error = connect([server.hop(&client)]).await.unwrap_err();
    assert!(matches!(&error, SshError::OnlySha1 { host } if host == "web1"), "{error:?}");
    assert!(error.to_string().contains("SHA-1"), "{error}");

    let bastion = Server::start();
    let error = connect([Hop { name: "outer".into(), ..bastion.hop(&client) }, server.hop(&client)]).await.unwrap_err();
    assert!(matches!(&error, SshError::OnlySha1 { host } if host == "web1"), "behind another: {error:?}");
}

#[tokio::test]
async fn a_server_without_a_common_algorithm_is_told_so() {
    let (server, client) =
        (Server::with(&["ed25519"], "KexAlgorithms sntrup761x25519-sha512@openssh.com\n"), Client::new());
    let error = connect([server.hop(&client)]).await.unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, SshError::NoCommonAlgorithm { .. }), "{error:?}");
    assert!(message.contains("key exchange") && message.contains("sntrup761x25519"), "{message}");
}
