//! `tai`: see the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    tai_cli::main(std::env::args_os().skip(1))
}
