//! Writers that die. The writer is this test program itself, started again for one test.

#![expect(
    clippy::disallowed_methods,
    reason = "a writer that is killed is a process of its own, told by a variable where to write"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tai_store::{By, JournalStore, Record, Search, VectorStore};

use crate::support::{embedder, record};

const WHERE: &str = "TAI_STORE_TEST_DIRECTORY";
const FROM: &str = "TAI_STORE_TEST_FROM";
/// How many records; none: until it is killed.
const COUNT: &str = "TAI_STORE_TEST_COUNT";
/// Set: after each record it searches by words.
const ASKS: &str = "TAI_STORE_TEST_ASKS";
/// `TAI_STORE_KILLS` asks for more.
const KILLS: usize = 60;

fn writer(program: &Path, directory: &Path, from: usize) -> Command {
    let mut command = Command::new(program);
    command.args(["--exact", "crash::writes_until_it_is_killed", "--nocapture"]);
    command.env(WHERE, directory).env(FROM, from.to_string()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn start(directory: &Path, from: usize) -> Child {
    writer(&std::env::current_exe().unwrap(), directory, from).spawn().unwrap()
}

/// No test by itself: what the others start. It says each number once that is kept.
#[test]
fn writes_until_it_is_killed() {
    let (Ok(directory), Ok(from)) = (std::env::var(WHERE), std::env::var(FROM)) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (store, _) = JournalStore::open(Path::new(&directory), Some(&embedder())).unwrap();
        let from: usize = from.parse().unwrap();
        let count = std::env::var(COUNT).map_or(usize::MAX / 2, |count| count.parse().unwrap());
        for number in from..from + count {
            let mut kept = record(&format!("{number:08}"), [1.0, number as f32]);
            // Of many sizes, so that kills come in the middle of some.
            kept.text = "x".repeat(number % 97 * 30);
            if store.upsert(vec![kept]).await.is_err() {
                return;
            }
            use std::io::Write;
            writeln!(std::io::stdout(), "\nkept {number}").unwrap();
            if std::env::var_os(ASKS).is_some() {
                assert!(!store.search(&by_words("xylophone")).await.unwrap().is_empty());
            }
        }
    });
}

fn by_words(words: &str) -> Search {
    Search { namespace: "n".to_owned(), by: By::Words(words.to_owned()), filters: Vec::new(), limit: 3 }
}

/// The numbers that a writer said it kept.
fn acknowledged(child: &mut Child) -> Vec<usize> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    lines.filter_map(|line| number_of(&line)).collect()
}

fn number_of(line: &str) -> Option<usize> {
    line.strip_prefix("kept ")?.parse().ok()
}

async fn check_all_there(directory: &Path, acknowledged: &[usize]) {
    let (store, _) = JournalStore::open(directory, Some(&embedder())).unwrap();
    let ids: Vec<String> = store.records("n").await.unwrap().into_iter().map(|record| record.id).collect();
    for number in acknowledged {
        assert!(ids.binary_search(&format!("{number:08}")).is_ok(), "{number} was acknowledged and is lost");
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_kills() {
    /// Then the journal begins anew, so that opening it stays short beside the writing.
    const IN_ONE_STORE: usize = 50;
    let kills = std::env::var("TAI_STORE_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut dir = tempfile::tempdir().unwrap();
    let (mut in_store, mut all) = (Vec::new(), 0);
    for round in 0..kills {
        if round % IN_ONE_STORE == 0 {
            dir = tempfile::tempdir().unwrap();
            in_store.clear();
        }
        let directory = dir.path().join("store");
        let mut child = start(&directory, round * 100_000);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // Most are killed in their work, some while they open the store.
        if round % 5 > 0 {
            in_store.extend(lines.by_ref().find_map(|line| number_of(&line)));
        }
        std::thread::sleep(Duration::from_micros((round as u64 * 7919) % 20_000));
        child.kill().unwrap();
        in_store.extend(lines.filter_map(|line| number_of(&line)));
        child.wait().unwrap();
        check_all_there(&directory, &in_store).await;
        all = in_store.len().max(all);
    }
    assert!(all > kills.min(IN_ONE_STORE), "the writers wrote: {all}");
}

#[tokio::test]
async fn eight_at_once_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    let mut writers: Vec<Child> = (0..8).map(|number| start(&directory, number * 100_000)).collect();
    std::thread::sleep(Duration::from_secs(2));
    writers.iter_mut().for_each(|child| child.kill().unwrap());
    let mut all = Vec::new();
    for child in &mut writers {
        let kept = acknowledged(child);
        assert!(!kept.is_empty(), "every one gets its turn");
        all.extend(kept);
        child.wait().unwrap();
    }
    check_all_there(&directory, &all).await;
}

#[tokio::test]
async fn eight_processes_of_fifty_records_each_keep_four_hundred() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    let program = std::env::current_exe().unwrap();
    let start = |number: usize| writer(&program, &directory, number * 100_000).env(COUNT, "50").spawn().unwrap();
    let mut writers: Vec<Child> = (0..8).map(start).collect();
    for child in &mut writers {
        assert_eq!(acknowledged(child).len(), 50);
        assert!(child.wait().unwrap().success());
    }
    let (store, _) = JournalStore::open(&directory, Some(&embedder())).unwrap();
    assert_eq!(store.count("n").await.unwrap(), 400);
}

/// With so many records words are looked up in sled, which may be killed in the middle of its own writes.
#[tokio::test]
async fn kills_while_words_are_looked_up_leave_no_wrong_answer() {
    const RECORDS: usize = 4_100;
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    let (store, _) = JournalStore::open(&directory, Some(&embedder())).unwrap();
    let text = |number| if number == 7 { "one xylophone".to_owned() } else { format!("unit{number} failed") };
    let records =
        (0..RECORDS).map(|number| Record { text: text(number), ..record(&format!("a{number:05}"), [1.0, 0.0]) });
    store.upsert(records.collect()).await.unwrap();
    drop(store);
    let program = std::env::current_exe().unwrap();
    let mut kept = Vec::new();
    for round in 0..12u64 {
        let mut child = writer(&program, &directory, round as usize * 100_000).env(ASKS, "1").spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        kept.extend(lines.by_ref().find_map(|line| number_of(&line)));
        std::thread::sleep(Duration::from_millis(round * 37 % 250));
        child.kill().unwrap();
        kept.extend(lines.filter_map(|line| number_of(&line)));
        child.wait().unwrap();
        let (store, _) = JournalStore::open(&directory, Some(&embedder())).unwrap();
        let hits = store.search(&by_words("xylophone")).await.unwrap();
        assert_eq!(hits.iter().map(|hit| hit.record.id.as_str()).collect::<Vec<_>>(), ["a00007"]);
        assert_eq!(store.search(&by_words("unit4099")).await.unwrap().len(), 1);
    }
    check_all_there(&directory, &kept).await;
}

/// A limit on the size of files stands in for a full disk: the write that crosses it fails half done.
#[tokio::test]
async fn a_write_that_finds_no_space_fails_and_takes_nothing_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let directory = dir.path().join("store");
    let program = std::env::current_exe().unwrap();
    // In blocks of 512 or 1,024 bytes, as the shell has it; the signal that comes with it is ignored, so that the write fails.
    let line = "trap '' XFSZ; ulimit -f 500; exec \"$0\" \"$@\"";
    let arguments = ["--exact", "crash::writes_until_it_is_killed", "--nocapture"];
    let mut child = Command::new("sh")
        .args(["-c", line])
        .arg(&program)
        .args(arguments)
        .env(WHERE, &directory)
        .env(FROM, "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let kept = acknowledged(&mut child);
    assert!(child.wait().unwrap().success());
    assert!(kept.len() > 5, "{kept:?}");
    let (_, recovered) = JournalStore::open(&directory, Some(&embedder())).unwrap();
    assert_eq!(recovered, None, "what was written half was taken back");
    check_all_there(&directory, &kept).await;
}
