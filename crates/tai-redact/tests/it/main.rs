//! One binary for all tests of the crate.

mod any;
mod corpus;
mod lookalikes;
mod rules;
mod secrets;
