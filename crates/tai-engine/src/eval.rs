//! How good retrieval and findings are, measured over captures whose root cause is known.
//!
//! A case is a capture with a `case.json` beside its manifest. Measured without a model:
//!
//! - **recall@k**: the share of cases where one of the first k chunks holds, exactly, one of the texts that the case names as evidence. **MRR**: the mean of 1 / rank of the first such
//!   chunk, 0 where none is among the first 20. Both for `issue` (symptoms in the operator's words) and `issue_named` (the component is named).
//! - **root-cause hit**: every group of keywords has a member in the text of the Root Cause section. The evidence section does not count, nor does a case whose issue
//!   has all the keywords by itself. Cases that are kept back, on which nothing is tuned, have a figure of their own beside that of all.
//! - **false alarm**: a healthy case for which a root cause is claimed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tai_collect::{Background, Scope};
use tai_rag::{Embedder, Evidence, Reranker};
use tai_runbook::Library;
use tai_ssh::{Policy, ReplayHost};

use crate::diagnosis::TokenCount;
use crate::{Error, Investigation, Options, Start};

/// How many chunks are looked at.
const DEPTH: usize = 20;

/// `case.json`. Unknown keys are ignored.
#[derive(Clone, Debug, Deserialize)]
pub struct Case {
    /// A short name, unique in its set.
    pub id: String,
    /// What the operator says: symptoms.
    pub issue: String,
    /// What an operator says who knows which component it is.
    #[serde(default)]
    pub issue_named: Option<String>,
    /// The kind of trouble.
    #[serde(default)]
    pub category: String,
    /// Groups of words: each must be met by one of its members, compared in lower case.
    #[serde(default)]
    pub root_cause_keywords: Vec<Vec<String>>,
    /// Texts that prove the cause.
    #[serde(default)]
    pub evidence: Vec<Proof>,
    /// True for a host with nothing wrong.
    #[serde(default)]
    pub healthy: bool,
    /// True for a case of the test set: nothing is tuned on it.
    #[serde(default)]
    pub kept_back: bool,
}

/// A text that proves the cause of a case.
#[derive(Clone, Debug, Deserialize)]
pub struct Proof {
    /// An exact part of an output.
    pub contains: String,
}

/// The figures of a set of cases.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// `tai.evaluation/1`.
    pub schema: &'static str,
    /// Over all cases.
    pub summary: Summary,
    /// Each case, in the order of their paths.
    pub cases: Vec<CaseResult>,
}

/// Figures over all cases. `None` where no case can tell.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Summary {
    /// How many cases there are.
    pub cases: usize,
    /// How many of them are healthy hosts.
    pub healthy: usize,
    /// Retrieval by `issue`.
    pub issue: Option<Retrieval>,
    /// Retrieval by `issue_named`.
    pub issue_named: Option<Retrieval>,
    /// The share of cases with keywords whose root cause was named.
    pub root_cause_hit_rate: Option<f64>,
    /// How many of the cases with keywords are kept back.
    pub kept_back: usize,
    /// The share of these whose root cause was named.
    pub kept_back_hit_rate: Option<f64>,
    /// Healthy cases for which a root cause was claimed.
    pub false_alarms: usize,
    /// Sums over the cases.
    pub tokens: TokenCount,
}

/// Recall and mean reciprocal rank, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Retrieval {
    /// Cases that name evidence.
    pub cases: usize,
    /// Among the first 5.
    pub recall_at_5: f64,
    /// Among the first 10.
    pub recall_at_10: f64,
    /// Among the first 20.
    pub recall_at_20: f64,
    /// Mean reciprocal rank.
    pub mrr: f64,
}

/// What came of one case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseResult {
    /// From `case.json`.
    pub id: String,
    /// From `case.json`.
    pub category: String,
    /// From `case.json`.
    pub healthy: bool,
    /// From `case.json`.
    pub kept_back: bool,
    /// The rank of the first chunk that holds evidence, by `issue`.
    pub issue_rank: Option<usize>,
    /// The same by `issue_named`; `None` too when the case has no such question.
    pub issue_named_rank: Option<usize>,
    /// Whether the root cause was named; `None` for a case without keywords.
    pub root_cause_hit: Option<bool>,
    /// The causes that were claimed.
    pub root_cause: Vec<String>,
    /// Tokens of the capture and of the prompt.
    pub tokens: TokenCount,
    #[serde(skip)]
    has_evidence: bool,
    #[serde(skip)]
    has_issue_named: bool,
}

/// The directories below `dirs` (or they themselves) that hold a `case.json`, sorted.
///
/// # Errors
///
/// When a directory cannot be read or holds no case.
pub fn cases_in(dirs: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for dir in dirs {
        let before = found.len();
        walk(dir, &mut found)?;
        if found.len() == before {
            return Err(Error::NoCases { dir: dir.clone() });
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |source| Error::ReadCase { path: dir.to_owned(), source };
    if dir.join("case.json").is_file() {
        found.push(dir.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // Links are not followed: they may lead in circles.
        if entry.file_type().map_err(failed)?.is_dir() {
            walk(&entry.path(), found)?;
        }
    }
    Ok(())
}

/// Evaluates the case in `dir`, without a model; retrieval by meaning too where there is an embedder, and reranked where there is a reranker.
///
/// # Errors
///
/// When the case or its capture cannot be read, or the embedder or the reranker fails.
pub async fn evaluate_case(
    dir: &Path,
    runbooks: Library,
    embedder: Option<Arc<dyn Embedder>>,
    reranker: Option<Arc<dyn Reranker>>,
    options: Options,
) -> Result<CaseResult, Error> {
    let path = dir.join("case.json");
    let json = fs::read(&path).map_err(|source| Error::ReadCase { path: path.clone(), source })?;
    let case: Case = serde_json::from_slice(&json).map_err(|source| Error::MalformedCase { path, source })?;
    let host = ReplayHost::open(dir).map_err(Error::Capture)?;
    let manifest = host.capture().manifest();
    let start = Start {
        host: &host,
        policy: &Policy::builtin(),
        runbooks,
        issue: &case.issue,
        background: Background { collected_at: manifest.collected_at.clone(), os_release: manifest.os_release.clone() },
        scope: Scope::default(),
        save: None,
        options,
    };
    let mut investigation = Investigation::start(start, &|_| {}).await?;
    if let Some(embedder) = embedder {
        investigation.embed(embedder, &|_| {}).await.map_err(Error::Embed)?;
    }
    if let Some(reranker) = reranker {
        investigation.rerank_with(reranker);
    }
    for question in [Some(&case.issue), case.issue_named.as_ref()].into_iter().flatten() {
        investigation.learn(question).await.map_err(Error::Embed)?;
    }
    let diagnosis = investigation.diagnose(&case.issue, None, &|_| {}).await;
    let rank = |question: &str| first_hit(&investigation.retrieve(question, DEPTH), &case.evidence);
    let root_cause: Vec<String> = diagnosis.root_cause.into_iter().map(|cause| cause.text).collect();
    Ok(CaseResult {
        issue_rank: rank(&case.issue),
        issue_named_rank: case.issue_named.as_deref().and_then(rank),
        root_cause_hit: (!case.root_cause_keywords.is_empty() && !case.healthy)
            .then(|| names_the_cause(&root_cause.join("\n"), &case.issue, &case.root_cause_keywords)),
        root_cause,
        tokens: diagnosis.tokens,
        has_evidence: !case.evidence.is_empty(),
        has_issue_named: case.issue_named.is_some(),
        id: case.id,
        category: case.category,
        healthy: case.healthy,
        kept_back: case.kept_back,
    })
}

fn first_hit(retrieved: &[Evidence], proofs: &[Proof]) -> Option<usize> {
    let holds = |chunk: &&Evidence| proofs.iter().any(|proof| chunk.text.contains(&proof.contains));
    retrieved.iter().find(holds).map(|chunk| chunk.rank)
}

fn names_the_cause(root_cause: &str, issue: &str, groups: &[Vec<String>]) -> bool {
    let meets_all = |text: &str| {
        let lower = text.to_lowercase();
        groups.iter().all(|group| group.iter().any(|word| lower.contains(&word.to_lowercase())))
    };
    meets_all(root_cause) && !meets_all(issue)
}

/// Sums up the results of a set of cases.
pub fn summarize(cases: Vec<CaseResult>) -> Evaluation {
    let share = |of: &[bool]| (!of.is_empty()).then(|| of.iter().filter(|hit| **hit).count() as f64 / of.len() as f64);
    let judged: Vec<bool> = cases.iter().filter_map(|case| case.root_cause_hit).collect();
    let unseen: Vec<bool> = cases.iter().filter(|case| case.kept_back).filter_map(|case| case.root_cause_hit).collect();
    let with_evidence = || cases.iter().filter(|case| case.has_evidence && !case.healthy);
    let named = with_evidence().filter(|case| case.has_issue_named).map(|case| case.issue_named_rank);
    let sum = |part: fn(&TokenCount) -> usize| cases.iter().map(|case| part(&case.tokens)).sum();
    let summary = Summary {
        cases: cases.len(),
        healthy: cases.iter().filter(|case| case.healthy).count(),
        issue: retrieval(&with_evidence().map(|case| case.issue_rank).collect::<Vec<_>>()),
        issue_named: retrieval(&named.collect::<Vec<_>>()),
        root_cause_hit_rate: share(&judged),
        kept_back: unseen.len(),
        kept_back_hit_rate: share(&unseen),
        false_alarms: cases.iter().filter(|case| case.healthy && !case.root_cause.is_empty()).count(),
        tokens: TokenCount { collected: sum(|t| t.collected), sent: sum(|t| t.sent), saved: sum(|t| t.saved) },
    };
    Evaluation { schema: "tai.evaluation/1", summary, cases }
}

fn retrieval(ranks: &[Option<usize>]) -> Option<Retrieval> {
    let mean = |value: &dyn Fn(usize) -> f64| {
        ranks.iter().flatten().map(|rank| value(*rank)).sum::<f64>() / ranks.len() as f64
    };
    let recall = |k: usize| mean(&|rank| if rank <= k { 1.0 } else { 0.0 });
    (!ranks.is_empty()).then(|| Retrieval {
        cases: ranks.len(),
        recall_at_5: recall(5),
        recall_at_10: recall(10),
        recall_at_20: recall(20),
        mrr: mean(&|rank| 1.0 / rank as f64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_needs_every_group_and_not_the_issue_alone() {
        let groups = [vec!["oom".into(), "out of memory".into()], vec!["java".into()]];
        let check = |cause: &str, issue: &str, expect: bool| assert_eq!(names_the_cause(cause, issue, &groups), expect);
        check("Out of memory: the kernel killed Java", "site is slow", true);
        check("out of memory", "site is slow", false);
        check("OOM of java", "java has an oom", false);
        check("", "", false);
    }

    #[test]
    fn cases_that_are_kept_back_have_a_figure_of_their_own() {
        let case = |kept_back, hit: Option<bool>| CaseResult {
            id: "x".into(),
            category: String::new(),
            healthy: hit.is_none(),
            kept_back,
            issue_rank: None,
            issue_named_rank: None,
            root_cause_hit: hit,
            root_cause: Vec::new(),
            tokens: TokenCount::default(),
            has_evidence: false,
            has_issue_named: false,
        };
        let of = |cases: &[(bool, Option<bool>)]| {
            let Evaluation { summary, .. } = summarize(cases.iter().map(|(kept, hit)| case(*kept, *hit)).collect());
            (summary.root_cause_hit_rate, summary.kept_back, summary.kept_back_hit_rate)
        };
        let seen = [(false, Some(true)), (false, Some(true)), (false, None)];
        assert_eq!(of(&seen), (Some(1.0), 0, None));
        assert_eq!(of(&[&seen[..], &[(true, Some(true)), (true, Some(false))]].concat()), (Some(0.75), 2, Some(0.5)));
    }

    #[test]
    fn recall_and_mrr() {
        let all = retrieval(&[Some(1), Some(4), Some(12), None]).unwrap();
        assert_eq!((all.recall_at_5, all.recall_at_10, all.recall_at_20), (0.5, 0.5, 0.75));
        assert!((all.mrr - (1.0 + 0.25 + 1.0 / 12.0) / 4.0).abs() < 1e-12);
        assert_eq!(retrieval(&[]), None);
    }
}
