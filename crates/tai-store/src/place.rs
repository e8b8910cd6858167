//! The directory of a store: the user's own, and nobody else's to write to.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

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

/// Opens a file of a store for reading alone.
pub(crate) fn open_to_read(path: &Path) -> Result<File, Error> {
    let file = File::open(path).map_err(|source| file_error("open", path, source))?;
    check(path)?;
    Ok(file)
}

/// Writes a new file, and makes sure that the disk has it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(|source| file_error("write", path, source))
}

/// Makes a copy that only the user can read, and that the disk has.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let mut file = open(to)?;
    let copied =
        File::open(from).and_then(|mut from| std::io::copy(&mut from, &mut file)).and_then(|_| file.sync_all());
    copied.map_err(|source| file_error("copy", from, source))
}

/// Removes a file; that it is not there is no error.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(file_error("remove", path, error)),
        _ => Ok(()),
    }
}

/// Removes the files of a directory whose names are such.
pub(crate) fn remove_where(directory: &Path, is_such: impl Fn(&str) -> bool) -> Result<(), Error> {
    let failed = |source| file_error("read", directory, source);
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if is_such(&entry.file_name().to_string_lossy()) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// A name that no file has: `name` with a number.
pub(crate) fn free_name(directory: &Path, name: &str) -> PathBuf {
    let numbered = (1..).map(|number: u32| directory.join(format!("{name}.{number}")));
    numbered.into_iter().find(|path| fs::symlink_metadata(path).is_err()).unwrap_or_else(|| directory.join(name))
}

/// Makes sure that the disk has what a directory lists.
pub(crate) fn sync(directory: &Path) -> Result<(), Error> {
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|source| file_error("write", directory, source))
}

pub(crate) fn file_error(action: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::File { action, path: path.to_owned(), source }
}

pub(crate) fn check(path: &Path) -> Result<(), Error> {
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
