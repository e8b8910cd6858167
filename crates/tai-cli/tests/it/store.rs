//! `tai store` as a process: what is kept is looked at, damaged, mended, carried over.

#![expect(clippy::disallowed_methods, reason = "the program itself is what is tested here")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value as Json;
use tai_store::{JournalStore, Record, VectorStore};

fn tai(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tai"));
    command.arg("store").args(arguments).env("TAI_HOME", home).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Vec<Json> {
    out(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn record(id: &str, updated_at: i64) -> Record {
    Record {
        namespace: "sessions".to_owned(),
        id: id.to_owned(),
        text: format!("the disk of {id} is full"),
        vector: None,
        metadata: [].into(),
        created_at: 1,
        updated_at,
    }
}

/// Sessions, each kept by itself.
fn keep(home: &Path, records: &[Record]) {
    let (store, _) = JournalStore::open(&home.join("sessions"), None).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for record in records {
            store.upsert(vec![record.clone()]).await.unwrap();
        }
    });
}

fn kept(home: &Path) -> Vec<Record> {
    let (store, _) = JournalStore::open(&home.join("sessions"), None).unwrap();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(store.records("sessions")).unwrap()
}

#[test]
fn nothing_kept_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    for command in ["stats", "verify", "repair"] {
        let output = tai(dir.path(), &[command]);
        assert!(output.status.success() && output.stdout.is_empty());
        assert_eq!(String::from_utf8_lossy(&output.stderr), "tai has kept nothing yet\n");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "looking makes nothing");
}

#[test]
fn damage_is_found_told_and_mended() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    let records = ["a", "b", "c"].map(|id| record(id, 1));
    keep(home, &records);
    let stats = json(&tai(home, &["stats", "--json"]));
    assert_eq!(stats[0]["namespaces"]["sessions"], 3);
    assert!(out(&tai(home, &["stats"])).starts_with("sessions: 3 records, "));
    assert_eq!(out(&tai(home, &["verify"])), "sessions: whole, 3 entries\n");
    assert_eq!(out(&tai(home, &["repair"])), "sessions: whole, left as it is\n");
    let journal = home.join("sessions/journal");
    let mut bytes = fs::read(&journal).unwrap();
    let place = bytes.windows(4).position(|part| part == b"of b").unwrap();
    bytes[place] ^= 1;
    fs::write(&journal, &bytes).unwrap();
    let verified = tai(home, &["verify"]);
    assert_eq!(verified.status.code(), Some(7));
    assert!(out(&verified).contains("2 entries are whole, 1 are lost\n  `tai store repair`"), "{}", out(&verified));
    assert_eq!(tai(home, &["verify", "--json"]).status.code(), Some(7));
    let exported = tai(home, &["export", dir.path().join("no.zst").to_str().unwrap()]);
    assert_eq!(exported.status.code(), Some(7), "a damaged store is not exported");
    assert!(String::from_utf8_lossy(&exported.stderr).contains("hint: `tai store repair`"));
    let repaired = json(&tai(home, &["repair", "--json"]));
    assert_eq!((&repaired[0]["entries"], &repaired[0]["lost"]), (&Json::from(2), &Json::from(1)));
    assert_eq!(fs::read(repaired[0]["kept_in"].as_str().unwrap()).unwrap(), bytes);
    assert!(tai(home, &["verify"]).status.success());
    assert_eq!(kept(home), [records[0].clone(), records[2].clone()]);
    assert!(fs::read_to_string(home.join("logs/audit.jsonl")).unwrap().contains("\"action\":\"repair\""));
}

#[test]
fn what_is_exported_can_be_carried_over() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = here.path().join("backup.zst");
    let file = file.to_str().unwrap();
    keep(here.path(), &[record("a", 5), record("b", 5)]);
    keep(there.path(), &[record("b", 9), record("c", 1)]);
    let exported = tai(here.path(), &["export", file]);
    assert_eq!(out(&exported), format!("exported to {file}: 2 records of sessions\n"));
    let again = tai(here.path(), &["export", file]);
    assert_eq!(again.status.code(), Some(2));
    let dry = tai(there.path(), &["import", file, "--dry-run"]);
    assert_eq!(out(&dry), "sessions: 1 would be added, 0 would be changed, 1 as new or newer here\n");
    assert_eq!(kept(there.path()).len(), 2);
    let merged = json(&tai(there.path(), &["import", file, "--merge", "--json"]));
    assert_eq!((&merged[0]["added"], &merged[0]["kept"]), (&Json::from(1), &Json::from(1)));
    assert_eq!(kept(there.path()), [record("a", 5), record("b", 9), record("c", 1)]);
    let unasked = tai(there.path(), &["import", file, "--replace"]);
    assert_eq!(unasked.status.code(), Some(2));
    assert_eq!(kept(there.path()).len(), 3);
    let replaced = tai(there.path(), &["import", file, "--replace", "--yes"]);
    assert_eq!(out(&replaced), "sessions: 2 added, 0 changed, 0 as new or newer here, 3 removed\n");
    assert_eq!(kept(there.path()), [record("a", 5), record("b", 5)]);
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
    let damaged = tai(there.path(), &["import", file]);
    assert_eq!(damaged.status.code(), Some(7));
    assert_eq!(tai(there.path(), &["import", "/nowhere"]).status.code(), Some(2));
    assert_eq!(kept(there.path()).len(), 2);
    // Each was noted, with the time and how many records.
    let noted = |home: &Path, action: &str| {
        let log = fs::read_to_string(home.join("logs/audit.jsonl")).unwrap();
        let entries = log.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()["entry"].clone());
        let is_it =
            |entry: &Json| entry["action"] == action && entry["time"].is_string() && entry["sessions"].is_number();
        entries.filter(is_it).count()
    };
    assert_eq!(noted(here.path(), "export"), 1);
    assert_eq!((noted(there.path(), "import"), noted(there.path(), "import, replacing")), (1, 1));
}
