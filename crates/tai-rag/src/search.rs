//! Searching an index.

use crate::bm25::Term;
use crate::embedder::cosine;
use crate::expand::expansion;
use crate::origin::Origin;
use crate::rank::{Rankers, Shares, diversify, fuse};
use crate::terms::{for_each_term, is_stop_word};
use crate::when::day;
use crate::{ApproximateWordPieces, Evidence, Index, Scores, TokenCounter};

/// What a question's words and its vector say of every chunk, whatever the weights are.
#[derive(Debug, Clone)]
pub struct Question {
    /// BM25 of its own words.
    own: Vec<f32>,
    /// Of what programs print where people say such words.
    expanded: Vec<f32>,
    /// Of the names of units that failed.
    failed: Vec<f32>,
    /// The greatest cosine of a chunk's passages; `None` where it has none. Empty without a vector.
    cosine: Vec<Option<f32>>,
    /// Whether a chunk is of another day than it speaks of. Empty where it speaks of none.
    other_day: Vec<bool>,
}

impl Index {
    /// The `k` best chunks for `query`, best first, by its words and by how much a chunk looks like trouble; equal scores in order
    /// of documents and lines.
    ///
    /// Only chunks that share a word with the query or look like trouble are in the answer. So it may have fewer than `k`, or none.
    pub fn search(&self, query: &str, k: usize) -> Vec<Evidence> {
        self.search_with(query, None, k)
    }

    /// As [`search`](Self::search), and by meaning too: `vector` is that of the query, of the embedder of [`set_vectors`](Self::set_vectors).
    pub fn search_with(&self, query: &str, vector: Option<&[f32]>, k: usize) -> Vec<Evidence> {
        self.explain(query, vector, k).into_iter().map(|(evidence, _)| evidence).collect()
    }

    /// As [`search_with`](Self::search_with), and what each ranker contributed. A score is the sum of its shares, less where its messages or its
    /// document were shown already.
    pub fn explain(&self, query: &str, vector: Option<&[f32]>, k: usize) -> Vec<(Evidence, Shares)> {
        self.rank(&self.question(query, vector), k)
    }

    /// Puts the lines back into `evidence` of this index that were left out because they repeat others.
    pub fn unfold(&self, evidence: &mut Evidence) {
        if evidence.folds.is_empty() {
            return;
        }
        let lines = self.documents()[evidence.document].text.lines();
        let lines = lines.skip(evidence.start_line - 1).take(evidence.end_line + 1 - evidence.start_line);
        evidence.text = lines.collect::<Vec<_>>().join("\n");
        evidence.tokens = ApproximateWordPieces.count(&evidence.text);
        evidence.folds.clear();
    }

    /// Compares a question with every chunk.
    pub fn question(&self, query: &str, vector: Option<&[f32]>) -> Question {
        Question {
            own: self.words(&query_terms(query)),
            expanded: self.words(&expansion(query)),
            failed: self.words(&self.failed),
            cosine: self.cosines(vector),
            other_day: day(query).map_or_else(Vec::new, |day| {
                (0..self.chunks().len()).map(|chunk| self.salience.is_outside(chunk, &day)).collect()
            }),
        }
    }

    /// As [`explain`](Self::explain), of a question of this index.
    pub fn rank(&self, question: &Question, k: usize) -> Vec<(Evidence, Shares)> {
        let rankers = Rankers {
            words: self.all_words(question),
            salience: &self.salient,
            cosine: &question.cosine,
            other_day: &question.other_day,
        };
        let shares = rankers.shares(&self.weights);
        let document = |chunk: usize| self.chunks()[chunk].document;
        let messages =
            |chunk: usize| self.salience.notable(chunk).iter().map(|notable| notable.template.number()).collect();
        let chosen = diversify(fuse(&shares), k, &self.weights, document, messages);
        let scores = |chunk: usize| Scores {
            bm25: positive(rankers.words[chunk]),
            cosine: rankers.cosine.get(chunk).copied().flatten().map(f64::from),
            salience: positive(rankers.salience[chunk]),
            rerank: None,
        };
        let evidence = |(rank, (chunk, score)): (usize, (usize, f64))| {
            (self.evidence(rank, chunk, score, scores(chunk)), shares[chunk])
        };
        (1..).zip(chosen).map(evidence).collect()
    }

    fn all_words(&self, question: &Question) -> Vec<f32> {
        let Question { own, expanded, failed, .. } = question;
        let of_question = own.iter().zip(expanded).map(|(own, expanded)| own + self.weights.expansion * expanded);
        of_question.zip(failed).map(|(words, failed)| words + self.weights.failed * failed).collect()
    }

    fn words(&self, terms: &[Term]) -> Vec<f32> {
        let mut words = vec![0.0; self.chunks().len()];
        for (chunk, score) in self.bm25.scores(terms) {
            words[chunk] = score as f32;
        }
        words
    }

    fn cosines(&self, vector: Option<&[f32]>) -> Vec<Option<f32>> {
        let Some(vector) = vector.filter(|_| !self.vectors.is_empty()) else { return Vec::new() };
        let mut cosines = vec![None; self.chunks().len()];
        for (passage, other) in &self.vectors {
            let cosine = cosine(vector, other);
            for &chunk in &passage.chunks {
                cosines[chunk] = Some(cosines[chunk].map_or(cosine, |known: f32| known.max(cosine)));
            }
        }
        cosines
    }

    fn evidence(&self, rank: usize, chunk: usize, score: f64, scores: Scores) -> Evidence {
        let chunk = &self.chunks()[chunk];
        let document = &self.documents()[chunk.document];
        let Origin { unit, times } = Origin::of(&document.command, &document.text[chunk.bytes.clone()]);
        let (from, to) = times.unzip();
        Evidence {
            rank,
            command: document.command.clone(),
            start_line: chunk.start_line,
            end_line: chunk.end_line,
            unit,
            from,
            to,
            text: chunk.text(&document.text).into_owned(),
            tokens: chunk.tokens,
            score,
            scores,
            document: chunk.document,
            folds: chunk.folds.clone(),
        }
    }
}

fn positive(score: f32) -> Option<f64> {
    (score > 0.0).then_some(f64::from(score))
}

/// The terms of a query, without stop words.
fn query_terms(query: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    for_each_term(query, &mut |term| {
        if !is_stop_word(term) {
            terms.push(Term::from(term));
        }
    });
    terms
}
