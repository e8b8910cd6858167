//! Vectors kept on disk, so that a text is embedded once.
//!
//! A directory for each identity holds packs: files of up to some hundred vectors, each under the SHA-256 of its text. A pack is written under another name and
//! renamed, and never changed after that, so processes do not disturb each other. It ends with a checksum; one that does not fit is ignored and removed.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use crate::{Embedder, Error, Identity, Role};

/// Bytes of all packs of an identity, at most: 40,000 vectors of 384 numbers.
const MAX_BYTES: u64 = 64 << 20;
/// More packs are made one when they are read.
const MAX_PACKS: usize = 64;
const MAGIC: &[u8; 8] = b"taivec1\n";
const HASH: usize = 32;

type Key = [u8; HASH];

/// An embedder that looks documents up before it embeds them. Questions are not kept.
///
/// What cannot be read or written is as if it were not there: then the work is done again.
pub struct CachedEmbedder {
    inner: Arc<dyn Embedder>,
    packs: Packs,
    known: Mutex<Option<HashMap<Key, Vec<f32>>>>,
}

impl CachedEmbedder {
    /// Keeps the vectors of `inner` below `directory`, which is made when it is needed, readable for its owner alone: vectors tell something of
    /// the texts.
    pub fn new(inner: Arc<dyn Embedder>, directory: &Path) -> Self {
        let Identity { name, dimension, max_tokens, revision, document_prefix, .. } = inner.identity();
        let all = format!("{name}\n{dimension}\n{max_tokens:?}\n{revision}\n{document_prefix}");
        let directory = directory.join(hex(&Sha256::digest(all)[..8]));
        let packs = Packs { directory, dimension: *dimension };
        Self { inner, packs, known: Mutex::new(None) }
    }

    /// The vectors that are known, and the numbers of the texts whose are not.
    fn look_up(&self, keys: &[Key]) -> (Vec<Vec<f32>>, Vec<usize>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_with(|| self.packs.read_all());
        let found: Vec<_> = keys.iter().map(|key| known.get(key).cloned().unwrap_or_default()).collect();
        let missing = (0..keys.len()).filter(|&text| found[text].is_empty()).collect();
        (found, missing)
    }

    fn keep(&self, new: Vec<(Key, Vec<f32>)>) {
        self.packs.write(&new);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get_or_insert_with(HashMap::new).extend(new);
    }
}

#[async_trait]
impl Embedder for CachedEmbedder {
    fn identity(&self) -> &Identity {
        self.inner.identity()
    }

    async fn embed(&self, texts: &[String], role: Role) -> Result<Vec<Vec<f32>>, Error> {
        if role == Role::Query {
            return self.inner.embed(texts, role).await;
        }
        let keys: Vec<Key> = texts.iter().map(|text| Sha256::digest(text).into()).collect();
        let (mut vectors, missing) = self.look_up(&keys);
        if missing.is_empty() {
            return Ok(vectors);
        }
        let new: Vec<String> = missing.iter().map(|&text| texts[text].clone()).collect();
        let made = self.inner.embed(&new, role).await?;
        self.identity().check(&made, new.len())?;
        self.keep(missing.iter().map(|&text| keys[text]).zip(made.iter().cloned()).collect());
        for (text, vector) in missing.into_iter().zip(made) {
            vectors[text] = vector;
        }
        Ok(vectors)
    }
}

/// The files.
struct Packs {
    directory: PathBuf,
    dimension: usize,
}

impl Packs {
    /// Everything that is there, within the limit; the newest counts most.
    fn read_all(&self) -> HashMap<Key, Vec<f32>> {
        let files = self.files();
        let mut known = HashMap::new();
        let (mut bytes, mut kept) = (0, Vec::new());
        for (file, size) in &files {
            bytes += size;
            match fs::read(file).ok().filter(|_| bytes <= MAX_BYTES).and_then(|bytes| self.parse(&bytes)) {
                Some(vectors) => {
                    known.extend(vectors);
                    kept.push(file);
                }
                None => drop(fs::remove_file(file)),
            }
        }
        if kept.len() > MAX_PACKS {
            let mut all: Vec<(Key, Vec<f32>)> = known.iter().map(|(key, vector)| (*key, vector.clone())).collect();
            all.sort_by_key(|(key, _)| *key);
            // What another process adds meanwhile is in other files, and stays.
            if let Some(written) = self.write(&all) {
                kept.into_iter().filter(|file| **file != written).for_each(|file| drop(fs::remove_file(file)));
            }
        }
        known
    }

    /// The packs with their sizes, the newest first.
    fn files(&self) -> Vec<(PathBuf, u64)> {
        let Ok(entries) = fs::read_dir(&self.directory) else { return Vec::new() };
        let mut files: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(metadata) = entry.metadata() else { continue };
            if path.extension().is_some_and(|extension| extension == "pack") {
                files.push((metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), path, metadata.len()));
            }
        }
        files.sort();
        files.into_iter().rev().map(|(_, path, size)| (path, size)).collect()
    }

    /// Magic, then for each vector the hash of its text and its numbers in little endian, then the SHA-256 of all before.
    fn parse(&self, bytes: &[u8]) -> Option<Vec<(Key, Vec<f32>)>> {
        let (content, sum) = bytes.split_last_chunk::<HASH>()?;
        let records = content.strip_prefix(MAGIC)?.chunks_exact(HASH + 4 * self.dimension);
        if Key::from(Sha256::digest(content)) != *sum || !records.remainder().is_empty() {
            return None;
        }
        let record = |record: &[u8]| {
            let (key, numbers) = record.split_first_chunk::<HASH>()?;
            let (numbers, _) = numbers.as_chunks::<4>();
            Some((*key, numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()))
        };
        records.map(record).collect()
    }

    /// Writes a pack, and gives its name.
    fn write(&self, vectors: &[(Key, Vec<f32>)]) -> Option<PathBuf> {
        let mut content = MAGIC.to_vec();
        for (key, vector) in vectors {
            content.extend_from_slice(key);
            content.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
        }
        let sum = Sha256::digest(&content);
        content.extend_from_slice(&sum);
        make_private(&self.directory).ok()?;
        let path = self.directory.join(format!("{}.pack", hex(&sum[..16])));
        // Files of tempfile are the owner's alone, and go away unless they are renamed.
        let mut file = tempfile::NamedTempFile::new_in(&self.directory).ok()?;
        file.write_all(&content).ok()?;
        file.persist(&path).ok()?;
        Some(path)
    }
}

fn make_private(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
