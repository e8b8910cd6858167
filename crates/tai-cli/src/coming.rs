//! What is made ready while something else goes on.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::SetOnce;
use tokio::task::spawn_blocking;

use crate::exit::{Exit, Failure};

/// Something that is still made ready, and waited for where it is needed.
pub(crate) struct Coming<T>(Arc<SetOnce<T>>);

impl<T> Coming<T> {
    /// Waits for it.
    pub(crate) async fn get(&self) -> &T {
        self.0.wait().await
    }

    /// It is here.
    pub(crate) fn set(&self, made: T) {
        // It is made once.
        drop(self.0.set(made));
    }
}

impl<T> Clone for Coming<T> {
    fn clone(&self) -> Self {
        Coming(Arc::clone(&self.0))
    }
}

impl<T> Default for Coming<T> {
    fn default() -> Self {
        Coming(Arc::new(SetOnce::new()))
    }
}

/// Does `work` while what it needs is made ready; where that fails, the work is given up.
pub(crate) async fn meanwhile<T>(
    making: impl Future<Output = Result<(), Failure>>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        biased;
        made = making => made?,
        done = &mut work => return done,
    }
    work.await
}

/// Runs what opens files and computes on a thread of its own.
pub(crate) async fn aside<F>(work: impl FnOnce() -> F + Send + 'static) -> Result<F::Output, Failure>
where
    F: Future<Output: Send + 'static>,
{
    let runtime = Handle::current();
    let done = spawn_blocking(move || runtime.block_on(work()));
    done.await.map_err(|error| Failure::new(Exit::Bug, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_waits_for_what_it_needs_and_for_nothing_else() {
        let coming = Coming::default();
        let (began, has_begun) = tokio::sync::oneshot::channel();
        let making = async {
            // The work is under way before this is there.
            has_begun.await.unwrap();
            coming.set(aside(async || 7).await?);
            Ok(())
        };
        let work = async {
            began.send(()).unwrap();
            Ok(*coming.get().await)
        };
        assert_eq!(meanwhile(making, work).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn what_cannot_be_made_ends_the_work() {
        let coming = Coming::<u8>::default();
        let making = async { Err(Failure::usage("no such model")) };
        let work = async { Ok(*coming.get().await) };
        assert_eq!(meanwhile(making, work).await.unwrap_err().gist(), "no such model");
        // What fails first is told.
        let work = async { Err::<(), _>(Failure::new(Exit::Unreachable, "no route")) };
        assert_eq!(meanwhile(std::future::pending(), work).await.unwrap_err().gist(), "no route");
    }
}
