//! The searchable index over the outputs of many commands.

use std::sync::Arc;

use crate::bm25::{Bm25, Term};
use crate::terms::{for_each_term, is_stop_word};
use crate::{ApproximateWordPieces, Chunk, ChunkOptions, Evidence, Scores, TokenCounter, chunk_document};

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

/// Documents cut into chunks, ready to be searched. Read-only once built.
#[derive(Debug)]
pub struct Index {
    documents: Vec<Document>,
    chunks: Vec<Chunk>,
    bm25: Bm25,
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
        let mut terms = Vec::new();
        for (number, document) in documents.iter().enumerate() {
            let mut command = terms_of(&document.command);
            command.extend(terms_of(&document.about));
            for chunk in chunk_document(number, &document.text, options, counter) {
                terms.clear();
                terms.extend_from_slice(&command);
                for_each_term(&document.text[chunk.bytes.clone()], &mut |term| {
                    terms.push(Term::from(term));
                });
                bm25.push(&mut terms);
                chunks.push(chunk);
            }
        }
        Self { documents, chunks, bm25 }
    }

    /// The `k` best chunks for `query`, best first; equal scores in order of documents and lines.
    ///
    /// Only chunks that share a word with the query are in the answer, by their text or by their
    /// command line. So it has fewer than `k`, or none, when the query is empty, made of stop words, or matches
    /// nothing. What to show then is for the caller to decide.
    pub fn search(&self, query: &str, k: usize) -> Vec<Evidence> {
        let mut ranked = self.bm25.scores(&query_terms(query));
        ranked.sort_by(|(_, left), (_, right)| right.total_cmp(left));
        ranked.truncate(k);
        (1..).zip(ranked).map(|(rank, (chunk, score))| self.evidence(rank, &self.chunks[chunk], score)).collect()
    }

    /// The documents as they were given.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// All chunks, in order of documents and lines.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    fn evidence(&self, rank: usize, chunk: &Chunk, score: f64) -> Evidence {
        let document = &self.documents[chunk.document];
        Evidence {
            rank,
            command: document.command.clone(),
            start_line: chunk.start_line,
            end_line: chunk.end_line,
            text: document.text[chunk.bytes.clone()].to_owned(),
            tokens: chunk.tokens,
            score,
            scores: Scores { bm25: Some(score), ..Scores::default() },
            document: chunk.document,
        }
    }
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
