//! Models as the operator names them, and what becomes of the key.

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Output;
use std::sync::{Arc, Mutex};

use crate::process::tai;

const CAPTURE: &str = "crates/tai-cli/tests/captures/nginx-port-taken";
const ISSUE: &str = "the web server does not start";
const ANSWER: &str = "## Root Cause\nPort 80 is taken.\n## Evidence\n- `bind() to 0.0.0.0:80 failed (98: Address already in use)`\n\
                      ## Recommended Actions\n1. Ask who owns the port.\n";

/// A server that answers every conversation with this status and body: its base URL, and the heads of the requests that it got.
fn serve(status: &'static str, body: String) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = read_request(&mut BufReader::new(stream.try_clone().unwrap()));
            let is_question = head.starts_with("POST /v1/chat/completions");
            let (status, body) = if is_question { (status, body.as_str()) } else { ("404 Not Found", "not here") };
            seen.lock().unwrap().push(head);
            let reply =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            // A client that has seen enough may close first.
            stream.write_all(reply.as_bytes()).ok();
        }
    });
    (base_url, heads)
}

/// The head of a request, whose body is read as well.
fn read_request(reader: &mut impl BufRead) -> String {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head += &line;
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    head
}

fn completion(answer: &str) -> String {
    serde_json::json!({ "choices": [{ "message": { "content": answer }, "finish_reason": "stop" }] }).to_string()
}

fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/v1", listener.local_addr().unwrap())
}

fn run(args: &[&str]) -> Output {
    tai(&[&["run", "--replay", CAPTURE, "--once"], args, &[ISSUE]].concat()).output().unwrap()
}

fn all(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}

fn key() -> String {
    format!("sk-{:016x}", RandomState::new().hash_one(1))
}

#[test]
fn a_script_answers() {
    let folder = tempfile::tempdir().unwrap();
    let lines = serde_json::json!({ "text": ANSWER }).to_string();
    for (name, script) in [("text", format!("{ANSWER}\n%%%\nAnother.\n")), ("lines", lines)] {
        let file = folder.path().join(name);
        std::fs::write(&file, script).unwrap();
        let output = run(&["--model", &format!("script:{}", file.display())]);
        let report = all(&output);
        assert_eq!(output.status.code(), Some(0), "{report}");
        assert!(report.contains("- Port 80 is taken.") && report.contains("Written by scripted"), "{report}");
    }
    let output = run(&["--model", "script:no-such-file"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(all(&output).contains("cannot read no-such-file"), "{}", all(&output));
}

#[test]
fn the_next_model_answers_when_one_is_down() {
    let (base_url, _) = serve("200 OK", completion(ANSWER));
    let fallback = format!("small@{base_url}");
    let output = run(&["--model", "large", "--base-url", &dead(), "--fallback", &fallback]);
    let report = all(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("- Port 80 is taken."), "{report}");
    let unwrapped = report.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(unwrapped.contains("Written by small") && unwrapped.contains("large did not answer"), "{report}");

    let output = run(&["--model", "large", "--base-url", &dead(), "--fallback", "medium"]);
    let report = all(&output);
    assert_eq!(output.status.code(), Some(6), "{report}");
    assert!(report.contains("no model answered: large: ") && report.contains("; medium: "), "{report}");
}

#[test]
fn the_key_goes_to_the_base_url_alone() {
    let key = key();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, format!("{key}\n")).unwrap();
    let (first_url, first) = serve("403 Forbidden", "not you".to_owned());
    let (second_url, second) = serve("200 OK", completion(ANSWER));
    let args = ["--model", "a", "--base-url", &first_url, "--api-key-file", file.to_str().unwrap()];
    let output = run(&[&args[..], &["--fallback", &format!("b@{second_url}")]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", all(&output));
    let with_key = |heads: &Mutex<Vec<String>>| {
        let heads = heads.lock().unwrap();
        (heads.iter().filter(|head| head.contains(&key)).count(), heads.len())
    };
    let (sent, asked) = with_key(&first);
    assert!(sent == asked && asked > 1, "{sent} of {asked}");
    assert_eq!(with_key(&second).0, 0);
}

#[test]
fn the_key_is_in_nothing_that_tai_writes() {
    let key = key();
    let folder = tempfile::tempdir().unwrap();
    let replies = [
        ("401 Unauthorized", format!("no such key: {key}")),
        ("403 Forbidden", format!(r#"{{"error":{{"message":"{key}"}}}}"#)),
        ("200 OK", format!("<html>{key}")),
        ("200 OK", format!("data: {{\"error\":{{\"message\":\"{key}\"}}}}\n\n")),
        ("200 OK", format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{key}\"}}}}]}}\n\n")),
        ("200 OK", completion(&ANSWER.replace("taken", &format!("taken, {key}")))),
    ];
    for (number, (status, body)) in replies.into_iter().enumerate() {
        let (base_url, _) = serve(status, body);
        let capture = folder.path().join(format!("capture{number}"));
        let log = folder.path().join("policy.log");
        let format = ["text", "json", "markdown"][number % 3];
        let args = ["--model", "m", "--base-url", &base_url, "--format", format, "--rag-debug"];
        let more = ["--save-capture", capture.to_str().unwrap(), "--policy-log", log.to_str().unwrap()];
        let all_args = [&["run", "--replay", CAPTURE, "--once"], &args[..], &more, &[ISSUE]].concat();
        let trace = format!("--debug={}", folder.path().join("trace.log").display());
        let all_args = [&all_args[..], &["--log", &trace]].concat();
        let mut command = tai(&all_args);
        command.env("TAI_API_KEY", &key).env("TAI_HOME", folder.path()).env_remove("TAI_NO_PERSIST");
        let output = command.output().unwrap();
        assert!([Some(0), Some(1), Some(6)].contains(&output.status.code()), "{}", all(&output));
        assert!(!all(&output).contains(&key[3..]), "{}", all(&output));
    }
    for entry in walk(folder.path()) {
        let written = std::fs::read(&entry).unwrap();
        assert!(!String::from_utf8_lossy(&written).contains(&key[3..]), "{}", entry.display());
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn a_file_that_is_no_certificate_is_refused() {
    let output = run(&["--model", "m", "--ca-file", "Cargo.toml"]);
    assert_eq!(output.status.code(), Some(2));
    let said = all(&output);
    assert!(said.contains("invalid certificates") && said.contains("Cargo.toml is to hold certificates"), "{said}");
}

#[test]
fn patience_is_an_option() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut asked = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = read_request(&mut BufReader::new(stream.try_clone().unwrap()));
            if head.starts_with("POST /v1/chat/completions") {
                // It never answers.
                asked.push(stream);
            } else {
                stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok();
            }
        }
    });
    let output = run(&["--model", "slow", "--base-url", &base_url, "--first-token-timeout", "1"]);
    assert_eq!(output.status.code(), Some(6));
    let said = all(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("within 1s"), "{said}");

    let output = run(&["--model", "slow", "--base-url", &base_url, "--answer-timeout", "0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(all(&output).contains("a time of 0 seconds lets no model answer"));
}

#[test]
fn a_file_that_is_no_model_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.gguf");
    std::fs::write(&file, "GGUF, so it says").unwrap();
    let cases = [
        (format!("gguf:{}", file.display()), "its head is no GGUF, or cut short"),
        (format!("gguf:{}", folder.path().join("none.gguf").display()), "it cannot be read"),
        ("gguf:never-pulled".to_owned(), "never-pulled"),
    ];
    for (model, why) in cases {
        let output = run(&["--model", &model]);
        let said = all(&output).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(why) && output.status.code() != Some(0), "{model}: {said}");
    }
}
