#![doc = include_str!("../README.md")]

mod builtin;
mod condition;
mod ending;
mod error;
mod fact;
mod finding;
mod kinds;
mod library;
mod like;
mod lint;
mod runbook;
mod section;
mod signal;
mod standing;
mod template;
mod time;

pub use builtin::BUILTIN;
pub use condition::Condition;
pub use error::{ConditionError, Error, SignalError};
pub use fact::{Fact, Value, fact_fields};
pub use finding::{Finding, Observation, Proof, findings};
pub use kinds::{FACT_KINDS, FactKind};
pub use library::{Library, Suggestion};
pub use lint::{Problem, lint};
pub use runbook::Runbook;
pub use section::Section;
pub use signal::{Role, Severity, Signal, Source};
pub use template::Template;
pub use time::{Clock, is_log};
