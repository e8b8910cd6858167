#![doc = include_str!("../README.md")]

mod ahead;
mod answer;
mod convert;
mod diagnosis;
mod error;
pub mod eval;
mod event;
mod investigation;
mod lines;
mod meaning;
mod prior;
mod prompt;
mod quotation;
mod quote;
mod ranking;
mod verify;

pub use ahead::EmbedAhead;
pub use diagnosis::{Action, Cause, Diagnosis, Gap, ModelUse, Quote, TokenCount, Verdict};
pub use error::Error;
pub use event::Event;
pub use investigation::{Investigation, Options, Start};
pub use prior::PriorSession;
pub use prompt::Prompt;
