//! Okapi BM25 over an inverted index.
//!
//! Own code, because the `bm25` crate (2.3) returns equal scores in the random order of a hash set, so
//! the same search can answer differently, and takes 20 times as long a search (20 ms over 12,000 chunks).

use std::collections::hash_map::Entry;
use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};
use smallvec::SmallVec;

/// Term frequency saturation, the default of Lucene.
const K1: f64 = 1.2;
/// How much of the length is normalised away, the default of Lucene.
const B: f64 = 0.75;

/// A term, known by its hash: with a million terms two are equal once in 40 million indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Term(u64);

impl Term {
    /// The hash.
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

impl From<&str> for Term {
    fn from(text: &str) -> Self {
        let mut hasher = FxHasher::default();
        hasher.write(text.as_bytes());
        Self(hasher.finish())
    }
}

/// Scores chunks against a query.
///
/// The formula is Robertson and Zaragoza's, "The Probabilistic Relevance Framework: BM25 and
/// Beyond" (2009), with the idf that Lucene uses, which is never negative:
///
/// ```text
/// score = Σ ln(1 + (N - n + 0.5) / (n + 0.5)) * tf / (tf + k1 * (1 - b + b * length / mean length))
/// ```
#[derive(Debug, Default)]
pub(crate) struct Bm25 {
    terms: FxHashMap<Term, Postings>,
    lists: Vec<PostingList>,
    /// Number of terms of each chunk.
    lengths: Vec<u32>,
    counter: Counter,
    /// Where the postings of the chunk that is being added go.
    targets: Vec<(u32, Posting)>,
}

impl Bm25 {
    /// Adds the next chunk by its terms in any order, and how many count as its length.
    pub(crate) fn push(&mut self, terms: &[Term], length: usize) {
        let chunk = self.lengths.len() as u32;
        self.lengths.push(length as u32);
        self.counter.count(terms);
        // First all that is looked up, then all that is written: so the processor waits for many places of memory at once.
        let mut lists = std::mem::take(&mut self.targets);
        for (term, count) in self.counter.drain() {
            let posting = Posting { chunk, count };
            match self.terms.entry(term) {
                Entry::Vacant(place) => drop(place.insert(Postings::One(posting))),
                Entry::Occupied(mut known) => lists.push((known.get_mut().list(&mut self.lists), posting)),
            }
        }
        for (list, posting) in lists.drain(..) {
            self.lists[list as usize].push(posting);
        }
        self.targets = lists;
    }

    /// The chunks with at least one of the terms, in order of chunks, and their scores. A term that
    /// is given twice counts twice.
    pub(crate) fn scores(&self, query: &[Term]) -> Vec<(usize, f64)> {
        let chunks = self.lengths.len() as f64;
        let total: f64 = self.lengths.iter().map(|&length| f64::from(length)).sum();
        let mean_length = total / chunks;
        let mut scores = vec![0.0; self.lengths.len()];
        for term in query {
            let postings = self.postings(*term);
            let matching = postings.len() as f64;
            let idf = (1.0 + (chunks - matching + 0.5) / (matching + 0.5)).ln();
            for Posting { chunk, count } in postings {
                let (chunk, count) = (chunk as usize, f64::from(count));
                let length = f64::from(self.lengths[chunk]) / mean_length;
                scores[chunk] += idf * count / (count + K1 * (1.0 - B + B * length));
            }
        }
        let scores = scores.into_iter().enumerate();
        scores.filter(|&(_, score)| score > 0.0).collect()
    }

    fn postings(&self, term: Term) -> Vec<Posting> {
        match self.terms.get(&term) {
            None => Vec::new(),
            Some(Postings::One(posting)) => vec![*posting],
            Some(Postings::Many(list)) => self.lists[*list as usize].iter().collect(),
        }
    }
}

/// A chunk that has a term, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Posting {
    chunk: u32,
    count: u32,
}

/// Most terms of a log are in one chunk only, so that case needs no list.
#[derive(Debug)]
enum Postings {
    One(Posting),
    /// Index of the list.
    Many(u32),
}

impl Postings {
    /// The list, which is made where there was one posting.
    fn list(&mut self, lists: &mut Vec<PostingList>) -> u32 {
        match self {
            Self::Many(list) => *list,
            Self::One(first) => {
                let list = lists.len() as u32;
                lists.push(PostingList::default());
                lists[list as usize].push(*first);
                *self = Self::Many(list);
                list
            }
        }
    }
}

/// Counts the terms of a chunk: a table that is so small that it stays close, and is empty between chunks.
#[derive(Debug, Default)]
struct Counter {
    /// Terms with their counts, 0 for a free place; a term is at the first free place from where its last bits say.
    places: Vec<(Term, u32)>,
    used: Vec<usize>,
}

impl Counter {
    fn count(&mut self, terms: &[Term]) {
        if self.places.len() < 2 * terms.len() {
            self.places.resize((2 * terms.len()).next_power_of_two().max(1024), (Term(0), 0));
        }
        let last = self.places.len() - 1;
        for &term in terms {
            let mut at = term.0 as usize & last;
            while self.places[at].1 > 0 && self.places[at].0 != term {
                at = (at + 1) & last;
            }
            if self.places[at].1 == 0 {
                self.used.push(at);
            }
            self.places[at] = (term, self.places[at].1 + 1);
        }
    }

    /// The terms, each once with its count, in the order in which they came.
    fn drain(&mut self) -> impl Iterator<Item = (Term, u32)> {
        let Self { places, used } = self;
        used.drain(..).map(|at| std::mem::replace(&mut places[at], (Term(0), 0)))
    }
}

/// Postings in order of chunks, in one to two bytes each: the distance to the chunk before, doubled,
/// plus one where the count is 1; else the count follows. Numbers are LEB128.
#[derive(Debug, Default)]
struct PostingList {
    /// Most lists are short, and an own piece of memory for each would be one more to wait for.
    bytes: SmallVec<[u8; 16]>,
    last_chunk: u32,
}

impl PostingList {
    fn push(&mut self, posting: Posting) {
        let distance = u64::from(posting.chunk - self.last_chunk);
        let once = posting.count == 1;
        write_leb128(&mut self.bytes, distance * 2 + u64::from(once));
        if !once {
            write_leb128(&mut self.bytes, u64::from(posting.count));
        }
        self.last_chunk = posting.chunk;
    }

    fn iter(&self) -> impl Iterator<Item = Posting> {
        let mut bytes = self.bytes.iter();
        let mut chunk = 0;
        std::iter::from_fn(move || {
            let head = read_leb128(&mut bytes)?;
            chunk += (head / 2) as u32;
            let count = match head % 2 {
                1 => 1,
                _ => read_leb128(&mut bytes)? as u32,
            };
            Some(Posting { chunk, count })
        })
    }
}

fn write_leb128(bytes: &mut SmallVec<[u8; 16]>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_leb128<'a>(bytes: &mut impl Iterator<Item = &'a u8>) -> Option<u64> {
    let mut number = 0;
    for (position, byte) in bytes.enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * position);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(chunks: &[&str]) -> Bm25 {
        let mut bm25 = Bm25::default();
        for chunk in chunks {
            let terms = terms(chunk);
            bm25.push(&terms, terms.len());
        }
        bm25
    }

    fn terms(text: &str) -> Vec<Term> {
        text.split_whitespace().map(Term::from).collect()
    }

    /// By hand: N = 3, n = 1, tf = 2, length = 3, mean length = 2.
    #[test]
    fn score_is_the_formula() {
        let bm25 = index(&["disk disk full", "nginx ok", "ok"]);
        let idf = (1.0 + 2.5 / 1.5_f64).ln();
        let expect = idf * 2.0 / (2.0 + 1.2 * (0.25 + 0.75 * 1.5));
        assert_eq!(bm25.scores(&terms("disk")), [(0, expect)]);
    }

    #[test]
    fn only_matching_chunks_are_scored_and_rare_terms_weigh_more() {
        let bm25 = index(&["a b", "a c", "a d", "e f"]);
        let scores = bm25.scores(&terms("a c unknown"));
        let chunks: Vec<_> = scores.iter().map(|&(chunk, _)| chunk).collect();
        assert_eq!(chunks, [0, 1, 2]);
        assert!(scores[1].1 > 2.0 * scores[0].1);
        assert_eq!(scores[0].1, scores[2].1);
    }

    #[test]
    fn an_empty_index_answers_nothing() {
        assert_eq!(index(&[]).scores(&terms("a")), []);
        assert_eq!(index(&["a"]).scores(&[]), []);
    }

    #[test]
    fn posting_lists_survive_packing() {
        let postings = [(0, 1), (1, 127), (200, 128), (70_000, 1), (u32::MAX, u32::MAX)];
        let postings = postings.map(|(chunk, count)| Posting { chunk, count });
        let mut list = PostingList::default();
        for posting in postings {
            list.push(posting);
        }
        assert_eq!(list.iter().collect::<Vec<_>>(), postings);
    }
}
