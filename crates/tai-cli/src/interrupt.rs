//! Where a Ctrl-C goes: it ends the program, or only the step that somebody waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Ctrl-C, as the program hears it.
#[derive(Clone, Default)]
pub(crate) struct Interrupts(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// How many want a Ctrl-C not to end the program.
    holders: AtomicUsize,
    pressed: Notify,
}

impl Interrupts {
    /// Until this is dropped, Ctrl-C ends a [`step`](Self::step) where one is running, and the program nowhere.
    pub(crate) fn hold(&self) -> Held {
        self.0.holders.fetch_add(1, Ordering::SeqCst);
        Held(Arc::clone(&self.0))
    }

    /// Runs something that Ctrl-C ends; then it is dropped, and gives `None`.
    pub(crate) async fn step<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let _held = self.hold();
        tokio::select! {
            biased;
            () = self.0.pressed.notified() => None,
            done = work => Some(done),
        }
    }

    /// Tells of a Ctrl-C; false where nobody holds it, so that it ends the program.
    pub(crate) fn press(&self) -> bool {
        let is_held = self.0.holders.load(Ordering::SeqCst) > 0;
        if is_held {
            self.0.pressed.notify_waiters();
        }
        is_held
    }
}

/// See [`Interrupts::hold`].
pub(crate) struct Held(Arc<Inner>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.holders.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_step_ends_and_the_program_does_not() {
        let interrupts = Interrupts::default();
        assert!(!interrupts.press(), "nobody holds it");
        assert_eq!(interrupts.step(async { 1 }).await, Some(1));
        let pressing = async {
            tokio::task::yield_now().await;
            interrupts.press()
        };
        let (step, held) = tokio::join!(interrupts.step(std::future::pending::<()>()), pressing);
        assert_eq!((step, held), (None, true));
        let held = interrupts.hold();
        assert!(interrupts.press());
        // One that came before is not kept for the next step.
        assert_eq!(interrupts.step(async { 2 }).await, Some(2));
        drop(held);
        assert!(!interrupts.press());
    }
}
