//! `tai config`.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::process::tai;

fn config(home: &Path, args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = tai(&[&["config"], args].concat());
    command.env("TAI_HOME", home).env_remove("TAI_EMBEDDER").env_remove("TAI_NO_PERSIST");
    command.envs(variables.iter().copied()).output().unwrap()
}

fn all(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The value of a setting, and where it comes from.
fn shown(home: &Path, args: &[&str], variables: &[(&str, &str)], key: &str) -> (String, String) {
    let output = config(home, &[&["show", "--json"], args, &[key]].concat(), variables);
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", all(&output)));
    assert_eq!(rows.as_array().unwrap().len(), 1);
    let text = |field: &str| rows[0][field].as_str().unwrap().to_owned();
    (text("value"), text("source"))
}

#[test]
fn a_flag_counts_before_the_environment_that_before_the_file_and_that_before_the_default() {
    let home = tempfile::tempdir().unwrap();
    let check = |args: &[&str], variables: &[(&str, &str)], value: &str, source: &str| {
        assert_eq!(shown(home.path(), args, variables, "model"), (value.to_owned(), source.to_owned()));
    };
    check(&[], &[], "gemma3:4b", "default");
    fs::write(home.path().join("config.toml"), "model = 'of-the-file'\n").unwrap();
    check(&[], &[], "of-the-file", "config.toml");
    check(&[], &[("TAI_MODEL", "of-the-environment")], "of-the-environment", "TAI_MODEL");
    check(&["--model", "of-the-flag"], &[("TAI_MODEL", "of-the-environment")], "of-the-flag", "--model");
}

#[test]
fn what_the_file_says_counts() {
    let home = tempfile::tempdir().unwrap();
    let script = home.path().join("answers");
    fs::write(&script, "## Root Cause\nPort 80 is taken.\n").unwrap();
    fs::write(home.path().join("config.toml"), format!("model = 'script:{}'\nembedder = 'none'\n", script.display()))
        .unwrap();
    let args = [
        "run",
        "--replay",
        "crates/tai-cli/tests/captures/nginx-port-taken",
        "--once",
        "the web server does not start",
    ];
    let output = tai(&args).env("TAI_HOME", home.path()).env_remove("TAI_EMBEDDER").output().unwrap();
    assert!(all(&output).contains("Written by scripted"), "{}", all(&output));
    fs::remove_file(script).unwrap();
    assert_eq!(tai(&args).env("TAI_HOME", home.path()).output().unwrap().status.code(), Some(2));
}

#[test]
fn a_secret_is_not_shown() {
    let home = tempfile::tempdir().unwrap();
    let key = "k3y-0f-a-t3st";
    let output =
        config(home.path(), &["show"], &[("TAI_API_KEY", key), ("TAI_PROXY", "http://me:pass-0f-a-t3st@proxy:1")]);
    assert!(output.status.success() && !all(&output).contains("0f-a-t3st"), "{}", all(&output));
    assert_eq!(shown(home.path(), &[], &[("TAI_API_KEY", key)], "api_key").1, "TAI_API_KEY");
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("config.toml"), "\n[redact]\nemial = true\n").unwrap();
    let output = config(home.path(), &["check"], &[]);
    assert_eq!(output.status.code(), Some(2));
    for expect in ["config.toml:3: unknown field `emial`", "did you mean emails?", "policy.toml: none"] {
        assert!(all(&output).contains(expect), "{expect}: {}", all(&output));
    }
    let output = config(home.path(), &["show", "modle"], &[]);
    assert!(output.status.code() == Some(2) && all(&output).contains("did you mean model?"), "{}", all(&output));
}

#[test]
fn every_file_is_checked() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(config(home.path(), &["check"], &[]).status.code(), Some(0));
    let check = |file: &str, text: &str, expect: &str| {
        let file = home.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        let output = config(home.path(), &["check", "--json"], &[]);
        assert!(output.status.code() == Some(2) && all(&output).contains(expect), "{}", all(&output));
        fs::remove_file(file).unwrap();
    };
    check("config.toml", "[redact.patterns]\nx = '('\n", "regex");
    check("policy.toml", "[[progam]]\n", "progam");
    check("collectors.d/a.toml", "[[collector]]\nid = 1\n", "a.toml");
    check("prompts/system.md", "no head", "system.md");
    check("config.toml", "api_key_file = 'no-such-key'\n", "no-such-key");
    assert_eq!(config(home.path(), &["check"], &[]).status.code(), Some(0));
}

#[test]
fn the_path_is_printed() {
    let home = tempfile::tempdir().unwrap();
    let output = config(home.path(), &["path"], &[]);
    assert_eq!(all(&output).trim(), home.path().join("config.toml").to_str().unwrap());
    let json: Value = serde_json::from_slice(&config(home.path(), &["path", "--json"], &[]).stdout).unwrap();
    assert_eq!(json["places"][0]["exists"], false);
}
