//! The program as a process: signals, pipes, files, and a model behind a real socket.

#![expect(clippy::disallowed_methods, reason = "the program itself is what is tested here")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

pub(crate) fn tai(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tai"));
    for variable in
        ["TAI_MODEL", "TAI_BASE_URL", "TAI_API_KEY", "TAI_API_KEY_FILE", "TAI_CA_FILE", "TAI_PROXY", "TAI_RERANKER"]
    {
        command.env_remove(variable);
    }
    // Nothing of whoever runs the tests: no site policy, no server of theirs that embeds.
    command
        .env("TAI_EMBEDDER", "none")
        .env("TAI_HOME", "/nonexistent")
        .env("TAI_NO_PERSIST", "1")
        .args(args)
        .current_dir(root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn an_interrupt_ends_with_130_and_leaves_nothing() {
    for signal in ["INT", "TERM", "HUP"] {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("capture");
        // vmstat takes two seconds: there is a command to interrupt.
        let args = ["collect", "--local", "--out", target.to_str().unwrap(), "memory leak"];
        let child = tai(&args).spawn().unwrap();
        wait_for_first_output(dir.path());
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{}", text(&output));
        assert_eq!(output.stdout, b"");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "{signal}");
    }
}

/// Until the capture that is being written has its first file: then commands run, and signals are listened for.
fn wait_for_first_output(dir: &Path) {
    let has_output =
        |staging: &Path| std::fs::read_dir(staging.join("outputs")).is_ok_and(|mut files| files.next().is_some());
    for _ in 0..500 {
        if std::fs::read_dir(dir).unwrap().flatten().any(|entry| has_output(&entry.path())) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("nothing was collected within ten seconds");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = tai(&["policy", "list"]).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn a_live_run_can_be_replayed() {
    let dir = tempfile::tempdir().unwrap();
    let capture = dir.path().join("capture");
    let issue = "the disk is filling up";
    let report = |args: &[&str]| {
        let output = tai(&[args, &["--model", "none", "--json", issue]].concat()).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let live = report(&["run", "--local", "--raw", "--save-capture", capture.to_str().unwrap()]);
    let replayed = report(&["run", "--replay", capture.to_str().unwrap()]);
    assert_eq!(live, replayed);
}

#[test]
fn a_collected_capture_can_be_replayed() {
    let dir = tempfile::tempdir().unwrap();
    let capture = dir.path().join("capture");
    let args = [
        "collect",
        "--replay",
        "crates/tai-cli/tests/captures/unit-loops",
        "--json",
        "--out",
        capture.to_str().unwrap(),
        "help",
    ];
    let output = tai(&args).output().unwrap();
    let listed: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
    assert_eq!(listed["schema"], "tai.collection/1");
    let args = ["run", "--replay", capture.to_str().unwrap(), "--model", "none", "invoice-worker does not run"];
    let report = text(&tai(&args).output().unwrap());
    assert!(report.contains("invoice-worker.service") && report.contains("Root Cause"), "{report}");
}

#[test]
fn a_plan_says_why_and_the_table_is_one_array() {
    let json = |args: &[&str]| -> serde_json::Value {
        let output = tai(args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let plan =
        json(&["plan", "--replay", "crates/tai-cli/tests/captures/nginx-port-taken", "--json", "nginx does not start"]);
    let commands = plan["commands"].as_array().unwrap();
    let says = |key: &str| commands.iter().all(|command| command[key].as_str().is_some_and(|text| !text.is_empty()));
    assert!(says("command") && says("why"), "{plan}");
    assert!(commands.iter().any(|command| command["command"].as_str().unwrap().contains("nginx")), "{plan}");
    let table = json(&["plan", "--list", "--json"]);
    assert!(table.as_array().unwrap().iter().all(|row| row["id"].is_string() && row["command"].is_string()));
}

#[test]
fn the_output_file_is_there_whole_and_its_name_says_the_format() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("report.md");
    let args = ["run", "--replay", "crates/tai-cli/tests/captures/unit-loops", "--model", "none", "--output-file"];
    let output =
        tai(&[&args[..], &[file.to_str().unwrap(), "invoice-worker stops at once"]].concat()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]), "{}", text(&output));
    let report = std::fs::read_to_string(&file).unwrap();
    assert!(report.starts_with("# invoice-worker stops at once\n") && report.contains("\n## Root Cause\n"), "{report}");
}

#[test]
fn an_output_file_that_is_none_is_written_to_and_links_stay_links() {
    let dir = tempfile::tempdir().unwrap();
    let (link, target) = (dir.path().join("link"), dir.path().join("target.txt"));
    std::fs::write(&target, "old").unwrap();
    std::os::unix::fs::symlink("target.txt", &link).unwrap();
    let args = ["run", "--replay", "crates/tai-cli/tests/captures/unit-loops", "--model", "none", "x", "--output-file"];
    assert!(tai(&[&args[..], &[link.to_str().unwrap()]].concat()).output().unwrap().status.success());
    assert!(link.is_symlink() && std::fs::read_to_string(&target).unwrap().contains("Root Cause"));

    let output = tai(&[&args[..], &["/dev/stdout"]].concat()).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("Root Cause"), "{}", text(&output));
}

#[test]
fn a_capture_that_cannot_be_saved_leaves_the_report() {
    let dir = tempfile::tempdir().unwrap();
    let capture = dir.path().join("capture");
    let mut child = tai(&["run", "--local", "--model", "none", "--save-capture", capture.to_str().unwrap(), "memory"])
        .spawn()
        .unwrap();
    wait_for_first_output(dir.path());
    // The disk that vanishes in the middle. At once, or tai writes on while files are removed.
    std::fs::rename(&capture, dir.path().join("gone")).unwrap();
    let mut report = String::new();
    child.stdout.take().unwrap().read_to_string(&mut report).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(
        report.contains("Root Cause") && text(&output).contains("no capture was saved"),
        "{report}{}",
        text(&output)
    );
}

#[test]
fn a_site_file_adds_to_the_policy_and_a_bad_one_is_an_error() {
    let home = tempfile::tempdir().unwrap();
    let check = |toml: &str, command: &str| {
        std::fs::write(home.path().join("policy.toml"), toml).unwrap();
        let output = tai(&["policy", "check", "--", command]).env("TAI_HOME", home.path()).output().unwrap();
        (output.status.code(), text(&output))
    };
    let allowed = "[[program]]\nname = \"ourctl\"\nsummary = \"our service\"\nverbs = { \"status\" = \"none\" }\n";
    assert_eq!(check("", "ourctl status").0, Some(3));
    assert_eq!(check(allowed, "ourctl status"), (Some(0), "allowed: ourctl is allowed with these arguments\n".into()));
    assert_eq!(check(allowed, "ourctl restart").0, Some(3));
    let (code, message) = check("[[progam]]\n", "uname");
    assert!(code == Some(2) && message.contains("policy.toml") && message.contains("progam"), "{message}");
}

#[test]
fn decisions_of_the_policy_are_appended_to_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("policy.jsonl");
    let plan = |log: &Path| {
        let arguments = ["plan", "--replay", "crates/tai-cli/tests/captures/disk-full", "the disk is full"];
        tai(&arguments).arg("--policy-log").arg(log).output().unwrap()
    };
    assert_eq!(plan(&log).status.code(), Some(0));
    let once = std::fs::read_to_string(&log).unwrap();
    assert_eq!(plan(&log).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), 2 * once.lines().count());
    let decisions: Vec<serde_json::Value> = once.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let disk = decisions.iter().find(|decision| decision["command"].as_str().unwrap().starts_with("df ")).unwrap();
    assert!(disk["allowed"] == true && disk["rule"].is_null() && disk["time"].is_string(), "{disk}");
    let output = plan(folder.path());
    assert!(output.status.code() == Some(2) && text(&output).contains("decisions of the policy"), "{}", text(&output));
}

#[test]
fn a_stream_of_commands_ends_with_its_reader() {
    let mut child = tai(&["policy", "check", "--json", "--stdin"]).stdin(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    // Far more than a pipe holds: this ends because tai does.
    let written = (0..200_000).try_for_each(|_| stdin.write_all(b"\"uname -a\"\n"));
    assert!(written.is_err());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}

#[test]
fn a_model_answers_and_is_checked() {
    let answer = "## Root Cause\nPort 80 is taken.\n## Evidence\n- `bind() to 0.0.0.0:80 failed (98: Address already in use)`\n\
                  - `disk on fire`\n## Recommended Actions\n1. Ask who owns the port.";
    let (base_url, request) = serve_one(answer);
    let args = [
        "run",
        "--replay",
        "crates/tai-cli/tests/captures/nginx-port-taken",
        "--model",
        "small",
        "--base-url",
        &base_url,
    ];
    let output = tai(&[&args[..], &["the web server does not start"]].concat()).output().unwrap();
    let report = text(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    for expect in [
        "  - Port 80 is taken.\n",
        "Unverified\n",
        "? evidence: `disk on fire`",
        "1. Ask who owns the port.",
        "Written by small",
    ] {
        assert!(report.contains(expect), "{expect}: {report}");
    }
    let request = request.join().unwrap();
    assert!(request.contains(r#""model":"small""#) && request.contains("the web server does not start"), "{request}");
}

/// What README.md shows under `$ tai …` is what that prints. Written anew with `TRYCMD=overwrite`, as the transcripts are.
#[test]
fn the_transcripts_of_the_readme_are_true() {
    let file = root().join("README.md");
    let readme = std::fs::read_to_string(&file).unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_tai")).parent().unwrap();
    let blocks: Vec<&str> = readme.split("```console\n$ ").skip(1).collect();
    assert!(!blocks.is_empty());
    let mut written = readme.clone();
    for block in blocks {
        let (line, rest) = block.split_once('\n').unwrap();
        let (expect, _) = rest.split_once("```").unwrap();
        let path = format!("{}:/usr/bin:/bin", programs.display());
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).env("PATH", path).env("TAI_NO_PERSIST", "1").env("TAI_HOME", "/nonexistent");
        shell.current_dir(root());
        let output = shell.output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        if std::env::var("TRYCMD").is_ok_and(|mode| mode == "overwrite") {
            written = written.replacen(expect, &stdout, 1);
        } else {
            assert_eq!(stdout, expect, "{line}");
        }
    }
    if written != readme {
        std::fs::write(file, written).unwrap();
    }
}

/// An OpenAI-compatible server for one question: its base URL, and the request that it got. What it is asked before, it does not know.
fn serve_one(answer: &str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let body = serde_json::json!({ "choices": [{ "message": { "role": "assistant", "content": answer }, "finish_reason": "stop" }] });
    let server = std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (line, request) = read_http(&mut BufReader::new(stream.try_clone().unwrap()));
            let is_question = line.starts_with("POST /v1/chat/completions");
            let (status, body) =
                if is_question { ("200 OK", body.to_string()) } else { ("404 Not Found", "not here".to_owned()) };
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).unwrap();
            if is_question {
                return request;
            }
        }
        unreachable!("a listener listens for ever")
    });
    (base_url, server)
}

/// The first line and the body of a request.
fn read_http(reader: &mut impl BufRead) -> (String, String) {
    let (mut lines, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (lines.remove(0), String::from_utf8(body).unwrap())
}

/// Fetched by `scripts/fetch-model`.
const EMBEDDER: &str = "--embedder=target/models/all-MiniLM-L6-v2";
const DISK_FULL: [&str; 3] = ["retrieve", "--replay", "crates/tai-cli/tests/captures/disk-full"];

#[test]
fn meaning_is_compared_and_vectors_are_kept() {
    let home = tempfile::tempdir().unwrap();
    let retrieve = |more: &[&str]| {
        let args = [&DISK_FULL[..], &[EMBEDDER, "--json", "customers cannot upload photos"], more].concat();
        let output = tai(&args).env_remove("TAI_NO_PERSIST").env("TAI_HOME", home.path()).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
        output
    };
    let not_kept = retrieve(&["--no-persist", "--rag-debug"]);
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    let debug = String::from_utf8_lossy(&not_kept.stderr).into_owned();
    assert!(
        debug.starts_with("meaning is compared by all-MiniLM-L6-v2: 384 dimensions, 256 tokens at most, f32 by "),
        "{debug}"
    );
    let first: serde_json::Value =
        serde_json::from_slice(not_kept.stdout.split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert!(first["scores"]["cosine"].is_f64(), "{first}");
    let (cold, warm) = (retrieve(&[]), retrieve(&[]));
    assert!(home.path().join("cache/vectors").is_dir());
    assert_eq!((&cold.stdout, &warm.stdout), (&not_kept.stdout, &not_kept.stdout));
    assert_eq!(text(&warm), String::from_utf8_lossy(&warm.stdout));
}

#[test]
fn an_embedder_that_is_not_there_is_an_error_and_auto_goes_without() {
    for embedder in ["candle", "candle:other", "./nowhere", "nonsense", "candle:", ""] {
        let output = tai(&[&DISK_FULL[..], &["--embedder", embedder, "uploads fail"]].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{embedder}: {}", text(&output));
    }
    let auto = ["--embedder", "auto", "--base-url", "http://127.0.0.1:1/v1", "--rag-debug", "uploads fail"];
    let output = tai(&[&DISK_FULL[..], &auto].concat()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let debug = String::from_utf8_lossy(&output.stderr).into_owned();
    let expect = "meaning is not compared: there is no model in ~/.tai/models/all-minilm-l6-v2, and no nomic-embed-text at http://127.0.0.1:1/v1\nRANK";
    assert!(debug.starts_with(expect), "{debug}");
}

#[test]
fn auto_asks_a_server_that_has_the_model() {
    let base_url = format!("http://{}/v1", embedding_server(100));
    let auto = ["--no-persist", "--json", "--rag-debug", "--embedder", "auto", "--base-url", &base_url, "no space"];
    let output = tai(&[&DISK_FULL[..], &auto].concat()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("meaning is compared by nomic-embed-text: 2 dimensions"), "{}", text(&output));
    assert!(text(&output).contains("\"cosine\":1.0"), "{}", text(&output));
}

/// Small, with random weights: `scripts/embedding-models.py`.
const RERANKER: &str = "crates/tai-rag/tests/data/models/cross-encoder";

#[test]
fn a_reranker_takes_part_and_without_one_nothing_changes() {
    let retrieve = |more: &[&str]| tai(&[&DISK_FULL[..], &["--json", "uploads fail"], more].concat()).output().unwrap();
    let scores = |output: &Output| -> Vec<serde_json::Value> {
        let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines
            .map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap()["scores"]["rerank"].clone())
            .collect()
    };
    let (off, without) = (retrieve(&["--reranker", "none"]), retrieve(&[]));
    assert_eq!(off.stdout, without.stdout);
    assert!(scores(&off).iter().all(serde_json::Value::is_null), "{}", text(&off));
    let on = retrieve(&["--reranker", RERANKER, "--rag-debug"]);
    assert!(
        scores(&on).len() == scores(&off).len() && scores(&on).iter().all(serde_json::Value::is_f64),
        "{}",
        text(&on)
    );
    assert!(text(&on).contains("reranked by cross-encoder"), "{}", text(&on));
    assert_eq!(retrieve(&["--reranker", RERANKER]).stdout, on.stdout);
    assert_eq!(retrieve(&["--reranker", "nowhere"]).status.code(), Some(2));
}

/// A server that has a model and gives every text a vector: for as many requests as are due.
fn embedding_server(requests: usize) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(requests) {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut length, mut line, mut request) = (0, String::new(), String::new());
            reader.read_line(&mut request).unwrap();
            while reader.read_line(&mut line).unwrap() > 2 {
                let lower = line.to_lowercase();
                length = lower.strip_prefix("content-length: ").map_or(length, |value| value.trim().parse().unwrap());
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
            let texts = body["input"].as_array().cloned().unwrap_or_default();
            // Two directions: of what speaks of space, and of everything else.
            let vector = |text: &serde_json::Value| {
                if text.as_str().unwrap().contains("space") { [2.0, 0.0] } else { [0.0, 3.0] }
            };
            let data: Vec<_> = texts.iter().map(|text| serde_json::json!({ "embedding": vector(text) })).collect();
            let models = [serde_json::json!({ "id": "nomic-embed-text:latest" })];
            let data = if request.starts_with("GET /v1/models ") { models.to_vec() } else { data };
            let reply = serde_json::json!({ "data": data }).to_string();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", reply.len());
            stream.write_all((head + &reply).as_bytes()).unwrap();
        }
    });
    address
}

#[test]
fn a_server_may_embed_and_its_failure_counts() {
    let base_url = format!("http://{}/v1", embedding_server(100));
    let http = |base_url: &str| {
        let more = ["--no-persist", "--json", "--embedder", "http:some-model", "--base-url", base_url, "no space"];
        tai(&[&DISK_FULL[..], &more].concat()).output().unwrap()
    };
    let output = http(&base_url);
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("\"cosine\":1.0"), "{}", text(&output));
    assert_eq!(http("http://127.0.0.1:1/v1").status.code(), Some(6));
    assert_eq!(http("http://192.0.2.1/v1").status.code(), Some(2), "a public address");
}
