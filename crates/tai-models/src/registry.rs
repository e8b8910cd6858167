//! The directory that holds the models.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::files::walk;
use crate::manifest::MANIFEST;
use crate::work::{PARTS, Work};
use crate::{Error, Manifest};

/// A directory with a directory for each model. Nothing is read before it is asked for, and nothing need be there.
#[derive(Clone, Debug)]
pub struct Registry {
    root: PathBuf,
}

/// A model in the registry, or what there is of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    /// Its name.
    pub name: String,
    /// Its directory; of a model that is not whole the one it will have.
    pub path: PathBuf,
    /// What there is of it.
    pub state: State,
}

/// What there is of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is there. Whether it is whole, [`Registry::verify`] tells.
    Installed(Manifest),
    /// A pull was begun and not ended, or is under way: so many bytes are there.
    Partial(u64),
    /// A directory without a manifest, which somebody put there by hand.
    Unmanaged,
    /// Its manifest cannot be read, for this reason.
    Unreadable(String),
}

/// What [`Registry::prune`] removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// Paths relative to the registry, sorted.
    pub removed: Vec<String>,
    /// Bytes that they had.
    pub bytes: u64,
    /// Models that somebody is at work on, whose parts were left.
    pub busy: Vec<String>,
}

impl Registry {
    /// The registry in `root`, which need not exist.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Registry { root: root.to_owned() }
    }

    /// Its directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of a model that is there, with or without a manifest: what a program that loads it wants.
    ///
    /// # Errors
    ///
    /// When the name can be none, or there is no such model.
    pub fn path(&self, name: &str) -> Result<PathBuf, Error> {
        check_name(name)?;
        let path = self.root.join(name);
        if path.is_dir() { Ok(path) } else { Err(self.not_there(name)) }
    }

    /// The manifest of a model.
    ///
    /// # Errors
    ///
    /// When there is no such model, it has no manifest, or that cannot be read.
    pub fn manifest(&self, name: &str) -> Result<Manifest, Error> {
        let path = self.path(name)?;
        Manifest::read(&path)?.ok_or(Error::Unmanaged { path })
    }

    /// All that is there, by name. A registry that does not exist is empty.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    pub fn list(&self) -> Result<Vec<Shelf>, Error> {
        let mut shelves = BTreeMap::new();
        for name in self.folders(&self.root)? {
            let path = self.root.join(&name);
            let state = match Manifest::read(&path) {
                Ok(Some(manifest)) => State::Installed(manifest),
                Ok(None) => State::Unmanaged,
                Err(error) => State::Unreadable(error.to_string()),
            };
            shelves.insert(name.clone(), Shelf { name, path, state });
        }
        for name in self.folders(&self.root.join(PARTS))? {
            let bytes = bytes_below(&self.root.join(PARTS).join(&name));
            let path = self.root.join(&name);
            shelves.entry(name.clone()).or_insert(Shelf { name, path, state: State::Partial(bytes) });
        }
        Ok(shelves.into_values().collect())
    }

    /// Removes a model, its parts included. False where there was none.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] where another process works on it, or when it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<bool, Error> {
        check_name(name)?;
        let path = self.root.join(name);
        let parts = self.root.join(PARTS).join(name);
        if fs::symlink_metadata(&path).is_err() && !parts.exists() {
            return Ok(false);
        }
        let work = Work::begin(&self.root, name)?;
        if fs::symlink_metadata(&path).is_ok() {
            // First out of its place, in one step: half a model must not stay there.
            let aside = work.dir().join("removed");
            crate::files::remove_dir(&aside)?;
            fs::rename(&path, &aside).map_err(|source| Error::file("remove", &path, source))?;
        }
        work.end()?;
        Ok(true)
    }

    /// Removes parts of pulls and imports that nobody is at work on, and files in models' directories that their manifests do not know. Directories without a
    /// manifest are left alone.
    ///
    /// # Errors
    ///
    /// When something cannot be read or removed.
    pub fn prune(&self) -> Result<Pruned, Error> {
        let mut pruned = Pruned::default();
        for name in self.parts()? {
            let dir = self.root.join(PARTS).join(&name);
            let bytes = bytes_below(&dir);
            match Work::try_begin(&self.root, &name)? {
                Some(work) => work.end()?,
                None => {
                    pruned.busy.push(name);
                    continue;
                }
            }
            pruned.bytes += bytes;
            pruned.removed.push(format!("{PARTS}/{name}"));
        }
        for shelf in self.list()? {
            let State::Installed(manifest) = shelf.state else { continue };
            let (files, others) = walk(&shelf.path)?;
            for file in files.into_iter().chain(others) {
                if file == MANIFEST || manifest.files.iter().any(|known| known.path == file) {
                    continue;
                }
                let path = shelf.path.join(&file);
                pruned.bytes += fs::symlink_metadata(&path).map_or(0, |metadata| metadata.len());
                fs::remove_file(&path).map_err(|source| Error::file("remove", &path, source))?;
                pruned.removed.push(format!("{}/{file}", shelf.name));
            }
        }
        pruned.removed.sort();
        Ok(pruned)
    }

    pub(crate) fn not_there(&self, name: &str) -> Error {
        Error::NotThere { name: name.to_owned(), root: self.root.clone() }
    }

    /// What is below `.parts`, those of imports included.
    fn parts(&self) -> Result<Vec<String>, Error> {
        names(&self.root.join(PARTS))
    }

    /// Folders that have the name of a model.
    fn folders(&self, dir: &Path) -> Result<Vec<String>, Error> {
        Ok(names(dir)?.into_iter().filter(|name| check_name(name).is_ok()).collect())
    }
}

/// A name is a directory's: letters, digits, `-`, `_` and `.`, the first a letter or a digit, at most 100.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let reason = match name.as_bytes() {
        [] => "it is empty",
        [first, ..] if !first.is_ascii_alphanumeric() => "it begins with neither a letter nor a digit",
        bytes if bytes.len() > 100 => "it has more than 100 characters",
        bytes if !bytes.iter().copied().all(allowed) => "names have letters, digits, `-`, `_` and `.`",
        _ => return Ok(()),
    };
    Err(Error::InvalidName { name: name.to_owned(), reason })
}

/// The folders in `dir`, sorted; none where it does not exist. A link to a folder counts.
fn names(dir: &Path) -> Result<Vec<String>, Error> {
    let failed = |source| Error::file("read", dir, source);
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if entry.path().is_dir() {
            names.extend(entry.file_name().into_string().ok());
        }
    }
    names.sort();
    Ok(names)
}

/// What can be seen of it: somebody may be at work there.
fn bytes_below(dir: &Path) -> u64 {
    let (files, _) = walk(dir).unwrap_or_default();
    files.iter().filter_map(|file| Some(fs::metadata(dir.join(file)).ok()?.len())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_directories() {
        for name in ["all-minilm-l6-v2", "Qwen3_4B.Q4", "7b"] {
            check_name(name).unwrap();
        }
        for name in ["", ".", "..", ".parts", "-x", "a/b", "a b", "é", "a\0", &"x".repeat(101)] {
            check_name(name).unwrap_err();
        }
    }
}
