use std::fmt;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, Shared, pending, select};

/// What a report says of a command that did not run, or not to its end, because of [`Until`].
pub const STOPPED: &str = "collecting was stopped";

/// What ends collecting before the plan does. What ran by then is the report; the rest is left out of it. What the host is, is asked in any case.
#[derive(Clone)]
pub struct Until(Shared<BoxFuture<'static, ()>>);

impl Until {
    /// Collecting ends when this does.
    pub fn new(end: impl Future<Output = ()> + Send + 'static) -> Self {
        Until(end.boxed().shared())
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.clone().now_or_never().is_some()
    }

    /// Runs something that the end breaks off; then it gives `None`.
    pub(crate) async fn first<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let work = std::pin::pin!(work);
        match select(self.0.clone(), work).await {
            Either::Left(_) => None,
            Either::Right((done, _)) => Some(done),
        }
    }
}

impl Default for Until {
    /// Never.
    fn default() -> Self {
        Until::new(pending())
    }
}

impl fmt::Debug for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Until").field("is_over", &self.is_over()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_runs_is_broken_off_and_what_comes_later_does_not_begin() {
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let until = Until::new(async { drop(ended.await) });
        assert_eq!(until.first(async { 1 }).await, Some(1));
        assert!(!until.is_over());
        let waiting = until.first(pending::<()>());
        let ending = async { end.send(()) };
        assert_eq!(futures_util::future::join(waiting, ending).await, (None, Ok(())));
        assert!(until.is_over() && until.clone().is_over());
        assert_eq!(until.first(async { 2 }).await, None);
        assert!(!Until::default().is_over());
    }
}
