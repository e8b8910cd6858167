//! Threads that compute batches of texts.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::{Device, Result};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use super::encoder::Tokens;

/// Tokens that are computed together on a CPU: enough for the products to be worth a call, few enough for the cache.
const BATCH_TOKENS: usize = 512;
/// As many on a GPU, which has room for more and wants it.
const GPU_BATCH_TOKENS: usize = 16_384;

/// Pools of one thread, one for each core: candle would split every product over all cores, which costs more than it gains. For a GPU there is one.
pub(super) struct Workers {
    pools: Vec<ThreadPool>,
    batch_tokens: usize,
}

impl Workers {
    pub(super) fn new(device: &Device) -> std::result::Result<Self, ThreadPoolBuildError> {
        let (pools, batch_tokens) = match device {
            Device::Cpu => (std::thread::available_parallelism().map_or(1, usize::from), BATCH_TOKENS),
            _ => (1, GPU_BATCH_TOKENS),
        };
        let worker = |_| ThreadPoolBuilder::new().num_threads(1).thread_name(|_| "embed".to_owned()).build();
        let pools = (0..pools).map(worker).collect::<std::result::Result<_, _>>()?;
        Ok(Self { pools, batch_tokens })
    }

    /// What `work` makes of each text of its batches, in the order of `texts`; of one without a token a default.
    pub(super) fn run<T: Clone + Default + Send>(
        &self,
        texts: &[Tokens<'_>],
        work: impl Fn(&[Tokens<'_>]) -> Result<Vec<T>> + Sync,
    ) -> Result<Vec<T>> {
        let batches = batches(texts, self.batch_tokens);
        let next = AtomicUsize::new(0);
        let worker = || -> Result<Vec<(usize, T)>> {
            let mut done = Vec::new();
            while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                let members: Vec<Tokens<'_>> = batch.iter().map(|&text| texts[text]).collect();
                done.extend(batch.iter().copied().zip(work(&members)?));
            }
            Ok(done)
        };
        let results: Vec<_> = std::thread::scope(|scope| {
            let needed = self.pools.iter().take(batches.len());
            let threads: Vec<_> = needed.map(|pool| scope.spawn(|| pool.install(worker))).collect();
            let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
            joined.map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        let mut made = vec![T::default(); texts.len()];
        for result in results {
            for (text, value) in result? {
                made[text] = value;
            }
        }
        Ok(made)
    }
}

/// Texts of up to `most` tokens together, or one longer text; the longest first, so that no worker is left with a long one at the end.
fn batches(texts: &[Tokens<'_>], most: usize) -> Vec<Vec<usize>> {
    let length = |text: usize| texts[text].ids.len();
    let mut order: Vec<usize> = (0..texts.len()).filter(|&text| length(text) > 0).collect();
    order.sort_by_key(|&text| (Reverse(length(text)), text));
    let (mut batches, mut tokens): (Vec<Vec<usize>>, usize) = (Vec::new(), 0);
    for text in order {
        match batches.last_mut() {
            Some(batch) if tokens + length(text) <= most => batch.push(text),
            _ => {
                batches.push(vec![text]);
                tokens = 0;
            }
        }
        tokens += length(text);
    }
    batches
}
