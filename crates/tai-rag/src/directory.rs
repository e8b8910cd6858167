//! A model's directory, as sentence-transformers saves it: what is beside the weights.

mod config;
mod sentence;
mod tokenizer;

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

pub(crate) use self::config::{Config, Family};
pub(crate) use self::sentence::{Pooling, Sentence};
pub(crate) use self::tokenizer::load_tokenizer;
use crate::Error;

/// The shape that `config.json` tells.
pub(crate) fn load_config(directory: &Path) -> Result<Config, Error> {
    let file = directory.join("config.json");
    let json = parse(&file, &read(&file)?)?;
    Config::parse(&json).map_err(|problem| Error::Unsupported { file, problem })
}

/// The SHA-256 as it is written.
pub(crate) fn sum(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Error> {
    fs::read(file).map_err(|source| Error::Read { file: file.to_owned(), source })
}

fn parse<T: DeserializeOwned>(file: &Path, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|source| Error::Malformed { file: file.to_owned(), source })
}

fn parse_if_there<T: DeserializeOwned>(file: PathBuf) -> Result<Option<T>, Error> {
    match read(&file) {
        Ok(bytes) => parse(&file, &bytes).map(Some),
        Err(Error::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
