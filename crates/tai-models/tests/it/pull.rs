//! Models from a hub that does what it should, more or less.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tai_models::{Event, HubOptions, Kind, Registry, State, Token};

use crate::server::{Reply, Server, file_reply};
use crate::support::{WEIGHTS, entry, model, options, pull, pull_with, safetensors, tree};

#[test]
fn a_model_is_fetched_checked_and_described() {
    let (root, server) = (tempfile::tempdir().unwrap(), Server::start(&model(), |_, _| None));
    let (pulled, events) = pull_with(root.path(), &entry(), options(&server.url()));
    let pulled = pulled.unwrap();
    assert!(pulled.is_new);
    let manifest = &pulled.manifest;
    assert_eq!((manifest.name.as_str(), manifest.kind), ("small", Kind::Embedding));
    assert_eq!(manifest.source, format!("{}/owner/small", server.url()));
    assert_eq!((manifest.revision.as_deref(), manifest.license.as_deref()), (Some("c0ffee"), Some("MIT")));
    assert_eq!((manifest.dimension, manifest.context_length), (Some(8), Some(16)));
    let mut expect: Vec<(String, Vec<u8>)> =
        model().into_iter().take(4).map(|(name, data)| (name.to_owned(), data)).collect();
    expect.sort();
    let mut there = tree(&pulled.path);
    assert!(there.remove("manifest.json").is_some());
    assert_eq!(there.into_iter().collect::<Vec<_>>(), expect);
    let paths: Vec<_> = manifest.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["1_Pooling/config.json", "config.json", WEIGHTS, "tokenizer.json"]);
    // The commit that was listed is what is fetched, whatever the branch becomes meanwhile.
    assert!(server.asked_for(WEIGHTS)[0].path.starts_with("/owner/small/resolve/c0ffee/"));
    let Some(Event::Progress { done, of, .. }) = events.iter().rfind(|event| matches!(event, Event::Progress { .. }))
    else {
        panic!("{events:?}")
    };
    assert_eq!((*done, *of), (manifest.bytes(), manifest.bytes()));
    assert_eq!(fs::read_dir(root.path().join(".parts")).unwrap().count(), 0);
}

#[test]
fn what_is_there_and_whole_is_not_fetched_again() {
    let (root, server) = (tempfile::tempdir().unwrap(), Server::start(&model(), |_, _| None));
    let first = pull(root.path(), &server).unwrap();
    let asked = server.requests().len();
    let second = pull(root.path(), &server).unwrap();
    assert!(!second.is_new);
    assert_eq!((second.manifest, server.requests().len()), (first.manifest.clone(), asked));
    // A damaged one is brought anew, and the directory changes in one step.
    fs::write(first.path.join("config.json"), "{").unwrap();
    let third = pull(root.path(), &server).unwrap();
    assert!(third.is_new);
    assert_eq!(third.manifest, first.manifest);
    assert_eq!(fs::read_dir(root.path().join(".parts")).unwrap().count(), 0);
}

#[test]
fn a_broken_download_goes_on_where_it_broke() {
    let root = tempfile::tempdir().unwrap();
    let weights = safetensors(200_000);
    let server = Server::start(&model(), move |request, before| {
        let cut = [300_000, 200_000].get(before).copied().filter(|_| request.is_for(WEIGHTS))?;
        Some(Reply { cut: Some(cut), ..file_reply(request, &weights) })
    });
    let (pulled, events) = pull_with(root.path(), &entry(), options(&server.url()));
    pulled.unwrap();
    let asked = server.asked_for(WEIGHTS);
    let ranges: Vec<_> = asked.iter().map(|request| request.header("range").unwrap_or("whole")).collect();
    assert_eq!(ranges, ["whole", "bytes=300000-", "bytes=500000-"]);
    assert!(asked[1].header("if-range").is_some_and(|tag| tag.starts_with('"')));
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Retrying { .. })).count(), 2);
}

#[test]
fn parts_are_kept_for_another_day() {
    let root = tempfile::tempdir().unwrap();
    let weights = safetensors(200_000);
    let server = Server::start(&model(), move |request, before| match request.is_for(WEIGHTS) {
        true if before == 0 => Some(Reply { cut: Some(300_000), ..file_reply(request, &weights) }),
        true if before < 5 => Some(Reply::new(503, "busy")),
        _ => None,
    });
    let error = pull(root.path(), &server).unwrap_err();
    assert!(error.to_string().starts_with("HTTP status 503 from `http://127.0.0.1:"), "{error}");
    let shelves = Registry::new(root.path()).list().unwrap();
    assert!(matches!(shelves[0].state, State::Partial(bytes) if bytes >= 300_000), "{shelves:?}");
    assert!(root.path().join(".parts/small/parts/model.safetensors.part").is_file());
    assert!(!root.path().join("small").exists());
    pull(root.path(), &server).unwrap();
    assert_eq!(server.asked_for(WEIGHTS).last().unwrap().header("range"), Some("bytes=300000-"));
    assert_eq!(server.asked_for("/config.json").len(), 2, "the two small ones, once each");
}

#[test]
fn a_server_without_ranges_sends_all_of_it_again() {
    let root = tempfile::tempdir().unwrap();
    let weights = safetensors(200_000);
    let server = Server::start(&model(), move |request, before| {
        let reply = Reply::new(200, weights.clone()).with("etag", "\"1\"");
        request.is_for(WEIGHTS).then(|| Reply { cut: (before == 0).then_some(300_000), ..reply })
    });
    let (pulled, events) = pull_with(root.path(), &entry(), options(&server.url()));
    let pulled = pulled.unwrap();
    assert_eq!(server.asked_for(WEIGHTS).len(), 2);
    let Some(Event::Progress { done, of, .. }) = events.iter().rfind(|event| matches!(event, Event::Progress { .. }))
    else {
        panic!("{events:?}")
    };
    assert_eq!((*done, *of), (pulled.manifest.bytes(), pulled.manifest.bytes()));
}

/// One server honours If-Range and sends the whole of the new version, one ignores it and sends a part of the new one.
#[test]
fn a_version_that_changes_is_fetched_from_its_beginning() {
    for honours in [true, false] {
        let root = tempfile::tempdir().unwrap();
        let weights = safetensors(200_000);
        let server = Server::start(&model(), move |request, before| {
            if !request.is_for(WEIGHTS) {
                return None;
            }
            if before == 0 {
                let old = vec![7; weights.len()];
                return Some(Reply { cut: Some(300_000), ..Reply::new(200, old).with("etag", "\"old\"") });
            }
            match request.header("range") {
                Some("bytes=300000-") if !honours => {
                    let range = format!("bytes 300000-{}/{}", weights.len() - 1, weights.len());
                    Some(Reply::new(206, &weights[300_000..]).with("content-range", &range).with("etag", "\"new\""))
                }
                _ => Some(Reply::new(200, weights.clone()).with("etag", "\"new\"")),
            }
        });
        pull(root.path(), &server).unwrap();
        assert_eq!(server.asked_for(WEIGHTS).len(), if honours { 2 } else { 3 });
    }
}

#[test]
fn a_part_that_was_damaged_is_fetched_anew() {
    let root = tempfile::tempdir().unwrap();
    let server = Server::start(&model(), |_, _| None);
    let parts = root.path().join(".parts/small/parts");
    fs::create_dir_all(&parts).unwrap();
    fs::write(parts.join("model.safetensors.part"), vec![7; 1000]).unwrap();
    // Without a tag, the checksum decides.
    fs::write(parts.join("model.safetensors.part.json"), r#"{"etag":null}"#).unwrap();
    pull(root.path(), &server).unwrap();
    let ranges: Vec<_> = server.asked_for(WEIGHTS).iter().map(|request| request.header("range").is_some()).collect();
    assert_eq!(ranges, [true, false]);
}

#[test]
fn two_at_once_take_turns() {
    let root = tempfile::tempdir().unwrap();
    let weights = safetensors(200_000);
    let server = Server::start(&model(), move |request, _| {
        let reply = || Reply { pause: Duration::from_millis(500), ..file_reply(request, &weights) };
        request.is_for(WEIGHTS).then(reply)
    });
    let waited = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let (pulled, events) = pull_with(root.path(), &entry(), options(&server.url()));
                let waits = events.contains(&Event::Waiting { name: "small".to_owned() });
                assert_eq!(pulled.unwrap().is_new, !waits);
                waited.fetch_add(usize::from(waits), Ordering::Relaxed);
            });
        }
    });
    assert_eq!((waited.into_inner(), server.asked_for(WEIGHTS).len()), (1, 1));
}

/// As the hub does: small files come from it, large ones from elsewhere.
#[test]
fn the_token_goes_to_the_hub_and_nowhere_else() {
    let root = tempfile::tempdir().unwrap();
    let weights = safetensors(200_000);
    let elsewhere = Server::start(&[], move |request, _| Some(file_reply(request, &weights)));
    let target = format!("http://localhost:{}/blob/x?Signature=hidden", elsewhere.port());
    let hub = Server::start(&model(), move |request, _| {
        request.is_for(WEIGHTS).then(|| Reply::new(302, "").with("location", &target))
    });
    let token = Some(Token::new("hf_secret").unwrap());
    pull_with(root.path(), &entry(), HubOptions { token, ..options(&hub.url()) }).0.unwrap();
    assert!(hub.requests().iter().all(|request| request.header("authorization") == Some("Bearer hf_secret")));
    let sent = elsewhere.requests();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].header("authorization"), None);
}

#[test]
fn a_redirect_within_the_hub_keeps_the_token() {
    let root = tempfile::tempdir().unwrap();
    let hub = Server::start(&model(), |request, _| {
        let moved = request.path.strip_prefix("/owner/small/")?;
        Some(Reply::new(307, "").with("location", &format!("/owner/renamed/{moved}")))
    });
    let token = Some(Token::new("hf_secret").unwrap());
    pull_with(root.path(), &entry(), HubOptions { token, ..options(&hub.url()) }).0.unwrap();
    let renamed: Vec<_> = hub.requests().into_iter().filter(|request| request.path.contains("renamed")).collect();
    assert_eq!(renamed.len(), 4);
    assert!(renamed.iter().all(|request| request.header("authorization").is_some()));
}

/// A folder of files behind a web server, which lists nothing.
#[test]
fn a_mirror_of_files_alone_is_enough() {
    let root = tempfile::tempdir().unwrap();
    let mirror =
        Server::start(&model(), |request, _| request.path.starts_with("/api/").then(|| Reply::new(404, "not found")));
    let pulled = pull(root.path(), &mirror).unwrap();
    assert_eq!(pulled.manifest.revision.as_deref(), Some("main"));
    assert_eq!(pulled.manifest.files.len(), 4);
    // And where a file has no range either.
    let root = tempfile::tempdir().unwrap();
    let mirror = Server::start(&model(), |request, _| {
        let wanted = request.path.split_once("/resolve/main/").map_or("", |(_, file)| file);
        let found = model().into_iter().find(|(name, _)| *name == wanted);
        Some(found.map_or(Reply::new(404, ""), |(_, data)| Reply::new(200, data)))
    });
    assert_eq!(pull(root.path(), &mirror).unwrap().manifest.files.len(), 4);
}

#[test]
fn files_come_at_the_same_time() {
    let root = tempfile::tempdir().unwrap();
    let at_once = std::sync::Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let counted = std::sync::Arc::clone(&at_once);
    let server = Server::start(&model(), move |request, _| {
        if request.path.contains("/resolve/") {
            let now = counted.0.fetch_add(1, Ordering::SeqCst) + 1;
            counted.1.fetch_max(now, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(200));
            counted.0.fetch_sub(1, Ordering::SeqCst);
        }
        None
    });
    pull(root.path(), &server).unwrap();
    assert!(at_once.1.load(Ordering::SeqCst) > 1);
}
