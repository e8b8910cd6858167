//! How the time of a decision grows with the length of the command: `cargo bench -p tai-ssh --bench policy`. A ratio near 2 is linear;
//! beyond the limit of 64 KiB a command is denied without being read.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::time::{Duration, Instant};

use tai_ssh::Policy;

fn main() {
    let policy = Policy::builtin();
    println!("{:24} {:>12} {:>12} {:>7}", "what", "half", "whole", "ratio");
    for (name, unit) in [
        ("letters", "a"),
        ("spaces", "  "),
        ("quotes", "''"),
        ("flags", "-"),
        ("words", "a "),
        ("slashes", "/"),
        ("proc", "/proc"),
        ("roots", "/rootfs"),
        ("secrets", "/x.ssh-id_rsa"),
        ("Unicode", "é"),
    ] {
        for (size, label) in [(60 << 10, "60 KiB"), (1 << 20, "1 MiB")] {
            let line = |bytes: usize| format!("cat /{}", unit.repeat(bytes / unit.len()));
            let (half, whole) = (time(&policy, &line(size / 2)), time(&policy, &line(size)));
            let ratio = whole.as_secs_f64() / half.as_secs_f64();
            println!("{:24} {half:>12.1?} {whole:>12.1?} {ratio:>7.2}", format!("{name}, {label}"));
        }
    }
}

/// The best of some runs.
fn time(policy: &Policy, line: &str) -> Duration {
    let once = || {
        let start = Instant::now();
        drop(std::hint::black_box(policy.check(std::hint::black_box(line))));
        start.elapsed()
    };
    (0..20).map(|_| once()).min().unwrap_or_default()
}
