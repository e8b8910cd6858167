//! Floors under what `tai eval fixtures/captures` measures.

use std::path::Path;

use tai_engine::Options;
use tai_engine::eval::{cases_in, evaluate_case, summarize};
use tai_runbook::Library;

#[tokio::test]
async fn the_captures_are_diagnosed() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/captures");
    let mut cases = Vec::new();
    for dir in cases_in(&[fixtures]).unwrap() {
        cases.push(evaluate_case(&dir, Library::builtin(), Options::default()).await.unwrap());
    }
    let summary = summarize(cases).summary;
    assert!(summary.cases >= 4 && summary.healthy >= 1);
    assert_eq!(summary.false_alarms, 0);
    assert_eq!(summary.root_cause_hit_rate, Some(1.0));
    // Symptoms alone share few words with the evidence: words are all that is compared so far.
    assert!(summary.issue.unwrap().recall_at_10 >= 0.66);
    assert_eq!(summary.issue.unwrap().recall_at_20, 1.0);
    assert_eq!(summary.issue_named.unwrap().recall_at_10, 1.0);
}
