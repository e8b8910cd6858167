use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::change::{Change, Collection};
use crate::table::Table;
use crate::{EmbedderId, Error, Hit, Precision, Record, Search, VectorStore};

/// A store that ends with the process: for `--no-persist`, and for tests.
#[derive(Debug, Default)]
pub struct MemoryStore {
    table: Mutex<Table>,
}

impl MemoryStore {
    /// An empty store. Without an embedder its records have no vectors.
    #[must_use]
    pub fn new(embedder: Option<EmbedderId>) -> Self {
        MemoryStore::with_precision(embedder, Precision::F32)
    }

    /// An empty store whose vectors have this precision.
    #[must_use]
    pub fn with_precision(embedder: Option<EmbedderId>, precision: Precision) -> Self {
        let collection = embedder.map(|embedder| Collection { embedder, precision });
        MemoryStore::of(Table::new(collection))
    }

    pub(crate) fn of(table: Table) -> Self {
        MemoryStore { table: Mutex::new(table) }
    }

    /// What makes its vectors; nothing where there are none.
    #[must_use]
    pub fn embedder(&self) -> Option<EmbedderId> {
        self.table().embedder()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // A change is applied whole or, when it panics, not begun: what is there is sound.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl VectorStore for MemoryStore {
    async fn upsert(&self, mut records: Vec<Record>) -> Result<(), Error> {
        let mut table = self.table();
        table.fit(&mut records)?;
        table.apply(Change::Upsert(records));
        Ok(())
    }

    async fn delete(&self, namespace: &str, ids: &[String]) -> Result<usize, Error> {
        let mut table = self.table();
        let ids = table.present(namespace, ids);
        let count = ids.len();
        table.apply(Change::Delete { namespace: namespace.to_owned(), ids });
        Ok(count)
    }

    async fn search(&self, search: &Search) -> Result<Vec<Hit>, Error> {
        self.table().search(search)
    }

    async fn get(&self, namespace: &str, id: &str) -> Result<Option<Record>, Error> {
        Ok(self.table().get(namespace, id))
    }

    async fn records(&self, namespace: &str) -> Result<Vec<Record>, Error> {
        Ok(self.table().records(namespace))
    }

    async fn count(&self, namespace: &str) -> Result<usize, Error> {
        Ok(self.table().count(namespace))
    }

    async fn namespaces(&self) -> Result<Vec<String>, Error> {
        Ok(self.table().namespaces())
    }
}
