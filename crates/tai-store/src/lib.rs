#![doc = include_str!("../README.md")]

mod audit;
mod change;
mod codec;
mod error;
mod filter;
mod hex;
mod journal;
mod journal_store;
mod lock;
mod memory;
mod mmap;
mod place;
mod postings;
mod rank;
mod record;
mod rows;
mod runbooks;
mod sessions;
mod similarity;
mod state;
mod store;
mod table;
mod upkeep;
mod words;

pub use audit::{AuditEntry, AuditLog, Fault, Forgotten, Verified};
pub use error::Error;
pub use filter::{Filter, Test};
pub use journal_store::{JournalStore, Options, Recovered};
pub use lock::OnWait;
pub use memory::MemoryStore;
pub use record::{EmbedderId, Precision, Record, Value};
pub use runbooks::{RUNBOOKS, SOURCES, Shelf, Source, StoredRunbook, Synced};
pub use sessions::{Outcome, Resemblance, SESSIONS, Session, Sessions, Similar};
pub use store::{By, Hit, Query, Search, VectorStore};
pub use upkeep::{Checked, Derived, Embedded, Repaired, Stats};
