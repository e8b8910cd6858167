use std::sync::LazyLock;

use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, Timestamp};
use regex::{Captures, Regex};
use serde::Serialize;

use crate::Facts;
use crate::facts::Clock;

/// The time that a ticket speaks of, by the host's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    /// Its beginning. It lies before the time that the ticket gives: a cause comes before its symptom.
    #[serde(serialize_with = "as_text")]
    pub since: Timestamp,
    /// Its end, for trouble that is over; `None` when it lasts.
    #[serde(serialize_with = "as_text_if_any")]
    pub until: Option<Timestamp>,
    /// The words of the ticket that say so.
    pub words: String,
}

/// How much earlier than the trouble its cause is looked for.
const BEFORE: SignedDuration = SignedDuration::from_hours(1);
/// How much later than a moment its consequences are looked for.
const AFTER: SignedDuration = SignedDuration::from_hours(2);

/// A form in which people tell times, and what it means; the first that is in the ticket and means something counts.
type Form = (&'static LazyLock<Regex>, fn(&Captures<'_>, &Telling<'_>) -> Option<Span>);

/// Beginning and end, without the margins. No end: it lasts.
type Span = (Timestamp, Option<Timestamp>);

/// What is known when a time is told.
struct Telling<'a> {
    clock: &'a Clock,
    uptime: Option<u64>,
}

macro_rules! pattern {
    ($name:ident, $pattern:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("a valid pattern"));
    };
}

pattern!(
    STAMP,
    r"(?P<since>\bsince |\bfrom )?\b(?P<date>\d{4}-\d\d-\d\d)(?:(?:t| |, | at )(?P<time>\d{1,2}:\d\d(?::\d\d)?)(?:\.\d+)?(?P<zone>z\b| ?utc\b|[+-]\d\d:?\d\d)?)?"
);
pattern!(
    AGO,
    r"\b(?:(?P<n>\d+|an?|one|two|three|four|five|six|ten|twelve|a few|a couple of) )(?P<unit>min(?:ute)?s?|hours?|h|days?|weeks?) ago\b"
);
pattern!(
    LASTING,
    r"\b(?:for|since|in|within|over|during)(?: about| around| roughly| at least| more than| over)?(?: the)?(?: last| past)? (?:(?P<n>\d+|an?|one|two|three|four|five|six|ten|twelve|a few|a couple of|several) )?(?P<unit>min(?:ute)?s?|hours?|h|days?|weeks?)\b"
);
pattern!(
    REBOOT,
    r"\b(?:after|since|following|from)(?: the| a| its| our| last| yesterday's| today's| an?)?(?: last| latest| recent| unplanned| planned)? (?:re)?boot(?:s|ed|ing)?\b"
);
pattern!(
    DAY_PART,
    r"(?P<since>\bsince |\bfrom )?\b(?P<day>this|yesterday|last|to)(?:'s)? ?(?P<part>morning|afternoon|evening|night|noon|day)\b"
);
pattern!(YESTERDAY, r"(?P<since>\bsince |\bfrom )?\byesterday\b");
pattern!(OVERNIGHT, r"(?P<since>\bsince )?\b(?:overnight|during the night|in the night|at night)\b");
pattern!(
    WEEKDAY,
    r"(?P<since>\bsince |\bfrom )?\b(?:last |on )?(?P<day>monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
);
pattern!(
    O_CLOCK,
    r"\b(?P<how>since|from|at|around|about|after|before|until|between)(?: about| around)? (?P<h>\d{1,2})(?::(?P<m>\d\d))?(?::\d\d)? ?(?P<half>am|pm|a\.m\.|p\.m\.|o'clock|h\b|utc)?"
);
pattern!(NOON, r"\b(?P<how>since|at|around|after) (?P<what>noon|midnight|lunch)\b");

static FORMS: [Form; 10] = [
    (&STAMP, stamp),
    (&AGO, ago),
    (&REBOOT, reboot),
    (&O_CLOCK, o_clock),
    (&NOON, noon),
    (&DAY_PART, day_part),
    (&OVERNIGHT, |c, t| part_of_day(t, 1, "night", c.name("since").is_some())),
    (&YESTERDAY, |c, t| part_of_day(t, 1, "day", c.name("since").is_some())),
    (&WEEKDAY, weekday),
    (&LASTING, lasting),
];

impl Window {
    /// The time that `text` speaks of, as far as the host's clock is known.
    pub fn find(text: &str, facts: &Facts) -> Option<Window> {
        let telling = Telling { clock: facts.clock.as_ref()?, uptime: facts.uptime_seconds };
        let lower = text.to_lowercase();
        let found = FORMS.iter().find_map(|(form, meaning)| {
            form.captures_iter(&lower).find_map(|captures| {
                let (since, until) = meaning(&captures, &telling)?;
                Some((since, until, captures.get(0).map_or("", |all| all.as_str()).trim().to_owned()))
            })
        });
        let (since, until, words) = found.filter(|(since, ..)| *since <= telling.clock.now())?;
        let until = until.filter(|until| *until < telling.clock.now());
        Some(Window { since: since.checked_sub(BEFORE).ok()?, until, words })
    }

    /// The time when the trouble began, of which the newest lines of a long log may tell nothing any more: the window itself where the trouble is over.
    /// `None` when it began just now.
    pub(crate) fn onset(&self, clock: Option<&Clock>) -> Option<Window> {
        let began = self.since.checked_add(BEFORE).ok()?.checked_add(AFTER).ok()?;
        let until = self.until.unwrap_or(began);
        let is_over = clock.is_none_or(|clock| until < clock.now());
        is_over.then(|| Window { until: Some(until), ..self.clone() })
    }

    /// Dates within it, in the order of time, the last few at most.
    pub(crate) fn days(&self, clock: &Clock) -> Vec<Date> {
        let civil = |at: Timestamp| clock.civil_at(at).date();
        let last = civil(self.until.unwrap_or(clock.now()));
        let days = civil(self.since).series(jiff::Span::new().days(1)).take_while(|day| *day <= last);
        let days: Vec<Date> = days.take(31).collect();
        days[days.len().saturating_sub(4)..].to_vec()
    }
}

fn stamp(captures: &Captures<'_>, telling: &Telling<'_>) -> Option<Span> {
    let date: Date = captures["date"].parse().ok()?;
    let lasts = captures.name("since").is_some();
    let Some(time) = captures.name("time") else {
        let start = telling.clock.at(date.to_datetime(Time::midnight()))?;
        let end = start.checked_add(SignedDuration::from_hours(24)).ok()?;
        return Some((start, (!lasts).then_some(end)));
    };
    let padded = format!("{:0>5}", time.as_str());
    let civil = date.to_datetime(padded.parse().ok()?);
    let at = match captures.name("zone").map(|zone| zone.as_str().trim()) {
        None => telling.clock.at(civil)?,
        Some("z" | "utc") => jiff::tz::Offset::UTC.to_timestamp(civil).ok()?,
        Some(zone) => {
            let (sign, digits) = (if zone.starts_with('-') { -1 } else { 1 }, zone[1..].replace(':', ""));
            let minutes = digits[..2].parse::<i32>().ok()? * 60 + digits[2..].parse::<i32>().ok()?;
            jiff::tz::Offset::from_seconds(sign * minutes * 60).ok()?.to_timestamp(civil).ok()?
        }
    };
    Some((at, if lasts { None } else { at.checked_add(AFTER).ok() }))
}

/// "two hours ago": since then. It may last or not, and the end of it is now at the latest.
fn ago(captures: &Captures<'_>, telling: &Telling<'_>) -> Option<Span> {
    lasting(captures, telling)
}

fn lasting(captures: &Captures<'_>, telling: &Telling<'_>) -> Option<Span> {
    let count = match captures.name("n").map_or("one", |n| n.as_str()) {
        "a" | "an" | "one" => 1,
        "two" | "a couple of" => 2,
        "three" => 3,
        "four" => 4,
        "five" | "a few" | "several" => 5,
        "six" => 6,
        "ten" => 10,
        "twelve" => 12,
        digits => digits.parse::<i64>().ok()?,
    };
    let seconds = match &captures["unit"] {
        unit if unit.starts_with('m') => 60,
        unit if unit.starts_with('h') => 3600,
        unit if unit.starts_with('d') => 86_400,
        _ => 7 * 86_400,
    };
    let back = SignedDuration::from_secs(count.checked_mul(seconds)?);
    Some((telling.clock.now().checked_sub(back).ok()?, None))
}

fn reboot(_: &Captures<'_>, telling: &Telling<'_>) -> Option<Span> {
    let up = SignedDuration::from_secs(i64::try_from(telling.uptime?).ok()?);
    Some((telling.clock.now().checked_sub(up).ok()?, None))
}

fn day_part(captures: &Captures<'_>, telling: &Telling<'_>) -> Option<Span> {
    let lasts = captures.name("since").is_some();
    let days = match (&captures["day"], &captures["part"]) {
        ("this" | "to", _) => 0,
        ("yesterday", _) | ("last", "night" | "evening") => 1,
        _ => return None,
    };
    part_of_day(telling, days, &captures["part"], lasts || days == 0)
}

/// A part of the day, so many days ago. What is said of this morning may have begun in the night.
fn part_of_day(telling: &Telling<'_>, days: i32, part: &str, lasts: bool) -> Option<Span> {
    let hour = |hour: i8| Time::new(hour, 0, 0, 0).ok();
    let (from, hours) = match part {
        "morning" if days == 0 => (hour(0)?, 12),
        "morning" => (hour(4)?, 8),
        "noon" | "afternoon" => (hour(12)?, 6),
        "evening" => (hour(17)?, 7),
        "night" => (hour(18)?, 14),
        _ => (Time::midnight(), 24),
    };
    let start = telling.clock.days_ago(days, from)?;
    let end = start.checked_add(SignedDuration::from_hours(hours)).ok()?;
    Some((start, (!lasts).then_some(end)))
}

fn weekday(captures: &Captures<'_>, telling: &Telling<'_>) -> Option<Span> {
    let day = match &captures["day"] {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        _ => Weekday::Sunday,
    };
    part_of_day(telling, telling.clock.days_since(day), "day", captures.name("since").is_some())
}

/// "since 10:30", "around 2 pm": the last time that the clock showed it. A bare number is no time.
fn o_clock(captures: &Captures<'_>, telling: &Telling<'_>) -> Option<Span> {
    let half = captures.name("half").map_or("", |half| half.as_str());
    let minute: i8 = match captures.name("m") {
        Some(minute) => minute.as_str().parse().ok()?,
        None if half.is_empty() || half == "utc" => return None,
        None => 0,
    };
    let hour: i8 = captures["h"].parse().ok()?;
    let hour = match (half.as_bytes().first(), hour) {
        (Some(b'p'), 1..=11) => hour + 12,
        (Some(b'a'), 12) => 0,
        _ => hour,
    };
    moment(&captures["how"], Time::new(hour, minute, 0, 0).ok()?, telling)
}

fn noon(captures: &Captures<'_>, telling: &Telling<'_>) -> Option<Span> {
    let hour = if &captures["what"] == "midnight" { 0 } else { 12 };
    moment(&captures["how"], Time::new(hour, 0, 0, 0).ok()?, telling)
}

fn moment(how: &str, time: Time, telling: &Telling<'_>) -> Option<Span> {
    let today = telling.clock.days_ago(0, time)?;
    let at = if today <= telling.clock.now() { today } else { telling.clock.days_ago(1, time)? };
    let lasts = matches!(how, "since" | "from" | "after");
    Some((at, if lasts { None } else { at.checked_add(AFTER).ok() }))
}

fn as_text<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

fn as_text_if_any<S: serde::Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday, 10:40 in a zone two hours east of UTC; the host has been up for three hours.
    fn facts() -> Facts {
        let clock = Clock::new("2026-05-04T08:40:00Z".parse().unwrap(), 7200);
        Facts { clock: Some(clock), uptime_seconds: Some(10_800), ..Facts::default() }
    }

    /// Times as the host shows them, on the day and at the time; the margin of an hour is in them.
    fn check(text: &str, expect: Option<(&str, Option<&str>)>) {
        let facts = facts();
        let show = |at: Timestamp| facts.clock.as_ref().unwrap().show(at)[5..16].to_owned();
        let found = Window::find(text, &facts).map(|w| (show(w.since), w.until.map(show)));
        assert_eq!(found, expect.map(|(s, u)| (s.to_owned(), u.map(str::to_owned))), "{text}");
    }

    #[test]
    fn clock_times() {
        check("slow since 10:30", Some(("05-04T09:30", None)));
        check("broke at 09:15 today", Some(("05-04T08:15", None)));
        check("it broke around 3 am", Some(("05-04T02:00", Some("05-04T05:00"))));
        check("since 11:00 nothing works", Some(("05-03T10:00", None)));
        check("at 2 p.m. it was slow", Some(("05-03T13:00", Some("05-03T16:00"))));
        check("since midnight", Some(("05-03T23:00", None)));
        check("it listens at 8080 and fails after 10 tries", None);
    }

    #[test]
    fn days_and_parts_of_them() {
        check("checkout is slow since this morning", Some(("05-03T23:00", None)));
        check("since today", Some(("05-03T23:00", None)));
        check("the backup failed last night", Some(("05-03T17:00", Some("05-04T08:00"))));
        check("since last night's update", Some(("05-03T17:00", None)));
        check("yesterday it was slow", Some(("05-02T23:00", Some("05-04T00:00"))));
        check("since yesterday evening", Some(("05-03T16:00", None)));
        check("since friday", Some(("04-30T23:00", None)));
        check("it failed on monday", Some(("04-26T23:00", Some("04-28T00:00"))));
        check("since this afternoon", None);
    }

    #[test]
    fn lengths_stamps_and_boots() {
        check("for two hours", Some(("05-04T07:40", None)));
        check("down for the last 30 minutes", Some(("05-04T09:10", None)));
        check("an hour ago it stopped", Some(("05-04T08:40", None)));
        check("in the past 3 days", Some(("05-01T09:40", None)));
        check("unreachable after the reboot", Some(("05-04T06:40", None)));
        check("since 2026-05-01", Some(("04-30T23:00", None)));
        check("at 2026-05-03 22:10 it broke", Some(("05-03T21:10", Some("05-04T00:10"))));
        check("2026-05-04T06:00:00Z connection refused", Some(("05-04T07:00", Some("05-04T10:00"))));
        check("2026-05-04T06:00:00+01:00 refused", Some(("05-04T06:00", Some("05-04T09:00"))));
        check("since 2027-01-01", None);
        check("99999999999999999999 hours ago, 2026-99-99 25:61", None);
        check("nothing works", None);
    }

    #[test]
    fn the_beginning_of_trouble_that_lasts() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let clock = Clock::new(at("2026-05-04T10:00:00Z"), 0);
        let check = |since: &str, until: Option<&str>, expect: Option<&str>| {
            let window = Window { since: at(since), until: until.map(at), words: String::new() };
            assert_eq!(window.onset(Some(&clock)).and_then(|onset| onset.until), expect.map(at), "{since}");
        };
        check("2026-05-04T01:00:00Z", None, Some("2026-05-04T04:00:00Z"));
        check("2026-05-03T00:00:00Z", Some("2026-05-04T00:00:00Z"), Some("2026-05-04T00:00:00Z"));
        check("2026-05-04T08:00:00Z", None, None);
    }

    #[test]
    fn without_a_clock_there_is_no_window() {
        assert_eq!(Window::find("since 10:30", &Facts::default()), None);
    }
}
