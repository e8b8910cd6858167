//! What commands cost, beside OpenSSH with a shared connection on the same route. Nothing is asserted of time: `scripts/bench-ssh` shows it.

#![expect(clippy::print_stderr, reason = "the figures are what this is for")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tai_ssh::{Ending, Hop, Limits};

use super::all;
use super::proxy::Proxy;
use super::server::{Client, Server, account, connect};

#[tokio::test]
#[ignore = "a measurement: scripts/bench-ssh"]
async fn commands_cost_about_a_round_trip_each() {
    let (server, client) = (Server::start(), Client::new());
    let hop = server.hop(&client);
    for (millis, commands) in [(0, 40), (50, 20)] {
        let proxy = Proxy::before(server.port, Duration::from_millis(millis));
        let started = Instant::now();
        let host = connect([Hop { port: proxy.port, ..hop.clone() }]).await.unwrap();
        let connected = started.elapsed();
        let outputs = all(host, &vec!["uname -a"; commands], Limits::default()).await;
        let done = started.elapsed();
        assert!(outputs.iter().all(|output| output.ending == Ending::Exited(0)));
        let (shared, ran) = openssh(&client, proxy.port, commands);
        eprintln!(
            "{millis} ms round trip, {commands} commands: tai connects in {connected:?}, is done after {done:?}; \
             OpenSSH connects in {shared:?}, is done after {ran:?}: tai takes {:.2} of its time",
            done.as_secs_f64() / ran.as_secs_f64()
        );
    }
}

/// The same with `ssh` processes at once over one shared connection: until it stands, and until all are done.
#[expect(clippy::disallowed_methods, reason = "the measure of things is ssh itself")]
fn openssh(client: &Client, port: u16, commands: usize) -> (Duration, Duration) {
    let socket = client.dir.path().join(format!("control-{port}"));
    let ssh = |words: &[&str]| {
        let mut ssh = Command::new("ssh");
        ssh.args(["-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-q", "-S"])
            .arg(&socket);
        ssh.arg("-i").arg(&client.key).args(["-p", &port.to_string(), "-l", &account()]).args(words);
        ssh.stdin(Stdio::null()).stdout(Stdio::null());
        ssh
    };
    let started = Instant::now();
    assert!(ssh(&["-M", "-f", "-N", "127.0.0.1"]).status().unwrap().success());
    let shared = started.elapsed();
    let mut left = commands;
    while left > 0 {
        // A server takes ten sessions at once, and ssh does not wait for a free one.
        let mut running: Vec<_> = (0..left.min(10)).map(|_| ssh(&["127.0.0.1", "uname -a"]).spawn().unwrap()).collect();
        left -= running.len();
        for ssh in &mut running {
            assert!(ssh.wait().unwrap().success());
        }
    }
    let ran = started.elapsed();
    assert!(ssh(&["-O", "exit", "127.0.0.1"]).status().unwrap().success());
    (shared, ran)
}
