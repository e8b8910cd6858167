//! The built-in runbooks over real log lines, and the parser over anything.

mod cases;
mod disk;
mod healthy;
mod memory;
mod nginx;
mod parse;
mod ssh;
mod systemd;
