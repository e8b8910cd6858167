//! Decides whether a command line only reads: see [`Policy::check`].
//!
//! A command line is split into words as a POSIX shell would split it, but nothing that a shell would *act* on is accepted
//! (`parse.rs`). The words are then held against a table of programs (`table/`), in which every flag, verb and operand that may be
//! used is named; what is not named is denied (`check.rs`). Paths are held against the rules for secrets, devices and files that
//! block or lead elsewhere (`path.rs`, `secret.rs`).
//!
//! [`Policy::explain`] tells how a decision came about and what to do instead, [`Policy::with_log`] tells of every decision. [`Policy::with_site`] adds to the table from a file, whose format is in
//! [`site`].

mod check;
mod command;
mod denied;
mod error;
mod explain;
mod instead;
mod kind;
mod log;
mod parse;
mod path;
mod program;
mod scan;
mod secret;
pub mod site;
mod table;

pub use check::Policy;
pub use command::ReadOnlyCommand;
pub use denied::{Denied, Rule};
pub use error::SiteError;
pub use explain::Explanation;
pub use log::Decision;
pub use program::{Description, Program};
