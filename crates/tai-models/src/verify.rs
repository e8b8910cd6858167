//! Whether models are as their manifests say.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::files::walk;
use crate::hash::Sums;
use crate::manifest::MANIFEST;
use crate::{Cancel, Error, Event, Manifest, Registry};

/// What was found of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The model.
    pub name: String,
    /// Files that were read.
    pub files: usize,
    /// Bytes that were read.
    pub bytes: u64,
    /// What is not as it should be; empty for a whole model.
    pub damage: Vec<Damage>,
}

/// Something that is not as the manifest says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Damage {
    /// A file is not there.
    Missing {
        /// The file.
        file: String,
    },
    /// A file has another size.
    Size {
        /// The file.
        file: String,
        /// Bytes it should have.
        expected: u64,
        /// Bytes it has.
        actual: u64,
    },
    /// A file has the right size and other bytes.
    Content {
        /// The file.
        file: String,
        /// The SHA-256 it should have.
        expected: String,
        /// The one it has.
        actual: String,
    },
    /// A file is there that the manifest does not know, and that a program which loads the model might read.
    Unknown {
        /// The file.
        file: String,
    },
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Missing { file } => write!(f, "{file} is missing"),
            Damage::Size { file, expected, actual } => write!(f, "{file} has {actual} bytes instead of {expected}"),
            Damage::Content { file, expected, actual } => {
                write!(f, "{file} has other content: sha256 {actual} instead of {expected}")
            }
            Damage::Unknown { file } => write!(f, "{file} is not in the manifest"),
        }
    }
}

impl Registry {
    /// Reads all files of a model and compares them with its manifest.
    ///
    /// # Errors
    ///
    /// When there is no such model, it has no manifest, or a file cannot be read. Damage is no error.
    pub fn verify(&self, name: &str, cancel: &Cancel, show: &dyn Fn(Event)) -> Result<Verified, Error> {
        let manifest = self.manifest(name)?;
        let dir = self.root().join(name);
        let damage = damage(&dir, &manifest, cancel, show)?;
        Ok(Verified { name: name.to_owned(), files: manifest.files.len(), bytes: manifest.bytes(), damage })
    }
}

/// What in `dir` is not as the manifest says, in the order of the manifest; then files it does not know.
pub(crate) fn damage(
    dir: &Path,
    manifest: &Manifest,
    cancel: &Cancel,
    show: &dyn Fn(Event),
) -> Result<Vec<Damage>, Error> {
    let (there, others) = walk(dir)?;
    let mut damage = Vec::new();
    for file in &manifest.files {
        let name = || file.path.clone();
        if there.binary_search(&file.path).is_err() {
            damage.push(Damage::Missing { file: name() });
            continue;
        }
        show(Event::Checking { file: name() });
        let sums = Sums::of(&dir.join(&file.path), None, cancel)?;
        if sums.size != file.size {
            damage.push(Damage::Size { file: name(), expected: file.size, actual: sums.size });
        } else if sums.sha256 != file.sha256 {
            damage.push(Damage::Content { file: name(), expected: file.sha256.clone(), actual: sums.sha256 });
        }
    }
    let known = |path: &String| path == MANIFEST || manifest.files.iter().any(|file| file.path == *path);
    let unknown = there.into_iter().chain(others).filter(|path| !known(path));
    damage.extend(unknown.map(|file| Damage::Unknown { file }));
    Ok(damage)
}
