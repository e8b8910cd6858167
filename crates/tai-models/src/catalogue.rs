//! The models that are known by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::files::{BERT_OPTIONAL, BERT_REQUIRED};
use crate::registry::check_name;
use crate::{Error, Kind};

const BUILTIN: &str = include_str!("../data/catalogue.toml");

/// Known models, in the order of the file they come from.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
}

/// A model that can be pulled.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it is called here.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// A line about it.
    #[serde(default)]
    pub about: String,
    /// `OWNER/NAME` on the hub.
    pub repo: String,
    /// A branch, a tag or a commit.
    #[serde(default = "main_branch")]
    pub revision: String,
    /// The files to fetch; empty: those of a model of the BERT family, as far as they are there.
    #[serde(default)]
    pub files: Vec<String>,
    /// Checksums that are known, by file.
    #[serde(default)]
    pub sha256: BTreeMap<String, String>,
    /// The licence, as its SPDX identifier where it has one.
    #[serde(default)]
    pub license: Option<String>,
    /// About how large it is, where that is known.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Numbers in a vector.
    #[serde(default)]
    pub dimension: Option<u64>,
    /// Tokens that it can look at.
    #[serde(default)]
    pub context_length: Option<u64>,
    /// The Python package that holds the same model.
    #[serde(default)]
    pub package: Option<Package>,
}

/// A Python package that holds a model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The exact version.
    pub version: String,
}

impl Catalogue {
    /// The models that come with this crate.
    #[must_use]
    pub fn builtin() -> Self {
        Self::parse(BUILTIN, "the built-in catalogue").expect("a test reads it")
    }

    /// Reads a catalogue in TOML, as `data/catalogue.toml` of this crate is. `origin` names it in errors.
    ///
    /// # Errors
    ///
    /// When it is malformed, or a name in it can be no directory.
    pub fn parse(text: &str, origin: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            model: Vec<Entry>,
        }
        let file: File = toml::from_str(text)
            .map_err(|source| Error::Catalogue { origin: origin.to_owned(), source: Box::new(source) })?;
        file.model.iter().try_for_each(|entry| check_name(&entry.name))?;
        Ok(Self { entries: file.model })
    }

    /// All of them.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The model of this name.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownModel`], with the names there are.
    pub fn get(&self, name: &str) -> Result<&Entry, Error> {
        self.entries.iter().find(|entry| entry.name == name).ok_or_else(|| Error::UnknownModel {
            name: name.to_owned(),
            known: self.entries.iter().map(|entry| entry.name.clone()).collect(),
        })
    }

    /// The name of the model that has a file of this checksum.
    pub(crate) fn by_checksum(&self, sha256: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| {
            let weights = |file: &str| file.ends_with(".safetensors") || file.ends_with(".gguf");
            entry.sha256.iter().any(|(file, known)| weights(file) && known == sha256)
        })
    }
}

impl Entry {
    /// A model of the hub that no catalogue knows: `files` of `repo`, or those of a model of the BERT family where none are named.
    ///
    /// # Errors
    ///
    /// When the name or the repository cannot be used.
    pub fn of_repo(name: &str, repo: &str, revision: Option<&str>, files: Vec<String>) -> Result<Self, Error> {
        check_name(name)?;
        let part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(is_repo_byte);
        if !repo.split_once('/').is_some_and(|(owner, name)| part(owner) && part(name)) {
            return Err(Error::InvalidName { name: repo.to_owned(), reason: "a repository is written OWNER/NAME" });
        }
        let kind = if files.iter().any(|file| file.ends_with(".gguf")) { Kind::Chat } else { Kind::Embedding };
        Ok(Self {
            name: name.to_owned(),
            kind,
            about: String::new(),
            repo: repo.to_owned(),
            revision: revision.map_or_else(main_branch, str::to_owned),
            files,
            sha256: BTreeMap::new(),
            license: None,
            bytes: None,
            dimension: None,
            context_length: None,
            package: None,
        })
    }

    /// The files that must be there, and those that are taken where they are.
    pub(crate) fn wanted(&self) -> (Vec<&str>, &'static [&'static str]) {
        if self.files.is_empty() {
            (BERT_REQUIRED.to_vec(), BERT_OPTIONAL)
        } else {
            (self.files.iter().map(String::as_str).collect(), &[])
        }
    }
}

fn is_repo_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn main_branch() -> String {
    "main".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_catalogue_is_sound() {
        let catalogue = Catalogue::builtin();
        let names: Vec<_> = catalogue.entries().iter().map(|entry| entry.name.as_str()).collect();
        for name in ["all-minilm-l6-v2", "mxbai-embed-large", "nomic-embed-text", "ms-marco-minilm-l6"] {
            assert!(names.contains(&name), "{name}");
        }
        for entry in catalogue.entries() {
            let (required, _) = entry.wanted();
            for (file, sum) in &entry.sha256 {
                assert!(required.contains(&file.as_str()), "{file}");
                assert!(sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()), "{sum}");
            }
            assert_eq!(names.iter().filter(|name| **name == entry.name).count(), 1);
            Entry::of_repo(&entry.name, &entry.repo, None, Vec::new()).unwrap();
        }
        let known = catalogue.by_checksum("53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db");
        assert_eq!(known.unwrap().name, "all-minilm-l6-v2");
    }

    #[test]
    fn an_unknown_name_is_told_with_those_there_are() {
        let error = Catalogue::builtin().get("gpt").unwrap_err().to_string();
        assert!(error.starts_with("no model is called \"gpt\"; known are all-minilm-l6-v2, "), "{error}");
    }

    #[test]
    fn repositories_are_checked() {
        for repo in ["", "a", "a/", "/b", "a/b/c", "a/..", "a b/c", "a/b?x", "a/b#x", "../b"] {
            assert!(Entry::of_repo("m", repo, None, Vec::new()).is_err(), "{repo}");
        }
    }
}
