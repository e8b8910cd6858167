//! Any input: nothing panics, and what was written is found.

use std::fs;

use proptest::prelude::*;
use tai_ssh::known_hosts::{Error, HostKey, KnownHosts, Verdict, add};
use tempfile::tempdir;

use super::keys::{KEYS, fill, key};

/// Lines that are nearly right.
fn near_line() -> impl Strategy<Value = String> {
    let marker = prop_oneof![Just(""), Just("@revoked "), Just("@cert-authority "), Just("@")];
    let names = prop_oneof![Just("$web".to_owned()), "[a-c*?!,|\\[\\]:1-2]{0,12}"];
    let keys =
        prop_oneof![Just("$E1"), Just("$R1"), Just("ssh-rsa $E1b"), Just("$C1 x"), Just("ssh-ed25519 AAAA"), Just("")];
    (marker, names, keys).prop_map(|(marker, names, keys)| fill(&format!("{marker}{names} {keys}")))
}

proptest! {
    #[test]
    fn loading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400), lines in prop::collection::vec(near_line(), 0..8)) {
        let directory = tempdir().unwrap();
        let files = [directory.path().join("a"), directory.path().join("b")];
        fs::write(&files[0], bytes).unwrap();
        fs::write(&files[1], lines.join("\n")).unwrap();
        let known = KnownHosts::load(&files).unwrap();
        for host in ["web", "a", "", "[a]:2", "a*"] {
            let verdict = known.verdict(host, 2222, None, &key("E1"));
            let kinds = known.known_kinds(host, 2222, None);
            let matched = matches!(verdict, Verdict::Match { .. });
            prop_assert!(!matched || kinds.contains(&key("E1").kind), "{verdict:?}");
        }
    }

    #[test]
    fn reading_a_key_never_panics(text in ".{0,80}", blob in prop::collection::vec(any::<u8>(), 0..80), cut in 0usize..400, name in prop::sample::select(KEYS)) {
        for read in [HostKey::parse(&text), HostKey::from_blob(blob)].into_iter().flatten() {
            prop_assert_eq!(HostKey::parse(&read.to_openssh()).unwrap(), read);
        }
        let mut whole = key(name).blob;
        prop_assert_eq!(HostKey::from_blob(whole.clone()).unwrap(), key(name));
        prop_assert_eq!(HostKey::parse(&key(name).to_openssh()).unwrap(), key(name));
        whole.truncate(cut);
        prop_assert_eq!(HostKey::from_blob(whole.clone()).is_ok(), whole.len() == key(name).blob.len());
    }

    #[test]
    fn what_is_added_is_found(host in prop_oneof!["[A-Za-z0-9._:%-]{1,60}", "\\PC{0,40}"], port: u16, hash: bool, name in prop::sample::select(KEYS), lines in prop::collection::vec(near_line(), 0..4)) {
        let directory = tempdir().unwrap();
        let file = directory.path().join("known_hosts");
        let before = lines.join("\n");
        fs::write(&file, &before).unwrap();
        let outcome = add(&file, &host, port, &key(name), hash);
        let after = fs::read_to_string(&file).unwrap();
        prop_assert!(after.starts_with(&before));
        match outcome {
            Ok(()) => {
                let verdict = KnownHosts::load(std::slice::from_ref(&file)).unwrap().verdict(&host, port, None, &key(name));
                prop_assert!(matches!(verdict, Verdict::Match { .. }), "{verdict:?}");
                add(&file, &host, port, &key(name), hash).unwrap();
                prop_assert_eq!(fs::read_to_string(&file).unwrap(), after);
            }
            Err(Error::Conflict { .. }) => prop_assert_eq!(after, before),
            Err(Error::UnwritableHost { .. }) => {
                prop_assert!(!host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:%-".contains(&byte)) || host.is_empty());
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        }
    }
}
