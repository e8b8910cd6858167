use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp, civil, tz::Offset};
use regex::{Captures, Regex};

use crate::finding::Observation;

/// What is needed to read the times of log lines: the time of the collection, the boot, and the host's offset from UTC.
///
/// Nothing here asks a clock: `now` is told, and the rest is read from the outputs themselves.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    now: Option<Timestamp>,
    boot: Option<Timestamp>,
    offset: Offset,
}

impl Clock {
    /// The clock of a host that was looked at `now`.
    ///
    /// The newest line of its logs takes the place of `now` when that is not known, when the lines are newer, or when they are all
    /// more than a day older: a host that works writes something every day, so the outputs are from then. The boot comes from
    /// `uptime`, and the offset from the first time that shows one.
    pub fn read(now: Option<Timestamp>, observations: &[Observation<'_>]) -> Self {
        let logs = || observations.iter().filter(|observation| is_log(observation.command));
        let mut clock = Clock { now, boot: None, offset: Offset::UTC };
        clock.offset = logs().find_map(|log| first_offset(log.text)).unwrap_or(Offset::UTC);
        let newest = logs().filter_map(|log| log.text.lines().rev().take(3).find_map(|line| clock.time_of(line))).max();
        let is_off = |now: Timestamp, newest: Timestamp| {
            let age = now.duration_since(newest);
            age.is_negative() || age > SignedDuration::from_hours(24)
        };
        clock.now = match (now, newest) {
            (Some(now), Some(newest)) if is_off(now, newest) => Some(newest),
            (now, newest) => now.or(newest),
        };
        let uptime = observations.iter().find(|observation| observation.command == "uptime");
        clock.boot = uptime.and_then(|uptime| clock.now?.checked_sub(up_for(uptime.text)?).ok());
        clock
    }

    /// When the outputs were collected.
    pub fn now(&self) -> Option<Timestamp> {
        self.now
    }

    /// The first time that a line shows in its first 160 characters, to the second.
    ///
    /// Read are ISO 8601 and its relatives (journal, `PostgreSQL`, `MySQL`, nginx, Java), syslog and ctime (`May  4 09:12:44`, Apache, `dmesg --ctime`),
    /// the common log format, PHP, Redis, klog, the audit log, and the seconds since boot of dmesg. A line without a year is of the last
    /// year in which it is not in the future.
    pub fn time_of(&self, line: &str) -> Option<Timestamp> {
        let head = line.char_indices().nth(160).map_or(line, |(end, _)| &line[..end]);
        let found = TIME.captures(head)?;
        let number = |name: &str| found.name(name).and_then(|group| group.as_str().trim().parse::<i64>().ok());
        if let Some(seconds) = number("since_boot") {
            return self.boot?.checked_add(SignedDuration::from_secs(seconds)).ok();
        }
        if let Some(seconds) = number("epoch") {
            return Timestamp::from_second(seconds).ok();
        }
        let offset = zone(&found).unwrap_or(self.offset);
        let month = number("month").or_else(|| found.name("klog_month")?.as_str().parse().ok());
        let month = month.or_else(|| month_number(found.name("month_name").or(found.name("month_word"))?.as_str()))?;
        let day = ["day", "syslog_day", "clf_day", "klog_day"].iter().find_map(|name| number(name))?;
        let at = |year: i64| {
            let part = |value: i64| i8::try_from(value).ok();
            let (hour, minute, second) = (number("hour")?, number("minute")?, number("second")?.min(59));
            let year = i16::try_from(year).ok()?;
            let date =
                civil::DateTime::new(year, part(month)?, part(day)?, part(hour)?, part(minute)?, part(second)?, 0);
            offset.to_timestamp(date.ok()?).ok()
        };
        match ["year", "syslog_year", "clf_year"].iter().find_map(|name| number(name)) {
            Some(year) => at(year),
            None => self.latest(offset, at),
        }
    }

    /// The last year in which the time is no later than a day from now.
    fn latest(&self, offset: Offset, at: impl Fn(i64) -> Option<Timestamp>) -> Option<Timestamp> {
        let now = self.now?;
        let year = i64::from(offset.to_datetime(now).year());
        let tomorrow = now.checked_add(SignedDuration::from_hours(24)).ok()?;
        (year - 1..=year + 1).rev().filter_map(at).find(|time| *time <= tomorrow)
    }
}

/// Commands that print what happened, each line with its time; all others print what is.
pub fn is_log(command: &str) -> bool {
    let mut words = command.split_whitespace();
    match words.next() {
        Some("journalctl" | "tail" | "dmesg" | "zcat" | "xzcat" | "zstdcat" | "head") => true,
        Some("cat" | "grep" | "zgrep" | "xzgrep" | "zstdgrep") => words.any(|word| word.starts_with("/var/log/")),
        Some("docker" | "podman" | "crictl" | "kubectl") => words.any(|word| word == "logs"),
        _ => false,
    }
}

const CLOCK_TIME: &str = r"(?P<hour>\d{1,2}):(?P<minute>\d\d):(?P<second>\d\d)";

static TIME: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = format!(
        r"(?x)^\[\s*(?P<since_boot>\d+)\.\d{{6}}\]
        | \baudit\((?P<epoch>\d{{10}})\.\d
        | (?: (?P<year>(?:19|20)\d\d)[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T\x20]
            | \b(?P<month_name>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\x20+(?P<syslog_day>\d{{1,2}})\x20
            | \b(?P<clf_day>\d{{1,2}})[/\x20-](?P<month_word>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[/\x20-](?P<clf_year>(?:19|20)\d\d)[:\x20]
            | \b[IWEF](?P<klog_month>\d\d)(?P<klog_day>\d\d)\x20
          ) {CLOCK_TIME}
          (?:[.,]\d+)? \x20? (?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)? (?:\x20?(?P<syslog_year>20\d\d)\b)?"
    );
    Regex::new(&pattern).expect("a valid pattern")
});

static UP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\bup\s+(?:(?P<days>\d+) days?,\s*)?(?:(?P<hours>\d+):(?P<minutes>\d\d)|(?P<only_minutes>\d+) min)?")
        .expect("a valid pattern")
});

/// What `uptime` says: `10:00:00 up 3 days,  2:14,  1 user, …`.
fn up_for(text: &str) -> Option<SignedDuration> {
    let found = UP.captures(text)?;
    let number = |name: &str| found.name(name).map_or(Some(0), |group| group.as_str().parse::<i64>().ok());
    let minutes = number("minutes")? + number("only_minutes")?;
    let hours = number("days")?.checked_mul(24)?.checked_add(number("hours")?)?;
    Some(SignedDuration::from_secs(hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?))
}

fn first_offset(text: &str) -> Option<Offset> {
    text.lines().take(3).find_map(|line| zone(&TIME.captures(line)?))
}

fn zone(found: &Captures<'_>) -> Option<Offset> {
    let text = found.name("zone")?.as_str();
    let Some(sign) = text.strip_prefix('+').map(|_| 1).or_else(|| text.strip_prefix('-').map(|_| -1)) else {
        return Some(Offset::UTC);
    };
    let digits: String = text[1..].chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes): (i32, i32) = (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?);
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

fn month_number(name: &str) -> Option<i64> {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    (1..).zip(months).find(|(_, month)| *month == name).map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: &str = "2026-05-04T10:00:00Z";

    fn clock() -> Clock {
        let uptime = Observation { command: "uptime", text: " 10:00:00 up 1 day,  2:00,  1 user,  load average: 0.00" };
        Clock::read(Some(NOW.parse().unwrap()), &[uptime])
    }

    #[test]
    fn times_of_every_shape() {
        let check = |line: &str, expect: Option<&str>| {
            assert_eq!(clock().time_of(line).map(|time| time.to_string()).as_deref(), expect, "{line}");
        };
        let at = Some("2026-05-04T09:12:44Z");
        check("2026-05-04T09:12:44+0000 web1 systemd[1]: Started x", at);
        check("2026-05-04T11:12:44.123456+02:00 web1 systemd[1]: Started x", at);
        check("2026-05-04T09:12:44.123456Z 0 [ERROR] [MY-010119] [Server] Aborting", at);
        check("2026-05-04 09:12:44.123 UTC [77] FATAL:  x", at);
        check("2026-05-04 09:12:44,123 ERROR app: x", at);
        check("2026/05/04 09:12:44 [error] 12#12: *7 open() failed", at);
        check("May  4 09:12:44 web1 kernel: x", at);
        check("[Mon May  4 09:12:44 2026] EXT4-fs error", at);
        check("[Mon May 04 09:12:44.123456 2026] [core:error] [pid 7] x", at);
        check("192.0.2.7 - - [04/May/2026:11:12:44 +0200] \"GET / HTTP/1.1\" 502 150", at);
        check("812:M 04 May 2026 09:12:44.123 # Out Of Memory", at);
        check("[04-May-2026 09:12:44 UTC] PHP Fatal error:  x", at);
        check("E0504 09:12:44.123456    1 kubelet.go:1] x", at);
        check("type=AVC msg=audit(1777885964.123:45): avc:  denied", at);
        check("[ 4364.123456] EXT4-fs error", Some("2026-05-03T09:12:44Z"));
        check("Dec 31 23:59:59 web1 kernel: x", Some("2025-12-31T23:59:59Z"));
        check("Feb 30 10:00:00 web1 kernel: x", None);
        check("no time here 12:00", None);
    }

    #[test]
    fn lines_that_are_far_from_now_say_what_now_is() {
        let check = |text: &str, expect: &str| {
            let log = Observation { command: "journalctl -n 500", text };
            assert_eq!(Clock::read(Some(NOW.parse().unwrap()), &[log]).now().unwrap().to_string(), expect);
        };
        check("2026-05-04T09:12:44+0000 h a: b\n", NOW);
        check("2022-02-09T22:57:00+0000 h a: b\n", "2022-02-09T22:57:00Z");
        check("2026-05-04T10:00:20+0000 h a: b\n", "2026-05-04T10:00:20Z");
        check("nothing\n", NOW);
    }

    #[test]
    fn local_times_have_the_offset_that_others_show() {
        let log = Observation { command: "journalctl -n 5", text: "2026-05-04T11:00:00+0200 h a: b\n" };
        let clock = Clock::read(Some(NOW.parse().unwrap()), &[log]);
        assert_eq!(clock.time_of("May  4 11:12:44 h a: b").unwrap().to_string(), "2026-05-04T09:12:44Z");
    }

    #[test]
    fn what_uptime_says() {
        let check =
            |text: &str, minutes: i64| assert_eq!(up_for(text), Some(SignedDuration::from_mins(minutes)), "{text}");
        check(" 12:10:01 up 5 min,  0 users,  load average: 0.1, 0.1, 0.1", 5);
        check(" 12:10:01 up  3:07,  2 users", 187);
        check(" 12:10:01 up 12 days, 20 min,  2 users", 12 * 1440 + 20);
        check(" 12:10:01 up 1 day,  1:00,  2 users", 1500);
    }

    proptest! {
        #[test]
        fn no_line_is_too_broken(line in "\\PC{0,80}", digits in "[0-9:/ T+.A-Z\\[-]{0,60}", up in "up [0-9 dayshmin,:]{0,40}") {
            clock().time_of(&line);
            clock().time_of(&digits);
            up_for(&up);
        }
    }
}
