//! The built-in runbooks over real log lines, and the parser over anything.

mod cases;
mod healthy;
mod parse;
