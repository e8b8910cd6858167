//! Models that somebody carried over.

mod archive;
mod directory;
mod record;
mod wheel;

use std::fs;
use std::path::{Path, PathBuf};

use crate::files::{is_model_file, sync_dir, walk};
use crate::hash::{Checksum, Sums};
use crate::inspect::inspect;
use crate::manifest::MANIFEST;
use crate::registry::check_name;
use crate::text::visible;
use crate::work::Work;
use crate::{Cancel, Catalogue, Entry, Error, Event, Manifest, ModelFile, Registry, verify};

/// What an archive may unpack to, free disk permitting.
const MAX_BYTES: u64 = 128 << 30;
const MAX_ENTRIES: usize = 100_000;

/// How to import.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// The name it gets; else that of the archive's manifest, of the catalogue (by the checksum of its weights), or of the file.
    pub name: Option<String>,
    /// Replaces a model of that name.
    pub replace: bool,
}

/// A model that was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What it is.
    pub manifest: Manifest,
    /// Its directory.
    pub path: PathBuf,
    /// Files that do not belong to a model and were left out, sorted.
    pub left_out: Vec<String>,
}

impl Registry {
    /// Imports a model from a directory, a Python wheel, a tar archive (plain, gzip or zstd) or a GGUF file. What it is, its bytes say, not its name.
    ///
    /// Only files that a model is loaded from are taken; pickled weights, which may run code, are not. Archives with names or links that lead out of them are
    /// refused as a whole.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is damaged or unsafe, holds no model or several, or a model of that name is there.
    pub fn import(
        &self,
        from: &Path,
        options: &ImportOptions,
        cancel: &Cancel,
        show: &(dyn Fn(Event) + Sync),
    ) -> Result<Imported, Error> {
        if let Some(name) = &options.name {
            check_name(name)?;
        }
        let scratch = Work::scratch(self.root())?;
        let imported = self.import_in(&scratch, from, options, None, &Copy { cancel, show });
        // What was imported is in its place; what was not is no use.
        scratch.end()?;
        imported
    }

    /// Imports what was fetched for an entry of the catalogue; its checksums must hold.
    pub(crate) fn import_for(
        &self,
        work: &Work,
        from: &Path,
        entry: &Entry,
        cancel: &Cancel,
        show: &(dyn Fn(Event) + Sync),
    ) -> Result<Imported, Error> {
        let options = ImportOptions { name: Some(entry.name.clone()), replace: true };
        self.import_in(work, from, &options, Some(entry), &Copy { cancel, show })
    }

    fn import_in(
        &self,
        work: &Work,
        from: &Path,
        options: &ImportOptions,
        entry: Option<&Entry>,
        copy: &Copy<'_>,
    ) -> Result<Imported, Error> {
        let unpacked = work.dir().join("unpacked");
        crate::files::remove_dir(&unpacked)?;
        let mut left_out = unpack(from, &unpacked, copy)?;
        let top = top_of(from, &unpacked)?;
        let carried = Manifest::read(&top)?;
        let (files, _) = walk(&top)?;
        let (files, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| is_model_file(file));
        for file in others.into_iter().filter(|file| file != MANIFEST) {
            fs::remove_file(top.join(&file)).map_err(|source| Error::file("remove", &top.join(&file), source))?;
            left_out.push(file);
        }
        left_out.sort();
        let mut manifest = self.described(from, &top, &files, carried, options, copy)?;
        if let Some(entry) = entry {
            of_entry(&mut manifest, entry)?;
        }
        let path = self.place(work, &top, &manifest, options.replace, entry.is_some())?;
        Ok(Imported { manifest, path, left_out })
    }

    /// The manifest of what was unpacked to `top`: the one it carried, which must hold, or a new one.
    fn described(
        &self,
        from: &Path,
        top: &Path,
        files: &[String],
        carried: Option<Manifest>,
        options: &ImportOptions,
        copy: &Copy<'_>,
    ) -> Result<Manifest, Error> {
        if let Some(mut manifest) = carried {
            let damage = verify::damage(top, &manifest, copy.cancel, copy.show)?;
            if !damage.is_empty() {
                return Err(Error::Damaged { name: manifest.name, damage });
            }
            manifest.name = options.name.clone().unwrap_or(manifest.name);
            return Ok(manifest);
        }
        let facts = inspect(top, files).map_err(|error| match error {
            Error::NotAModel { reason, .. } => Error::NotAModel { path: from.to_owned(), reason },
            other => other,
        })?;
        let mut listed = Vec::new();
        for file in files {
            copy.checking(file)?;
            listed.push(ModelFile::new(file, Sums::of(&top.join(file), None, copy.cancel)?));
        }
        let catalogue = Catalogue::builtin();
        let known = listed.iter().find_map(|file| catalogue.by_checksum(&file.sha256));
        let name = match (&options.name, known) {
            (Some(name), _) => name.clone(),
            (None, Some(entry)) => entry.name.clone(),
            (None, None) => name_of(from),
        };
        check_name(&name)?;
        let kind = facts.kind.or(known.map(|entry| entry.kind)).unwrap_or(crate::Kind::Embedding);
        let source = from.file_name().unwrap_or(from.as_os_str()).to_string_lossy();
        let mut manifest = Manifest::new(&name, kind, format!("imported from {}", visible(&source, 200)), listed);
        manifest.license = facts.license.or_else(|| known?.license.clone());
        manifest.dimension = facts.dimension;
        manifest.context_length = facts.context_length.or_else(|| known?.context_length);
        Ok(manifest)
    }

    /// Puts `top` in its place. `own` says that the work is that of the model itself.
    fn place(&self, work: &Work, top: &Path, manifest: &Manifest, replace: bool, own: bool) -> Result<PathBuf, Error> {
        let other = if own { None } else { Some(Work::begin(self.root(), &manifest.name)?) };
        let place = self.root().join(&manifest.name);
        if !replace && fs::symlink_metadata(&place).is_ok() {
            return Err(Error::AlreadyThere { name: manifest.name.clone(), path: place });
        }
        let work = other.as_ref().unwrap_or(work);
        crate::files::remove_dir(&work.ready())?;
        fs::rename(top, work.ready()).map_err(|source| Error::file("move", top, source))?;
        sync_dir(work.dir())?;
        let path = work.install(manifest)?;
        if let Some(other) = other {
            other.end()?;
        }
        Ok(path)
    }
}

/// What copying needs to be told and to tell.
pub(crate) struct Copy<'a> {
    pub(crate) cancel: &'a Cancel,
    show: &'a (dyn Fn(Event) + Sync),
}

impl Copy<'_> {
    pub(crate) fn copying(&self, file: &str) -> Result<(), Error> {
        (self.show)(Event::Copying { file: visible(file, 200) });
        self.cancel.check()
    }

    fn checking(&self, file: &str) -> Result<(), Error> {
        (self.show)(Event::Checking { file: file.to_owned() });
        self.cancel.check()
    }
}

/// Copies the files of a model out of `from`, and says which were left out.
fn unpack(from: &Path, to: &Path, copy: &Copy<'_>) -> Result<Vec<String>, Error> {
    let metadata = fs::metadata(from).map_err(|source| Error::file("read", from, source))?;
    fs::create_dir_all(to).map_err(|source| Error::file("create", to, source))?;
    if metadata.is_dir() {
        return directory::copy(from, to, copy);
    }
    if !metadata.is_file() {
        return Err(Error::NotAModel { path: from.to_owned(), reason: "it is neither file nor directory".to_owned() });
    }
    archive::unpack(from, to, copy)
}

/// The directory below `unpacked` that holds the model.
fn top_of(from: &Path, unpacked: &Path) -> Result<PathBuf, Error> {
    let (files, _) = walk(unpacked)?;
    let folder = |file: &str| file.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let named = |names: &[&str]| {
        let is = |file: &&String| names.contains(&file.rsplit('/').next().unwrap_or_default());
        files.iter().filter(is).map(|file| folder(file)).collect::<Vec<_>>()
    };
    let weights = |file: &&String| file.ends_with(".safetensors") || file.ends_with(".gguf");
    let mut tops: Vec<String> = named(&[MANIFEST]);
    if tops.is_empty() {
        tops = files.iter().filter(weights).map(|file| folder(file)).collect();
    }
    tops.sort();
    tops.dedup();
    // Modules of a model, and versions for other programs, have weights of their own further down.
    let is_below = |top: &str, other: &str| other.is_empty() || top.starts_with(&format!("{other}/"));
    let all = tops.clone();
    tops.retain(|top| !all.iter().any(|other| other != top && is_below(top, other)));
    match tops.as_slice() {
        [top] => Ok(unpacked.join(top)),
        [] => Err(Error::NotAModel {
            path: from.to_owned(),
            reason: "it has neither weights in the format safetensors nor a .gguf file".to_owned(),
        }),
        tops => Err(Error::NotAModel {
            path: from.to_owned(),
            reason: format!("it holds {} models: {}", tops.len(), visible(&tops.join(", "), 200)),
        }),
    }
}

/// What the catalogue knows of it must hold, and is written down.
fn of_entry(manifest: &mut Manifest, entry: &Entry) -> Result<(), Error> {
    for (file, expected) in &entry.sha256 {
        let there = manifest.files.iter().find(|there| there.path == *file);
        let actual = there.map(|there| there.sha256.clone()).unwrap_or_default();
        if actual != *expected {
            return Err(Error::Checksum { file: file.clone(), expected: expected.clone(), actual });
        }
    }
    if let Some(package) = &entry.package {
        manifest.source = format!("Python package {}", package.name);
        manifest.revision = Some(package.version.clone());
    }
    manifest.kind = entry.kind;
    manifest.license = entry.license.clone().or_else(|| manifest.license.take());
    manifest.dimension = manifest.dimension.or(entry.dimension);
    manifest.context_length = manifest.context_length.or(entry.context_length);
    Ok(())
}

/// A name out of that of a file: `dir/All-MiniLM.tar.gz` is `all-minilm`.
fn name_of(from: &Path) -> String {
    let name = from.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let ends = [".tar.gz", ".tar.zst", ".tgz", ".tar", ".gguf", ".whl", ".zip"];
    let name = ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    name.chars().map(plain).collect::<String>().trim_start_matches(['.', '_', '-']).to_owned()
}

/// Compares a file with a checksum that its archive states.
fn check_stated(path: &Path, file: &str, expected: String, cancel: &Cancel) -> Result<(), Error> {
    Sums::of(path, None, cancel)?.check(file, &Checksum::Sha256(expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_files() {
        for (from, expect) in [
            ("/x/All-MiniLM-L6-v2.tar.gz", "all-minilm-l6-v2"),
            ("qwen 3 (4B).gguf", "qwen-3--4b-"),
            ("..hidden.tar.zst", "hidden"),
        ] {
            assert_eq!(name_of(Path::new(from)), expect);
        }
    }
}
