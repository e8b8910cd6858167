//! The searchable index over the outputs of many commands.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::bm25::{Bm25, Term};
use crate::expand::expansion;
use crate::rank::{diversify, fuse};
use crate::salience::Salience;
use crate::terms::{for_each_term, is_stop_word};
use crate::{ApproximateWordPieces, Chunk, ChunkOptions, Evidence, Scores, TokenCounter, chunk_document};

/// What the words of an expansion count, beside those of the query.
const EXPANSION: f32 = 0.3;

/// The output of one command, already safe to show: no control characters but line breaks and tabs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The command line.
    pub command: String,
    /// What it shows, in the words of somebody who has the trouble that it is for; empty when that is not known.
    pub about: String,
    /// What it printed.
    pub text: Arc<str>,
}

/// Documents cut into chunks, ready to be searched.
#[derive(Debug)]
pub struct Index {
    documents: Vec<Document>,
    chunks: Vec<Chunk>,
    bm25: Bm25,
    salience: Salience,
}

impl Index {
    /// Cuts and indexes `documents`, with word pieces estimated by [`ApproximateWordPieces`].
    pub fn build(documents: Vec<Document>, options: &ChunkOptions) -> Self {
        Self::build_with(documents, options, &ApproximateWordPieces)
    }

    /// Cuts and indexes `documents` by the tokens of `counter`.
    pub fn build_with(documents: Vec<Document>, options: &ChunkOptions, counter: &dyn TokenCounter) -> Self {
        let mut chunks = Vec::new();
        let mut bm25 = Bm25::default();
        let mut salience = Salience::default();
        let mut terms = Vec::new();
        for (number, document) in documents.iter().enumerate() {
            salience.count(&document.text);
            let mut command = terms_of(&document.command);
            command.extend(terms_of(&document.about));
            for chunk in chunk_document(number, &document.text, options, counter) {
                terms.clear();
                terms.extend_from_slice(&command);
                salience.begin_chunk();
                for line in document.text[chunk.bytes.clone()].split_inclusive('\n') {
                    let first = terms.len();
                    for_each_term(line, &mut |term| terms.push(Term::from(term)));
                    salience.add_line(line, &terms[first..]);
                }
                bm25.push(&mut terms);
                chunks.push(chunk);
            }
        }
        Self { documents, chunks, bm25, salience }
    }

    /// The `k` best chunks for `query`, best first, by its words and by how much a chunk looks like trouble; equal scores in order
    /// of documents and lines.
    ///
    /// Only chunks that share a word with the query or look like trouble are in the answer. So it may have fewer than `k`, or none.
    pub fn search(&self, query: &str, k: usize) -> Vec<Evidence> {
        let words = self.words(query);
        let salience: Vec<f32> = (0..self.chunks.len()).map(|chunk| self.salience.of_chunk(chunk)).collect();
        let ranked = fuse(&words, &salience);
        let document = |chunk: usize| self.chunks[chunk].document;
        let messages = |chunk: usize| -> BTreeSet<u64> {
            self.salience.notable(chunk).iter().map(|notable| notable.template.number()).collect()
        };
        let chosen = diversify(ranked, k, document, messages);
        let scores = |chunk: usize| Scores {
            bm25: positive(words[chunk]),
            cosine: None,
            salience: positive(salience[chunk]),
            rerank: None,
        };
        let evidence = |(rank, (chunk, score))| self.evidence(rank, &self.chunks[chunk], score, scores(chunk));
        (1..).zip(chosen).map(evidence).collect()
    }

    /// BM25 of the query's own words, and at a lower weight of what programs print where people say such words.
    fn words(&self, query: &str) -> Vec<f32> {
        let mut words = vec![0.0; self.chunks.len()];
        for (terms, weight) in [(query_terms(query), 1.0), (expansion(query), EXPANSION)] {
            for (chunk, score) in self.bm25.scores(&terms) {
                words[chunk] += weight * score as f32;
            }
        }
        words
    }

    /// The documents as they were given.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// All chunks, in order of documents and lines.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    fn evidence(&self, rank: usize, chunk: &Chunk, score: f64, scores: Scores) -> Evidence {
        let document = &self.documents[chunk.document];
        Evidence {
            rank,
            command: document.command.clone(),
            start_line: chunk.start_line,
            end_line: chunk.end_line,
            text: document.text[chunk.bytes.clone()].to_owned(),
            tokens: chunk.tokens,
            score,
            scores,
            document: chunk.document,
        }
    }
}

fn positive(score: f32) -> Option<f64> {
    (score > 0.0).then_some(f64::from(score))
}

fn terms_of(text: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    for_each_term(text, &mut |term| terms.push(Term::from(term)));
    terms
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
