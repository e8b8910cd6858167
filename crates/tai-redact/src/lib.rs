#![doc = include_str!("../README.md")]

mod detect;
mod error;
mod extra;
mod numbers;
mod redactor;
mod scan;
mod secrets;

pub use error::Error;
pub use redactor::Redactor;
pub use secrets::{Options, Secrets, Stream};
