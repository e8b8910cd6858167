use std::sync::LazyLock;

use regex::Regex;

use super::kernel_events::{self, time_of};
use super::quantity::{count, log_time, number};
use super::rows::{Fields, Line, Output, Rows, line_at, line_ends};
use super::units::is_routine;

/// A line of `journalctl -o short` and its relatives: what stands before the identifier, the identifier, the message.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\S.*? (?P<identifier>[^\s\[\]:]+)(?:\[\d+\])?: (?P<message>.*)$").expect("a valid pattern")
});
static EXITED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:Main|Control) process exited, code=(?:exited|killed|dumped), status=(?P<status>\S+)")
        .expect("a valid pattern")
});
/// What systemd says of the life of a unit.
static LIFE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?m) process exited, code=|Failed with result|: Started |: Finished |: Stopped |Deactivated successfully\.$",
    )
    .expect("a valid pattern")
});
static SUPPRESSED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"Suppressed (?P<count>\d+) messages|(?P<callbacks>\d+) callbacks suppressed|imjournal: .*?(?P<lost>\d+) messages lost").expect("a valid pattern")
});

/// Reads a log as a whole, without going through its lines: kinds `log` and `kernel_event`.
pub(super) fn log(output: &Output<'_>, rows: &mut Rows) {
    let text = output.text.trim_end();
    // Not the headings of journalctl, nor lines that go on with what was said before.
    let is_entry = |line: &&str| !line.starts_with("-- ") && !line.starts_with([' ', '\t']) && !line.is_empty();
    let first = text.lines().find(is_entry);
    let last = text.lines().rev().take(200).find(|line| is_entry(line) && !line.starts_with("[tai: cut after"));
    if let Some((first, last)) = first.zip(last) {
        let (begin, end) = (entry_time(first, output), entry_time(last, output));
        if begin.is_some() || !time_of(first).is_empty() {
            let span = begin
                .zip(end)
                .map(|(begin, end)| end - begin)
                .or_else(|| kernel_span(first, last))
                .filter(|span| *span >= 0.0);
            let lines = line_ends(text) as f64 + 1.0;
            let fields = Fields::of("log")
                .number("lines", lines)
                .text("first", time_of(first))
                .text("last", time_of(last))
                .number("span_seconds", span)
                .number("lines_per_minute", span.filter(|span| *span > 0.0).map(|span| lines / span * 60.0))
                .number("age_hours", output.hours_since(end))
                .number("suppressed", suppressed(text));
            let fields = fields.flag(
                "is_corrupt",
                text.contains("corrupted or uncleanly shut down") || text.contains("Journal file corrupted"),
            );
            rows.push(output.line_with(last), fields);
        }
    }
    kernel_events::read(output, rows);
}

/// The time of a line, in JSON of the journal too.
pub(super) fn entry_time(line: &str, output: &Output<'_>) -> Option<f64> {
    if line.starts_with('{') {
        let (_, rest) = line.split_once("\"__REALTIME_TIMESTAMP\"")?;
        return Some(count(rest.split('"').nth(1)?)? / 1e6);
    }
    log_time(line, output.at)
}

/// Of `[  123.456] …`, seconds since the boot.
fn kernel_span(first: &str, last: &str) -> Option<f64> {
    let seconds = |line: &str| number(line.strip_prefix('[')?.split_once(']')?.0);
    Some(seconds(last)? - seconds(first)?)
}

fn suppressed(text: &str) -> f64 {
    let counts = SUPPRESSED
        .captures_iter(text)
        .filter_map(|found| ["count", "callbacks", "lost"].iter().find_map(|name| count(found.name(name)?.as_str())));
    counts.fold(0.0, |sum, n| sum + n)
}

/// Reads `journalctl -u UNIT` for the last time that the unit's process ended with a failure, and what it said before it did: kind `exit`, at the line of the last words; none
/// when the process said nothing. `current` is 1 when the unit has not been started or stopped in order since.
pub(super) fn last_exit(unit: &str, output: &Output<'_>, rows: &mut Rows) {
    let unit = if unit.contains('.') { unit.to_owned() } else { format!("{unit}.service") };
    let text = output.text;
    // What was said before here belongs to an end that is known.
    let mut since = 0;
    let mut exit: Option<(String, Line<'_>, &str)> = None;
    let mut current = false;
    let mut at = 0;
    while let Some(hit) = LIFE.find_at(text, at) {
        let line = line_at(text, hit.start());
        let begin = line.text.as_ptr() as usize - text.as_ptr() as usize;
        at = begin + line.text.len();
        let Some(("systemd", message)) = entry(line.text) else { continue };
        if let Some(status) = EXITED.captures(message) {
            let said = last_words(text, since, begin);
            since = at;
            // A process that ended as it should is logged the same way by some versions.
            if let Some((line, words)) = said.filter(|_| &status["status"] != "0/SUCCESS") {
                exit = Some((status["status"].to_owned(), line, words));
            }
        } else if message.contains("Failed with result") {
            current = true;
        } else if message.starts_with("Started ")
            || message.starts_with("Finished ")
            || message.starts_with("Stopped ")
            || message.ends_with("Deactivated successfully.")
        {
            current = false;
        }
    }
    let Some((status, line, words)) = exit else { return };
    let fields = Fields::of("exit").text("unit", &unit).text("status", &status).text("last_words", words.trim());
    let read_only = if words.contains("Read-only file system") { unit.as_str() } else { "" };
    rows.push(
        line,
        fields.text("read_only_unit", read_only).flag("current", current).flag("routine", is_routine(&unit)),
    );
}

/// What the C library says of a call that the kernel refused (errno(3)): the reason for what a program says next.
const REFUSALS: [&str; 18] = [
    "No such file or directory",
    "Permission denied",
    "Operation not permitted",
    "Read-only file system",
    "No space left on device",
    "Disk quota exceeded",
    "Input/output error",
    "Address already in use",
    "Cannot assign requested address",
    "Cannot allocate memory",
    "Too many open files",
    "Resource temporarily unavailable",
    "Connection refused",
    "Connection timed out",
    "No route to host",
    "Exec format error",
    "Name or service not known",
    "Temporary failure in name resolution",
];
/// So many lines before the end a refusal is taken for its reason.
const NEAR: usize = 5;

/// Of the lines between `since` and `before` that are not systemd's and say something the last; a refusal shortly before it tells more.
fn last_words(text: &str, since: usize, before: usize) -> Option<(Line<'_>, &str)> {
    let said = text[since..before].lines().rev().filter_map(|line| {
        let (identifier, message) = entry(line)?;
        (identifier != "systemd" && !message.trim().is_empty()).then_some((line, message))
    });
    let said: Vec<_> = said.take(NEAR).collect();
    let refused = said.iter().find(|(_, message)| REFUSALS.iter().any(|refusal| message.contains(refusal)));
    refused.or(said.first()).map(|&(line, message)| {
        let number = line_ends(&text[..line.as_ptr() as usize - text.as_ptr() as usize]) + 1;
        (Line { number, text: line }, message)
    })
}

/// The identifier and the message of a line.
fn entry(line: &str) -> Option<(&str, &str)> {
    let parts = LINE.captures(line)?;
    Some((parts.name("identifier")?.as_str(), parts.name("message")?.as_str()))
}

#[cfg(test)]
mod tests {
    use crate::parse::testing;

    const LOOP: &str = "\
2026-05-04T10:00:00+0000 web1 systemd[1]: Started worker.service - Worker.
2026-05-04T10:00:00+0000 web1 worker[75]: reading configuration
2026-05-04T10:00:00+0000 web1 worker[75]: cannot open /etc/worker.conf: No such file or directory
2026-05-04T10:00:00+0000 web1 systemd[1]: worker.service: Main process exited, code=exited, status=2/INVALIDARGUMENT
2026-05-04T10:00:00+0000 web1 systemd[1]: worker.service: Failed with result 'exit-code'.
2026-05-04T10:00:01+0000 web1 systemd[1]: worker.service: Scheduled restart job, restart counter is at 1.
2026-05-04T10:00:01+0000 web1 systemd[1]: worker.service: Start request repeated too quickly.
";

    fn check(text: &str, expect: &[&str]) {
        testing::check("journalctl -u worker.service", text, "exit", "status last_words current", expect, 0);
    }

    #[test]
    fn the_last_words_before_the_end() {
        let words = "2/INVALIDARGUMENT cannot open /etc/worker.conf: No such file or directory";
        check(LOOP, &[&format!("3: {words} 1")]);
        let of_two = "journalctl -u postgresql -u worker.service";
        testing::check(of_two, LOOP, "exit", "status last_words current", &[], 0);
        let repaired = format!("{LOOP}May 04 10:05:00 web1 systemd[1]: Started worker.service - Worker.\n");
        check(&repaired, &[&format!("3: {words} 0")]);
        check(
            &format!("{LOOP}2026-05-04T10:05:00+0000 web1 systemd[1]: Stopped worker.service - Worker.\n"),
            &[&format!("3: {words} 0")],
        );
        let reading = "worker[75]: cannot open";
        let then = LOOP.replace(
            ": No such file or directory",
            ": No such file or directory\n2026-05-04T10:00:00+0000 web1 worker[74]: giving up",
        );
        check(&then, &[&format!("3: {words} 1")]);
        check(
            &then.replace(reading, "worker[75]: systemd opens").replace("No such", "such"),
            &["4: 2/INVALIDARGUMENT giving up 1"],
        );
        check(&LOOP.replace("worker[75]", "systemd[75]"), &[]);
        check("-- No entries --\n", &[]);
        check("", &[]);
    }
}
