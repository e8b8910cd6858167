#![doc = include_str!("../README.md")]

mod audit;
mod change;
mod codec;
mod error;
mod filter;
mod hex;
mod journal;
mod journal_store;
mod memory;
mod place;
mod rank;
mod record;
mod runbooks;
mod sessions;
mod similarity;
mod store;
mod table;
mod words;

pub use audit::{AuditEntry, AuditLog, Fault, Forgotten, Verified};
pub use error::Error;
pub use filter::{Filter, Test};
pub use journal_store::{JournalStore, Recovered, Repaired};
pub use memory::MemoryStore;
pub use record::{EmbedderId, Record, Value};
pub use runbooks::{RUNBOOKS, SOURCES, Shelf, Source, StoredRunbook, Synced};
pub use sessions::{Outcome, Resemblance, SESSIONS, Session, Sessions, Similar};
pub use store::{By, Hit, Query, Search, VectorStore};
