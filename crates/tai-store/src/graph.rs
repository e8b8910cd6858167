//! Near vectors without looking at all of them, for processes that go on asking: a graph of `hnsw_rs` (Malkov and Yashunin, 2016), built in the background, in memory alone.
//!
//! Its nodes are [packed](crate::packed): it only says which rows to look at. It is not dumped: `hnsw_rs` ends the process at a damaged dump, and a process that asks once is
//! faster without a graph.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread::available_parallelism;

use hnsw_rs::prelude::{Distance, Hnsw};
use pulp::Arch;

use crate::packed::{pack, packed_dot};
use crate::rows::Vectors;
use crate::similarity::{cosine, unit};

/// Edges of a node, and candidates looked at while one is added: those that chromadb takes by default.
const EDGES: usize = 16;
const CANDIDATES: usize = 100;
const LAYERS: usize = 16;
/// How many are looked at in a search: the least of these with which [`SAMPLES`] questions find [`RECALL`] of their 10 nearest.
const EFFORTS: [usize; 5] = [32, 64, 128, 256, 512];
const SAMPLES: usize = 100;
const RECALL: f64 = 0.99;
/// So many searches of a process pay for a graph.
const ASKED: u32 = 32;
/// A graph of which more than one in so many rows are gone, or that lacks as many, is built anew.
const SHARE: usize = 4;
/// A graph is built by so many threads at most.
const THREADS: usize = 4;

/// The graph of a store, if it has one, and what is known of it.
#[derive(Default)]
pub(crate) struct Neighbours {
    graph: Option<Graph>,
    building: Option<Building>,
    asked: u32,
    /// With fewer nodes a graph is not tried again: it found too little.
    useless_below: usize,
}

/// The vectors of a store that stand for a record.
pub(crate) struct Nodes<'a> {
    pub(crate) vectors: &'a Vectors,
    /// Rows in the file.
    pub(crate) rows: usize,
    /// How many of them are nodes, and which.
    pub(crate) count: usize,
    pub(crate) is_node: &'a dyn Fn(usize) -> bool,
}

/// The rows that a search wants.
pub(crate) struct Wanted<'a> {
    /// How many there are, about.
    pub(crate) count: usize,
    pub(crate) fits: &'a dyn Fn(usize) -> bool,
}

struct Building {
    done: Receiver<Option<Graph>>,
    is_given_up: Arc<AtomicBool>,
}

struct Graph {
    hnsw: Hnsw<'static, i8, OneMinusCosine>,
    /// It knows the rows before this one.
    rows: usize,
    nodes: usize,
    effort: usize,
}

impl Neighbours {
    /// Whether there is a graph.
    pub(crate) fn is_ready(&self) -> bool {
        self.graph.is_some()
    }

    /// Rows near to a vector, the `wanted` nearest of the graph at least, and all rows that it does not know; nothing while there is no graph, or where it is of no use.
    pub(crate) fn near(
        &mut self,
        nodes: &Nodes<'_>,
        from: usize,
        vector: &[f32],
        wanted: usize,
        wants: &Wanted<'_>,
    ) -> Option<Vec<usize>> {
        self.asked = self.asked.saturating_add(1);
        self.take_what_is_built(nodes.count);
        if nodes.count >= from.max(self.useless_below)
            && self.asked > ASKED
            && self.building.is_none()
            && self.is_worn(nodes)
        {
            self.building = Some(build(nodes));
        }
        // Far more than are asked for are found faster by looking at all.
        let graph = self.graph.as_ref().filter(|_| wanted.saturating_mul(20) < nodes.count)?;
        // A filter of `hnsw_rs` makes a search go on behind its end: more are asked for instead.
        let more = graph.nodes.div_ceil(wants.count.max(1));
        if more > SHARE {
            return None;
        }
        let mut found = catch_unwind(AssertUnwindSafe(|| graph.search(vector, wanted, more))).ok()?;
        found.retain(|row| (wants.fits)(*row));
        if found.len() < wanted {
            return None;
        }
        found.extend((graph.rows..nodes.rows).filter(|row| (wants.fits)(*row)));
        Some(found)
    }

    fn is_worn(&self, nodes: &Nodes<'_>) -> bool {
        let Some(graph) = &self.graph else { return true };
        let new = (graph.rows..nodes.rows).filter(|row| (nodes.is_node)(*row)).count();
        let gone = (graph.nodes + new).saturating_sub(nodes.count);
        (gone + new) * SHARE > graph.nodes
    }

    fn take_what_is_built(&mut self, count: usize) {
        match self.building.as_ref().map(|building| building.done.try_recv()) {
            Some(Ok(graph)) => {
                self.building = None;
                if graph.is_none() {
                    self.useless_below = count.saturating_mul(2);
                }
                self.graph = graph;
            }
            Some(Err(TryRecvError::Disconnected)) => self.building = None,
            Some(Err(TryRecvError::Empty)) | None => {}
        }
    }
}

impl std::fmt::Debug for Neighbours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Neighbours").field("is_ready", &self.is_ready()).finish_non_exhaustive()
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        self.is_given_up.store(true, Ordering::Relaxed);
    }
}

fn build(nodes: &Nodes<'_>) -> Building {
    let (vectors, rows) = (nodes.vectors.clone(), nodes.rows);
    let which: Vec<usize> = (0..rows).filter(|row| (nodes.is_node)(*row)).collect();
    let (sender, done) = channel();
    let is_given_up = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_given_up);
    let work = move || {
        let graph = Graph::build(&vectors, rows, &which, &seen);
        // Whoever asked may be gone.
        drop(sender.send(graph));
    };
    // Where no thread can be had, searches go on as they are.
    drop(std::thread::Builder::new().name("tai-graph".to_owned()).spawn(work));
    Building { done, is_given_up }
}

impl Graph {
    fn build(vectors: &Vectors, rows: usize, which: &[usize], is_given_up: &AtomicBool) -> Option<Self> {
        let hnsw = Hnsw::new(EDGES, which.len(), LAYERS, CANDIDATES, OneMinusCosine(Arch::new()));
        let insert = |row: usize| hnsw.insert((&pack(&vectors.vector(row)), row));
        let (first, others) = which.split_first()?;
        insert(*first);
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(row) = others.get(next.fetch_add(1, Ordering::Relaxed)) {
                if is_given_up.load(Ordering::Relaxed) {
                    break;
                }
                insert(*row);
            }
        };
        std::thread::scope(|scope| {
            let threads = available_parallelism().map_or(1, usize::from).min(THREADS);
            (1..threads).for_each(|_| drop(scope.spawn(work)));
            work();
        });
        if is_given_up.load(Ordering::Relaxed) {
            return None;
        }
        let mut graph = Graph { hnsw, rows, nodes: which.len(), effort: 0 };
        let trial = Trial::new(vectors, which);
        for effort in EFFORTS {
            graph.effort = effort;
            if trial.recall(|question| graph.search(question, trial.wanted, 1)) >= RECALL {
                return Some(graph);
            }
        }
        None
    }

    /// The `wanted` nearest at least, where one in `more` is wanted at all.
    fn search(&self, vector: &[f32], wanted: usize, more: usize) -> Vec<usize> {
        let effort = self.effort.max(wanted) * more;
        let found = self.hnsw.search(&pack(&unit(vector.to_vec())), effort, effort);
        found.into_iter().map(|neighbour| neighbour.d_id).collect()
    }
}

/// Questions, and how near their nearest are.
struct Trial<'a> {
    vectors: &'a Vectors,
    /// How many nearest are asked for.
    wanted: usize,
    /// Each with the cosine of the last of its nearest: vectors that are equal may stand for each other.
    questions: Vec<(Vec<f32>, f32)>,
}

impl<'a> Trial<'a> {
    /// The questions lie between two vectors of the store each: near to what is in it, and nothing that is in it.
    fn new(vectors: &'a Vectors, which: &[usize]) -> Self {
        let wanted = which.len().min(10);
        let pick = |nth: usize| vectors.vector(which[nth.wrapping_mul(7919) % which.len()]);
        let between =
            |nth: usize| pick(2 * nth).iter().zip(pick(2 * nth + 1)).map(|(left, right)| left + 0.5 * right).collect();
        let question = |nth: usize| {
            let question: Vec<f32> = unit(between(nth));
            let dots = vectors.table().dots(&question);
            let mut cosines: Vec<f32> = which.iter().map(|&row| cosine(dots[row], 1.0, 1.0)).collect();
            let (_, last, _) = cosines.select_nth_unstable_by(wanted - 1, |left, right| right.total_cmp(left));
            (question, *last)
        };
        let questions = (0..SAMPLES).map(question).collect();
        Trial { vectors, wanted, questions }
    }

    fn recall(&self, search: impl Fn(&[f32]) -> Vec<usize>) -> f64 {
        /// What rounding may make of a cosine.
        const ROUNDING: f32 = 1e-6;
        let table = self.vectors.table();
        let found = |(question, last): &(Vec<f32>, f32)| {
            let cosines = search(question).into_iter().map(|row| cosine(table.dot(question, row), 1.0, 1.0));
            cosines.filter(|cosine| *cosine >= last - ROUNDING).count().min(self.wanted)
        };
        let found: usize = self.questions.iter().map(found).sum();
        found as f64 / (self.wanted * self.questions.len()) as f64
    }
}

/// Clamped, since `hnsw_rs` asserts that distances are not negative, and the product of a vector and itself may be above 1 by rounding.
#[derive(Clone, Copy)]
struct OneMinusCosine(Arch);

impl Distance<i8> for OneMinusCosine {
    fn eval(&self, left: &[i8], right: &[i8]) -> f32 {
        (1.0 - packed_dot(self.0, left, right)).max(0.0)
    }
}
