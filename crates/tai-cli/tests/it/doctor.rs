//! `tai doctor`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::process::tai;

fn doctor(home: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let mut command = tai(&[&["doctor", "--json"], args].concat());
    let output =
        command.env("TAI_HOME", home).env_remove("TAI_NO_PERSIST").env_remove("SSH_AUTH_SOCK").output().unwrap();
    let told = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), told)
}

/// The findings of an area in a state.
fn of<'a>(told: &'a Value, area: &str, state: &str) -> Vec<&'a Value> {
    let findings = told["findings"].as_array().unwrap().iter();
    findings.filter(|finding| finding["area"] == area && finding["state"] == state).collect()
}

fn config(folder: &Path, text: &str) -> String {
    let file = folder.join("ssh_config");
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn each_area_is_looked_at_and_each_problem_has_a_fix() {
    let home = tempfile::tempdir().unwrap();
    let config = config(home.path(), "Host *\n  IdentityFile /no/such/key\n");
    let dead = "http://127.0.0.1:1/v1";
    let (code, told) = doctor(home.path(), &["--ssh-config", &config, "--model", "m", "--base-url", dead]);
    assert_eq!(code, Some(6), "{told}");
    for area in ["ssh", "model", "meaning", "kept", "tai", "terminal"] {
        assert!(told["findings"].as_array().unwrap().iter().any(|finding| finding["area"] == area), "{area}: {told}");
    }
    for finding in told["findings"].as_array().unwrap() {
        assert_eq!(finding["fix"].is_string(), finding["state"] != "fine", "{finding}");
    }
    assert!(of(&told, "ssh", "problem")[0]["found"].as_str().unwrap().contains("no key to log in with"), "{told}");
    assert!(of(&told, "model", "problem")[0]["fix"].as_str().unwrap().contains("ollama serve"), "{told}");
    // Nobody asked for it by name: a warning.
    let (_, told) = doctor(home.path(), &["--ssh-config", &config, "--base-url", dead]);
    assert_eq!(of(&told, "model", "warning").len(), 1, "{told}");
}

#[test]
fn a_wrong_configuration_is_told_with_its_line() {
    let home = tempfile::tempdir().unwrap();
    let config = config(home.path(), "Host web1\n  Port many\n");
    fs::write(home.path().join("policy.toml"), "[[progam]]\n").unwrap();
    let (code, told) = doctor(home.path(), &["--no-model", "--ssh-config", &config, "--host", "web1"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.to_string().contains("ssh_config") && told.to_string().contains("policy.toml"), "{told}");
}

#[test]
fn nothing_is_written_but_to_try() {
    let home = tempfile::tempdir().unwrap();
    doctor(home.path(), &["--no-model"]);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}
