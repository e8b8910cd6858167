#![doc = include_str!("../README.md")]

mod cancel;
mod catalogue;
mod disk;
mod error;
mod event;
mod export;
mod files;
mod gguf;
mod hash;
mod import;
mod inspect;
mod manifest;
mod pull;
mod registry;
mod text;
mod verify;
mod work;

pub use cancel::Cancel;
pub use catalogue::{Catalogue, Entry, Package};
pub use error::Error;
pub use event::Event;
pub use export::Exported;
pub use import::{ImportOptions, Imported};
pub use manifest::{Kind, Manifest, ModelFile};
pub use pull::{Hub, HubOptions, PullOptions, Pulled, Sources, Token};
pub use registry::{Pruned, Registry, Shelf, State};
pub use verify::{Damage, Verified};
