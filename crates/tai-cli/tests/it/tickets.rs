//! `--ticket`.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use crate::process::tai;

const CAPTURE: &str = "crates/tai-cli/tests/captures/nginx-port-taken";
const MAIL: &str = "From: a@example.org\nTo: ops@example.org\nSubject: the shop is down\n\nnginx does not start on web1 since 14:00, see /var/log/nginx.\n\n-- \nA\n";

fn all(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_mail_is_the_issue_and_what_it_names_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mail.eml");
    fs::write(&file, MAIL).unwrap();
    let args = ["run", "--once", "--model", "none", "--replay", CAPTURE, "--ticket", file.to_str().unwrap()];
    let output = tai(&args).output().unwrap();
    let said = all(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for expect in [
        "Issue: the shop is down nginx does not start on web1",
        "time: since 14:00",
        "/var/log/nginx",
        "another process already listens",
    ] {
        assert!(said.replace('\n', " ").contains(expect), "{expect}: {said}");
    }
    assert!(!said.contains("-- "), "{said}");
}

#[test]
fn standard_input_is_a_ticket_too() {
    let json = r#"{"fields":{"summary":"nginx is down","description":"It does not start."}}"#;
    for command in ["run", "retrieve", "plan"] {
        let mut args = vec![command, "--replay", CAPTURE, "--ticket", "-"];
        if command == "run" {
            args.extend(["--model", "none"]);
        }
        let mut child = tai(&args).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(json.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && all(&output).contains("nginx"), "{command}: {}", all(&output));
    }
}

#[test]
fn a_host_of_a_ticket_is_not_connected_to_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ticket.txt");
    fs::write(&file, "Host: 127.0.0.1\nthe disk is full").unwrap();
    let output = tai(&["run", "--ticket", file.to_str().unwrap()]).output().unwrap();
    let said = all(&output);
    assert!(output.status.code() == Some(2) && said.contains("--host 127.0.0.1"), "{said}");
    let missing = tai(&["run", "--local", "--ticket", "no-such-ticket"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(2), "{}", all(&missing));
}
