//! What a search answers.

use serde::Serialize;

use crate::Fold;

/// A chunk that was found. One as a JSON object is one line of `tai retrieve --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// Place in the answer, from 1.
    pub rank: usize,
    /// The command that printed it.
    pub command: String,
    /// First line in the command's output, counted from 1.
    pub start_line: usize,
    /// Last line, inclusive.
    pub end_line: usize,
    /// The lines as a model would see them, without the command and without the last line break.
    pub text: String,
    /// Tokens of `text`, as counted when it was cut.
    pub tokens: usize,
    /// What the rank follows: higher is better, comparable within one answer only.
    pub score: f64,
    /// What each ranker said.
    pub scores: Scores,
    /// The unit that the command names, else the program that wrote every line of it that names one.
    pub unit: Option<String>,
    /// The time of its first line that has one, as it stands there.
    pub from: Option<String>,
    /// That of the last.
    pub to: Option<String>,
    /// Index of the document, in the order in which the documents were given.
    #[serde(skip)]
    pub document: usize,
    /// The lines between the first and the last that are not in `text`.
    #[serde(skip)]
    pub folds: Vec<Fold>,
}

impl Evidence {
    /// The lines of `text` with their numbers in the output, without those that stand for lines that are left out.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut folds = self.folds.iter().peekable();
        let mut number = self.start_line;
        self.text.lines().filter_map(move |line| match folds.next_if(|fold| fold.start_line == number) {
            Some(fold) => {
                number = fold.end_line + 1;
                None
            }
            None => {
                number += 1;
                Some((number - 1, line))
            }
        })
    }
}

/// The score of each ranker; `None` (null in JSON) for one that did not run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Scores {
    /// Word match, command line included, and what programs print where people say such words. Above 0.
    pub bm25: Option<f64>,
    /// Cosine similarity of the embeddings, −1 to 1; null without a model, and for a chunk that no passage stands for.
    pub cosine: Option<f64>,
    /// How much it looks like trouble: above 0, null where it does not.
    pub salience: Option<f64>,
    /// The reranking model's: above 0 where the chunk probably answers the question; null without one, and beyond the first [`RERANKED`](crate::RERANKED).
    pub rerank: Option<f64>,
}
