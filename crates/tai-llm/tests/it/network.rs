//! Which servers are talked to, and through what.

#![expect(
    clippy::disallowed_methods,
    reason = "the environment of this process cannot be changed safely, so one test runs another"
)]

use std::process::Command;

use tai_llm::{Error, OpenAiModel, OpenAiOptions, ProxyUrl};

use crate::server::{Server, Step, says};
use crate::support::{ask, options};

#[tokio::test]
async fn names_are_checked_when_they_are_resolved() {
    // The C library reads a bare number as an IPv4 address: a name that needs no name server.
    let server = Server::start([says("yes"), says("yes")]);
    for host in ["2130706433", "localhost"] {
        let mut options = options(&server);
        options.base_url = format!("http://{host}:{}/v1", server.port());
        assert_eq!(ask(options).await.unwrap().text, "yes");
    }
    let options = OpenAiOptions::new("http://134744072:9/v1", "m");
    let error = ask(options).await.unwrap_err();
    let Error::RemoteRefused { url, address } = &error else { panic!("{error:?}") };
    assert_eq!((url.as_str(), address.to_string().as_str()), ("http://134744072:9/v1", "8.8.8.8"));
}

#[tokio::test]
async fn an_unknown_name_is_a_failed_connection() {
    let options = OpenAiOptions::new("http://no-such-host.invalid/v1", "m");
    let error = ask(options).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
}

#[tokio::test]
async fn mapped_addresses_reach_the_ipv4_server() {
    let server = Server::start([says("yes")]);
    let mut options = options(&server);
    options.base_url = format!("http://[::ffff:127.0.0.1]:{}/v1", server.port());
    assert_eq!(ask(options).await.unwrap().text, "yes");
}

#[test]
fn addresses_are_checked_at_once() {
    let mut options = OpenAiOptions::new("https://[2001:4860:4860::8888]/v1", "m");
    let refused = OpenAiModel::new(options.clone());
    assert!(matches!(refused, Err(Error::RemoteRefused { .. })));
    options.allow_remote = true;
    OpenAiModel::new(options).unwrap();
}

#[tokio::test]
async fn a_proxy_is_used_for_remote_servers_only() {
    let proxy = Server::start([Step::Tunnel, Step::Tunnel, says("through the proxy")]);
    let server = Server::start([says("direct"), says("direct")]);
    let proxy_url = format!("http://user:word@127.0.0.1:{}", proxy.port());
    let mut remote = options(&server);
    remote.proxy = Some(ProxyUrl::parse(&proxy_url).unwrap());
    assert_eq!(ask(remote.clone()).await.unwrap().text, "direct");
    remote.allow_remote = true;
    assert_eq!(ask(remote.clone()).await.unwrap().text, "direct");
    assert_eq!(proxy.requests().len(), 0);

    remote.base_url = "http://model.example/v1".to_owned();
    assert_eq!(ask(remote).await.unwrap().text, "through the proxy");
    let lines: Vec<_> = proxy.requests().into_iter().map(|request| request.line).collect();
    assert_eq!(lines, ["CONNECT model.example:80", "CONNECT model.example:80", "POST /v1/chat/completions"]);
}

#[test]
fn no_proxy_is_taken_from_the_environment() {
    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--exact", "network::names_are_checked_when_they_are_resolved"]);
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "http_proxy"] {
        test.env(name, "http://127.0.0.1:9");
    }
    let output = test.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}
