//! A model's work beside the runtime.

use tokio::task::spawn_blocking;

use crate::{BoxedError, Error};

/// What `work` of the model `name` gives, on a thread that may be busy for long.
pub(crate) async fn offload<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> Result<T, BoxedError> + Send + 'static,
) -> Result<T, Error> {
    let done = spawn_blocking(work).await.map_err(|source| Error::Interrupted { source })?;
    done.map_err(|source| Error::Failed { name: name.to_owned(), source })
}
