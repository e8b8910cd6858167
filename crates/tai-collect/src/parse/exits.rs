use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use super::units::routine;
use super::{Reading, Value};

/// A line of `journalctl -o short` and its relatives: what stands before the identifier, the identifier, the message.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\S.*? (?P<identifier>[^\s\[\]:]+)(?:\[\d+\])?: (?P<message>.*)$").expect("a valid pattern")
});
static EXITED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:Main|Control) process exited, code=(?:exited|killed|dumped), status=(?P<status>\S+)")
        .expect("a valid pattern")
});

/// Reads `journalctl -u UNIT` for the last time that the unit's process ended with a failure, and what it said before it did: `unit`, `status` (`1/FAILURE`), `last_words`,
/// `current` (1 when the unit has not been started or stopped in order since), `routine` (1 for a unit whose failure seldom matters). At the line of the last words; none
/// when the process said nothing.
pub(super) fn last_exit(command: &str, unit: &str, text: &str) -> Vec<Reading> {
    let mut said: Option<(usize, &str, &str)> = None;
    let mut exit: Option<(String, (usize, &str, &str))> = None;
    let mut current = false;
    for (i, line) in text.lines().enumerate() {
        let Some(parts) = LINE.captures(line) else { continue };
        let message = parts.name("message").map_or("", |m| m.as_str());
        if &parts["identifier"] != "systemd" {
            said = Some((i + 1, line, message)).filter(|_| !message.trim().is_empty()).or(said);
        } else if let Some(status) = EXITED.captures(message) {
            // A process that ended as it should is logged the same way by some versions.
            exit = said
                .take()
                .filter(|_| &status["status"] != "0/SUCCESS")
                .map(|words| (status["status"].to_owned(), words))
                .or(exit);
        } else if message.contains("Failed with result") {
            current = true;
        } else if message.starts_with("Started ")
            || message.starts_with("Finished ")
            || message.ends_with("Deactivated successfully.")
        {
            current = false;
        }
    }
    let Some((status, (line, text, words))) = exit else { return Vec::new() };
    let fields = BTreeMap::from([
        ("unit", Value::Text(unit.to_owned())),
        ("status", Value::Text(status)),
        ("last_words", Value::Text(words.trim().to_owned())),
        ("current", Value::Number(if current { 1.0 } else { 0.0 })),
        ("routine", routine(unit)),
    ]);
    vec![Reading { kind: "exit", fields, command: command.to_owned(), line, text: text.to_owned() }]
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOP: &str = "\
2026-05-04T10:00:00+0000 web1 systemd[1]: Started worker.service - Worker.
2026-05-04T10:00:00+0000 web1 worker[75]: reading configuration
2026-05-04T10:00:00+0000 web1 worker[75]: cannot open /etc/worker.conf: No such file or directory
2026-05-04T10:00:00+0000 web1 systemd[1]: worker.service: Main process exited, code=exited, status=2/INVALIDARGUMENT
2026-05-04T10:00:00+0000 web1 systemd[1]: worker.service: Failed with result 'exit-code'.
2026-05-04T10:00:01+0000 web1 systemd[1]: worker.service: Scheduled restart job, restart counter is at 1.
2026-05-04T10:00:01+0000 web1 systemd[1]: worker.service: Start request repeated too quickly.
";

    fn check(text: &str, expect: Option<(&str, &str, usize, f64)>) {
        let found = last_exit("journalctl -u worker.service", "worker.service", text);
        let found = found
            .first()
            .map(|r| (r.text_of("status"), r.text_of("last_words"), r.line, r.number_of("current").unwrap()));
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn the_last_words_before_the_end() {
        let words = "cannot open /etc/worker.conf: No such file or directory";
        check(LOOP, Some(("2/INVALIDARGUMENT", words, 3, 1.0)));
        let repaired = format!("{LOOP}May 04 10:05:00 web1 systemd[1]: Started worker.service - Worker.\n");
        check(&repaired, Some(("2/INVALIDARGUMENT", words, 3, 0.0)));
        check(&LOOP.replace("worker[75]", "systemd[75]"), None);
        check("-- No entries --\n", None);
        check("", None);
    }
}
