//! The directory of a store: the user's own, and nobody else's to write to.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::Error;

/// Makes the directory with its parents, or checks the one that is there.
pub(crate) fn directory(path: &Path) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| file_error("create", path, source))?;
    check(path)
}

/// Opens a file of a store, which is made if it is not there.
pub(crate) fn open(path: &Path) -> Result<File, Error> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    let file = file.map_err(|source| file_error("open", path, source))?;
    check(path)?;
    Ok(file)
}

/// Makes sure that the disk has what a directory lists.
pub(crate) fn sync(directory: &Path) -> Result<(), Error> {
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|source| file_error("write", directory, source))
}

pub(crate) fn file_error(action: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::File { action, path: path.to_owned(), source }
}

fn check(path: &Path) -> Result<(), Error> {
    let metadata = fs::metadata(path).map_err(|source| file_error("read", path, source))?;
    let refused = |reason| Err(Error::Unsafe { path: path.to_owned(), reason });
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return refused("it belongs to another user");
    }
    if metadata.mode() & 0o022 != 0 {
        return refused("others may write to it; chmod go-w mends that");
    }
    Ok(())
}
