//! `--debug`.

use std::fs;
use std::hash::{BuildHasher, RandomState};

use crate::process::tai;

const RUN: [&str; 6] =
    ["run", "--replay", "crates/tai-cli/tests/captures/nginx-port-taken", "--once", "--model", "none"];

#[test]
fn it_tells_what_happens_and_how_long_it_takes() {
    let output = tai(&[&RUN[..], &["the web server does not start", "--debug"]].concat()).output().unwrap();
    assert!(output.status.success());
    let trace = String::from_utf8(output.stderr).unwrap();
    for expect in [
        "DEBUG tai version=",
        "DEBUG command host=",
        "duration=",
        "DEBUG indexing bytes=",
        "DEBUG meaning compared took=",
    ] {
        assert!(trace.contains(expect), "{expect}: {trace}");
    }
    let without = tai(&[&RUN[..], &["the web server does not start"]].concat()).output().unwrap();
    assert_eq!(String::from_utf8(without.stderr).unwrap(), "");
    assert_eq!(output.stdout, without.stdout);
}

#[test]
fn it_goes_to_a_file_that_is_ones_own_and_has_no_secrets() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let secret = format!("{:016x}", RandomState::new().hash_one(2));
    let trace = folder.path().join("trace");
    let script = folder.path().join("answers");
    fs::write(&script, format!("## Root Cause\nNo access with password={secret}.\n")).unwrap();
    let flag = format!("--debug={}", trace.display());
    let model = format!("script:{}", script.display());
    let args =
        ["run", "--replay", RUN[2], "--once", "--model", &model, &flag, &format!("password={secret} does not work")];
    let output = tai(&args).env("TAI_API_KEY", &secret).output().unwrap();
    let said = fs::read_to_string(&trace).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert!(said.contains("DEBUG asking model="), "{said}");
    assert!(!said.contains(&secret), "{said}");
    assert_eq!(fs::metadata(&trace).unwrap().permissions().mode() & 0o777, 0o600);

    let nowhere = format!("--debug={}", folder.path().join("no/such/folder").display());
    assert_eq!(tai(&["version", &nowhere]).output().unwrap().status.code(), Some(2));
}
