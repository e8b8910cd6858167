//! The stores in tai's folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use tai_rag::Embedder;
use tai_store::{AuditEntry, EmbedderId, Error, JournalStore, Options, SECTIONS, SESSIONS};
use tracing::debug;

use super::{audit_log, persists, tai_home};
use crate::exit::Failure;
use crate::terminal::note;

/// The stores, by the names of their folders.
pub(crate) const STORES: [&str; 2] = ["runbooks", "sessions"];
/// The namespaces whose records have vectors.
pub(crate) const WITH_VECTORS: [&str; 2] = [SECTIONS, SESSIONS];

/// Where a store is, whether it is there or not.
pub(crate) fn store_directory(name: &str) -> Result<PathBuf, Failure> {
    Ok(tai_home()?.join(name))
}

/// The stores that are there.
pub(crate) fn stores() -> Result<Vec<(&'static str, PathBuf)>, Failure> {
    let folder = tai_home()?;
    let there = STORES.map(|name| (name, folder.join(name))).into_iter();
    Ok(there.filter(|(_, directory)| directory.join("journal").exists()).collect())
}

/// Opens a store, whatever made its vectors unless an embedder is given; one that has none yet gets that one. What was put aside is told, and that another tai is waited for.
pub(crate) fn open_store(directory: &Path, embedder: Option<EmbedderId>) -> Result<JournalStore, Error> {
    let waiting =
        |directory: &Path| note(&format!("waiting for another tai, which is at work on {}", directory.display()));
    let options = Options { embedder, on_wait: Some(Arc::new(waiting)), ..Options::default() };
    let start = Instant::now();
    let (store, recovered) = JournalStore::open_with(directory, options)?;
    debug!(?directory, took = ?start.elapsed(), "store opened");
    if let Some(recovered) = recovered {
        let kept = recovered.kept_in.display();
        note(&format!("{} bytes of a write that was cut off were put aside in {kept}", recovered.bytes));
    }
    Ok(store)
}

/// What an embedder's vectors are, as stores name it.
pub(crate) fn embedder_id(embedder: &dyn Embedder) -> EmbedderId {
    let identity = embedder.identity();
    EmbedderId { name: identity.name.clone(), dimension: identity.dimension, revision: identity.revision.clone() }
}

/// Writes down what was done to the stores, unless nothing is to be kept. What cannot be written is told, and stops nothing.
pub(crate) fn write_down(action: &str, details: &[(&str, u64)]) -> Result<(), Failure> {
    let Some(log) = audit_log().filter(|_| persists()) else { return Ok(()) };
    let entry = AuditEntry::new(Timestamp::now(), action);
    let entry = details.iter().fold(entry, |entry, (key, count)| entry.with(key, *count));
    if let Err(error) = log.append(vec![entry]) {
        note(&format!("no audit log is kept\n{}", Failure::from(error).message().trim_end()));
    }
    Ok(())
}
