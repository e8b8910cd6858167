//! The read-only policy in a program of one's own: what it denies, and what it runs on this machine.
//!
//! `cargo run -p tai-ssh --example ask -- 'df -h' 'rm -rf /tmp/x'`

use std::error::Error;
use std::io::{Write, stdout};

use tai_ssh::{Host, Limits, LocalHost, Policy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let policy = Policy::builtin();
    let host = LocalHost::new();
    let mut out = stdout();
    for line in std::env::args().skip(1) {
        match policy.check(&line) {
            Ok(command) => {
                let output = host.run(&command, &Limits::default()).await?;
                writeln!(out, "$ {line}\n{}", tai_ssh::visible(output.stdout))?;
            }
            Err(denied) => writeln!(out, "$ {line}\ndenied: {denied}")?,
        }
    }
    Ok(())
}
