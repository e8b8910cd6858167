//! How fast the built-in signals read a journal: 50 MB of ordinary lines, with a real problem in every thousandth.

use std::{io::Write, time::Instant};

use tai_runbook::{Library, Observation};

fn main() -> std::io::Result<()> {
    let mut journal = String::new();
    for i in 0_u64.. {
        if journal.len() >= 50_000_000 {
            break;
        }
        let pid = 1000 + i % 30_000;
        journal.push_str(&match i % 1000 {
            0 => format!("2026-05-04T09:12:44+0000 web1 systemd[1]: app{}.service: Start request repeated too quickly.\n", i % 7000),
            1..400 => format!("2026-05-04T09:12:44+0000 web1 sshd[{pid}]: Accepted publickey for ann from 192.0.2.7 port {pid} ssh2: ED25519\n"),
            400..700 => format!("2026-05-04T09:12:44+0000 web1 café[{pid}]: naïve request {i} took 12 ms, path=/cart/{i}, status=200\n"),
            _ => format!("2026-05-04T09:12:44+0000 web1 kernel: [UFW BLOCK] IN=eth0 OUT= SRC=198.51.100.{} DST=192.0.2.1 LEN=40 ID={i}\n", i % 250),
        });
    }
    let library = Library::builtin();
    let observation = Observation { command: "journalctl -n 500", text: &journal };
    let start = Instant::now();
    let findings = library.findings(&[observation], &[], None);
    let seconds = start.elapsed().as_secs_f64();
    let megabytes = journal.len() as f64 / 1e6;
    let signals: usize = library.runbooks().iter().map(|runbook| runbook.signals.len()).sum();
    let matches: usize = findings.iter().map(|finding| finding.count).sum();
    writeln!(
        std::io::stdout(),
        "{megabytes:.0} MB, {signals} signals: {seconds:.2} s, {:.0} MB/s, {} findings of {matches} lines",
        megabytes / seconds,
        findings.len(),
    )
}
