#![doc = include_str!("../README.md")]

mod category;
mod collector;
mod collectors;
mod error;
mod facts;
mod follow;
mod footprint;
mod further;
mod parse;
mod plan;
mod report;
mod run;
mod table;
mod ticket;
mod traverse;
mod until;

pub use category::Category;
pub use collector::{Collector, Cost, Family, When};
pub use collectors::Collectors;
pub use error::Error;
pub use facts::{Clock, Facts, Init, Machine, Unit};
pub use footprint::Footprint;
pub use further::{Asked, collect_further, look_further};
pub use parse::{Parsed, Reading, Value, complete, parse};
pub use plan::{Budget, LeftOut, Plan, Planned, Refused};
pub use report::{Collected, NOT_CAPTURED, Report, Unread};
pub use run::{Background, Preview, Progress, Scope, collect, facts, preview};
pub use ticket::{Targets, Ticket, Window};
pub use until::{STOPPED, Until};
