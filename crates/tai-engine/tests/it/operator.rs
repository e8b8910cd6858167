//! What an operator does between two questions.

use tai_collect::{Scope, Ticket};
use tai_engine::Outcome;
use tai_llm::ScriptedModel;

use super::{BIND, ISSUE, JOURNAL, capture, investigation};

#[tokio::test]
async fn a_command_goes_through_the_policy_and_becomes_evidence() {
    let dir = tempfile::tempdir().unwrap();
    let host = capture(dir.path());
    let mut investigation = investigation(&host).await;
    let denied = investigation.run_command(&host, "systemctl restart nginx", &|_| {}).await;
    assert!(matches!(&denied, Outcome::Denied(reason) if reason.contains("restart")), "{denied:?}");
    let known = investigation.run_command(&host, " df -PT ", &|_| {}).await;
    assert_eq!(known, Outcome::Known);
    let absent = investigation.run_command(&host, "ss -tlnp", &|_| {}).await;
    assert_eq!(absent, Outcome::Missing("not captured".into()));
    assert!(investigation.report().collected.iter().any(|c| c.command == "ss -tlnp"));
    let live = tai_ssh::LocalHost::new();
    let ran = investigation.run_command(&live, "cat /proc/version", &|_| {}).await;
    assert_eq!(ran, Outcome::Ran);
    let prompt = investigation.prompt("what else?");
    assert!(prompt.evidence.iter().any(|chunk| chunk.command == "cat /proc/version"), "{:?}", prompt.evidence);
}

#[tokio::test]
async fn more_is_collected_and_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let host = capture(dir.path());
    let mut investigation = investigation(&host).await;
    let before = investigation.report().collected.len();
    let ticket = Ticket::parse("the certificate has expired");
    let more = investigation.collect_more(&host, ticket.clone(), &Scope::default(), &|_| {}).await.unwrap();
    assert!(more > 0);
    assert_eq!(investigation.report().collected.len(), before + more);
    let again = investigation.collect_more(&host, ticket, &Scope::default(), &|_| {}).await.unwrap();
    assert_eq!(again, 0);
}

#[tokio::test]
async fn a_line_is_shown_among_its_neighbours() {
    let dir = tempfile::tempdir().unwrap();
    let investigation = investigation(&capture(dir.path())).await;
    let around = investigation.surroundings(JOURNAL, 2).unwrap();
    assert!(around.chunk.contains(&2));
    assert_eq!((around.lines.len(), around.of), (2, 2));
    assert_eq!(around.lines[1], (2, BIND.to_owned()));
    assert_eq!(investigation.surroundings(JOURNAL, 3), None);
    assert_eq!(investigation.surroundings("uptime", 1), None);
}

#[tokio::test]
async fn answers_can_be_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let mut investigation = investigation(&capture(dir.path())).await;
    let model = ScriptedModel::new(["## Root Cause\nThe port is taken [E1].\n"; 2]);
    investigation.diagnose(ISSUE, Some(&model), &|_| {}).await;
    assert!(investigation.prompt("and now?").messages.len() > 2);
    investigation.forget_answers();
    assert_eq!(investigation.prompt("and now?").messages.len(), 2);
}
