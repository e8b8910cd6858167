//! Looking into directories: a bounded listing first, then the ends of the logs and the small texts that it shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::plan::Wanted;
use crate::table::USUAL;
use crate::{Category, Clock, Collected, Collector, Cost, Family, When, Window};

/// Logs of one directory whose end is read.
const MAX_LOGS: usize = 5;
/// Small texts of one directory that are read.
const MAX_TEXTS: usize = 3;
const SMALL: u64 = 64 << 10;
/// Old parts of one log that are read.
const MAX_ROTATED: usize = 2;
/// A log with fewer lines than this was begun not long ago.
const FEW_LINES: usize = 200;

const LISTING: Collector = Collector {
    id: "directory-listing",
    command: "find {path} -xdev -maxdepth 4 -type f -printf '%TY-%Tm-%TdT%TH:%TM %s %p\\n'",
    value: 8,
    cost: Cost::Heavy,
    timeout_s: 20,
    max_kib: 96,
    why: "which files there are, how old and how large: the newest and the largest tell most",
    ..USUAL
};
const NEWEST: Collector = Collector {
    id: "directory-newest",
    command: "ls -lat {path}",
    when: &[When::Family(Family::Alpine)],
    value: 6,
    why: "the newest files of the directory, where find cannot print times",
    ..USUAL
};
/// All logs of the host by name, so that old parts of the logs that matter are found.
const LOGS: Collector = Collector {
    id: "log-files",
    command: "find /var/log -xdev -maxdepth 3 -type f -printf '%TY-%Tm-%TdT%TH:%TM %s %p\\n'",
    value: 7,
    cost: Cost::Medium,
    timeout_s: 15,
    max_kib: 512,
    why: "which logs there are, rotated ones too, and when they were last written",
    ..USUAL
};
const LOG_END: Collector =
    Collector { id: "log-end", command: "tail -n 400", value: 8, why: "what the log said last", ..USUAL };
const ROTATED: Collector = Collector {
    id: "rotated-log",
    command: "zgrep",
    value: 7,
    cost: Cost::Medium,
    why: "what the log said before it was rotated",
    ..USUAL
};
const TEXT: Collector = Collector {
    id: "small-file",
    command: "cat",
    value: 6,
    max_kib: 64,
    why: "what a small file says that lies in the directory in question",
    ..USUAL
};
const CONFIG: Collector = Collector {
    id: "config-file",
    categories: &[Category::General],
    command: "cat {file}",
    value: 7,
    max_kib: 128,
    why: "the configuration that the unit is told to read",
    ..USUAL
};

/// Directories that are too large to be walked for a word in a ticket.
pub(crate) const TOO_LARGE: &[&str] =
    &["/", "/usr", "/var", "/etc", "/proc", "/sys", "/dev", "/run", "/lib", "/boot", "/home", "/tmp"];

/// Collectors that look into what the ticket and outputs name. They are no rows of the table: what they run depends on what is found.
pub(crate) const COLLECTORS: [Collector; 4] = [LOGS, LISTING, NEWEST, CONFIG];

static LOG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\.log|\.out|\.err|[._-]log|/log|/syslog|/messages|/maillog|/secure|/catalina\.out|/dmesg|/stderr|/stdout|/[\w.-]*error[\w.-]*)$")
        .expect("a valid pattern")
});
/// A part of a log that was rotated away, compressed or not: the log itself, and what was put after its name.
static OLD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?P<log>.*?)[._-](?:\d{1,3}|\d{8}(?:-\d+)?|\d{4}-\d\d-\d\d[\w-]*|old|prev)(?:\.log)?(?:\.(?:gz|xz|zst|bz2))?$|^(?P<packed>.*\.log)\.(?:gz|xz|zst|bz2)$")
        .expect("a valid pattern")
});
static PLAIN_TEXT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\.(?:conf|cnf|cfg|ini|ya?ml|toml|json|xml|properties|txt|md|service|status|state|sh|sql)$|/[A-Z]{4,}$",
    )
    .expect("a valid pattern")
});
/// The words that lines of trouble have, for a search in what was rotated away.
const WORDS: &str = "error|fail|fatal|panic|crit|alert|emerg|denied|refused|timed out|timeout|killed|corrupt|no space|unable|cannot|exception|traceback";

/// A file of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry<'a> {
    /// Local time of the host, to the minute: sorts as text.
    modified: &'a str,
    size: u64,
    path: &'a str,
}

/// Reads a listing, newest first. A line that is no entry below `dir` is skipped: a name with a newline in it makes such lines.
fn entries<'a>(dir: &str, text: &'a str) -> Vec<Entry<'a>> {
    let prefix = format!("{}/", dir.trim_end_matches('/'));
    let read = |line: &'a str| {
        let mut parts = line.splitn(3, ' ');
        let (modified, size, path) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let is_time = modified.len() == 16 && modified.as_bytes().get(10) == Some(&b'T');
        let is_inside = (path == dir || path.starts_with(&prefix)) && !path.split('/').any(|part| part == "..");
        // Control characters were made visible, and such a name is not the file's any more.
        let is_plain = path.chars().all(|c| !c.is_control() && c != '\u{fffd}' && c != '\\');
        (is_time && is_inside && is_plain).then_some(Entry { modified, size, path })
    };
    let mut entries: Vec<_> = text.lines().filter_map(read).collect();
    entries.sort_by(|a, b| b.modified.cmp(a.modified).then(a.path.cmp(b.path)));
    entries
}

/// What is read of the directories that were listed, and of the logs whose end did not reach back far enough.
pub(crate) fn wanted(collected: &[Collected], window: Option<&Window>, clock: Option<&Clock>) -> Vec<Wanted> {
    let days = window.zip(clock).map(|(window, clock)| window.days(clock)).unwrap_or_default();
    let pattern = if days.is_empty() { WORDS.to_owned() } else { days_pattern(&days) };
    let mut wanted = Vec::new();
    let mut old_parts = BTreeMap::new();
    for output in collected {
        let Some((dir, _)) = output.command.strip_prefix("find ").and_then(|rest| rest.split_once(" -xdev -maxdepth "))
        else {
            continue;
        };
        if !output.command.contains(" -printf ") {
            continue;
        }
        let dir = dir.trim_matches('\'');
        let entries = entries(dir, &output.text);
        for entry in &entries {
            if let Some(log) = log_of(entry.path) {
                old_parts.entry(log.to_owned()).or_insert_with(Vec::new).push(entry.path.to_owned());
            }
        }
        if dir != "/var/log" {
            wanted.extend(of_directory(dir, &entries, &pattern));
        }
    }
    wanted.extend(rotated(collected, &old_parts, &pattern, !days.is_empty()));
    wanted
}

/// The log that a file is an old part of.
fn log_of(path: &str) -> Option<&str> {
    let captures = OLD.captures(path)?;
    Some(captures.name("log").or(captures.name("packed"))?.as_str())
}

fn of_directory(dir: &str, entries: &[Entry<'_>], pattern: &str) -> Vec<Wanted> {
    let is_old = |e: &&Entry<'_>| e.size > 0 && log_of(e.path).is_some();
    let logs = entries.iter().filter(|e| e.size > 0 && LOG.is_match(e.path) && log_of(e.path).is_none());
    let texts = entries.iter().filter(|e| e.size <= SMALL && PLAIN_TEXT.is_match(e.path)).filter(|e| e.size > 0);
    let reason = format!("{}: among the newest files there", tai_ssh::visible_line(dir.to_owned()));
    let want = |collector: Collector, line: String| Wanted {
        collector,
        line,
        reason: reason.clone(),
        score: f64::from(collector.value),
    };
    let read =
        |collector: Collector, e: &Entry<'_>| want(collector, format!("{} {}", collector.command, quoted(e.path)));
    let logs = logs.take(MAX_LOGS).map(|e| read(LOG_END, e));
    let old = entries.iter().filter(is_old).take(MAX_ROTATED).map(|e| want(ROTATED, search(pattern, e.path)));
    logs.chain(old).chain(texts.take(MAX_TEXTS).map(|e| read(TEXT, e))).collect()
}

/// Old parts of the logs of which an end was read that is shorter than was asked for, or that lie in the time in question.
fn rotated(
    collected: &[Collected],
    old_parts: &BTreeMap<String, Vec<String>>,
    pattern: &str,
    is_timed: bool,
) -> Vec<Wanted> {
    let mut seen = BTreeSet::new();
    let mut wanted = Vec::new();
    for (log, lines) in collected.iter().filter_map(end_of_log) {
        let Some(parts) = old_parts.get(log).filter(|_| lines < FEW_LINES || is_timed) else { continue };
        // Newest first, as the listing is.
        for part in parts.iter().filter(|part| seen.insert((*part).clone())).take(MAX_ROTATED) {
            let reason = format!("{}: it was rotated", tai_ssh::visible_line(log.to_owned()));
            let score = f64::from(ROTATED.value);
            wanted.push(Wanted { collector: ROTATED, line: search(pattern, part), reason, score });
        }
    }
    wanted
}

fn search(pattern: &str, path: &str) -> String {
    format!("zgrep -m 400 -h -i -E '{pattern}' {}", quoted(path))
}

/// The log that a `tail` was of, and how many lines it gave.
fn end_of_log(output: &Collected) -> Option<(&str, usize)> {
    let words: Vec<&str> = output.command.split(' ').collect();
    match words.as_slice() {
        ["tail", "-n", _, path] if path.starts_with('/') => Some((path, output.text.lines().count())),
        _ => None,
    }
}

/// The days in the forms that logs write them in: ISO 8601, syslog, nginx, the access logs of web servers.
fn days_pattern(days: &[jiff::civil::Date]) -> String {
    let forms = |day: &jiff::civil::Date| {
        ["%Y-%m-%d", "%b %e ", "%Y/%m/%d", "%d/%b/%Y", "%Y%m%d"].map(|form| day.strftime(form).to_string()).join("|")
    };
    days.iter().map(forms).collect::<Vec<_>>().join("|")
}

/// One word for the policy's parser.
fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_with_hostile_names() {
        let text = "2026-05-04T10:00 12 /srv/a/app.log\n2026-05-04T11:00 5 /srv/a/evil\n2026-05-04T12:00 1 /etc/shadow\n\
                    2026-05-04T09:00 7 /srv/a/it's here.log\nbroken\n2026-05-04T12:00 9 /srv/a/../b\n\
                    2026-05-04T12:00 9 /srv/a/esc\\x1b[31m\n2026-05-04T10:00 99999999999999999999 /srv/a/x\n2026-05";
        let found: Vec<_> = entries("/srv/a", text).iter().map(|e| e.path.to_owned()).collect();
        assert_eq!(found, ["/srv/a/evil", "/srv/a/app.log", "/srv/a/it's here.log"]);
    }

    #[test]
    fn old_parts_know_their_log() {
        let check = |path: &str, expect: Option<&str>| assert_eq!(log_of(path), expect, "{path}");
        check("/var/log/syslog.1", Some("/var/log/syslog"));
        check("/var/log/syslog.12.gz", Some("/var/log/syslog"));
        check("/var/log/messages-20260504.xz", Some("/var/log/messages"));
        check("/var/log/app/app.log.2026-05-04", Some("/var/log/app/app.log"));
        check("/var/log/app.log.gz", Some("/var/log/app.log"));
        check("/var/log/app.log", None);
        check("/var/log/syslog", None);
    }

    #[test]
    fn logs_before_texts_and_no_more_than_a_few() {
        let line = |i: usize, name: &str| format!("2026-05-04T10:{:02} 100 /srv/a/{name}\n", 59 - i);
        let text: String =
            (0..20).map(|i| line(i, &format!("l{i}.log"))).chain([line(30, "a.conf"), line(31, "b.bin")]).collect();
        let found = of_directory("/srv/a", &entries("/srv/a", &text), WORDS);
        let lines: Vec<_> = found.iter().map(|w| w.line.as_str()).collect();
        assert_eq!(lines.first(), Some(&"tail -n 400 '/srv/a/l0.log'"));
        assert_eq!((lines.len(), lines.last()), (6, Some(&"cat '/srv/a/a.conf'")));
        let old = of_directory("/srv/a", &entries("/srv/a", "2026-05-04T10:00 9 /srv/a/x.log.2.gz\n"), "e");
        assert_eq!(old[0].line, "zgrep -m 400 -h -i -E 'e' '/srv/a/x.log.2.gz'");
    }

    #[test]
    fn days_in_every_form() {
        let day: jiff::civil::Date = "2026-05-04".parse().unwrap();
        assert_eq!(days_pattern(&[day]), "2026-05-04|May  4 |2026/05/04|04/May/2026|20260504");
    }
}
