//! `tai models` as a process: killed, interrupted, asked by scripts.

#![expect(clippy::disallowed_methods, reason = "the program itself is what is tested here")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

const NAME: &str = "mxbai-embed-large";
const PART: &str = "models/.parts/mxbai-embed-large/parts/model.safetensors.part";

/// A hub with one small model, which trickles while `slow`. Remembers the ranges that the weights were asked for in.
struct SlowHub {
    url: String,
    slow: Arc<AtomicBool>,
    ranges: Arc<Mutex<Vec<Option<usize>>>>,
}

impl SlowHub {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (slow, ranges) = (Arc::new(AtomicBool::new(true)), Arc::new(Mutex::new(Vec::new())));
        let state = (Arc::clone(&slow), Arc::clone(&ranges));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, (slow, ranges)) = (stream.unwrap(), state.clone());
                std::thread::spawn(move || answer(&stream, &slow, &ranges));
            }
        });
        SlowHub { url, slow, ranges }
    }
}

fn weights() -> Vec<u8> {
    let head = r#"{"w":{"dtype":"F32","shape":[100000],"data_offsets":[0,400000]}}"#;
    let data = (0..100_000u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes());
    [&(head.len() as u64).to_le_bytes()[..], head.as_bytes()].concat().into_iter().chain(data).collect()
}

fn answer(mut stream: &TcpStream, slow: &AtomicBool, ranges: &Mutex<Vec<Option<usize>>>) {
    let lines: Vec<String> =
        BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let Some(path) = lines.first().and_then(|line| line.split(' ').nth(1)) else { return };
    let range = lines
        .iter()
        .find_map(|line| line.to_lowercase().strip_prefix("range: bytes=")?.strip_suffix('-')?.parse().ok());
    let weights = weights();
    let body = match path.rsplit('/').next().unwrap() {
        "model.safetensors" => {
            ranges.lock().unwrap().push(range);
            weights[range.unwrap_or(0)..].to_vec()
        }
        "config.json" => br#"{"architectures":["BertModel"],"hidden_size":1024}"#.to_vec(),
        "tokenizer.json" => b"{}".to_vec(),
        _ => {
            let files = ["config.json", "tokenizer.json", "model.safetensors"];
            let mut siblings: Vec<_> = files.iter().map(|file| json!({ "rfilename": file })).collect();
            siblings[2]["lfs"] = json!({ "size": weights.len() });
            json!({ "sha": "c0ffee", "siblings": siblings }).to_string().into_bytes()
        }
    };
    let status = if range.is_some() { "206 Partial Content" } else { "200 OK" };
    let mut head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\netag: \"1\"\r\nconnection: close\r\n", body.len());
    if let Some(begin) = range {
        head += &format!("content-range: bytes {begin}-{}/{}\r\n", weights.len() - 1, weights.len());
    }
    stream.write_all((head + "\r\n").as_bytes()).ok();
    for piece in body.chunks(4096) {
        if stream.write_all(piece).is_err() {
            return;
        }
        if slow.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn tai(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tai"));
    for variable in ["TAI_EMBEDDER", "HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE"] {
        command.env_remove(variable);
    }
    command.env("TAI_HOME", home).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(home: &Path, args: &[&str]) -> Output {
    tai(home, args).output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(output)))
}

fn wait_for_bytes(part: &Path) {
    for _ in 0..1000 {
        if std::fs::metadata(part).is_ok_and(|metadata| metadata.len() > 20_000) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("nothing was fetched within ten seconds");
}

#[test]
fn a_pull_that_is_killed_goes_on_where_it_was() {
    for signal in ["KILL", "INT", "TERM"] {
        let (home, hub) = (tempfile::tempdir().unwrap(), SlowHub::start());
        let pull = || tai(home.path(), &["models", "pull", NAME]).env("HF_ENDPOINT", &hub.url).spawn().unwrap();
        let child = pull();
        let part = home.path().join(PART);
        wait_for_bytes(&part);
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let expect = if signal == "KILL" { None } else { Some(130) };
        assert_eq!(output.status.code(), expect, "{}", text(&output));
        assert!(!home.path().join("models").join(NAME).exists());
        let kept = std::fs::metadata(&part).unwrap().len();
        let list = json_of(&run(home.path(), &["models", "list", "--json"]));
        let row = list.as_array().unwrap().iter().find(|row| row["name"] == NAME).unwrap();
        assert_eq!(row["state"], "partial");
        hub.slow.store(false, Ordering::Relaxed);
        let output = pull().wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let resumed = hub.ranges.lock().unwrap().last().copied().flatten();
        assert_eq!(resumed.map(|from| from as u64), Some(kept), "{signal}");
        let verified = run(home.path(), &["models", "verify", NAME]);
        assert_eq!(text(&verified), "mxbai-embed-large is whole: 3 files, 0.4 MB\n");
        assert_eq!(std::fs::read(home.path().join("models").join(NAME).join("model.safetensors")).unwrap(), weights());
        assert_eq!(std::fs::read_dir(home.path().join("models/.parts")).unwrap().count(), 0);
    }
}

#[test]
fn two_processes_take_turns() {
    let (home, hub) = (tempfile::tempdir().unwrap(), SlowHub::start());
    let pull = || tai(home.path(), &["models", "pull", NAME]).env("HF_ENDPOINT", &hub.url).spawn().unwrap();
    let first = pull();
    wait_for_bytes(&home.path().join(PART));
    let second = pull();
    let removed = run(home.path(), &["models", "remove", "--yes", NAME]);
    assert_eq!(removed.status.code(), Some(2), "{}", text(&removed));
    assert_eq!(json_of(&run(home.path(), &["models", "prune", "--json"]))["busy"], json!([NAME]));
    std::thread::sleep(Duration::from_millis(300));
    hub.slow.store(false, Ordering::Relaxed);
    let (first, second) = (first.wait_with_output().unwrap(), second.wait_with_output().unwrap());
    assert!(text(&first).starts_with("pulled mxbai-embed-large: 3 files, 0.4 MB, "), "{}", text(&first));
    assert!(text(&second).starts_with("already here: mxbai-embed-large"), "{}", text(&second));
    assert!(text(&second).contains("another tai is at work on mxbai-embed-large; waiting for it\n"));
    assert_eq!(hub.ranges.lock().unwrap().len(), 1);
}

#[test]
fn a_model_goes_from_one_machine_to_another() {
    let (here, there, hub) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), SlowHub::start());
    hub.slow.store(false, Ordering::Relaxed);
    let pulled = tai(here.path(), &["models", "pull", NAME, "--json"]).env("HF_ENDPOINT", &hub.url).output().unwrap();
    let pulled = json_of(&pulled);
    assert_eq!((&pulled["schema"], &pulled["revision"]), (&json!("tai.model/1"), &json!("c0ffee")));
    let archive = there.path().join("carried.tar.zst");
    let archive = archive.to_str().unwrap();
    let export = || run(here.path(), &["models", "export", NAME, "--output-file", archive]);
    assert!(text(&export()).starts_with("exported mxbai-embed-large to "));
    assert_eq!(export().status.code(), Some(2), "it is there already");
    let imported = run(there.path(), &["models", "import", archive, "--as", "carried"]);
    assert!(text(&imported).starts_with("imported carried: 3 files, "), "{}", text(&imported));
    assert_eq!(run(there.path(), &["models", "import", archive, "--as", "carried"]).status.code(), Some(2));
    let path = run(there.path(), &["models", "path", "carried"]);
    let dir = there.path().join("models/carried");
    assert_eq!(text(&path), format!("{}\n", dir.display()));
    // Changed on the way: named, and no use to the next machine.
    std::fs::write(dir.join("tokenizer.json"), "[]").unwrap();
    let verified = run(there.path(), &["models", "verify"]);
    assert_eq!(verified.status.code(), Some(8));
    assert!(text(&verified).starts_with("carried is damaged\n  tokenizer.json has other content: sha256 "));
    let verified = json_of(&run(there.path(), &["models", "verify", "--json", "carried"]));
    assert_eq!(verified["damage"][0]["what"], "content");
    assert_eq!(run(there.path(), &["models", "export", "carried"]).status.code(), Some(8));
    // Nobody can be asked here.
    assert_eq!(run(there.path(), &["models", "remove", "carried"]).status.code(), Some(2));
    let removed = run(there.path(), &["models", "remove", "--yes", "carried", "other"]);
    assert_eq!(text(&removed), "removed carried\nother is not here\n");
    assert!(!dir.exists());
}

#[test]
fn a_hub_that_fails_is_exit_8_and_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let pull = |endpoint: &str, offline: &str| {
        let mut command = tai(home.path(), &["models", "pull", NAME]);
        command.env("HF_ENDPOINT", endpoint).env("HF_HUB_OFFLINE", offline).env("HF_TOKEN", "hf_secret");
        command.output().unwrap()
    };
    let down = pull("http://127.0.0.1:1", "0");
    assert_eq!(down.status.code(), Some(8), "{}", text(&down));
    assert!(text(&down).contains("caused by: Connection refused"), "{}", text(&down));
    assert!(text(&down).contains("hint: pull it where there is a network"), "{}", text(&down));
    assert!(!text(&down).contains("hf_secret"));
    let offline = pull("http://127.0.0.1:1", "1");
    assert_eq!(offline.status.code(), Some(8));
    assert!(text(&offline).starts_with("error: the hub is not asked in offline mode\n"), "{}", text(&offline));
    assert_eq!(pull("nonsense", "").status.code(), Some(2));
}

/// The model that the tests of meaning use, fetched by `scripts/fetch-model`, as somebody would carry it over.
#[test]
fn an_imported_model_is_found_by_its_name() {
    let home = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let carried = root.join("target/models/all-MiniLM-L6-v2");
    let imported = run(home.path(), &["models", "import", carried.to_str().unwrap(), "--json"]);
    let imported = json_of(&imported);
    assert_eq!(
        (&imported["name"], &imported["kind"]),
        (&json!("all-minilm-l6-v2"), &json!("embedding")),
        "by its weights"
    );
    assert_eq!((&imported["dimension"], &imported["context_length"]), (&json!(384), &json!(256)));
    // Packed weights are used from the second turn on, and change nothing.
    let packed =
        json_of(&run(home.path(), &["models", "quantize", "all-minilm-l6-v2", "--precision", "int8", "--json"]));
    assert!(packed["path"].as_str().unwrap().ends_with("cache/packed/all-minilm-l6-v2-int8.taipack"), "{packed}");
    let bytes = std::fs::read(packed["path"].as_str().unwrap()).unwrap();
    assert_eq!(packed["bytes"], json!(bytes.len()));
    let again = run(home.path(), &["models", "quantize", "all-minilm-l6-v2", "--precision", "int8"]);
    assert!(String::from_utf8_lossy(&again.stdout).starts_with("packed all-minilm-l6-v2 as int8 in "), "{again:?}");
    assert_eq!(std::fs::read(packed["path"].as_str().unwrap()).unwrap(), bytes, "the same bytes");
    let info = |kernel: &str| {
        let mut command = tai(home.path(), &["models", "info", "all-minilm-l6-v2"]);
        let output = command.env("TAI_EMBEDDER_PRECISION", "int8").env("TAI_EMBEDDER_KERNEL", kernel).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let told = info("portable");
    assert!(told.contains("\ncomputed in int8 by portable, weights packed in "), "{told}");
    assert!(info("candle").ends_with("computed by candle\n"));
    let capture = root.join("crates/tai-cli/tests/captures/disk-full");
    for embedder in ["auto", "candle", "candle:all-minilm-l6-v2"] {
        let args =
            ["retrieve", "--replay", capture.to_str().unwrap(), "--rag-debug", "--embedder", embedder, "no space"];
        let output = run(home.path(), &args);
        let debug = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(debug.starts_with("meaning is compared by all-minilm-l6-v2: 384 dimensions"), "{embedder}: {debug}");
    }
}

#[test]
fn packed_weights_are_of_the_registered_directory_and_no_other_of_its_name() {
    let home = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let carried = root.join("target/models/all-MiniLM-L6-v2");
    json_of(&run(home.path(), &["models", "import", carried.to_str().unwrap(), "--json"]));
    json_of(&run(home.path(), &["models", "quantize", "all-minilm-l6-v2", "--json"]));
    let capture = root.join("crates/tai-cli/tests/captures/disk-full");
    let cosines = |embedder: &str| {
        let args = ["retrieve", "--replay", capture.to_str().unwrap(), "--json", "--embedder", embedder, "no space"];
        let found = String::from_utf8(run(home.path(), &args).stdout).unwrap();
        let cosines: Vec<Value> = found
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["scores"]["cosine"].clone())
            .collect();
        assert!(cosines.iter().any(Value::is_f64), "{found}");
        cosines
    };
    // Other weights, of the same length and older than what was packed.
    let altered = |name: &str| {
        let folder = home.path().join("elsewhere").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for file in std::fs::read_dir(&carried).unwrap().map(Result::unwrap).filter(|file| file.path().is_file()) {
            std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
        }
        let file = folder.join("model.safetensors");
        let mut weights = std::fs::read(&file).unwrap();
        let half = weights.len() / 8 * 4;
        weights[half..].fill(0);
        std::fs::write(&file, weights).unwrap();
        std::fs::File::open(&file).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        cosines(folder.to_str().unwrap())
    };
    let other = altered("other");
    assert_ne!(other, cosines("candle"));
    assert_eq!(altered("all-minilm-l6-v2"), other);
}
