//! What a store holds, read without writing a byte.

use std::path::Path;

use crate::change::{Change, Collection};
use crate::codec::{decode, renew};
use crate::journal::Journal;
use crate::place;
use crate::state::{refuse_damage, version};
use crate::table::Table;
use crate::upkeep::files;
use crate::{Contents, Error, JournalStore, MemoryStore, Precision, Stats};

impl MemoryStore {
    /// What the store in `directory` holds now, for who may only look: no lock is taken, and nothing is derived, migrated or put aside. A write that another process is at is not
    /// in it.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or is damaged, or a newer version wrote it.
    pub fn snapshot(directory: &Path) -> Result<Self, Error> {
        Ok(MemoryStore::of(read(directory)?.0))
    }
}

impl JournalStore {
    /// What [`stats`](Self::stats) and [`contents`](Self::contents) say of the store in `directory`, for who may only look.
    ///
    /// # Errors
    ///
    /// As [`MemoryStore::snapshot`].
    pub fn look(directory: &Path) -> Result<(Stats, Contents), Error> {
        let (table, changes) = read(directory)?;
        let collection = table.collection().cloned();
        let precision = collection.as_ref().map_or(Precision::F32, |collection| collection.precision);
        let embedder = collection.map(|Collection { embedder, .. }| embedder);
        let names = table.namespaces();
        let records: Vec<_> = names.iter().flat_map(|name| table.records(name)).collect();
        let stats = Stats {
            namespaces: names.into_iter().map(|name| (name.clone(), table.count(&name))).collect(),
            dead: changes - records.len(),
            embedder: embedder.clone(),
            precision,
            has_graph: false,
            files: files(directory)?,
        };
        Ok((stats, Contents { embedder, precision, records }))
    }
}

/// The records, and how many there ever were, removals counted.
fn read(directory: &Path) -> Result<(Table, usize), Error> {
    place::check(directory)?;
    let (mut table, mut changes) = (Table::default(), 0);
    if let Some(mut journal) = Journal::open_to_read(&directory.join("journal"))? {
        let scan = journal.read_on()?;
        refuse_damage(directory, &scan)?;
        let wrong = |reason| version(directory, reason);
        for (_, entry) in scan.entries() {
            let renewed = if journal.is_old() { Some(renew(entry).map_err(wrong)?) } else { None };
            let change = decode(renewed.as_deref().unwrap_or(entry)).map_err(wrong)?.change;
            changes += match &change {
                Change::Upsert(records) => records.len(),
                Change::Delete { ids, .. } => ids.len(),
                Change::Collection(_) => 0,
            };
            table.apply(change);
        }
    }
    Ok((table, changes))
}
