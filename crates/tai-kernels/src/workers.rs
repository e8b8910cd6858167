//! Texts in groups, and a worker for each core.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::forward::Scratch;
use crate::shape::Tokens;

/// Tokens that go through the layers together: enough for the weights to be used many times while they are near, few enough for the states to stay near.
const MOST_TOKENS: usize = 384;
/// Fewer are not worth another worker.
const LEAST_TOKENS: usize = 64;

/// Runs groups on a number of threads, and keeps what they need for the next time.
pub(crate) struct Workers {
    threads: usize,
    scratches: Mutex<Vec<Scratch>>,
}

impl Workers {
    /// 0 threads: one for each core.
    pub(crate) fn new(threads: usize) -> Self {
        let cores = || thread::available_parallelism().map_or(1, usize::from);
        let threads = if threads == 0 { cores() } else { threads };
        Self { threads, scratches: Mutex::new(Vec::new()) }
    }

    /// What `work` makes of each text of its groups, in the order of `texts`; of one without a token a default.
    pub(crate) fn run<T: Clone + Default + Send>(
        &self,
        texts: &[Tokens<'_>],
        work: impl Fn(&[Tokens<'_>], &mut Scratch) -> Vec<T> + Sync,
    ) -> Vec<T> {
        let groups = group(texts, self.threads);
        let next = AtomicUsize::new(0);
        let worker = || {
            let mut scratch = self.lock().pop().unwrap_or_default();
            let mut done = Vec::new();
            while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                let members: Vec<Tokens<'_>> = group.iter().map(|&text| texts[text]).collect();
                done.extend(group.iter().copied().zip(work(&members, &mut scratch)));
            }
            self.lock().push(scratch);
            done
        };
        let others = self.threads.min(groups.len()).saturating_sub(1);
        let results: Vec<Vec<(usize, T)>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..others).map(|_| scope.spawn(worker)).collect();
            let own = worker();
            let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
            let theirs = joined.map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            std::iter::once(own).chain(theirs).collect()
        });
        let mut made = vec![T::default(); texts.len()];
        results.into_iter().flatten().for_each(|(text, value)| made[text] = value);
        made
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Scratch>> {
        self.scratches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Texts of about one length together; the longest first, so that no worker is left with a long one at the end.
fn group(texts: &[Tokens<'_>], threads: usize) -> Vec<Vec<usize>> {
    let length = |text: usize| texts[text].ids.len();
    let mut order: Vec<usize> = (0..texts.len()).filter(|&text| length(text) > 0).collect();
    order.sort_by_key(|&text| (Reverse(length(text)), text));
    let all: usize = order.iter().map(|&text| length(text)).sum();
    let most = all.div_ceil(threads).clamp(LEAST_TOKENS, MOST_TOKENS);
    let (mut groups, mut tokens): (Vec<Vec<usize>>, usize) = (Vec::new(), 0);
    for text in order {
        match groups.last_mut() {
            Some(group) if tokens + length(text) <= most => group.push(text),
            _ => {
                groups.push(vec![text]);
                tokens = 0;
            }
        }
        tokens += length(text);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_in_one_group_and_the_longest_come_first() {
        let ids = vec![1; 512];
        for threads in [1, 2, 7] {
            let lengths: Vec<usize> = (0..100).map(|n| n * 37 % 513).collect();
            let texts: Vec<Tokens<'_>> =
                lengths.iter().map(|&length| Tokens { ids: &ids[..length], types: &ids[..length] }).collect();
            let groups = group(&texts, threads);
            let mut all: Vec<usize> = groups.iter().flatten().copied().collect();
            assert!(all.windows(2).all(|pair| lengths[pair[0]] >= lengths[pair[1]]));
            all.sort_unstable();
            assert_eq!(all, (0..100).filter(|&text| lengths[text] > 0).collect::<Vec<_>>());
            let tokens = |group: &Vec<usize>| group.iter().map(|&text| lengths[text]).sum::<usize>();
            assert!(groups.iter().all(|group| group.len() == 1 || tokens(group) <= MOST_TOKENS));
        }
    }
}
