//! From scores of rows to hits: filters, ties, and the fusion of two rankings.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::similarity::{cosine, dot, length};
use crate::{By, Error, Filter, Hit, Record, Search};

/// The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009).
const RRF: f32 = 60.0;
/// How deep a fused search looks into each ranking, at least.
const POOL: usize = 100;

/// What can be scored. A row is a record of a store; scores come as (score, row), in any order, each row once.
pub(crate) trait Rows {
    /// The cosines of all records with a vector, or of the `wanted` nearest at least, each as good as [`Scored::slack`] says.
    fn cosines(&mut self, namespace: &str, vector: &[f32], wanted: usize) -> Result<Scored, Error>;
    /// BM25 of all records that share a word.
    fn bm25(&mut self, namespace: &str, words: &str) -> Result<Scored, Error>;
    fn record(&mut self, row: u32) -> Result<Record, Error>;
}

pub(crate) struct Scored {
    pub(crate) rows: Vec<(f32, u32)>,
    /// No score is further from the true one.
    pub(crate) slack: f32,
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
    let own = length(vector);
    let truth = |record: &Record, score: f32| {
        record.vector.as_ref().map_or(score, |other| cosine(dot(vector, other), own, length(other)))
    };
    let mut wanted = limit;
    loop {
        let scored = rows.cosines(namespace, vector, wanted)?;
        let is_all = scored.is_all;
        let best = best(rows, scored, filters, limit, truth)?;
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
    best(rows, scored, filters, limit, |_, score| score)
}

/// The best records that pass the filters, by their true scores. Records are read from the best on, until no other can be among them.
fn best(
    rows: &mut impl Rows,
    mut scored: Scored,
    filters: &[Filter],
    limit: usize,
    truth: impl Fn(&Record, f32) -> f32,
) -> Result<Vec<(f32, Record)>, Error> {
    let mut found = Vec::new();
    let mut rest = &mut scored.rows[..];
    let mut step = limit;
    while limit > 0 && !rest.is_empty() {
        let best_of_rest = rest.iter().map(|(score, _)| *score).max_by(f32::total_cmp).unwrap_or_default();
        let is_beaten = |(worst, _): &(f32, Record)| best_of_rest + scored.slack < *worst;
        if found.get(limit - 1).is_some_and(is_beaten) {
            break;
        }
        let count = bring_best_to_front(rest, step);
        let (now, later) = rest.split_at_mut(count);
        for &mut (score, row) in now {
            let record = rows.record(row)?;
            if filters.iter().all(|filter| filter.passes(&record)) {
                found.push((truth(&record, score), record));
            }
        }
        found.sort_by(by_score_and_id);
        found.truncate(limit);
        rest = later;
        step = step.saturating_mul(2);
    }
    Ok(found)
}

/// Brings the best to the front, and says how many: `count`, or all.
fn bring_best_to_front(scored: &mut [(f32, u32)], count: usize) -> usize {
    if count < scored.len() {
        scored.select_nth_unstable_by(count, |left, right| right.0.total_cmp(&left.0));
    }
    count.min(scored.len())
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
