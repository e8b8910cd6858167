//! What tai keeps: sessions, runbooks, the audit log, and nothing where nothing is to be kept.

#![expect(clippy::disallowed_methods, reason = "the program itself is what is tested here")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const CAPTURE: &str = "crates/tai-cli/tests/captures/disk-full";
const ISSUE: &str = "customers cannot upload photos to /srv/uploads";

/// A folder of tai's own, which is not there yet.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Home(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("home")
    }

    fn tai(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tai"));
        for variable in ["TAI_MODEL", "TAI_BASE_URL", "TAI_API_KEY", "TAI_RERANKER", "TAI_NO_PERSIST"] {
            command.env_remove(variable);
        }
        command
            .env("TAI_EMBEDDER", "none")
            .env("TAI_HOME", self.path())
            .args(args)
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
            .stdin(Stdio::null());
        command
    }

    /// Runs it, and gives its standard output.
    fn ok(&self, args: &[&str]) -> String {
        let output = self.tai(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(args)).unwrap()
    }

    /// An investigation of the capture, and the id of its session.
    fn run(&self, more: &[&str]) -> String {
        let output = self.tai(&[&["run", "--replay", CAPTURE, "--model", "none", "--once"], more, &[ISSUE]].concat());
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        let noted = String::from_utf8(output.stderr).unwrap();
        noted.lines().find_map(|line| line.strip_prefix("remembered as ")).unwrap().to_owned()
    }

    fn bytes(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        files(&self.path()).into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect()
    }

    fn holds(&self, word: &str) -> Vec<PathBuf> {
        let has = |bytes: &Vec<u8>| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        self.bytes().into_iter().filter(|(_, bytes)| has(bytes)).map(|(path, _)| path).collect()
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_session_is_remembered_found_and_used() {
    let home = Home::new();
    let id = home.run(&[]);
    let shown = home.json(&["history", "show", &id[..13], "--json"]);
    assert_eq!((shown["schema"].as_str(), shown["issue"].as_str()), (Some("tai.session/1"), Some(ISSUE)));
    let category = shown["categories"][0].as_str().unwrap();
    let cause = shown["root_cause"][0].as_str().unwrap();
    assert!(cause.contains("/srv/uploads"), "{cause}");
    assert!(shown["evidence"][0].as_str().unwrap().contains(", line"), "{shown}");
    assert!(home.ok(&["history", "photos"]).contains(&id));
    let none = "no session\n`tai history` alone lists all\n";
    assert_eq!(home.ok(&["history", "--host", "nowhere"]), none);
    assert_eq!(home.ok(&["history", "--category", "dns"]), none);
    assert!(home.ok(&["history", "--since", "1h", "--category", category]).contains(&id));
    let outcome = home.ok(&["history", "outcome", &id, "fixed", "made", "room: password=Xk29fLm4qPz7"]);
    assert!(outcome.starts_with(&format!("{id}: fixed: made room: password=[REDACTED:")), "{outcome}");
    // The next one is told of it, and so is a model.
    let args =
        ["run", "--replay", CAPTURE, "--model", "none", "--once", "--no-persist", "customers cannot upload photos"];
    let report = text(&home.tai(&args));
    assert!(
        report.contains("Prior Sessions") && report.contains(&id) && report.contains("[fixed: made room"),
        "{report}"
    );
    assert!(!text(&home.tai(&[&args[..], &["--no-prior"]].concat())).contains("Prior Sessions"));
    assert!(!text(&home.tai(&[&args[..], &["--prior", "0"]].concat())).contains("Prior Sessions"));
    let prompt = text(&home.tai(&[&args[..7], &["--show-prompt", "customers cannot upload photos"]].concat()));
    assert!(prompt.contains("## Prior Sessions") && prompt.contains("outcome: fixed"), "{prompt}");
    assert!(!text(&home.tai(&[&args[..7], &["nothing like it at all"]].concat())).contains("Prior Sessions"));
}

#[test]
fn sessions_are_exported() {
    let home = Home::new();
    let ids = [home.run(&[]), home.run(&[])];
    let (markdown, lines) = (home.0.path().join("out.md"), home.0.path().join("out.jsonl"));
    home.ok(&["history", "--export", markdown.to_str().unwrap()]);
    home.ok(&["history", "--limit", "1", "--export", lines.to_str().unwrap()]);
    let markdown = fs::read_to_string(markdown).unwrap();
    assert!(markdown.starts_with("# Sessions (2)\n") && ids.iter().all(|id| markdown.contains(id)), "{markdown}");
    let lines = fs::read_to_string(lines).unwrap();
    assert_eq!(lines.lines().count(), 1);
    let session: Value = serde_json::from_str(lines.trim()).unwrap();
    assert!(ids.iter().any(|id| session["id"] == id.as_str()));
    assert!(home.ok(&["audit"]).contains("export"));
}

#[test]
fn wrong_words_are_told() {
    let home = Home::new();
    for (args, code, part) in [
        (&["history", "show", "2026"][..], 2, "there is no session"),
        (&["history", "show"], 2, "takes the id of one session"),
        (&["history", "outcome", "2026", "mended"], 2, "neither fixed nor not-fixed"),
        (&["history", "--category", "disc"], 2, "there is no category"),
        (&["history", "--since", "soon"], 2, "is no time"),
        (&["cleanup"], 2, "name one of"),
        (&["cleanup", "--all"], 2, "nobody can be asked"),
        (&["runbooks"], 2, "name one of"),
        (&["runbooks", "--list", "--sync"], 2, "name one of"),
        (&["runbooks", "--show", "none.md"], 2, "there is no runbook"),
        (&["runbooks", "--show", "ssh.md#none"], 2, "there is no section"),
        (&["audit", "check"], 2, "nothing that can be asked"),
    ] {
        let output = home.tai(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", text(&output));
        assert!(text(&output).contains(part), "{args:?}: {}", text(&output));
    }
    assert!(!home.path().exists(), "{:?}", files(&home.path()));
}

/// Everything below a folder: kind, rights, owner, size, times and content.
fn photograph(folder: &Path) -> BTreeMap<PathBuf, (u32, u64, i64, i64, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).chain([folder.clone()]) {
            let meta = fs::symlink_metadata(&path).unwrap();
            let content = if meta.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            if meta.is_dir() && path != folder {
                folders.push(path.clone());
            }
            all.insert(path, (meta.mode(), meta.len(), meta.mtime(), meta.mtime_nsec(), content));
        }
    }
    all
}

#[test]
fn nothing_is_written_where_nothing_is_to_be_kept() {
    let home = Home::new();
    home.run(&[]);
    // Read-only, for who is not root; for root the photographs tell.
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o555)).unwrap();
    // What is derived is missing: to look must not make it.
    for store in ["sessions", "runbooks"] {
        fs::remove_file(home.path().join(store).join("vectors")).unwrap();
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let export = elsewhere.path().join("export.zst");
    let export = export.to_str().unwrap();
    let before = photograph(home.0.path());
    let run = ["run", "--local", "--model", "none", "--once", "the clock is wrong"];
    for (args, variable) in [
        (&[&run[..], &["--no-persist"]].concat()[..], None),
        (&run[..], Some("1")),
        (&["collect", "--no-persist", "--replay", CAPTURE, "--out", "/nonexistent/x/y", "disk"], None),
        (&["retrieve", "--no-persist", "--replay", CAPTURE, "disk"], None),
        (&["history"], Some("1")),
        (&["history", "photos"], Some("1")),
        (&["runbooks", "--search", "photos"], Some("1")),
        (&["cleanup", "--all", "--dry-run"], Some("1")),
        (&["cleanup", "--all", "--yes"], Some("1")),
        (&["store", "stats"], Some("1")),
        (&["store", "verify"], Some("1")),
        (&["store", "export", export], Some("1")),
        (&["store", "import", "--dry-run", export], Some("1")),
        (&["store", "reindex"], Some("1")),
        (&["store", "repair"], Some("1")),
        (&["history", "outcome", "2", "fixed"], Some("1")),
        (&["runbooks", "--list"], Some("1")),
        (&["runbooks", "--sync"], Some("1")),
        (&["audit", "verify"], Some("1")),
        (&["run", "--no-persist", "--log", "--local", "x"], None),
    ] {
        let mut command = home.command(args);
        if let Some(value) = variable {
            command.env("TAI_NO_PERSIST", value);
        }
        let output = command.output().unwrap();
        assert_eq!(photograph(home.0.path()), before, "{args:?}: {}", text(&output));
    }
    let exported = Home::new();
    exported.ok(&["store", "import", export]);
    assert!(exported.ok(&["history"]).contains("customers cannot upload photos"));
    // A home that is not there is not made.
    let other = Home::new();
    let output = other.command(&run).env("TAI_NO_PERSIST", "1").output().unwrap();
    assert!(!other.path().exists() && text(&output).contains("Root Cause"), "{}", text(&output));
}

#[test]
fn a_home_that_cannot_be_written_to_is_told_once_and_stops_nothing() {
    let home = Home::new();
    fs::create_dir(home.path()).unwrap();
    for folder in ["sessions", "runbooks", "logs", "cache"] {
        // Not even root can make a folder in a file.
        fs::write(home.path().join(folder), "").unwrap();
    }
    let args = ["run", "--replay", CAPTURE, "--model", "none", "--once", ISSUE];
    let output = home.tai(&args);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let told = text(&output);
    assert!(told.contains("Root Cause") && told.contains("sessions are not remembered"), "{told}");
    let quiet = text(&home.tai(&[&args[..], &["--no-persist"]].concat()));
    assert!(quiet.contains("Root Cause") && !quiet.contains("error: "), "{quiet}");
}

const RUNBOOK: &str = "---\nservice: uploads\nsymptoms: [photos are lost]\ntags: [shop]\nsignals:\n  - id: uploads-full\n    fact: disk\n    when: disk.used_percent >= 90\n    severity: critical\n    cause: \"the shop's uploads on {mount} are full: call the shop team\"\n    section: Uploads full\n---\n# Uploads\n\n## Uploads full\n\n1. Call the shop team.\n";

#[test]
fn runbooks_of_the_operator_are_used_from_then_on() {
    let home = Home::new();
    let folder = home.0.path().join("runbooks");
    fs::create_dir_all(folder.join("shop")).unwrap();
    fs::write(folder.join("shop/uploads.md"), RUNBOOK).unwrap();
    fs::write(folder.join("README.md"), "no runbook").unwrap();
    let path = folder.to_str().unwrap();
    assert_eq!(home.ok(&["runbooks", "--check", path]), "1 runbook, 0 problems\n");
    let sync = |expect: &str| {
        let told = home.ok(&["runbooks", "--sync", "--path", path]);
        assert!(told.lines().next().unwrap().ends_with(expect), "{told}");
    };
    sync("1 added, 0 changed, 0 removed, 0 unchanged");
    sync("0 added, 0 changed, 0 removed, 1 unchanged");
    let report = || text(&home.tai(&["run", "--replay", CAPTURE, "--model", "none", "--once", "--no-persist", ISSUE]));
    assert!(report().contains("shop/uploads.md#uploads-full"), "{}", report());
    assert!(home.ok(&["runbooks", "--list"]).contains("shop/uploads.md"));
    assert!(home.ok(&["runbooks", "--show", "shop/uploads.md#uploads-full"]).contains("1. Call the shop team."));
    assert!(home.ok(&["runbooks", "--search", "photos of the shop are lost"]).contains("shop/uploads.md#"));
    fs::write(folder.join("shop/uploads.md"), RUNBOOK.replace("call the", "ask the")).unwrap();
    sync("0 added, 1 changed, 0 removed, 0 unchanged");
    // One that is wrong now is told, and the one before it stays.
    fs::write(folder.join("shop/uploads.md"), RUNBOOK.replace("section: Uploads full", "section: Gone")).unwrap();
    let output = home.tai(&["runbooks", "--sync", "--path", path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("shop/uploads.md:6: signal uploads-full is not valid"), "{}", text(&output));
    assert!(report().contains("ask the shop team"));
    let output = home.tai(&["runbooks", "--check", path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains(&format!("{path}/shop/uploads.md:6: signal uploads-full")), "{}", text(&output));
    // Other sources are not touched, and a sync of all looks at each.
    let file = home.0.path().join("mine.md");
    fs::write(&file, RUNBOOK.replace("uploads-full", "mine")).unwrap();
    home.ok(&["runbooks", "--add", file.to_str().unwrap()]);
    fs::remove_dir_all(folder.join("shop")).unwrap();
    let told = home.ok(&["runbooks", "--sync"]);
    assert!(
        told.starts_with("built in: ") && told.contains(": 0 added, 0 changed, 1 removed, 0 unchanged\n"),
        "{told}"
    );
    let rows = home.json(&["runbooks", "--list", "--json"]);
    let names: Vec<&str> = rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert!(
        names.contains(&"mine.md") && names.contains(&"ssh.md") && !names.contains(&"shop/uploads.md"),
        "{names:?}"
    );
}

#[test]
fn every_command_on_a_host_is_in_the_audit_log() {
    let home = Home::new();
    let policy = home.0.path().join("policy.jsonl");
    let args = ["run", "--local", "--model", "none", "--once", "--log", "--policy-log", policy.to_str().unwrap()];
    home.tai(&[&args[..], &["the disk is full"]].concat());
    let entries = home.ok(&["audit", "--json", "--limit", "1000"]);
    let entries: Vec<Value> = entries.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let commands: Vec<&str> = entries
        .iter()
        .filter(|entry| entry["action"] == "command")
        .map(|entry| entry["command"].as_str().unwrap())
        .collect();
    assert!(commands.len() > 10, "{commands:?}");
    // What the policy let pass is what ran; it is asked about more than that.
    let decisions = fs::read_to_string(policy).unwrap();
    // Words that are quoted the operator may have written otherwise.
    for command in commands.iter().filter(|command| !command.contains(['\'', '\\'])) {
        let decided = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["allowed"] == true && line["command"].as_str().is_some_and(|allowed| allowed == *command)
        };
        assert!(decisions.lines().any(decided), "{command}");
    }
    assert!(entries.iter().all(|entry| entry["exit"].is_number() || entry["ending"].is_string()), "{entries:?}");
    assert!(entries.iter().any(|entry| entry["bytes"].as_u64() > Some(0) && entry["ms"].is_number()));
    let verified = home.ok(&["audit", "verify"]);
    assert!(verified.starts_with(&format!("whole: {} entries", entries.len())), "{verified}");
    let head = verified.rsplit_once("head: ").unwrap().1.trim().to_owned();
    home.ok(&["audit", "verify", "--head", &head]);
    // The log of the run has the same commands.
    let runs = files(&home.path().join("logs/runs"));
    let log = fs::read_to_string(&runs[0]).unwrap();
    let finished = log.lines().filter(|line| line.contains("\"event\":\"command finished\"")).count();
    assert!(finished > 10 && log.contains("\"event\":\"answered\""), "{log}");
    assert_eq!(fs::metadata(&runs[0]).unwrap().permissions().mode() & 0o777, 0o600);
    // Cut off its end, or change it: both are found.
    let file = home.path().join("logs/audit.jsonl");
    let whole = fs::read_to_string(&file).unwrap();
    let cut = whole.trim_end().rsplit_once('\n').unwrap().0.to_owned() + "\n";
    fs::write(&file, cut).unwrap();
    home.ok(&["audit", "verify"]);
    assert_eq!(home.tai(&["audit", "verify", "--head", &head]).status.code(), Some(7));
    fs::write(&file, whole.replacen("\"exit\":0", "\"exit\":3", 1)).unwrap();
    let output = home.tai(&["audit", "verify"]);
    assert_eq!(output.status.code(), Some(7), "{}", text(&output));
    assert!(text(&output).contains("it was changed"));
}

#[test]
fn what_is_cleaned_up_is_in_no_file() {
    let home = Home::new();
    let id = home.run(&["--log"]);
    fs::create_dir_all(home.path().join("reports")).unwrap();
    fs::write(home.path().join("reports/old.md"), "photos on shop1\n").unwrap();
    let host = home.json(&["history", "show", &id, "--json"])["host"].as_str().unwrap().to_owned();
    fs::write(home.path().join("reports/theirs.md"), format!("disk full on {host}.\n")).unwrap();
    home.ok(&["history", "outcome", &id, "not-fixed", "came back"]);
    assert!(home.holds("upload photos").len() >= 2);
    let dry = home.ok(&["cleanup", "--all", "--dry-run"]);
    assert!(dry.contains("sessions: 1") && dry.contains("logs of runs: 1") && dry.contains("reports: 2"), "{dry}");
    assert!(dry.contains("--audit removes them"), "{dry}");
    assert!(home.ok(&["cleanup", "--retain-days", "1", "--yes"]).contains("nothing to remove"));
    assert!(!home.ok(&["store", "stats"]).contains("made void"), "space is given back all the same");
    assert!(home.ok(&["cleanup", "--host", "other", "--sessions", "--yes"]).contains("nothing to remove"));
    assert!(!home.holds("upload photos").is_empty());
    let told = home.json(&["cleanup", "--host", &host, "--yes", "--json"]);
    assert_eq!((told[0]["what"].as_str(), told[0]["count"].as_u64()), (Some("sessions"), Some(1)), "{told}");
    assert_eq!(home.holds("upload photos"), Vec::<PathBuf>::new());
    assert_eq!(home.holds(&id), Vec::<PathBuf>::new());
    assert_eq!(home.holds("photos on shop1").len(), 1, "a report of another host stays");
    assert_eq!(home.holds(&host), [home.path().join("logs/audit.jsonl")], "the audit log says what was asked for");
    home.ok(&["cleanup", "--host", &host, "--audit", "--yes"]);
    assert_eq!(home.holds(&host), Vec::<PathBuf>::new());
    assert!(home.ok(&["audit", "verify"]).starts_with("whole: "));
    let output = home.tai(&["cleanup", "--all", "--yes", "--audit"]);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output));
    assert!(home.holds("photos").is_empty());
    assert!(home.ok(&["audit", "verify"]).starts_with("whole: 1 entry,"));
}

#[test]
fn limits_of_the_configuration_are_kept() {
    let home = Home::new();
    let first = home.run(&["--log"]);
    let runs = files(&home.path().join("logs/runs"));
    let touched = Command::new("touch").args(["-d", "40 days ago"]).arg(&runs[0]).status().unwrap();
    assert!(touched.success());
    fs::write(
        home.path().join("config.toml"),
        "log_days = 30\nretain_days = 30\n[redact.patterns]\nticket = 'INC-[0-9]+'\n",
    )
    .unwrap();
    let second = home.run(&[]);
    assert!(!runs[0].exists());
    assert!(home.ok(&["history"]).contains(&first), "it is not as old");
    assert!(home.ok(&["audit"]).contains("retention"));
    fs::write(home.path().join("config.toml"), "retain_days = 0\n").unwrap();
    home.run(&[]);
    assert!(home.holds(&second).is_empty() && home.ok(&["history"]).starts_with("no session"));
    fs::write(home.path().join("config.toml"), "retain_days = 30\nretain = 3\n").unwrap();
    let output = home.tai(&["run", "--replay", CAPTURE, "--model", "none", "--once", ISSUE]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("config.toml:2: unknown field `retain`"), "{}", text(&output));
}

#[test]
fn secrets_of_a_session_are_not_kept() {
    let home = Home::new();
    let secret: String = "k9".repeat(3) + "Lm4qPz7XwVt2";
    fs::create_dir_all(home.path()).unwrap();
    fs::write(home.path().join("config.toml"), "[redact.patterns]\nticket = 'INC-[0-9]+'\n").unwrap();
    let issue = format!("INC-4711: disk full, password={secret}");
    home.tai(&["run", "--replay", CAPTURE, "--model", "none", "--once", "--log", &issue]);
    assert!(home.ok(&["history"]).contains("[REDACTED:ticket#1]"), "{}", home.ok(&["history"]));
    assert_eq!(home.holds(&secret), Vec::<PathBuf>::new());
    assert_eq!(home.holds("INC-4711"), Vec::<PathBuf>::new());
}

/// The end of the prompt for further questions.
const PROMPT: &str = "disk-full> ";

#[test]
fn a_terminal_that_goes_away_takes_no_session_with_it() {
    let home = Home::new();
    let tai = env!("CARGO_BIN_EXE_tai");
    let line = format!("'{tai}' run --replay {CAPTURE} --model none '{ISSUE}'");
    let mut terminal = Command::new("script");
    terminal.args(["-qec", &line, "/dev/null"]).env("TAI_HOME", home.path()).env("TAI_EMBEDDER", "none");
    terminal.env_remove("TAI_NO_PERSIST").current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    let spawn = |terminal: &mut Command| terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let until = |child: &mut std::process::Child, end: &str| {
        let (mut shown, mut byte) = (Vec::new(), [0]);
        let stdout = child.stdout.as_mut().unwrap();
        while !shown.ends_with(end.as_bytes()) {
            assert_eq!(stdout.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&shown));
            shown.push(byte[0]);
        }
        String::from_utf8_lossy(&shown).into_owned()
    };
    let mut first = spawn(&mut terminal).expect("script of util-linux");
    until(&mut first, PROMPT);
    first.kill().unwrap();
    first.wait().unwrap();
    let history = home.ok(&["history"]);
    assert_eq!(history.lines().count(), 2, "{history}");
    // The next one is asked whether it is to know of it.
    let mut second = spawn(&mut terminal).unwrap();
    let shown = until(&mut second, "[y/N] ");
    let cause = "the file system on /srv/uploads is 100 % full";
    assert!(shown.contains("Similar issue on ") && shown.contains(cause), "{shown}");
    second.stdin.as_mut().unwrap().write_all(b"y\n").unwrap();
    let shown = until(&mut second, PROMPT);
    assert!(shown.contains("Prior Sessions"), "{shown}");
    second.stdin.as_mut().unwrap().write_all(b"/quit\n").unwrap();
    assert!(second.wait().unwrap().code().is_some_and(|code| code == 1));
}

const EMBEDDER: &str = "--embedder=target/models/all-MiniLM-L6-v2";

#[test]
fn runbooks_and_sessions_are_found_by_meaning_too() {
    let home = Home::new();
    let found = |args: &[&str]| -> Vec<String> {
        let found = home.json(&[&["runbooks", "--json", "--search", QUESTION], args].concat());
        found.as_array().unwrap().iter().map(|it| it["citation"].as_str().unwrap().to_owned()).collect()
    };
    const QUESTION: &str = "machines disagree about what hour it is";
    assert!(!found(&[])[..].iter().any(|citation| citation.starts_with("time.md")), "no word in common");
    assert!(found(&[EMBEDDER]).iter().any(|citation| citation.starts_with("time.md")));
    // Kept with the runbooks, where nothing is to be kept only used; and made anew by a reindexing.
    let stats = |home: &Home| home.ok(&["store", "stats", "--json"]);
    assert!(stats(&home).contains("runbook-sections"), "{}", stats(&home));
    let reindexed = home.ok(&["store", "reindex", EMBEDDER]);
    assert!(reindexed.starts_with("runbooks: "), "{reindexed}");
    assert!(found(&[EMBEDDER]).iter().any(|citation| citation.starts_with("time.md")));
    let id = home.run(&[EMBEDDER]);
    assert!(home.ok(&["history", "uploading pictures fails for clients"]).starts_with("no session\n"));
    assert!(home.ok(&["history", EMBEDDER, "uploading pictures fails for clients"]).contains(&id));
    let output = home.command(&["store", "reindex", EMBEDDER]).env("TAI_NO_PERSIST", "1").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
}
