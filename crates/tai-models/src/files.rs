//! Which files make a model, and how they are copied.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use crate::{Cancel, Error};

/// Without these a model of the BERT family cannot be loaded.
pub(crate) const BERT_REQUIRED: &[&str] = &["config.json", "model.safetensors", "tokenizer.json"];

/// Taken where they are there.
pub(crate) const BERT_OPTIONAL: &[&str] = &[
    "1_Pooling/config.json",
    "LICENSE",
    "README.md",
    "config_sentence_transformers.json",
    "modules.json",
    "sentence_bert_config.json",
    "special_tokens_map.json",
    "tokenizer_config.json",
    "vocab.txt",
];

const BLOCK: usize = 1 << 20;

/// Whether a file of this path in a model's directory belongs to the model. Pickled weights and weights for other programs do not.
pub(crate) fn is_model_file(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_module = |folder: &str| {
        let (number, module) = folder.split_once('_').unwrap_or_default();
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && !module.is_empty()
            && module.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    (folder.is_empty() || is_module(folder)) && is_model_file_name(name)
}

/// The same by the last part of the path alone.
pub(crate) fn is_model_file_name(name: &str) -> bool {
    let known = BERT_REQUIRED.iter().chain(BERT_OPTIONAL).any(|file| file.rsplit('/').next() == Some(name));
    let has_extension = [".safetensors", ".safetensors.index.json", ".gguf"].iter().any(|end| name.ends_with(end));
    known || has_extension || matches!(name, "generation_config.json" | "LICENSE.txt" | "LICENSE.md")
}

/// A relative path that stays where it is put: no `..`, no root, nothing that a terminal would hide.
pub(crate) fn inside(path: &str) -> Option<PathBuf> {
    let is_plain = !path.is_empty() && path.len() <= 500 && !path.contains('\\') && !path.chars().any(char::is_control);
    let relative = Path::new(path);
    let stays = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    (is_plain && stays).then(|| relative.components().filter(|part| *part != Component::CurDir).collect())
}

/// Files below `dir` as relative paths with `/`, sorted. Links and what else is no regular file are told apart.
pub(crate) fn walk(dir: &Path) -> Result<(Vec<String>, Vec<String>), Error> {
    let (mut files, mut others) = (Vec::new(), Vec::new());
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let path = dir.join(&folder);
        let failed = |source| Error::file("read", &path, source);
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let relative = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if kind.is_dir() {
                folders.push(relative);
            } else if kind.is_file() {
                files.push(relative);
            } else {
                others.push(relative);
            }
        }
    }
    files.sort();
    others.sort();
    Ok((files, others))
}

/// Creates a file with the folders it needs; one that is there is replaced.
pub(crate) fn create(path: &Path) -> Result<File, Error> {
    let create = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        File::create(path)
    };
    create().map_err(|source| Error::file("create", path, source))
}

/// Copies all of `from`, at most `limit` bytes, to a new file, and makes sure that the disk has it. False where there was more.
pub(crate) fn copy_to(mut from: impl Read, path: &Path, limit: u64, cancel: &Cancel) -> Result<bool, CopyError> {
    let mut file = create(path).map_err(CopyError::Write)?;
    let mut block = vec![0; BLOCK];
    let mut copied = 0;
    loop {
        cancel.check().map_err(CopyError::Write)?;
        let read = match from.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Read(error)),
        };
        copied += read as u64;
        if copied > limit {
            return Ok(false);
        }
        let written = file.write_all(&block[..read]);
        written.map_err(|source| CopyError::Write(Error::file("write", path, source)))?;
    }
    file.sync_all().map_err(|source| CopyError::Write(Error::file("write", path, source)))?;
    Ok(true)
}

/// Which side of a copy failed.
pub(crate) enum CopyError {
    Read(io::Error),
    Write(Error),
}

/// Makes sure that the disk has what a directory lists.
pub(crate) fn sync_dir(path: &Path) -> Result<(), Error> {
    let synced = File::open(path).and_then(|dir| dir.sync_all());
    synced.map_err(|source| Error::file("write", path, source))
}

/// Removes a directory with all in it, if it is there.
pub(crate) fn remove_dir(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("remove", path, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_files_and_no_others() {
        for file in ["config.json", "1_Pooling/config.json", "2_Dense/model.safetensors", "x.gguf", "LICENSE"] {
            assert!(is_model_file(file), "{file}");
        }
        for file in ["pytorch_model.bin", "onnx/model.safetensors", ".git/config.json", "a/1_Pooling/config.json"] {
            assert!(!is_model_file(file), "{file}");
        }
    }

    #[test]
    fn paths_stay_inside() {
        assert_eq!(inside("./a/b").unwrap(), Path::new("a/b"));
        for path in ["", "/etc/passwd", "../x", "a/../../x", "a\\..\\x", "a\nb", "a\0b", &"x".repeat(501)] {
            assert!(inside(path).is_none(), "{path:?}");
        }
    }
}
