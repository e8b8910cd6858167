//! How far a transfer is.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::Event;

const BETWEEN_EVENTS: Duration = Duration::from_millis(100);
/// Earlier a rate says nothing.
const FIRST_RATE: Duration = Duration::from_millis(500);

pub(super) struct Progress<'a> {
    show: &'a (dyn Fn(Event) + Sync),
    of: u64,
    done: AtomicU64,
    /// Bytes that came in this attempt.
    came: AtomicU64,
    begun: Instant,
    shown: Mutex<Option<Instant>>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(show: &'a (dyn Fn(Event) + Sync), done: u64, of: u64) -> Self {
        let (done, came) = (AtomicU64::new(done), AtomicU64::new(0));
        Progress { show, of, done, came, begun: Instant::now(), shown: Mutex::new(None) }
    }

    pub(super) fn came(&self, bytes: u64) {
        self.came.fetch_add(bytes, Ordering::Relaxed);
        self.done.fetch_add(bytes, Ordering::Relaxed);
        // A poisoned time is a time all the same.
        let mut shown = self.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if shown.is_none_or(|at| at.elapsed() >= BETWEEN_EVENTS) {
            *shown = Some(Instant::now());
            (self.show)(self.event());
        }
    }

    /// What was there turned out to be no use.
    pub(super) fn lost(&self, bytes: u64) {
        let less = |done: u64| Some(done.saturating_sub(bytes));
        // It always gives a number, so it never fails.
        let _ = self.done.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    pub(super) fn end(&self) {
        (self.show)(self.event());
    }

    fn event(&self) -> Event {
        let (done, elapsed) = (self.done.load(Ordering::Relaxed), self.begun.elapsed());
        let rate = self.came.load(Ordering::Relaxed) as f64 / elapsed.as_secs_f64().max(1e-9);
        let rate = if elapsed < FIRST_RATE { 0.0 } else { rate };
        let left = self.of.saturating_sub(done) as f64 / rate;
        let left = (rate > 0.0).then(|| Duration::try_from_secs_f64(left).ok()).flatten();
        Event::Progress { done, of: self.of.max(done), rate, left }
    }
}
