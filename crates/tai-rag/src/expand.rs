//! A question's further words: what programs print where people say "slow" or "cannot log in".

use std::collections::BTreeSet;

use crate::bm25::Term;
use crate::stem::stem;
use crate::synonyms::SYNONYMS;
use crate::terms::for_each_term;

/// The terms that stand for the notions in `query`, without those of the query itself, each once.
pub(crate) fn expansion(query: &str) -> Vec<Term> {
    let words: Vec<String> = query
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(|word| stem(word).to_owned())
        .collect();
    let mut own = BTreeSet::new();
    for_each_term(query, &mut |term| {
        own.insert(Term::from(term));
    });
    let mut further = BTreeSet::new();
    for (said, printed) in SYNONYMS {
        if said.split(' ').any(|phrase| has(&words, phrase)) {
            for_each_term(printed, &mut |term| {
                further.insert(Term::from(term));
            });
        }
    }
    further.difference(&own).copied().collect()
}

fn has(words: &[String], phrase: &str) -> bool {
    let phrase: Vec<&str> = phrase.split('_').map(stem).collect();
    words.windows(phrase.len()).any(|window| window.iter().map(String::as_str).eq(phrase.iter().copied()))
}
