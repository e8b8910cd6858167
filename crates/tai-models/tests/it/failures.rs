//! Hubs that refuse, lie, stall, or are not there.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use tai_models::{Cancel, Entry, Error, Event, Hub, HubOptions, PullOptions, Registry, Sources, Token};

use crate::server::{Reply, Server, file_reply};
use crate::support::{WEIGHTS, chain, entry, model, options, pull, pull_with, safetensors};

/// Pulls from a server that answers so to what is asked for the weights, and gives the error. No model is there afterwards.
fn refused(reply: Reply) -> (Error, Server) {
    let root = tempfile::tempdir().unwrap();
    let server = Server::start(&model(), move |request, _| request.is_for(WEIGHTS).then(|| reply.clone()));
    let error = pull(root.path(), &server).unwrap_err();
    assert!(!root.path().join("small").exists());
    (error, server)
}

#[test]
fn wrong_bytes_are_never_installed() {
    let mut weights = safetensors(200_000);
    *weights.last_mut().unwrap() ^= 1;
    let root = tempfile::tempdir().unwrap();
    let server =
        Server::start(&model(), move |request, _| request.is_for(WEIGHTS).then(|| Reply::new(200, weights.clone())));
    let error = pull(root.path(), &server).unwrap_err();
    assert!(matches!(&error, Error::Checksum { file, .. } if file == WEIGHTS), "{error}");
    assert!(!root.path().join("small").exists());
    assert!(!root.path().join(".parts/small/parts/model.safetensors.part").exists(), "no use to go on from it");
    assert_eq!(server.asked_for(WEIGHTS).len(), 1);
}

#[test]
fn what_the_catalogue_knows_counts_more_than_what_the_hub_says() {
    let root = tempfile::tempdir().unwrap();
    let server = Server::start(&model(), |_, _| None);
    let mut entry = entry();
    entry.sha256.insert(WEIGHTS.to_owned(), "00".repeat(32));
    let error = pull_with(root.path(), &entry, options(&server.url())).0.unwrap_err();
    assert!(matches!(error, Error::Checksum { .. }), "{error}");
    assert_eq!(server.asked_for(WEIGHTS).len(), 0, "what is stated to be wrong is not fetched");
}

#[test]
fn refusals_are_told() {
    let cases = [
        (Reply::new(404, "Entry not found"), "HTTP status 404 from `URL`: Entry not found", 1),
        (Reply::new(401, r#"{"error":"Invalid username"}"#), "HTTP status 401 from `URL`: Invalid username", 1),
        (Reply::new(403, "<html>no").with("content-type", "text/html"), "HTTP status 403 from `URL`", 1),
        (Reply::new(403, "page").with("x-error-message", "gated"), "HTTP status 403 from `URL`: gated", 1),
        (Reply::new(400, "\u{1b}[31m a\nb"), "HTTP status 400 from `URL`: \\u{1b}[31m a b", 1),
        (Reply::new(500, "broken"), "HTTP status 500 from `URL`: broken", 4),
        (Reply::new(429, "slow").with("retry-after", "3600"), "HTTP status 429 from `URL`: slow", 1),
        (Reply::new(429, "slow").with("retry-after", "0"), "HTTP status 429 from `URL`: slow", 4),
    ];
    for (reply, expect, asked) in cases {
        let (error, server) = refused(reply);
        let url = format!("{}/owner/small/resolve/c0ffee/model.safetensors", server.url());
        assert!(error.to_string().starts_with(&expect.replace("URL", &url)), "{error}");
        assert_eq!(server.asked_for(WEIGHTS).len(), asked, "{error}");
    }
}

#[test]
fn redirects_have_an_end_and_a_kind() {
    let (error, server) = refused(Reply::new(302, "").with("location", WEIGHTS));
    assert!(error.to_string().contains("there are too many"), "{error}");
    assert!(server.requests().len() < 20);
    for location in ["ftp://x/y", "file:///etc/passwd", ""] {
        let (error, _) = refused(Reply::new(302, "").with("location", location));
        assert!(matches!(error, Error::Redirect { .. }), "{error}");
    }
}

#[test]
fn more_than_was_said_is_refused() {
    let (error, _) = refused(Reply::new(200, vec![0; 900_000]));
    assert!(matches!(error, Error::Size { expected, .. } if expected < 900_000), "{error}");
}

#[test]
fn what_passes_is_asked_again() {
    let root = tempfile::tempdir().unwrap();
    let server = Server::start(&model(), |request, before| match before {
        0 => Some(Reply::new(503, "starting")),
        1 if request.is_for(WEIGHTS) => Some(Reply { cut: Some(0), ..Reply::new(200, "x") }),
        _ => None,
    });
    pull(root.path(), &server).unwrap();
}

#[test]
fn a_file_that_is_missing_is_named_before_anything_is_fetched() {
    let root = tempfile::tempdir().unwrap();
    let server = Server::start(&[("x-Q4_K_M.gguf", vec![1]), ("y.txt", vec![1])], |_, _| None);
    let entry = Entry::of_repo("m", "owner/gguf", None, vec!["x-Q8_0.gguf".to_owned()]).unwrap();
    let error = pull_with(root.path(), &entry, options(&server.url())).0.unwrap_err();
    assert_eq!(error.to_string(), "owner/gguf has no file x-Q8_0.gguf; it has x-Q4_K_M.gguf");
    assert_eq!(server.requests().len(), 1);
    assert_eq!(std::fs::read_dir(root.path().join(".parts")).unwrap().count(), 0, "nothing begun, nothing left");
}

#[test]
fn no_listing_is_an_error() {
    for body in ["<html>sign in</html>", "{}", "[]"] {
        let root = tempfile::tempdir().unwrap();
        let server = Server::start(&[], move |_, _| Some(Reply::new(200, body)));
        let error = pull(root.path(), &server).unwrap_err();
        assert!(matches!(error, Error::Answer { .. }), "{error}");
    }
}

#[test]
fn space_is_asked_for_first() {
    let root = tempfile::tempdir().unwrap();
    let listing = r#"{"sha":"1","siblings":[{"rfilename":"config.json"},{"rfilename":"tokenizer.json"},
        {"rfilename":"model.safetensors","lfs":{"sha256":"00","size":4611686018427387904}}]}"#;
    let server = Server::start(&[], move |_, _| Some(Reply::new(200, listing)));
    let error = pull(root.path(), &server).unwrap_err();
    assert!(
        matches!(error, Error::NoSpace { free: Some(_), needed: Some(needed), .. } if needed == 1 << 62),
        "{error}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn the_token_is_in_no_error() {
    let root = tempfile::tempdir().unwrap();
    let server = Server::start(&[], |request, _| {
        Some(Reply::new(401, format!("bad token: {}", request.header("authorization").unwrap_or_default())))
    });
    let token = Some(Token::new(" hf_secret\n").unwrap());
    let hub = HubOptions { token, ..options(&server.url()) };
    assert!(!format!("{hub:?}").contains("secret"));
    let error = pull_with(root.path(), &entry(), hub).0.unwrap_err();
    assert!(chain(&error).ends_with("bad token: Bearer [token]"), "{}", chain(&error));
}

#[test]
fn a_hub_that_is_not_there_is_known_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let root = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let error = pull_with(root.path(), &entry(), HubOptions { first_wait: Duration::from_secs(60), ..options(&url) }).0;
    assert!(matches!(error, Err(Error::Connect { .. })), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_hub_that_falls_silent_is_left() {
    let root = tempfile::tempdir().unwrap();
    let server = Server::start(&model(), |request, _| {
        let stalls = || Reply { pause: Duration::from_secs(3600), ..file_reply(request, &safetensors(200_000)) };
        request.is_for(WEIGHTS).then(stalls)
    });
    let hub = HubOptions { stall_timeout: Duration::from_millis(200), retries: 1, ..options(&server.url()) };
    let error = pull_with(root.path(), &entry(), hub).0.unwrap_err();
    assert!(chain(&error).ends_with("nothing came for too long"), "{}", chain(&error));
    assert_eq!(server.asked_for(WEIGHTS).len(), 2);
}

#[test]
fn offline_asks_nobody() {
    let (root, server) = (tempfile::tempdir().unwrap(), Server::start(&model(), |_, _| None));
    let hub = HubOptions { offline: true, ..options(&server.url()) };
    let error = pull_with(root.path(), &entry(), hub).0.unwrap_err();
    assert!(matches!(error, Error::Offline), "{error}");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn cancelling_leaves_parts_and_no_model() {
    let (root, cancel) = (tempfile::tempdir().unwrap(), Cancel::default());
    let server = Server::start(&model(), |_, _| None);
    let hub = Hub::new(options(&server.url())).unwrap();
    let options = PullOptions { sources: Sources::Hub, parallel: 1, ..PullOptions::default() };
    let show = |event: Event| {
        if matches!(event, Event::Progress { done: 1.., .. }) {
            cancel.cancel();
        }
    };
    let error = Registry::new(root.path()).pull(&entry(), &hub, &options, &cancel, &show).unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error}");
    assert!(!root.path().join("small").exists());
    let part = std::fs::metadata(root.path().join(".parts/small/parts/model.safetensors.part")).unwrap();
    assert!(part.len() > 0 && part.len() < 800_000);
    pull(root.path(), &server).unwrap();
    assert!(server.asked_for(WEIGHTS)[1].header("range").is_some());
}

#[test]
fn endpoints_are_checked() {
    for endpoint in ["", "hub.example", "ftp://hub.example", "https://", "https://me:pw@hub.example", "http://h/?x"] {
        let error = Hub::new(options(endpoint)).unwrap_err();
        assert!(error.to_string().starts_with("invalid hub endpoint: "), "{error}");
        assert!(!error.to_string().contains("pw"));
    }
    for proxy in ["", "socks5://proxy.example", "a b"] {
        let hub = HubOptions { proxy: Some(proxy.to_owned()), ..HubOptions::default() };
        assert!(matches!(Hub::new(hub), Err(Error::InvalidOption { .. })), "{proxy}");
    }
}

#[test]
fn a_proxy_is_used_but_for_what_is_left_out() {
    let root = tempfile::tempdir().unwrap();
    let proxy = Server::start(&[], |_, _| Some(Reply::new(407, "who are you?")));
    let server = Server::start(&model(), |_, _| None);
    let hub = |no_proxy: Option<&str>| HubOptions {
        proxy: Some(proxy.url()),
        no_proxy: no_proxy.map(str::to_owned),
        ..options(&server.url())
    };
    let error = pull_with(root.path(), &entry(), hub(None)).0.unwrap_err();
    assert!(matches!(error, Error::Connect { .. } | Error::Status { .. }), "{error:?}");
    assert_eq!((proxy.requests().len(), server.requests().len()), (1, 0));
    pull_with(root.path(), &entry(), hub(Some("other.example, 127.0.0.1"))).0.unwrap();
    assert_eq!(proxy.requests().len(), 1);
}
