//! From scores of rows to hits: filters, ties, and the fusion of two rankings.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::{By, Error, Filter, Hit, Record, Search};

/// The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009).
const RRF: f32 = 60.0;
/// How deep a fused search looks into each ranking, at least.
const POOL: usize = 100;

/// What can be scored. A row is a record of a store; scores come as (score, row), in any order, each row once.
pub(crate) trait Rows {
    /// The cosines of all records with a vector, or of the `wanted` nearest at least.
    fn cosines(&mut self, namespace: &str, vector: &[f32], wanted: usize) -> Result<Scored, Error>;
    /// BM25 of all records that share a word.
    fn bm25(&mut self, namespace: &str, words: &str) -> Result<Scored, Error>;
    fn record(&mut self, row: u32) -> Result<Record, Error>;
}

pub(crate) struct Scored {
    pub(crate) rows: Vec<(f32, u32)>,
    /// False: there are records beside these, with lower scores.
    pub(crate) is_all: bool,
}

/// Searches rows, whatever they lie in.
pub(crate) fn search(rows: &mut impl Rows, search: &Search) -> Result<Vec<Hit>, Error> {
    let Search { namespace, by, filters, limit } = search;
    match by {
        By::Vector(vector) => {
            let found = nearest(rows, namespace, vector, filters, *limit)?;
            Ok(found
                .into_iter()
                .map(|(cosine, record)| Hit { record, score: cosine, cosine: Some(cosine), bm25: None })
                .collect())
        }
        By::Words(words) => {
            let found = matching(rows, namespace, words, filters, *limit)?;
            Ok(found
                .into_iter()
                .map(|(bm25, record)| Hit { record, score: bm25, cosine: None, bm25: Some(bm25) })
                .collect())
        }
        By::Both { vector, words } => {
            let pool = limit.saturating_mul(4).max(POOL);
            let nearest = nearest(rows, namespace, vector, filters, pool)?;
            let matching = matching(rows, namespace, words, filters, pool)?;
            Ok(fuse(nearest, matching, *limit))
        }
    }
}

fn nearest(
    rows: &mut impl Rows,
    namespace: &str,
    vector: &[f32],
    filters: &[Filter],
    limit: usize,
) -> Result<Vec<(f32, Record)>, Error> {
    let mut wanted = limit;
    loop {
        let scored = rows.cosines(namespace, vector, wanted)?;
        let is_all = scored.is_all;
        let best = best(rows, scored.rows, filters, limit)?;
        if is_all || best.len() >= limit {
            return Ok(best);
        }
        // The filters took too many of those that came; then all are looked at.
        wanted = usize::MAX;
    }
}

fn matching(
    rows: &mut impl Rows,
    namespace: &str,
    words: &str,
    filters: &[Filter],
    limit: usize,
) -> Result<Vec<(f32, Record)>, Error> {
    let scored = rows.bm25(namespace, words)?;
    best(rows, scored.rows, filters, limit)
}

/// The best records that pass the filters. Records are read from the best on, and no more of them than it takes.
fn best(
    rows: &mut impl Rows,
    mut scored: Vec<(f32, u32)>,
    filters: &[Filter],
    limit: usize,
) -> Result<Vec<(f32, Record)>, Error> {
    let mut found = Vec::new();
    let mut rest = &mut scored[..];
    let mut step = limit;
    while found.len() < limit && !rest.is_empty() {
        let count = split(rest, step);
        let (now, later) = rest.split_at_mut(count);
        let mut passed = Vec::new();
        for &mut (score, row) in now {
            let record = rows.record(row)?;
            if filters.iter().all(|filter| filter.passes(&record)) {
                passed.push((score, record));
            }
        }
        passed.sort_by(by_score_and_id);
        found.extend(passed);
        rest = later;
        step = step.saturating_mul(2);
    }
    found.truncate(limit);
    Ok(found)
}

/// Brings the `count` best to the front, with all that are as good as the last of them, and says how many that are.
fn split(scored: &mut [(f32, u32)], count: usize) -> usize {
    let descending = |left: &(f32, u32), right: &(f32, u32)| right.0.total_cmp(&left.0);
    if count == 0 || count >= scored.len() {
        return scored.len();
    }
    let (_, &mut (worst, _), rest) = scored.select_nth_unstable_by(count - 1, descending);
    let mut ties = 0;
    for place in 0..rest.len() {
        if rest[place].0 == worst {
            rest.swap(place, ties);
            ties += 1;
        }
    }
    count + ties
}

fn by_score_and_id(left: &(f32, Record), right: &(f32, Record)) -> Ordering {
    right.0.total_cmp(&left.0).then_with(|| left.1.id.cmp(&right.1.id))
}

fn fuse(nearest: Vec<(f32, Record)>, matching: Vec<(f32, Record)>, limit: usize) -> Vec<Hit> {
    let mut hits: BTreeMap<String, Hit> = BTreeMap::new();
    let hit = |record| Hit { record, score: 0.0, cosine: None, bm25: None };
    for (rank, (cosine, record)) in (1u32..).zip(nearest) {
        let hit = hits.entry(record.id.clone()).or_insert_with(|| hit(record));
        (hit.cosine, hit.score) = (Some(cosine), hit.score + 1.0 / (RRF + rank as f32));
    }
    for (rank, (bm25, record)) in (1u32..).zip(matching) {
        let hit = hits.entry(record.id.clone()).or_insert_with(|| hit(record));
        (hit.bm25, hit.score) = (Some(bm25), hit.score + 1.0 / (RRF + rank as f32));
    }
    let mut hits: Vec<Hit> = hits.into_values().collect();
    // Stable, and they come by id.
    hits.sort_by(|left, right| right.score.total_cmp(&left.score));
    hits.truncate(limit);
    hits
}
