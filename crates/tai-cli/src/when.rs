//! Times as an operator reads and writes them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::exit::Failure;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long ago that was: `2 weeks ago`. Both in milliseconds since 1970.
pub(crate) fn ago(then: i64, now: i64) -> String {
    let seconds = now.saturating_sub(then) / 1000;
    let units =
        [(365 * DAY, "year"), (30 * DAY, "month"), (7 * DAY, "week"), (DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")];
    let unit = units.into_iter().find(|(length, _)| seconds >= *length);
    match unit.map(|(length, name)| (seconds / length, name)) {
        None => "just now".to_owned(),
        Some((1, name)) => format!("1 {name} ago"),
        Some((count, name)) => format!("{count} {name}s ago"),
    }
}

/// To the minute, in UTC: `2026-05-04 10:00`.
pub(crate) fn minute(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds).map(|at| at.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// To the second, RFC 3339.
pub(crate) fn rfc3339(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds)
        .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

/// The beginning of a time that is written `30d`, `12h`, `2w`, or as a date; in milliseconds since 1970.
pub(crate) fn since(text: &str, now: i64) -> Result<i64, Failure> {
    let wrong = || Failure::usage(format!("{text:?} is no time")).hint("write 12h, 30d, 2w, or a date: 2026-05-01");
    if let Ok(date) = text.parse::<Date>() {
        let at = date.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
        return Ok(at.timestamp().as_millisecond());
    }
    let length = match text.chars().last() {
        Some('h') => HOUR,
        Some('d') => DAY,
        Some('w') => 7 * DAY,
        _ => return Err(wrong()),
    };
    let count: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    Ok(now - i64::from(count) * length * 1000)
}

/// The time so many days before.
pub(crate) fn days_before(now: i64, days: u32) -> i64 {
    now - i64::from(days) * DAY * 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_that_fits_is_told() {
        for (seconds, expect) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3 * HOUR, "3 hours ago"),
            (DAY, "1 day ago"),
            (13 * DAY, "1 week ago"),
            (14 * DAY, "2 weeks ago"),
            (300 * DAY, "10 months ago"),
            (800 * DAY, "2 years ago"),
        ] {
            assert_eq!(ago(0, seconds * 1000), expect);
        }
    }

    #[test]
    fn since_is_a_length_or_a_date() {
        let now = 100 * DAY * 1000;
        let check = |text: &str, days: i64| assert_eq!(since(text, now).unwrap(), days * DAY * 1000, "{text}");
        check("30d", 70);
        check("48h", 98);
        check("2w", 86);
        check("1970-01-11", 10);
        for wrong in ["", "d", "30", "30x", "-3d", "ä", "2026-13-01"] {
            assert!(since(wrong, now).is_err(), "{wrong}");
        }
    }
}
