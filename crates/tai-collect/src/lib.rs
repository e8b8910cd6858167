#![doc = include_str!("../README.md")]

mod category;
mod collector;
mod error;
mod facts;
mod parse;
mod plan;
mod report;
mod run;
mod table;
mod ticket;

pub use category::Category;
pub use collector::{Collector, Needs};
pub use error::Error;
pub use facts::{Facts, Init, Unit};
pub use parse::{Reading, Value};
pub use plan::{Planned, Refused, plan};
pub use report::{Collected, NOT_CAPTURED, Report};
pub use run::{Background, Progress, collect, facts};
pub use table::COLLECTORS;
pub use ticket::{Targets, Ticket};
