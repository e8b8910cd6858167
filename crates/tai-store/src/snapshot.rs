//! What a store holds, read without writing a byte.

use std::path::Path;

use crate::codec::{decode, renew};
use crate::journal::Journal;
use crate::place;
use crate::state::{refuse_damage, version};
use crate::table::Table;
use crate::{Error, MemoryStore};

impl MemoryStore {
    /// What the store in `directory` holds now, for who may only look: no lock is taken, and nothing is derived, migrated or put aside. A write that another process is at is not
    /// in it.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or is damaged, or a newer version wrote it.
    pub fn snapshot(directory: &Path) -> Result<Self, Error> {
        let path = directory.join("journal");
        place::check(directory)?;
        let mut table = Table::default();
        if let Some(mut journal) = Journal::open_to_read(&path)? {
            let scan = journal.read_on()?;
            refuse_damage(directory, &scan)?;
            let wrong = |reason| version(directory, reason);
            for (_, entry) in scan.entries() {
                let renewed = if journal.is_old() { Some(renew(entry).map_err(wrong)?) } else { None };
                table.apply(decode(renewed.as_deref().unwrap_or(entry)).map_err(wrong)?.change);
            }
        }
        Ok(MemoryStore::of(table))
    }
}
