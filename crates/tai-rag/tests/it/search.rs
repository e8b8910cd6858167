//! Searching an index over several outputs.

use proptest::prelude::*;
use tai_rag::{ChunkOptions, Document, Evidence, Index};

fn document(command: &str, text: &str) -> Document {
    Document { command: command.to_owned(), about: String::new(), text: text.into() }
}

fn index(documents: &[(&str, &str)]) -> Index {
    let documents = documents.iter().map(|(command, text)| document(command, text));
    Index::build(documents.collect(), &ChunkOptions::default())
}

fn commands(evidence: &[Evidence]) -> Vec<&str> {
    evidence.iter().map(|found| found.command.as_str()).collect()
}

#[test]
fn finds_by_text_and_by_command_line() {
    let index = index(&[
        ("df -h", "/dev/sda1 20G 20G 0 100% /var"),
        ("journalctl -u nginx.service", "-- No entries --"),
        ("dmesg", "EXT4-fs error (device sda1): reading directory"),
    ]);
    assert_eq!(commands(&index.search("is /dev/sda1 full?", 2)), ["dmesg", "df -h"]);
    assert_eq!(commands(&index.search("nginx", 1)), ["journalctl -u nginx.service"]);
    assert_eq!(commands(&index.search("filesystem errors", 1)), ["dmesg"]);
}

#[test]
fn trouble_is_found_without_a_word_of_the_question() {
    let index = index(&[("uptime", "up 3 days"), ("dmesg", "Out of memory: Killed process 7 (java)")]);
    assert_eq!(commands(&index.search("everything is odd", 9)), ["dmesg"]);
}

#[test]
fn answers_nothing_rather_than_noise() {
    let index = index(&[("uptime", "up 3 days"), ("empty", "")]);
    for (query, k) in [("", 5), ("the of and", 5), ("kubernetes", 5), ("uptime", 0)] {
        assert_eq!(index.search(query, k), [], "{query:?}");
    }
    assert_eq!(Index::build(Vec::new(), &ChunkOptions::default()).search("up", 5), []);
}

#[test]
fn equal_scores_keep_the_order_of_documents() {
    let outputs: Vec<_> =
        (0..50).map(|number| document("cat log", if number % 2 == 0 { "disk full" } else { "disk fine" })).collect();
    let found = Index::build(outputs, &ChunkOptions::default()).search("full disk", 50);
    let order: Vec<_> = found.iter().map(|evidence| evidence.document).collect();
    let expect: Vec<_> = (0..50).step_by(2).chain((1..50).step_by(2)).collect();
    assert_eq!(order, expect);
}

#[test]
fn evidence_is_one_json_object_a_line() {
    let index = index(&[("df -h", "ok\n/var \"full\"\n")]);
    let mut found = index.search("full", 1);
    found[0].score = 0.83;
    found[0].scores.bm25 = Some(0.83);
    found[0].scores.salience = None;
    assert_eq!(
        serde_json::to_string(&found[0]).unwrap(),
        r#"{"rank":1,"command":"df -h","start_line":1,"end_line":2,"text":"ok\n/var \"full\"","tokens":7,"score":0.83,"scores":{"bm25":0.83,"cosine":null,"salience":null,"rerank":null},"unit":null,"from":null,"to":null}"#
    );
}

#[test]
fn unit_and_times_travel_with_the_evidence() {
    let journal = "Feb 09 22:34:05 web1 nginx[1]: reload failed\nFeb 09 22:35:00 web1 nginx[1]: exiting\n";
    let found = index(&[("journalctl -u nginx", journal)]).search("reload failed", 1);
    let json = serde_json::to_string(&found[0]).unwrap();
    assert!(json.ends_with(r#""unit":"nginx.service","from":"Feb 09 22:34:05","to":"Feb 09 22:35:00"}"#), "{json}");
}

proptest! {
    #[test]
    fn any_text_and_query_give_ranked_scores(text in "(\\PC|\n){0,200}", query in "\\PC{0,40}") {
        let index = index(&[("a", text.as_str()), ("b", query.as_str()), ("c", text.as_str())]);
        let found = index.search(&query, 10);
        prop_assert!(found.iter().all(|evidence| evidence.score > 0.0));
        prop_assert!(found.is_sorted_by(|one, next| one.score >= next.score));
        prop_assert!(found.iter().map(|evidence| evidence.rank).eq(1..=found.len()));
        prop_assert_eq!(&found, &index.search(&query, 10));
    }
}
