use std::fmt::Write;

use tai_engine::eval::{CaseResult, Evaluation, Retrieval};

/// The cases, then the figures.
pub(crate) fn evaluation(evaluation: &Evaluation) -> String {
    let mut text = String::new();
    let id_width = evaluation.cases.iter().map(|case| case.id.chars().count()).max().unwrap_or(0).max(4);
    let _ =
        writeln!(text, "{:id_width$}  {:10}  {:>5}  {:>5}  {:10}", "CASE", "CATEGORY", "ISSUE", "NAMED", "ROOT CAUSE");
    for case in &evaluation.cases {
        let rank = |rank: Option<usize>| rank.map_or_else(|| "-".to_owned(), |rank| rank.to_string());
        let (issue, named) = (rank(case.issue_rank), rank(case.issue_named_rank));
        let _ =
            writeln!(text, "{:id_width$}  {:10}  {issue:>5}  {named:>5}  {:10}", case.id, case.category, verdict(case));
    }
    let summary = &evaluation.summary;
    let _ =
        writeln!(text, "\n{:12}  {:>5}  {:>5}  {:>5}  {:>5}  {:>5}", "QUERY", "CASES", "R@5", "R@10", "R@20", "MRR");
    retrieval(&mut text, "issue", summary.issue);
    retrieval(&mut text, "issue_named", summary.issue_named);
    let percent = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), |rate| format!("{:.0} %", rate * 100.0));
    let _ = writeln!(text, "\nroot causes named   {}", percent(summary.root_cause_hit_rate));
    if summary.kept_back > 0 {
        let _ = writeln!(text, "  kept back         {} of {}", percent(summary.kept_back_hit_rate), summary.kept_back);
    }
    let _ = writeln!(text, "false alarms        {} of {} healthy", summary.false_alarms, summary.healthy);
    let (sent, collected) = (summary.tokens.sent, summary.tokens.collected);
    let _ = writeln!(text, "tokens              {sent} sent, {} saved of {collected} collected", summary.tokens.saved);
    text
}

fn retrieval(text: &mut String, name: &str, retrieval: Option<Retrieval>) {
    let Some(Retrieval { cases, recall_at_5, recall_at_10, recall_at_20, mrr }) = retrieval else { return };
    let _ = writeln!(
        text,
        "{name:12}  {cases:>5}  {recall_at_5:>5.3}  {recall_at_10:>5.3}  {recall_at_20:>5.3}  {mrr:>5.3}"
    );
}

fn verdict(case: &CaseResult) -> &'static str {
    match (case.healthy, case.root_cause_hit, case.root_cause.is_empty()) {
        (true, _, true) => "silent",
        (true, _, false) => "FALSE ALARM",
        (false, Some(true), _) => "named",
        (false, Some(false), _) => "missed",
        (false, None, _) => "-",
    }
}
