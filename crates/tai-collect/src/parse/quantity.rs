//! Numbers, sizes, durations and times as programs print them.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// A number; `%`, commas between thousands and a plus sign do not matter.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim().trim_end_matches('%').trim_start_matches('+');
    let is_plain = text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.');
    text.parse().ok().filter(|n: &f64| is_plain && n.is_finite())
}

/// A whole number that is not negative.
pub(super) fn count(text: &str) -> Option<f64> {
    text.trim().parse::<u64>().ok().map(|n| n as f64)
}

/// A size: a number and a unit, of powers of 1024 whatever the case: `1.5G`, `10.00g`, `<3.64t`, `512KiB`, `4096`, `0B`.
pub(super) fn size(text: &str) -> Option<f64> {
    let text = text.trim().trim_start_matches(['<', '>', '≤']);
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(text.len());
    let value: f64 = text[..end].replace(',', ".").parse().ok()?;
    let power = match text[end..].trim().trim_end_matches(['B', 'b', 'i']).to_ascii_lowercase().as_str() {
        "" | "s" if text.ends_with('s') => return Some(value * 512.0),
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        "e" => 6,
        _ => return None,
    };
    Some(value * 1024f64.powi(power))
}

/// `[[days-]hours:]minutes:seconds` of ps, in seconds.
pub(super) fn elapsed(text: &str) -> Option<f64> {
    let (days, rest) = text.split_once('-').map_or((0.0, text), |(days, rest)| (count(days).unwrap_or(-1.0), rest));
    let parts: Option<Vec<f64>> = rest.split(':').map(count).collect();
    let seconds = parts.filter(|parts| (2..=3).contains(&parts.len()) && days >= 0.0)?;
    Some(seconds.iter().fold(0.0, |sum, part| sum * 60.0 + part) + days * 86_400.0)
}

/// A short duration with a unit: `12.3us`, `+1.5ms`, `-3s`, `2 seconds`. In seconds.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || ".+-".contains(c))).unwrap_or(text.len());
    let value = number(&text[..end])?;
    let factor = match text[end..].trim() {
        "ns" => 1e-9,
        "us" | "µs" | "μs" => 1e-6,
        "ms" => 1e-3,
        "" | "s" | "sec" | "second" | "seconds" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Some(value * factor)
}

/// The time at the beginning of a line of a log, in seconds since 1970: RFC 3339 and its relatives, syslog's `May  4 10:00:00` (of the year before `at`, else
/// of 1970: good for differences only), `[Mon May  4 10:00:00 2026]`. Times without a zone are taken for UTC.
pub(super) fn log_time(line: &str, at: Option<Timestamp>) -> Option<f64> {
    let line = line.trim_start_matches(['[', ' ']);
    if line.starts_with(|c: char| c.is_ascii_digit()) {
        return iso_time(line);
    }
    let mut words = line.split_whitespace().map(|word| word.trim_end_matches([']', ',']));
    let first = words.next()?;
    let month_word = if month(first).is_some() { first } else { words.next()? };
    let (month, day) = (month(month_word)?, words.next()?.parse().ok()?);
    let clock = words.next()?;
    let year = words.find_map(|word| word.parse::<i16>().ok().filter(|y| (1970..3000).contains(y) && word.len() == 4));
    // A number behind a time without a day of the week is part of the message.
    match year.filter(|_| first != month_word) {
        Some(year) => moment(year, month, day, clock),
        None => year_before(at, |year| moment(year, month, day, clock)),
    }
}

/// `Nov 21 12:00:00 2026 GMT`, as openssl prints it.
pub(super) fn openssl_time(text: &str) -> Option<Timestamp> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [month_word, day, clock, year, ..] = words[..] else { return None };
    let seconds = moment(year.parse().ok()?, month(month_word)?, day.parse().ok()?, clock)?;
    Timestamp::from_second(seconds as i64).ok()
}

/// `2026-05-04T10:00:00.123+0200` and whatever of it is there, from the day on.
pub(super) fn iso_time(text: &str) -> Option<f64> {
    let day = text.get(..10)?;
    let mut parts = day.split(['-', '/']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let rest = text[10..].trim_start_matches(['T', ' ', ',']);
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ':')).unwrap_or(rest.len());
    let seconds = moment(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?, &rest[..end])?;
    let fraction = rest[end..].trim_start_matches(|c: char| c == '.' || c == ',' || c.is_ascii_digit());
    Some(seconds - zone(fraction))
}

/// `+02:00`, `+0200` or `Z`, in seconds; 0 for anything else.
fn zone(text: &str) -> f64 {
    let sign = match text.as_bytes().first() {
        Some(b'+') => 1.0,
        Some(b'-') => -1.0,
        _ => return 0.0,
    };
    let digits: String = text[1..].chars().filter(|c| *c != ':').take(4).collect();
    match digits.parse::<u32>() {
        Ok(zone) if digits.len() == 4 => sign * f64::from(zone / 100 * 3600 + zone % 100 * 60),
        _ => 0.0,
    }
}

fn year_before(at: Option<Timestamp>, moment: impl Fn(i16) -> Option<f64>) -> Option<f64> {
    let Some(at) = at else { return moment(1970) };
    let year = Zoned::new(at, TimeZone::UTC).year();
    // A day of grace: the host's zone may be ahead.
    let this_year = moment(year).filter(|seconds| *seconds <= at.as_second() as f64 + 86_400.0);
    this_year.or_else(|| moment(year - 1))
}

fn moment(year: i16, month: i8, day: i8, clock: &str) -> Option<f64> {
    let mut parts = clock.split(':');
    let mut part = || parts.next().unwrap_or("0").parse::<f64>().ok();
    let (hour, minute, second) = (part()?, part().unwrap_or(0.0), part().unwrap_or(0.0));
    let is_day = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24.0 && minute < 60.0;
    let midnight: DateTime = is_day.then(|| jiff::civil::Date::new(year, month, day).ok())??.at(0, 0, 0, 0);
    let days = midnight.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    Some(days as f64 + hour * 3600.0 + minute * 60.0 + second)
}

fn month(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let index = MONTHS.iter().position(|month| *month == word)?;
    i8::try_from(index + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_every_program() {
        for (text, expect) in [
            ("4096", Some(4096.0)),
            ("1.5G", Some(1_610_612_736.0)),
            ("<10.00g", Some(10_737_418_240.0)),
            ("512KiB", Some(524_288.0)),
            ("0B", Some(0.0)),
            ("2kB", Some(2048.0)),
            ("1,5M", Some(1_572_864.0)),
            ("8s", Some(4096.0)),
            ("-", None),
            ("1.5X", None),
            ("", None),
        ] {
            assert_eq!(size(text), expect, "{text}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(elapsed("01:02"), Some(62.0));
        assert_eq!(elapsed("2-03:04:05"), Some(183_845.0));
        assert_eq!(elapsed("12:34:56:78"), None);
        assert_eq!(elapsed("Jan01"), None);
        assert_eq!(seconds("+1500us"), Some(0.0015));
        assert_eq!(seconds("-3s"), Some(-3.0));
        assert_eq!(seconds("n/a"), None);
    }

    #[test]
    fn times_of_logs() {
        let at: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        let utc = |text: &str| text.parse::<Timestamp>().unwrap().as_second() as f64;
        for (line, expect) in [
            ("2026-01-01T10:00:00+0100 web1 x", Some(utc("2026-01-01T09:00:00Z"))),
            ("2026-01-01T10:00:00.123456+01:00 web1", Some(utc("2026-01-01T09:00:00Z"))),
            ("2026-01-01 10:00:00 status installed", Some(utc("2026-01-01T10:00:00Z"))),
            ("Jan  1 10:00:00 web1 x", Some(utc("2026-01-01T10:00:00Z"))),
            ("Dec 31 10:00:00 web1 x 2026", Some(utc("2025-12-31T10:00:00Z"))),
            ("[Thu Jan  1 10:00:00 2026] x", Some(utc("2026-01-01T10:00:00Z"))),
            ("[12345.678901] x", None),
            ("Feb 30 10:00:00 x", None),
            ("-- Boot --", None),
            ("", None),
        ] {
            assert_eq!(log_time(line, Some(at)), expect, "{line}");
        }
    }
}
