//! What the file system has to give.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{CWD, FallocateFlags, RenameFlags, fallocate, renameat_with, statvfs};
use rustix::io::Errno;

use crate::Error;

/// Bytes that this user can still write below `path`.
pub(crate) fn free(path: &Path) -> Result<u64, Error> {
    let stat = statvfs(path).map_err(|source| Error::file("look for space in", path, source.into()))?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Checks that `needed` bytes are free below `path`.
pub(crate) fn check_space(path: &Path, needed: u64) -> Result<(), Error> {
    let free = free(path)?;
    if needed > free {
        Err(Error::NoSpace { path: path.to_owned(), needed: Some(needed), free: Some(free) })
    } else {
        Ok(())
    }
}

/// Sets aside `bytes` for a file without changing its length: a full disk and a quota that is used up show at once, not at the last byte. File systems that
/// cannot do it say so, which is no error.
pub(crate) fn set_aside(file: &File, bytes: u64, path: &Path) -> Result<(), Error> {
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, bytes) {
        Err(error) if is_full(&error.into()) => {
            Err(Error::NoSpace { path: path.to_owned(), needed: Some(bytes), free: None })
        }
        _ => Ok(()),
    }
}

/// Whether there is no space, or none that this user may have.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Puts one directory in the place of another, and that in the place of the first, in one step. False where the file system cannot.
pub(crate) fn exchange(left: &Path, right: &Path) -> io::Result<bool> {
    match renameat_with(CWD, left, CWD, right, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
