//! The searchable index over the outputs of many commands.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::bm25::{Bm25, Term};
use crate::embedder::cosine;
use crate::expand::expansion;
use crate::passage::passages;
use crate::rank::{Rankers, Shares, diversify, fuse};
use crate::salience::Salience;
use crate::terms::{for_each_term, is_stop_word};
use crate::{ApproximateWordPieces, Chunk, ChunkOptions, Evidence, Passage, Scores, TokenCounter, chunk_document};

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
    /// Passages with their vectors.
    vectors: Vec<(Passage, Vec<f32>)>,
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
        Self { documents, chunks, bm25, salience, vectors: Vec::new() }
    }

    /// The texts whose vectors are worth having, up to `max_bytes` in all: every notable message once, and the beginning of every short output.
    pub fn passages(&self, max_bytes: usize) -> Vec<Passage> {
        passages(&self.documents, &self.chunks, &self.salience, max_bytes)
    }

    /// Takes the vectors of passages, all of one embedder. Earlier ones are forgotten.
    pub fn set_vectors(&mut self, vectors: Vec<(Passage, Vec<f32>)>) {
        self.vectors = vectors;
    }

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
        let rankers = Rankers {
            words: self.words(query),
            salience: (0..self.chunks.len()).map(|chunk| self.salience.of_chunk(chunk)).collect(),
            cosine: self.cosines(vector),
        };
        let shares = rankers.shares();
        let document = |chunk: usize| self.chunks[chunk].document;
        let messages = |chunk: usize| -> BTreeSet<u64> {
            self.salience.notable(chunk).iter().map(|notable| notable.template.number()).collect()
        };
        let chosen = diversify(fuse(&shares), k, document, messages);
        let scores = |chunk: usize| Scores {
            bm25: positive(rankers.words[chunk]),
            cosine: rankers.cosine.get(chunk).copied().flatten().map(f64::from),
            salience: positive(rankers.salience[chunk]),
            rerank: None,
        };
        let evidence = |(rank, (chunk, score)): (usize, (usize, f64))| {
            (self.evidence(rank, &self.chunks[chunk], score, scores(chunk)), shares[chunk])
        };
        (1..).zip(chosen).map(evidence).collect()
    }

    /// For each chunk the greatest cosine of its passages; `None` where it has none. Empty without a vector.
    fn cosines(&self, vector: Option<&[f32]>) -> Vec<Option<f32>> {
        let Some(vector) = vector.filter(|_| !self.vectors.is_empty()) else { return Vec::new() };
        let mut cosines = vec![None; self.chunks.len()];
        for (passage, other) in &self.vectors {
            let cosine = cosine(vector, other);
            for &chunk in &passage.chunks {
                cosines[chunk] = Some(cosines[chunk].map_or(cosine, |known: f32| known.max(cosine)));
            }
        }
        cosines
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
