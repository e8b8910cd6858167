use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::{Copy, MAX_BYTES, MAX_ENTRIES};
use crate::Error;
use crate::files::{CopyError, copy_to, inside, is_model_file, walk};
use crate::manifest::MANIFEST;
use crate::text::visible;

/// Copies the files of a model out of a directory.
///
/// A link counts where it leads to a file in the directory, or in the folder `blobs` of the hub's cache, whose `snapshots/COMMIT` are links. Others are refused:
/// they would make a file of the operator's a part of the model.
pub(super) fn copy(from: &Path, to: &Path, copy: &Copy<'_>) -> Result<Vec<String>, Error> {
    let (files, links) = walk(from)?;
    let home = fs::canonicalize(from).map_err(|source| Error::file("read", from, source))?;
    let allowed = [Some(home.clone()), blobs_of(&home)];
    let mut left_out = Vec::new();
    let mut room = MAX_BYTES;
    if files.len() + links.len() > MAX_ENTRIES {
        return Err(Error::TooLarge { path: from.to_owned(), limit: format!("{MAX_ENTRIES} files") });
    }
    for file in files.iter().chain(&links) {
        if !is_model_file(file) && file != MANIFEST {
            left_out.push(visible(file, 200));
            continue;
        }
        let refused = |reason| Error::Unsafe { path: from.to_owned(), entry: visible(file, 200), reason };
        let relative = inside(file).ok_or_else(|| refused("has no plain name"))?;
        let path = from.join(&relative);
        let target = fs::canonicalize(&path).map_err(|source| Error::file("read", &path, source))?;
        if !allowed.iter().flatten().any(|dir| target.starts_with(dir)) {
            return Err(refused("is a link that leads out of it"));
        }
        if !target.is_file() {
            return Err(refused("is no file"));
        }
        copy.copying(file)?;
        let input = File::open(&target).map_err(|source| Error::file("read", &path, source))?;
        let to = to.join(&relative);
        let whole = copy_to(input, &to, room, copy.cancel).map_err(|error| match error {
            CopyError::Read(source) => Error::file("read", &path, source),
            CopyError::Write(error) => error,
        })?;
        if !whole {
            return Err(Error::TooLarge { path: from.to_owned(), limit: format!("{} GiB", MAX_BYTES >> 30) });
        }
        room -= fs::metadata(&to).map_or(0, |metadata| metadata.len());
    }
    Ok(left_out)
}

/// `models--OWNER--NAME/blobs`, for a directory `models--OWNER--NAME/snapshots/COMMIT`.
fn blobs_of(home: &Path) -> Option<PathBuf> {
    let snapshots = home.parent()?;
    let repo = snapshots.parent()?;
    let is_cache = snapshots.ends_with("snapshots") && repo.file_name()?.to_string_lossy().starts_with("models--");
    is_cache.then(|| repo.join("blobs"))
}
