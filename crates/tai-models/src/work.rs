//! Where models are made ready: `.parts/NAME` beside them, locked by whoever works on it.
//!
//! ```text
//! .parts/NAME/lock     held by the process at work, and by the system no longer when it dies
//! .parts/NAME/parts/   FILE.part, with the tag of its version in FILE.part.json
//! .parts/NAME/ready/   files that are whole and checked; renamed to NAME when all are there
//! ```
//! A model's directory thus appears whole or not at all, and whatever is in `.parts` may be removed at any time that nobody holds its lock.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::files::{remove_dir, sync_dir, walk};
use crate::manifest::MANIFEST;
use crate::{Cancel, Error, Event, Manifest, disk};

pub(crate) const PARTS: &str = ".parts";
const BETWEEN_TRIES: Duration = Duration::from_millis(200);

pub(crate) struct Work {
    root: PathBuf,
    dir: PathBuf,
    /// Locked as long as it is open.
    _lock: File,
}

impl Work {
    /// Begins work on a model; `None` where another process is at it.
    pub(crate) fn try_begin(root: &Path, name: &str) -> Result<Option<Self>, Error> {
        let dir = root.join(PARTS).join(name);
        let path = dir.join("lock");
        loop {
            fs::create_dir_all(&dir).map_err(|source| Error::file("create", &dir, source))?;
            let lock = match File::options().create(true).truncate(false).write(true).open(&path) {
                // Whoever was at work removed the folder in between.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                opened => opened.map_err(|source| Error::file("create", &path, source))?,
            };
            match lock.try_lock() {
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(source)) => return Err(Error::file("lock", &path, source)),
                Ok(()) if is_same(&lock, &path) => {
                    return Ok(Some(Work { root: root.to_owned(), dir, _lock: lock }));
                }
                Ok(()) => {}
            }
        }
    }

    /// Begins work on a model, or fails.
    pub(crate) fn begin(root: &Path, name: &str) -> Result<Self, Error> {
        Self::try_begin(root, name)?.ok_or_else(|| Error::Busy { name: name.to_owned() })
    }

    /// Begins work on a model, after whoever is at it.
    pub(crate) fn wait(root: &Path, name: &str, cancel: &Cancel, show: &dyn Fn(Event)) -> Result<Self, Error> {
        let mut said = false;
        loop {
            cancel.check()?;
            if let Some(work) = Self::try_begin(root, name)? {
                return Ok(work);
            }
            if !said {
                show(Event::Waiting { name: name.to_owned() });
                said = true;
            }
            std::thread::sleep(BETWEEN_TRIES);
        }
    }

    /// A place to unpack what has no name yet.
    pub(crate) fn scratch(root: &Path) -> Result<Self, Error> {
        let parts = root.join(PARTS);
        fs::create_dir_all(&parts).map_err(|source| Error::file("create", &parts, source))?;
        let dir = tempfile::Builder::new().prefix("~import-").tempdir_in(&parts);
        let dir = dir.map_err(|source| Error::file("create a folder in", &parts, source))?.keep();
        let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self::begin(root, &name)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn ready(&self) -> PathBuf {
        self.dir.join("ready")
    }

    pub(crate) fn parts(&self) -> PathBuf {
        self.dir.join("parts")
    }

    /// Puts what is ready in its place, in one step. What was there before takes its place here.
    pub(crate) fn install(&self, manifest: &Manifest) -> Result<PathBuf, Error> {
        let (ready, place) = (self.ready(), self.root.join(&manifest.name));
        // An earlier attempt may have left files of another revision.
        let (files, others) = walk(&ready)?;
        for path in files.iter().chain(&others) {
            if path != MANIFEST && manifest.files.binary_search_by(|file| file.path.cmp(path)).is_err() {
                let path = ready.join(path);
                fs::remove_file(&path).map_err(|source| Error::file("remove", &path, source))?;
            }
        }
        manifest.write(&ready)?;
        sync_dir(&ready)?;
        let failed = |source| Error::file("put in place", &place, source);
        match fs::symlink_metadata(&place) {
            Ok(_) if disk::exchange(&ready, &place).map_err(failed)? => {}
            Ok(_) => {
                let aside = self.dir.join("replaced");
                remove_dir(&aside)?;
                fs::rename(&place, aside).map_err(failed)?;
                fs::rename(&ready, &place).map_err(failed)?;
            }
            Err(_) => fs::rename(&ready, &place).map_err(failed)?,
        }
        sync_dir(&self.root)?;
        Ok(place)
    }

    /// Removes all that there is of the work, and ends it.
    pub(crate) fn end(self) -> Result<(), Error> {
        remove_dir(&self.dir)
    }
}

/// Whether the file that is open is the one that is there.
fn is_same(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => (open.dev(), open.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn one_works_and_others_wait_their_turn() {
        let root = tempfile::tempdir().unwrap();
        let first = Work::begin(root.path(), "m").unwrap();
        assert!(matches!(Work::begin(root.path(), "m"), Err(Error::Busy { .. })));
        assert!(Work::try_begin(root.path(), "other").unwrap().is_some());
        let said = AtomicUsize::new(0);
        let show = |_| {
            said.fetch_add(1, Ordering::Relaxed);
        };
        std::thread::scope(|scope| {
            let second = scope.spawn(|| Work::wait(root.path(), "m", &Cancel::default(), &show).unwrap());
            while said.load(Ordering::Relaxed) == 0 {
                std::thread::yield_now();
            }
            first.end().unwrap();
            // The folder went with the first one's work; the second has a lock of its own.
            assert!(second.join().unwrap().dir().join("lock").exists());
        });
        assert_eq!(said.into_inner(), 1);
    }

    #[test]
    fn waiting_can_be_cancelled() {
        let root = tempfile::tempdir().unwrap();
        let _first = Work::begin(root.path(), "m").unwrap();
        let cancel = Cancel::default();
        cancel.cancel();
        assert!(matches!(Work::wait(root.path(), "m", &cancel, &|_| {}), Err(Error::Cancelled)));
    }
}
