#![doc = include_str!("../README.md")]

mod change;
mod codec;
mod error;
mod filter;
mod journal;
mod journal_store;
mod memory;
mod place;
mod rank;
mod record;
mod similarity;
mod store;
mod table;
mod words;

pub use error::Error;
pub use filter::{Filter, Test};
pub use journal_store::{JournalStore, Recovered, Repaired};
pub use memory::MemoryStore;
pub use record::{EmbedderId, Record, Value};
pub use store::{By, Hit, Query, Search, VectorStore};
