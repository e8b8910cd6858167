//! Whether a later line says that what a line told is over: a server is down, and then it is up.

use std::collections::BTreeMap;

use jiff::Timestamp;
use regex::Captures;

/// The values of the groups that a signal's `pattern` and `over` share, in the order of their names.
pub(crate) type Key = Vec<String>;

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The index of the output.
    pub(crate) output: usize,
    pub(crate) line: usize,
    pub(crate) time: Option<Timestamp>,
}

/// The last line of each output, for each key.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastLines(BTreeMap<Key, BTreeMap<usize, Place>>);

impl Place {
    /// Times decide; lines of the same time, or without any, by where they stand in their output. The same second in two outputs counts as
    /// later, since one of them may have been cut before it.
    fn is_after(self, other: Place) -> bool {
        match (self.time, other.time) {
            (Some(this), Some(other)) if this != other => this > other,
            _ if self.output == other.output => self.line > other.line,
            (this, other) => this.is_some() && other.is_some(),
        }
    }
}

impl LastLines {
    pub(crate) fn add(&mut self, key: Key, place: Place) {
        let last = self.0.entry(key).or_default().entry(place.output).or_insert(place);
        if place.is_after(*last) {
            *last = place;
        }
    }

    /// The newest of the `endings`, when they end all that these lines tell.
    pub(crate) fn ended_by(&self, endings: &LastLines) -> Option<Place> {
        let ends = |key: &Key| endings.0.get(key).map(|places| places.values().copied().collect::<Vec<_>>());
        let mut newest: Option<Place> = None;
        for (key, lines) in &self.0 {
            let ends = ends(key)?;
            if !lines.values().all(|line| ends.iter().any(|end| end.is_after(*line))) {
                return None;
            }
            newest = newest.into_iter().chain(ends).max_by_key(|place| place.time);
        }
        newest
    }
}

/// The values of these groups; a group that took no part in the match is empty.
pub(crate) fn key(captures: &Captures<'_>, groups: &[String]) -> Key {
    let value = |name: &String| captures.name(name).map_or_else(String::new, |group| group.as_str().to_owned());
    groups.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(places: &[(&str, usize, usize, i64)]) -> LastLines {
        let mut lines = LastLines::default();
        for (key, output, line, second) in places {
            let time = (*second >= 0).then(|| Timestamp::from_second(*second).unwrap());
            lines.add(vec![(*key).to_owned()], Place { output: *output, line: *line, time });
        }
        lines
    }

    #[test]
    fn all_that_began_must_have_ended_later() {
        let check = |began: &[(&str, usize, usize, i64)], ended: &[(&str, usize, usize, i64)], expect: bool| {
            assert_eq!(lines(began).ended_by(&lines(ended)).is_some(), expect, "{began:?} {ended:?}");
        };
        check(&[("a", 0, 1, 10)], &[], false);
        check(&[("a", 0, 1, 10)], &[("a", 0, 2, 12)], true);
        check(&[("a", 0, 1, 10)], &[("b", 0, 2, 12)], false);
        check(&[("a", 0, 1, 10), ("b", 0, 1, 10)], &[("a", 0, 2, 12)], false);
        // Down again: in the same second the order of the lines decides.
        check(&[("a", 0, 1, 10), ("a", 0, 3, 12)], &[("a", 0, 2, 12)], false);
        check(&[("a", 0, 1, 10), ("a", 0, 3, 13)], &[("a", 0, 2, 12)], false);
        // The other output was cut before the end.
        check(&[("a", 0, 1, 10), ("a", 1, 7, 10)], &[("a", 0, 2, 10)], true);
        // Newest first, as journalctl -r has it.
        check(&[("a", 0, 5, 10)], &[("a", 0, 1, 12)], true);
        // Without times only the same output tells.
        check(&[("a", 0, 1, -1)], &[("a", 0, 2, -1)], true);
        check(&[("a", 0, 2, -1)], &[("a", 0, 1, -1)], false);
        check(&[("a", 0, 1, -1)], &[("a", 1, 2, -1)], false);
    }
}
