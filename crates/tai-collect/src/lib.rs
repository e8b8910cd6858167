#![doc = include_str!("../README.md")]

mod category;
mod collector;
mod collectors;
mod error;
mod facts;
mod parse;
mod plan;
mod report;
mod run;
mod table;
mod ticket;

pub use category::Category;
pub use collector::{Collector, Cost, Family, When};
pub use collectors::Collectors;
pub use error::Error;
pub use facts::{Facts, Init, Machine, Unit};
pub use parse::{Reading, Value};
pub use plan::{Planned, Refused, plan};
pub use report::{Collected, NOT_CAPTURED, Report};
pub use run::{Background, Progress, collect, facts};
pub use ticket::{Targets, Ticket};
