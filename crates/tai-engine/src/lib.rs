#![doc = include_str!("../README.md")]

mod ahead;
mod answer;
mod conversation;
mod convert;
mod diagnose;
mod diagnosis;
mod error;
pub mod eval;
mod event;
mod further;
mod investigation;
mod lines;
mod meaning;
mod operator;
mod prior;
mod prompt;
mod quote;
mod ranking;
mod templates;
mod verify;

pub use ahead::EmbedAhead;
pub use answer::commands_asked_for;
pub use diagnosis::{Action, Cause, Diagnosis, Gap, ModelUse, Part, Quote, TokenCount, Unverified, Verdict};
pub use error::Error;
pub use event::Event;
pub use further::{Asking, Consent, Further, Outcome, Request};
pub use investigation::{Investigation, Options, Start};
pub use operator::Surroundings;
pub use prior::PriorSession;
pub use prompt::Prompt;
pub use templates::Templates;
pub use verify::{Advice, Effect, Problem};
