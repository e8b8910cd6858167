//! What a model says rightly is passed on, what it makes up is not: `grounding.toml`, `grounding-blind.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use tai_collect::{Background, Scope};
use tai_engine::{Diagnosis, Investigation, Options, Start};
use tai_llm::ScriptedModel;
use tai_runbook::Library;
use tai_ssh::{Policy, ReplayHost};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suite {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    capture: String,
    proof: String,
    right: BTreeMap<String, Vec<String>>,
    wrong: BTreeMap<String, Vec<String>>,
}

#[tokio::test]
async fn what_is_made_up_is_not_passed_on_and_what_is_true_is() {
    let (right, wrong, doubted, believed) = judge_all(
        include_str!("grounding.toml"),
        Options { context_tokens: 32 << 10, top_k: 40, ..Options::default() },
    )
    .await;
    assert!(right >= 40 && wrong >= 60, "a suite of some size");
    assert_eq!((doubted, believed), (Vec::<String>::new(), Vec::new()));
}

/// Written by somebody who did not know the rules. These lists may only get shorter.
#[tokio::test]
async fn of_statements_written_blind_few_are_misjudged() {
    let options = Options { context_tokens: 8 << 10, top_k: 14, ..Options::default() };
    let (right, wrong, doubted, believed) = judge_all(include_str!("grounding-blind.toml"), options).await;
    assert_eq!((right, wrong), (108, 108));
    assert_eq!((doubted, believed), (Vec::<String>::new(), Vec::new()));
}

/// Over other captures again, and written before the checker was tried on them. These lists may only get shorter.
#[tokio::test]
async fn of_statements_not_seen_before_few_are_misjudged() {
    let options = Options { context_tokens: 8 << 10, top_k: 14, ..Options::default() };
    let (right, wrong, doubted, believed) = judge_all(include_str!("grounding-unseen.toml"), options).await;
    assert_eq!((right, wrong), (40, 42));
    assert!(
        doubted.len() <= 5 && believed.len() <= 5,
        "DOUBTED\n{}\nBELIEVED\n{}",
        doubted.join("\n"),
        believed.join("\n")
    );
}

/// How many statements are right and wrong, and which of them are judged otherwise.
async fn judge_all(suite: &str, options: Options) -> (usize, usize, Vec<String>, Vec<String>) {
    let suite: Suite = toml::from_str(suite).unwrap();
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    let (mut doubted, mut believed) = (Vec::new(), Vec::new());
    for case in &suite.case {
        let mut investigation = investigation(&case.capture, options).await;
        for (statements, seen, is_right) in [(&case.right, &mut right, true), (&case.wrong, &mut wrong, false)] {
            for (part, text) in statements.iter().flat_map(|(part, texts)| texts.iter().map(move |text| (part, text))) {
                let diagnosis = judge(&mut investigation, case, part, text).await;
                let told = format!("{}: {part}: {text} {:?}", case.capture, diagnosis.unverified);
                match (is_right, diagnosis.unverified.is_empty()) {
                    (true, false) => doubted.push(told.clone()),
                    (false, true) => believed.push(told.clone()),
                    _ => {}
                }
                seen.push(told);
            }
        }
    }
    (right.len(), wrong.len(), doubted, believed)
}

/// An answer in which one statement is on trial, and all else holds.
async fn judge(investigation: &mut Investigation, case: &Case, part: &str, statement: &str) -> Diagnosis {
    let issue = investigation.report().ticket.text.clone();
    let prompt = investigation.prompt(&issue);
    let cite = |text: &str| {
        let mut cited = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("[E:") {
            let (wanted, after) = after.split_once(']').unwrap();
            let holds = |chunk: &&&tai_rag::Evidence| chunk.text.contains(wanted);
            let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
            let holds_all = |chunk: &&&tai_rag::Evidence| quoted.iter().all(|quote| chunk.text.contains(quote));
            // The proof is rightly cited; of a statement that is judged nobody knows.
            let chunks: Vec<_> = prompt.evidence.iter().filter(|chunk| holds(&chunk)).collect();
            let proving = chunks.iter().find(|chunk| text == case.proof && holds_all(chunk)).or(chunks.first());
            let chunk = proving.unwrap_or_else(|| panic!("no chunk was sent that holds {wanted}"));
            cited += &format!("{before}[E{}]", chunk.rank);
            rest = after;
        }
        cited + rest
    };
    let of = |wanted: &str, otherwise: &str| cite(if part == wanted { statement } else { otherwise });
    let answer = format!(
        "## Root Cause\n{}\n## Evidence\n- {}\n## Recommended Actions\n1. {}\n",
        of("root_cause", "The evidence does not show a cause."),
        of("evidence", &case.proof),
        of("recommended_actions", "Ask the team that runs it."),
    );
    let model = ScriptedModel::new([answer]);
    investigation.diagnose(&issue, Some(&model), &|_| {}).await
}

async fn investigation(capture: &str, options: Options) -> Investigation {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/captures");
    let case: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(fixtures.join(capture).join("case.json")).unwrap()).unwrap();
    let host = ReplayHost::open(&fixtures.join(capture)).unwrap();
    let manifest = host.capture().manifest();
    let background =
        Background { collected_at: manifest.collected_at.clone(), os_release: manifest.os_release.clone() };
    let start = Start {
        host: &host,
        policy: &Policy::builtin(),
        runbooks: Library::builtin(),
        issue: case["issue"].as_str().unwrap(),
        background,
        scope: Scope::default(),
        save: None,
        options,
    };
    Investigation::start(start, &|_| {}).await.unwrap()
}
