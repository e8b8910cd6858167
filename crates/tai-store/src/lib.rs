#![doc = include_str!("../README.md")]

mod codec;
mod error;
mod journal;
mod journal_store;
mod memory;
mod place;
mod record;
mod store;
mod table;

pub use error::Error;
pub use journal_store::{JournalStore, Recovered, Repaired};
pub use memory::MemoryStore;
pub use record::{EmbedderId, Record, Value};
pub use store::{Hit, Query, VectorStore};
