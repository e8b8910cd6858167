//! What counts as a root cause that was named.

use std::fs;
use std::path::Path;

use tai_engine::Options;
use tai_engine::eval::{CaseResult, evaluate_case};
use tai_runbook::Library;

use crate::{BIND, ISSUE, capture};

/// The capture of nginx whose port is taken, as a case with this issue and these keywords, each a group.
async fn evaluated(issue: &str, keywords: &[&str]) -> CaseResult {
    let dir = tempfile::tempdir().unwrap();
    drop(capture(dir.path()));
    let case = serde_json::json!({
        "id": "x", "issue": issue, "root_cause_keywords": keywords.iter().map(|word| [word]).collect::<Vec<_>>(),
        "evidence": [{"command": "journalctl", "contains": BIND}], "kept_back": true,
    });
    let path = dir.path().join("capture");
    fs::write(Path::new(&path).join("case.json"), case.to_string()).unwrap();
    evaluate_case(&path, Library::builtin(), None, None, Options::default()).await.unwrap()
}

#[tokio::test]
async fn keywords_count_in_the_root_cause_alone_and_never_if_the_issue_has_them() {
    let named = evaluated(ISSUE, &["0.0.0.0:80", "listens"]).await;
    assert_eq!((named.root_cause_hit, named.kept_back, named.issue_rank.is_some()), (Some(true), true, true));
    // In the lines that are quoted as evidence, and in no cause.
    assert!(BIND.contains("nginx[512]") && named.root_cause.iter().all(|cause| !cause.contains("nginx[512]")));
    assert_eq!(evaluated(ISSUE, &["nginx[512]"]).await.root_cause_hit, Some(false));
    let told = "something else already listens on 0.0.0.0:80, so the web server does not start";
    assert_eq!(evaluated(told, &["0.0.0.0:80", "listens"]).await.root_cause_hit, Some(false));
}
