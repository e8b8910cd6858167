//! Every exit code, one by one. 70 is tested in `src/bug.rs`, where a panic can be made, and 130 in `process.rs`.

use std::fs;
use std::net::TcpListener;
use std::process::Output;

use crate::process::tai;

const CAPTURES: &str = "crates/tai-cli/tests/captures";

fn check(output: &Output, code: i32, said: &str) {
    let all = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{all}");
    assert!(all.contains(said), "{said}: {all}");
}

fn run(args: &[&str], code: i32, said: &str) {
    check(&tai(args).output().unwrap(), code, said);
}

/// A base URL at which nobody listens.
fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/v1", listener.local_addr().unwrap())
}

fn replayed<'a>(capture: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["run", "--once", "--replay", capture], more, &["customers cannot upload photos to /srv/uploads"]].concat()
}

#[test]
fn done_is_0() {
    run(&["version"], 0, "tai ");
    // Nobody asked for the model that is not there.
    let (capture, url) = (format!("{CAPTURES}/nginx-port-taken"), dead());
    run(&replayed(&capture, &["--base-url", &url]), 0, "did not answer");
}

#[test]
fn incomplete_is_1() {
    run(&replayed(&format!("{CAPTURES}/disk-full"), &["--model", "none"]), 1, "Not Collected");
}

#[test]
fn what_the_operator_wrote_wrong_is_2() {
    run(&["run", "--lcoal", "x"], 2, "did you mean --local?");
    run(&["rnu"], 2, "did you mean `tai run`?");
    run(&["run", "--replay", "no-such-capture", "x"], 2, "hint: ");
}

#[test]
fn denied_is_3() {
    run(&["policy", "check", "--", "rm -rf /"], 3, "denied");
}

#[test]
fn out_of_reach_is_4() {
    run(&["probe", "--host", "127.0.0.1:1", "--ignore-ssh-config"], 4, "hint: ");
}

#[test]
fn a_changed_host_key_is_5() {
    let key = |last: char| format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{}{last}", "A".repeat(42));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    fs::write(&file, format!("web1 {}\n", key('A'))).unwrap();
    let args = ["ssh", "hostkey", "--known-hosts", file.to_str().unwrap(), "--host", "web1", "--key"];
    run(&[&args[..], &[&key('A')]].concat(), 0, "match");
    run(&[&args[..], &[&key('B')]].concat(), 5, "changed");
}

#[test]
fn a_model_that_was_named_and_fails_is_6() {
    let (capture, url) = (format!("{CAPTURES}/nginx-port-taken"), dead());
    run(&replayed(&capture, &["--model", "m", "--base-url", &url]), 6, "Root Cause");
}

#[test]
fn a_damaged_store_is_7() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("sessions")).unwrap();
    fs::write(home.path().join("sessions/journal"), "taijrnl2 and rubbish behind it, more than a head has").unwrap();
    check(&tai(&["store", "verify"]).env("TAI_HOME", home.path()).output().unwrap(), 7, "");
    check(&tai(&["doctor", "--no-model"]).env("TAI_HOME", home.path()).output().unwrap(), 7, "tai store repair");
}

#[test]
fn a_model_that_cannot_be_fetched_is_8() {
    let home = tempfile::tempdir().unwrap();
    let mut pull = tai(&["models", "pull", "--source", "hub", "all-minilm-l6-v2"]);
    check(&pull.env("TAI_HOME", home.path()).env("HF_ENDPOINT", dead()).output().unwrap(), 8, "hint: ");
}
