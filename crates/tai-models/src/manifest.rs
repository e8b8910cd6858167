//! `manifest.json`, schema `tai.model/1`: what a model's directory holds.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::files::{create, inside};
use crate::registry::check_name;
use crate::{Error, hash};

pub(crate) const MANIFEST: &str = "manifest.json";
const SCHEMA: &str = "tai.model/1";
const MAX_MANIFEST_BYTES: u64 = 4 << 20;

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Makes vectors of texts.
    Embedding,
    /// Scores a question with a passage.
    Reranking,
    /// Answers.
    Chat,
}

impl Kind {
    /// Its name, as in a manifest.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Embedding => "embedding",
            Kind::Reranking => "reranking",
            Kind::Chat => "chat",
        }
    }
}

/// What is in a model's directory, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Manifest {
    schema: String,
    /// The model's name, which is that of its directory.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// Where it came from: a URL of the hub, a Python package, or the name of what was imported.
    pub source: String,
    /// The commit of the hub's repository, or the version of the package.
    pub revision: Option<String>,
    /// The licence, as its SPDX identifier where it has one.
    pub license: Option<String>,
    /// Numbers in a vector.
    pub dimension: Option<u64>,
    /// Tokens that it can look at.
    pub context_length: Option<u64>,
    /// Its files, sorted by path.
    pub files: Vec<ModelFile>,
}

/// A file of a model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct ModelFile {
    /// Relative to the model's directory, with `/`.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

impl Manifest {
    pub(crate) fn new(name: &str, kind: Kind, source: String, mut files: Vec<ModelFile>) -> Self {
        files.sort();
        Manifest {
            schema: SCHEMA.to_owned(),
            name: name.to_owned(),
            kind,
            source,
            revision: None,
            license: None,
            dimension: None,
            context_length: None,
            files,
        }
    }

    /// Reads the manifest of a model's directory; `None` where it has none.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, Error> {
        let path = dir.join(MANIFEST);
        let wrong = |reason: &str| Error::Manifest { path: path.clone(), reason: reason.to_owned() };
        match fs::metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Ok(metadata) if metadata.len() > MAX_MANIFEST_BYTES => return Err(wrong("it is larger than 4 MiB")),
            _ => {}
        }
        let text = fs::read(&path).map_err(|source| Error::file("read", &path, source))?;
        let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| wrong(&error.to_string()))?;
        if manifest.schema != SCHEMA {
            return Err(wrong(&format!("its schema is {:?}, not {SCHEMA:?}", manifest.schema)));
        }
        check_name(&manifest.name)?;
        let is_wrong = |file: &ModelFile| file.path == MANIFEST || inside(&file.path).is_none();
        if let Some(file) = manifest.files.iter().find(|file| is_wrong(file)) {
            return Err(wrong(&format!("{:?} can be no file of a model", file.path)));
        }
        Ok(Some(manifest))
    }

    /// Writes it to a model's directory.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), Error> {
        let path = dir.join(MANIFEST);
        let mut file = create(&path)?;
        let written = file.write_all(&self.to_json()).and_then(|()| file.sync_all());
        written.map_err(|source| Error::file("write", &path, source))
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec_pretty(self).expect("strings and numbers always serialise");
        text.push(b'\n');
        text
    }

    /// Bytes of all its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

impl ModelFile {
    pub(crate) fn new(path: &str, sums: hash::Sums) -> Self {
        ModelFile { path: path.to_owned(), size: sums.size, sha256: sums.sha256 }
    }
}
