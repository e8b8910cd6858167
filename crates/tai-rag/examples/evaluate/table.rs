//! One ranker after the other, with and without the model, by category.

use std::collections::BTreeSet;

use tai_rag::Weights;

use crate::cases::Cases;
use crate::figures::Figures;

/// Prints the table: R@10 and MRR of `issue` and of `issue_named`, then R@10 of both for each category.
#[expect(clippy::print_stdout, reason = "an example reports on stdout")]
pub(crate) fn print(cases: &mut Cases, has_model: bool) {
    let full = Weights::default();
    let plain = Weights { shown: 1.0, same_document: 1.0, ..full.clone() };
    let salience = Weights { expansion: 0.0, failed: 0.0, ..plain.clone() };
    let bm25 = Weights { salience: 0.0, together: 0.0, other_day: 0.0, ..salience.clone() };
    let without = |weights: &Weights| Weights { cosine: 0.0, ..weights.clone() };
    let cosine = Weights { words: 0.0, ..bm25.clone() };
    let mut rows = vec![("BM25", "", cases.ranks(&without(&bm25)))];
    if has_model {
        rows.push(("cosine", "yes", cases.ranks(&cosine)));
        rows.push(("RRF of both", "yes", cases.fused_ranks(&[without(&bm25), cosine])));
    }
    for (name, weights) in
        [("BM25 + salience", &salience), ("+ expansion, failed units", &plain), ("+ diversity: all", &full)]
    {
        rows.push((name, "", cases.ranks(&without(weights))));
        if has_model {
            rows.push((name, "yes", cases.ranks(weights)));
        }
    }
    let categories: BTreeSet<String> = cases.questions.iter().map(|asked| asked.category.clone()).collect();
    let of =
        |category: &str| cases.questions.iter().filter(|asked| !asked.is_named && asked.category == category).count();
    let heads: Vec<String> = categories.iter().map(|category| format!("{category} ({})", of(category))).collect();
    println!("| ranker | model | issue: R@10, MRR | named: R@10, MRR | {} |", heads.join(" | "));
    println!("|---|---|---|---|{}", "---|".repeat(heads.len()));
    for (name, model, ranks) in rows {
        let figures = |category: Option<&String>| {
            let is_in = |place: &usize| category.is_none_or(|category| cases.questions[*place].category == *category);
            let places: Vec<usize> = (0..ranks.len()).filter(is_in).collect();
            let ranks: Vec<_> = places.iter().map(|&place| ranks[place]).collect();
            Figures::of(&ranks, &places.iter().map(|&place| cases.questions[place].is_named).collect::<Vec<_>>())
        };
        let parts: Vec<String> = categories.iter().map(|category| figures(Some(category)).short()).collect();
        println!("| {name} | {model} | {} | {} |", figures(None).long(), parts.join(" | "));
    }
}
