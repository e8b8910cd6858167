//! How fast plain log text is read: 200 MB of ordinary lines, with a secret in every five-thousandth. One thread, whose time on the CPU is taken, so that
//! a busy machine tells the same. As a stream in chunks of a megabyte.

use std::fs;
use std::io::{self, Write};

use tai_redact::Secrets;

fn main() -> io::Result<()> {
    let mut log = Vec::new();
    for i in 0_u64.. {
        if log.len() >= 200_000_000 {
            break;
        }
        let pid = 1000 + i % 30_000;
        let line = match i % 5000 {
            0 => format!("2026-05-04T09:12:44+0000 web1 app[{pid}]: connecting as shop with password=k{i}Xq\n"),
            1..1000 => format!(
                "2026-05-04T09:12:44+0000 web1 sshd[{pid}]: Accepted publickey for ann from 192.0.2.7 port {pid} ssh2: ED25519\n"
            ),
            1000..3000 => format!(
                "192.0.2.7 - - [04/May/2026:09:12:44 +0000] \"GET /cart/{i} HTTP/1.1\" 200 5124 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"\n"
            ),
            3000..4000 => format!(
                "2026-05-04T09:12:44+0000 web1 app[{pid}]: request {i} took 12 ms, path=/cart/{i}, status=200\n"
            ),
            _ => format!(
                "2026-05-04T09:12:44+0000 web1 kernel: [UFW BLOCK] IN=eth0 OUT= SRC=198.51.100.{} DST=192.0.2.1 LEN=40 ID={i}\n",
                i % 250
            ),
        };
        log.extend_from_slice(line.as_bytes());
    }
    let mut best = f64::INFINITY;
    let (mut redacted, mut tags) = (Vec::new(), 0);
    for _ in 0..5 {
        let mut secrets = Secrets::default();
        let mut stream = secrets.stream();
        tags = 0;
        let start = seconds_on_cpu()?;
        for chunk in log.chunks(1 << 20) {
            redacted.clear();
            stream.push(chunk, &mut redacted);
            tags += memchr::memmem::find_iter(&redacted, b"[REDACTED:").count();
        }
        stream.finish(&mut redacted);
        best = best.min(seconds_on_cpu()? - start);
    }
    let megabytes = log.len() as f64 / 1e6;
    writeln!(io::stdout(), "{megabytes:.0} MB, {tags} secrets: {:.0} MB/s (best of 5)", megabytes / best)
}

/// Of this thread, as Linux counts: proc(5), schedstat, in nanoseconds.
fn seconds_on_cpu() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(stat.split(' ').next().and_then(|n| n.parse::<f64>().ok()).unwrap_or_default() / 1e9)
}
