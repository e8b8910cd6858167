use jiff::Timestamp;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::{Offset, TimeZone};
use serde::{Serialize, Serializer};

/// A difference between two clocks that may come from a slow connection, in seconds.
const NO_SKEW: u64 = 60;

/// A host's clock at the time when it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// What it showed, RFC 3339 with its distance from UTC when serialised.
    #[serde(rename = "now", serialize_with = "as_text")]
    local: Moment,
    /// Seconds by which it is ahead of the operator's clock; 0 when the difference may come from a slow connection, `None` when there is nothing to
    /// compare with.
    pub skew_seconds: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    at: Timestamp,
    offset: Offset,
}

impl Clock {
    /// A clock that shows `at`, `offset_seconds` east of UTC.
    pub fn new(at: Timestamp, offset_seconds: i32) -> Self {
        let offset = Offset::from_seconds(offset_seconds).unwrap_or(Offset::UTC);
        Clock { local: Moment { at, offset }, skew_seconds: None }
    }

    /// Reads `date +%FT%T%z`, and compares with what the operator's clock showed when collecting began, RFC 3339.
    pub(super) fn parse(text: &str, operator: Option<&str>) -> Option<Self> {
        let text = text.trim();
        let (stamp, offset) = text.split_at_checked(text.len().checked_sub(5)?)?;
        let stamp: DateTime = stamp.parse().ok()?;
        let sign = if offset.starts_with('-') { -1 } else { 1 };
        let (hours, minutes) = offset.get(1..)?.split_at_checked(2)?;
        let seconds = sign * (hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60);
        let offset = Offset::from_seconds(seconds).ok()?;
        let at = offset.to_timestamp(stamp).ok()?;
        let operator = operator.and_then(|text| text.parse::<Timestamp>().ok());
        let skew = operator.map(|operator| at.as_second() - operator.as_second());
        let skew_seconds = skew.map(|skew| if skew.unsigned_abs() <= NO_SKEW { 0 } else { skew });
        Some(Clock { local: Moment { at, offset }, skew_seconds })
    }

    /// The clock of a host that was not asked: what the operator's showed, in UTC.
    pub(super) fn assumed(operator: &str) -> Option<Self> {
        Some(Clock::new(operator.parse().ok()?, 0))
    }

    /// What it showed.
    pub fn now(&self) -> Timestamp {
        self.local.at
    }

    /// The date and time of day that it showed.
    pub fn civil(&self) -> DateTime {
        self.civil_at(self.local.at)
    }

    /// The date and time of day that it shows at another time.
    pub(crate) fn civil_at(&self, at: Timestamp) -> DateTime {
        self.local.offset.to_datetime(at)
    }

    /// When it shows this date and time.
    pub(crate) fn at(&self, civil: DateTime) -> Option<Timestamp> {
        self.local.offset.to_timestamp(civil).ok()
    }

    /// When it showed this time of day, `days` days ago.
    pub(crate) fn days_ago(&self, days: i32, time: Time) -> Option<Timestamp> {
        let day = self.civil().date().checked_sub(jiff::Span::new().try_days(days).ok()?).ok()?;
        self.at(day.to_datetime(time))
    }

    /// How many days ago the last such day of the week was: 1 to 7.
    pub(crate) fn days_since(&self, weekday: Weekday) -> i32 {
        let days = i32::from(self.civil().date().weekday().since(weekday));
        if days == 0 { 7 } else { days }
    }

    /// RFC 3339, in the host's time zone.
    pub(crate) fn show(&self, at: Timestamp) -> String {
        at.to_zoned(TimeZone::fixed(self.local.offset)).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }
}

fn as_text<S: Serializer>(moment: &Moment, serializer: S) -> Result<S::Ok, S::Error> {
    let clock = Clock { local: *moment, skew_seconds: None };
    serializer.serialize_str(&clock.show(moment.at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_is_read_with_its_zone() {
        let check = |text: &str, operator: Option<&str>, expect: Option<(&str, Option<i64>)>| {
            let clock = Clock::parse(text, operator);
            let shown = clock.map(|c| (c.show(c.now()), c.skew_seconds));
            assert_eq!(shown, expect.map(|(now, skew)| (now.to_owned(), skew)), "{text}");
        };
        check("2026-05-04T10:00:00+0200\n", None, Some(("2026-05-04T10:00:00+02:00", None)));
        check("2026-05-04T10:00:00-0330", Some("2026-05-04T13:30:20Z"), Some(("2026-05-04T10:00:00-03:30", Some(0))));
        check(
            "2026-05-04T10:00:00+0000",
            Some("2026-05-04T09:00:00Z"),
            Some(("2026-05-04T10:00:00+00:00", Some(3600))),
        );
        check("2026-05-04T10:00:00+0000", Some("soon"), Some(("2026-05-04T10:00:00+00:00", None)));
        check("Mon May  4 10:00:00 UTC 2026", None, None);
        check("", None, None);
        check("2026-05-04T10:00:00é000", None, None);
    }
}
