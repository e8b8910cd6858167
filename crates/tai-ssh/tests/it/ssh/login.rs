//! Keys, with and without a passphrase, and an agent.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tai_ssh::{Hop, SshError, SshOptions, Tried};

use super::server::{Client, Server, account, connect, connect_with, generate};

async fn refused(hop: Hop, options: SshOptions) -> (Vec<Tried>, String) {
    let error = connect_with([hop], options).await.unwrap_err();
    let message = error.to_string();
    match error {
        SshError::Authentication { host, user, tried, .. } => {
            assert_eq!((host.as_str(), user), ("web1", account()));
            (tried, message)
        }
        other => panic!("{other:?}"),
    }
}

fn answers(passphrase: &'static str) -> (SshOptions, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let ask = move |_: &Path| {
        count.fetch_add(1, Ordering::SeqCst);
        Some(passphrase.to_owned())
    };
    (SshOptions { passphrase: Some(Arc::new(ask)), ..SshOptions::default() }, asked)
}

#[tokio::test]
async fn keys_of_each_kind_open_the_door() {
    let server = Server::start();
    let kinds: [&[&str]; 6] = [
        &["-t", "ed25519"],
        &["-t", "rsa", "-b", "2048"],
        &["-t", "rsa", "-b", "2048", "-m", "PEM"],
        &["-t", "ecdsa", "-b", "256"],
        &["-t", "ecdsa", "-b", "384"],
        &["-t", "ecdsa", "-b", "521"],
    ];
    for options in kinds {
        let client = Client::with_key(options, "");
        let host = connect([server.hop(&client)]).await.unwrap_or_else(|error| panic!("{options:?}: {error:?}"));
        assert_eq!(host.hops().await[0].identity, client.key.display().to_string());
    }
}

#[tokio::test]
async fn a_key_that_is_not_admitted_is_named() {
    let (server, client) = (Server::start(), Client::new());
    let stranger = generate(client.dir.path(), "stranger", &["-t", "ed25519"], "");
    let hop = Hop { identity_files: vec![stranger.clone()], ..server.hop(&client) };
    let (tried, message) = refused(hop, SshOptions::default()).await;
    assert_eq!(tried, [Tried { key: stranger.display().to_string(), outcome: "not accepted".into() }]);
    assert!(message.contains(&format!("tried {} (not accepted)", stranger.display())), "{message}");
}

#[tokio::test]
async fn the_second_key_is_tried_when_the_first_is_not_admitted() {
    let (server, client) = (Server::start(), Client::new());
    let stranger = generate(client.dir.path(), "stranger", &["-t", "ed25519"], "");
    let hop = Hop { identity_files: vec![stranger, client.key.clone()], ..server.hop(&client) };
    assert_eq!(connect([hop]).await.unwrap().hops().await[0].identity, client.key.display().to_string());
}

#[tokio::test]
async fn a_key_that_others_can_read_is_not_used() {
    let (server, client) = (Server::start(), Client::new());
    let hop = server.hop(&client);
    fs::set_permissions(&client.key, fs::Permissions::from_mode(0o644)).unwrap();
    let (tried, _) = refused(hop.clone(), SshOptions::default()).await;
    assert_eq!(tried[0].outcome, "not used: others can read it (mode 0644), so `chmod 600` it");
    fs::set_permissions(&client.key, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(connect([hop]).await.is_ok());
}

#[tokio::test]
async fn a_missing_file_is_reported_only_if_it_was_asked_for() {
    let (server, client) = (Server::start(), Client::new());
    let missing = PathBuf::from("/nonexistent/id_ed25519");
    let hop = Hop { identity_files: vec![missing], ..server.hop(&client) };
    let (tried, message) = refused(hop.clone(), SshOptions::default()).await;
    assert_eq!(tried, []);
    assert!(message.ends_with("there is no key to try"), "{message}");
    let (tried, _) = refused(Hop { explicit_identities: true, ..hop }, SshOptions::default()).await;
    assert_eq!(tried[0].outcome, "no such file");
}

#[tokio::test]
async fn a_file_that_is_no_key_is_passed_over() {
    let (server, client) = (Server::start(), Client::new());
    let broken = client.dir.path().join("broken");
    fs::write(&broken, "-----BEGIN RSA PRIVATE KEY-----\nnot base64\n-----END RSA PRIVATE KEY-----\n").unwrap();
    let text = client.dir.path().join("text");
    fs::write(&text, "hello").unwrap();
    for file in [&broken, &text] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let hop = server.hop(&client);
    let (tried, _) =
        refused(Hop { identity_files: vec![broken.clone(), text.clone()], ..hop.clone() }, SshOptions::default()).await;
    assert_eq!(tried[0], Tried { key: text.display().to_string(), outcome: "not a private key".into() });
    assert!(tried[1].outcome.starts_with("cannot be used: "), "{tried:?}");
    let hop = Hop { identity_files: vec![broken, text, client.key.clone()], ..hop };
    assert!(connect([hop]).await.is_ok());
}

#[tokio::test]
async fn an_encrypted_key_takes_its_passphrase() {
    let kinds: [&[&str]; 3] =
        [&["-t", "ed25519"], &["-t", "rsa", "-b", "2048", "-m", "PEM"], &["-t", "rsa", "-b", "2048", "-m", "PKCS8"]];
    let server = Server::start();
    for options in kinds {
        let client = Client::with_key(options, "right words");
        let hop = server.hop(&client);
        let (right, asked) = answers("right words");
        let host = connect_with([hop.clone()], right).await.unwrap_or_else(|error| panic!("{options:?}: {error}"));
        assert_eq!(host.hops().await[0].identity, client.key.display().to_string());
        assert_eq!(asked.load(Ordering::SeqCst), 1);

        let (wrong, asked) = answers("wrong words");
        let (tried, _) = refused(hop.clone(), wrong).await;
        assert!(tried.iter().all(|tried| tried.outcome == "not opened by its passphrase"), "{options:?}: {tried:?}");
        assert_eq!(asked.load(Ordering::SeqCst), 3, "as ssh does");

        let (tried, message) = refused(hop, SshOptions::default()).await;
        assert!(tried[0].outcome.starts_with("encrypted, and nobody to ask"), "{tried:?}");
        assert!(message.contains(&format!("`ssh-add {}`", client.key.display())), "{message}");
    }
}

#[tokio::test]
async fn nobody_is_asked_while_another_key_opens_the_door() {
    let (server, client) = (Server::start(), Client::new());
    let encrypted = generate(client.dir.path(), "encrypted", &["-t", "ed25519"], "right words");
    let hop = Hop { identity_files: vec![encrypted, client.key.clone()], ..server.hop(&client) };
    let (options, asked) = answers("right words");
    assert!(connect_with([hop], options).await.is_ok());
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

/// An agent that ends with the test.
struct Agent {
    socket: PathBuf,
    process: Child,
}

impl Agent {
    #[expect(clippy::disallowed_methods, reason = "tests use the system's own programs")]
    fn with(client: &Client, keys: &[&Path]) -> Self {
        let socket = client.dir.path().join("agent");
        let mut agent = std::process::Command::new("ssh-agent");
        let process = agent.args(["-D", "-a"]).arg(&socket).stdout(std::process::Stdio::null()).spawn().unwrap();
        while !socket.exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        for key in keys {
            let mut add = std::process::Command::new("ssh-add");
            assert!(add.arg("-q").arg(key).env("SSH_AUTH_SOCK", &socket).status().unwrap().success());
        }
        Agent { socket, process }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _dead = self.process.kill();
        let _status = self.process.wait();
    }
}

#[tokio::test]
async fn an_agent_is_used_by_its_socket() {
    let (server, client) = (Server::start(), Client::new());
    let agent = Agent::with(&client, &[&client.key]);
    let hop = Hop { agent_socket: Some(agent.socket.clone()), identity_files: vec![], ..server.hop(&client) };
    assert_eq!(connect([hop.clone()]).await.unwrap().hops().await[0].identity, "test key (agent)");

    let only = Hop { identities_only: true, ..hop.clone() };
    let (tried, _) = refused(only.clone(), SshOptions::default()).await;
    assert_eq!(tried, [], "the agent's key is not listed");

    fs::write(&client.key, "").unwrap();
    let listed = Hop { identity_files: vec![client.key.clone()], ..only };
    assert_eq!(connect([listed]).await.unwrap().hops().await[0].identity, "test key (agent)", "known by its .pub file");

    let gone = Hop { agent_socket: Some("/nonexistent/agent".into()), ..hop };
    let (tried, _) = refused(gone, SshOptions::default()).await;
    assert!(tried[0].outcome.starts_with("not used: "), "{tried:?}");
}
