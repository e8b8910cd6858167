use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::Error;
use crate::place::{self, file_error};

/// Called when another process has been at work on a store for a second, with the store's directory.
pub type OnWait = Arc<dyn Fn(&Path) + Send + Sync>;

/// The lock of a store's directory. A process that dies lets it go.
pub(crate) struct Lock {
    file: File,
    directory: PathBuf,
    on_wait: Option<OnWait>,
}

impl Lock {
    pub(crate) fn open(directory: &Path, on_wait: Option<OnWait>) -> Result<Self, Error> {
        Ok(Lock { file: place::open(&directory.join("lock"))?, directory: directory.to_owned(), on_wait })
    }

    /// Opens the lock that is there, for who may only look; nothing where none is.
    pub(crate) fn open_to_read(directory: &Path) -> Result<Option<Self>, Error> {
        let path = directory.join("lock");
        if !path.exists() {
            return Ok(None);
        }
        Ok(Some(Lock { file: place::open_to_read(&path)?, directory: directory.to_owned(), on_wait: None }))
    }

    /// Waits until no other process holds it.
    pub(crate) fn take(&self) -> Result<Held<'_>, Error> {
        /// Then somebody at a terminal wants to know what is waited for.
        const PATIENCE: Duration = Duration::from_secs(1);
        const PAUSE: Duration = Duration::from_millis(2);
        let failed = |source| file_error("lock", &self.directory, source);
        if let Some(on_wait) = &self.on_wait {
            let begin = Instant::now();
            loop {
                match self.file.try_lock() {
                    Ok(()) => return Ok(Held(&self.file)),
                    Err(TryLockError::Error(source)) => return Err(failed(source)),
                    Err(TryLockError::WouldBlock) if begin.elapsed() > PATIENCE => break,
                    Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                }
            }
            on_wait(&self.directory);
        }
        self.file.lock().map_err(failed)?;
        Ok(Held(&self.file))
    }
}

impl std::fmt::Debug for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lock").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// A lock that is let go with this.
pub(crate) struct Held<'a>(&'a File);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // It goes with the process at the latest.
        drop(self.0.unlock());
    }
}
