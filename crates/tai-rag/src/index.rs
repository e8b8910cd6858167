//! The searchable index over the outputs of many commands.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::benign::Benign;
use crate::bm25::{Bm25, Term};
use crate::chunk::{Cut, cut};
use crate::header::{Header, seconds};
use crate::passage::passages;
use crate::record::Line;
use crate::salience::{Place, Salience};
use crate::template::Template;
use crate::terms::{TermReader, for_each_term};
use crate::{ApproximateWordPieces, Chunk, ChunkOptions, Passage, TokenCounter, Weights};

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
    pub(crate) bm25: Bm25,
    pub(crate) salience: Salience,
    /// How salient each chunk is.
    pub(crate) salient: Vec<f32>,
    /// The names of units that failed.
    pub(crate) failed: Vec<Term>,
    /// Passages with their vectors.
    pub(crate) vectors: Vec<(Passage, Vec<f32>)>,
    pub(crate) weights: Weights,
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
        let mut terms = Terms::default();
        for (number, document) in documents.iter().enumerate() {
            terms.begin_document(document);
            let text = &document.text;
            cut(number, &document.command, text, options, counter, &mut |lines, cuts| {
                lines.iter().for_each(|line| salience.count(number, line.template));
                for Cut { chunk, lines: of_chunk } in cuts {
                    let lines = &lines[of_chunk];
                    terms.begin_chunk();
                    salience.begin_chunk(Place { times: times(text, lines) });
                    for line in lines {
                        let part = &text[line.start.max(chunk.bytes.start)..line.end.min(chunk.bytes.end)];
                        if chunk.folds.iter().any(|fold| fold.bytes.contains(&line.start)) {
                            terms.add_hidden(&part[line.after_time..]);
                        } else {
                            let (lower, of_line) = terms.add(&part[line.after_time.min(part.len())..]);
                            if !line.is_comment {
                                salience.add_line(lower, line.template, of_line);
                            }
                        }
                    }
                    terms.push_to(&mut bm25);
                    chunks.push(chunk);
                }
            });
        }
        let failed = failed_units(&documents);
        let mut index = Self {
            documents,
            chunks,
            bm25,
            salience,
            salient: Vec::new(),
            failed,
            vectors: Vec::new(),
            weights: Weights::default(),
        };
        index.weigh();
        index
    }

    /// Ranks with other weights from here on.
    pub fn set_weights(&mut self, weights: Weights) {
        self.weights = weights;
        self.weigh();
    }

    /// Takes other messages for those that healthy hosts show, as [`messages`](Self::messages) gives them.
    pub fn set_benign<'a>(&mut self, messages: impl IntoIterator<Item = &'a str>) {
        self.salience.set_benign(Benign::of(messages.into_iter()));
        self.weigh();
    }

    fn weigh(&mut self) {
        self.salient = self.salience.of_chunks(&self.weights);
    }

    /// The templates of all lines that look like trouble, sorted: what varies is `#`.
    pub fn messages(&self) -> Vec<String> {
        let mut messages = BTreeSet::new();
        let mut mask = Vec::new();
        for (number, chunk) in self.chunks.iter().enumerate() {
            for line in self.documents[chunk.document].text[chunk.bytes.clone()].lines() {
                Template::masked(&Header::of(line), &mut mask);
                let template = Template::of_mask(&mask);
                if self.salience.notable(number).iter().any(|notable| notable.template == template) {
                    messages.insert(String::from_utf8_lossy(&mask).into_owned());
                }
            }
        }
        messages.into_iter().collect()
    }

    /// The texts whose vectors are worth having, up to `max_bytes` in all: every notable message once, and the beginning of every short output.
    pub fn passages(&self, max_bytes: usize) -> Vec<Passage> {
        passages(&self.documents, &self.chunks, &self.salience, &self.weights, max_bytes)
    }

    /// Takes the vectors of passages, all of one embedder. Earlier ones are forgotten.
    pub fn set_vectors(&mut self, vectors: Vec<(Passage, Vec<f32>)>) {
        self.vectors = vectors;
    }

    /// The documents as they were given.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// All chunks, in order of documents and lines.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }
}

/// Collects the terms of chunks.
#[derive(Default)]
struct Terms {
    /// Those of the command line and what it is about: each chunk of its output has them.
    command: Vec<Term>,
    terms: Vec<Term>,
    /// Those of lines that are not shown, each once.
    hidden: Vec<Term>,
    reader: TermReader,
}

impl Terms {
    fn begin_document(&mut self, document: &Document) {
        self.command = terms_of(&document.command);
        self.command.extend(terms_of(&document.about));
    }

    fn begin_chunk(&mut self) {
        self.hidden.clear();
        self.terms.clear();
        // They count twice: what was asked of the host is what its answer is about.
        self.terms.extend_from_slice(&self.command);
        self.terms.extend_from_slice(&self.command);
    }

    /// Adds a line, and gives it in lower case, and its terms.
    fn add(&mut self, line: &str) -> (&str, &[Term]) {
        let first = self.terms.len();
        self.reader.read(line, &mut |term| self.terms.push(Term::from(term)));
        (self.reader.lower(), &self.terms[first..])
    }

    /// Adds what a line that is not shown has beside the words of the line that it repeats.
    fn add_hidden(&mut self, line: &str) {
        self.reader.read(line, &mut |term| {
            if term.bytes().any(|byte| byte.is_ascii_digit()) {
                self.hidden.push(Term::from(term));
            }
        });
    }

    fn push_to(&mut self, bm25: &mut Bm25) {
        let length = self.terms.len() - 2 * self.command.len();
        self.hidden.sort_unstable();
        self.hidden.dedup();
        self.terms.append(&mut self.hidden);
        bm25.push(&self.terms, length);
    }
}

/// The times of the first and the last line that have one.
fn times(text: &str, lines: &[Line]) -> Option<(u32, u32)> {
    let time = |line: &Line| Header::of(&text[line.start..line.end]).time.and_then(seconds);
    let first = lines.iter().find(|line| line.is_timed)?;
    let last = lines.iter().rfind(|line| line.is_timed)?;
    time(first).zip(time(last))
}

/// The units that `systemctl` lists as failed: their names with and without the kind.
fn failed_units(documents: &[Document]) -> Vec<Term> {
    const KINDS: [&str; 5] = [".service", ".socket", ".mount", ".timer", ".path"];
    let lists = documents.iter().filter(|document| document.command.starts_with("systemctl"));
    let failed = lists.flat_map(|list| list.text.lines()).filter(|line| line.contains(" failed "));
    let mut terms = Vec::new();
    for word in failed.flat_map(str::split_whitespace) {
        if let Some(name) = KINDS.iter().find_map(|kind| word.strip_suffix(kind)) {
            terms.push(Term::from(word.to_lowercase().as_str()));
            terms.extend(terms_of(name));
        }
    }
    terms.sort_unstable();
    terms.dedup();
    terms
}

pub(crate) fn terms_of(text: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    for_each_term(text, &mut |term| terms.push(Term::from(term)));
    terms
}
