//! The report as a page, read by a parser of HTML (`tests/html_check.py`), with text in it that wants to be markup.

#![expect(clippy::disallowed_methods, reason = "another program reads the page")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::process::tai;

const CAPTURE: &str = "crates/tai-cli/tests/captures/nginx-port-taken";
const EVIL: &str =
    "</td></code><script>alert(1)</script><img src=x onerror=alert(2)>' \" --> <!-- &#60;b&#62; </title></style>";

/// What a reader sees of a page; a page that is not right fails the test.
fn seen(page: &Path) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/html_check.py");
    let output = Command::new("python3").arg(script).arg(page).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn written(args: &[&str], page: &Path) -> Option<i32> {
    let args = [&["run", "--once"], args, &["--output-file", page.to_str().unwrap()]].concat();
    tai(&args).output().unwrap().status.code()
}

#[test]
fn it_has_all_of_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    assert_eq!(written(&["--replay", CAPTURE, "--model", "none", "the web server does not start"], &page), Some(0));
    assert_eq!(fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o600);
    let text = seen(&page);
    for expect in [
        "web1",
        "Debian GNU/Linux 12 (bookworm)",
        "Root Cause",
        "another process already listens",
        "critical",
        "Time Line",
        "incident",
        "E1",
        "bind() to 0.0.0.0:80 failed",
        "Recommended Actions",
        "CHANGES THE HOST",
        "Space",
        "memory",
        "Tokens",
        "saved of",
        "No model was asked",
    ] {
        assert!(text.contains(expect), "{expect}: {text}");
    }
    let html = fs::read_to_string(&page).unwrap();
    for expect in [
        "prefers-color-scheme: dark",
        "@media print",
        "max-width: 36rem",
        "default-src 'none'",
        "<rect class=\"errors\"",
    ] {
        assert!(html.contains(expect), "{expect}");
    }
    // The line itself, by its number, and what stands round it.
    let (_, first) = html.split_once("<details open id=").unwrap();
    let (first, _) = first.split_once("</details>").unwrap();
    assert!(first.contains("<tr class=\"quoted\"><th>10</th>") && first.contains("<tr><th>9</th>"), "{first}");
}

/// A copy of the capture in which every output ends with text that wants to be markup.
fn hostile(folder: &Path) -> std::path::PathBuf {
    let (from, to) = (Path::new("../..").join(CAPTURE), folder.join("hostile"));
    fs::create_dir_all(to.join("outputs")).unwrap();
    let manifest = fs::read_to_string(from.join("manifest.json")).unwrap();
    fs::write(
        to.join("manifest.json"),
        manifest.replace("\"web1\"", &serde_json::json!(format!("web1 {EVIL}")).to_string()),
    )
    .unwrap();
    for entry in fs::read_dir(from.join("outputs")).unwrap() {
        let entry = entry.unwrap();
        let mut text = fs::read(entry.path()).unwrap();
        text.extend(
            format!("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use) {EVIL}\n").bytes(),
        );
        fs::write(to.join("outputs").join(entry.file_name()), text).unwrap();
    }
    to
}

#[test]
fn no_text_becomes_markup() {
    let folder = tempfile::tempdir().unwrap();
    let capture = hostile(folder.path());
    let script = folder.path().join("answers");
    let answer = format!(
        "## Root Cause\n{EVIL} port 80 is taken.\n## Evidence\n- `{EVIL}`\n- `bind() to 0.0.0.0:80 failed`\n## Recommended Actions\n1. `rm {EVIL}` [x](http://evil.example)"
    );
    fs::write(&script, answer).unwrap();
    for model in ["none", &format!("script:{}", script.display())] {
        let page = folder.path().join("report.html");
        written(&["--replay", capture.to_str().unwrap(), "--model", model, EVIL], &page);
        let text = seen(&page);
        assert!(text.contains("<script>alert(1)</script><img src=x onerror=alert(2)>"), "{model}: {text}");
    }
}

#[test]
fn several_hosts_are_one_page() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    let hosts = ["--host", "a.invalid", "--host", "b.invalid", "--ignore-ssh-config", "the disk is full"];
    assert_eq!(written(&hosts, &page), Some(4));
    let text = seen(&page);
    assert!(text.contains("a.invalid") && text.contains("b.invalid") && text.contains("All Hosts"), "{text}");
    assert!(text.contains("unreachable"), "{text}");
}
