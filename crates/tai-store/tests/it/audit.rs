//! The audit log: every change to it is seen, and what is removed is gone.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jiff::Timestamp;
use tai_store::{AuditEntry, AuditLog};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

fn command(second: i64, host: &str, line: &str) -> AuditEntry {
    AuditEntry::new(at(second), "command").host(host).with("command", line).with("exit", 0)
}

/// A log of four commands, at two hosts in turn.
fn log(dir: &Path) -> AuditLog {
    let log = AuditLog::new(&dir.join("logs/audit.jsonl"));
    for (second, host) in (0..).zip(["web1", "db1", "web1", "db1"]) {
        log.append(vec![command(second, host, &format!("cat /etc/file{second}"))]).unwrap();
    }
    log
}

fn lines(log: &AuditLog) -> Vec<String> {
    fs::read_to_string(log.path()).unwrap().lines().map(str::to_owned).collect()
}

fn write(log: &AuditLog, lines: &[String]) {
    fs::write(log.path(), lines.join("\n") + "\n").unwrap();
}

#[test]
fn what_is_appended_is_read_and_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let empty = AuditLog::new(&dir.path().join("none.jsonl"));
    assert_eq!((empty.verify().unwrap().entries, empty.last(5).unwrap().len()), (0, 0));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "reading makes nothing");
    let log = log(dir.path());
    let verified = log.verify().unwrap();
    assert_eq!((verified.entries, verified.pruned, verified.faults.len()), (4, 0, 0));
    let last = log.last(2).unwrap();
    assert_eq!(last.iter().map(|entry| entry.number).collect::<Vec<_>>(), [3, 4]);
    assert_eq!((last[0].time, last[0].host.as_deref()), (at(2), Some("web1")));
    assert_eq!(last[0].details["command"], "cat /etc/file2");
    assert!(lines(&log)[3].contains(&verified.head));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(log.path()), mode(log.path().parent().unwrap())), (0o600, 0o700));
}

#[test]
fn a_missing_entry_is_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path());
    let mut changed = lines(&log);
    changed.remove(1);
    write(&log, &changed);
    let faults: Vec<usize> = log.verify().unwrap().faults.iter().map(|fault| fault.line).collect();
    assert_eq!(faults, [2, 2], "it does not follow, and its number is not its place");
}

#[test]
fn a_number_that_leaves_no_room_is_a_fault_and_nothing_worse() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path());
    // As somebody writes it who wants the log to be unreadable: rightly hashed.
    let mut forged = lines(&log);
    forged.insert(0, format!("{{\"checkpoint\":\"{}\",\"removed\":{}}}", "0".repeat(64), u64::MAX));
    write(&log, &forged);
    assert!(!log.verify().unwrap().faults.is_empty());
    write(&log, &forged[..1]);
    log.append(vec![command(9, "web1", "uptime")]).unwrap();
    assert_eq!(log.last(1).unwrap().len(), 1);
}

#[test]
fn every_change_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path());
    let whole = lines(&log);
    let check = |what: &str, changed: &[String], line: usize| {
        write(&log, changed);
        let faults = log.verify().unwrap().faults;
        assert_eq!(faults.first().map(|fault| fault.line), Some(line), "{what}: {faults:?}");
    };
    let edited = |line: usize, from: &str, to: &str| {
        let mut changed = whole.clone();
        changed[line] = changed[line].replacen(from, to, 1);
        assert_ne!(changed, whole);
        changed
    };
    check("a command", &edited(1, "file1", "file7"), 2);
    check("an exit", &edited(2, "\"exit\":0", "\"exit\":1"), 3);
    check("spaces, which mean nothing", &edited(2, "\"exit\":0", "\"exit\": 0"), 3);
    check("one removed", &[&whole[..1], &whole[2..]].concat(), 2);
    check("the first removed", &whole[1..], 1);
    check("two exchanged", &[whole[0].clone(), whole[2].clone(), whole[1].clone(), whole[3].clone()], 2);
    check("one twice", &[&whole[..2], &whole[1..]].concat(), 3);
    check("one that is none", &[&whole[..2], &["{}".to_owned()], &whole[2..]].concat(), 3);
    for byte in 0..whole.join("\n").len() {
        let mut bytes = (whole.join("\n") + "\n").into_bytes();
        bytes[byte] ^= 1;
        fs::write(log.path(), bytes).unwrap();
        assert!(!log.verify().unwrap().faults.is_empty(), "byte {byte}");
    }
    write(&log, &whole);
    assert_eq!(log.verify().unwrap().faults, []);
}

#[test]
fn a_torn_end_is_cut_off_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path());
    let whole = fs::read(log.path()).unwrap();
    fs::write(log.path(), &whole[..whole.len() - 30]).unwrap();
    assert_eq!(log.verify().unwrap().faults[0].line, 4);
    log.append(vec![command(9, "web1", "uptime")]).unwrap();
    let verified = log.verify().unwrap();
    assert_eq!((verified.entries, verified.faults.len()), (5, 0));
    let last = log.last(2).unwrap();
    assert_eq!((last[0].action.as_str(), last[1].details["command"].as_str()), ("torn entry removed", Some("uptime")));
}

#[test]
fn pruning_leaves_a_checkpoint_that_the_chain_follows() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path());
    let before = fs::read(log.path()).unwrap();
    let dry = log.prune(at(2), true).unwrap();
    assert_eq!((dry.entries, dry.oldest), (2, Some(at(0))));
    assert_eq!(fs::read(log.path()).unwrap(), before);
    assert_eq!(log.prune(at(2), false).unwrap(), dry);
    assert!(!fs::read_to_string(log.path()).unwrap().contains("/etc/file1"));
    log.append(vec![command(5, "web1", "uptime")]).unwrap();
    let verified = log.verify().unwrap();
    assert_eq!((verified.entries, verified.pruned, verified.faults.len()), (3, 2, 0));
    assert_eq!(log.last(1).unwrap()[0].number, 5);
    assert_eq!(log.prune(at(3), false).unwrap().entries, 1, "once more, over the checkpoint");
    let verified = log.verify().unwrap();
    assert_eq!((verified.entries, verified.pruned, verified.faults.len()), (2, 3, 0));
    assert_eq!(log.prune(at(99), false).unwrap().entries, 2, "and all that is left");
    log.append(vec![command(100, "web1", "uptime")]).unwrap();
    assert_eq!(log.last(1).unwrap()[0].number, 6);
    let mut changed = lines(&log);
    changed[0] = changed[0].replace("\"removed\":5", "\"removed\":4");
    write(&log, &changed);
    assert!(!log.verify().unwrap().faults.is_empty(), "a checkpoint that was changed");
}

#[test]
fn what_is_taken_out_is_gone_and_the_chain_holds() {
    let dir = tempfile::tempdir().unwrap();
    let log = log(dir.path());
    let of_db1 = |entry: &AuditEntry| entry.host.as_deref() == Some("db1");
    assert_eq!(log.take_out(of_db1, true).unwrap().entries, 2);
    assert!(fs::read_to_string(log.path()).unwrap().contains("db1"));
    assert_eq!(log.take_out(of_db1, false).unwrap().entries, 2);
    let text = fs::read_to_string(log.path()).unwrap();
    assert!(!text.contains("db1") && !text.contains("file1") && text.contains("file2"));
    // The last one is among them: what follows counts on.
    log.append(vec![command(9, "web1", "uptime")]).unwrap();
    assert_eq!(log.last(1).unwrap()[0].number, 5);
    let verified = log.verify().unwrap();
    assert_eq!((verified.entries, verified.taken_out, verified.faults.len()), (3, 2, 0));
    assert_eq!(log.prune(at(3), false).unwrap().entries, 2);
    assert_eq!(log.verify().unwrap().faults, []);
}

#[test]
fn many_append_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let path = &path;
            scope.spawn(move || {
                // A log of its own, as another process has.
                let log = AuditLog::new(path);
                for second in 0..25 {
                    log.append(vec![command(second, "web1", &format!("uptime {thread}"))]).unwrap();
                }
            });
        }
    });
    let verified = AuditLog::new(&path).verify().unwrap();
    assert_eq!((verified.entries, verified.faults.len()), (200, 0));
}
