//! Whether what a log tells still holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use crate::{
    fact::{Fact, Value},
    finding::{Observation, Proof},
    signal::{Role, Severity},
    time::{Clock, is_log},
};

/// A unit that was started again must run for so long before what it said earlier is history.
const STEADY: SignedDuration = SignedDuration::from_secs(20);

static UNIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[A-Za-z0-9][A-Za-z0-9_.@:\\-]*\.(?:service|socket|mount|timer|swap)").expect("a valid pattern")
});
/// `… HOST IDENTIFIER[PID]: `.
static IDENTIFIER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\S.*? (?P<name>[^\s\[\]:/]+)(?:\[\d+\])?: ").expect("a valid pattern"));

/// How long ago something may have happened that nothing else says is over. What trouble looks like is seen again as long as it lasts.
pub(crate) fn remembered(severity: Severity, role: Role) -> SignedDuration {
    SignedDuration::from_hours(match (severity, role) {
        (Severity::Critical, _) => 48,
        (Severity::Warning | Severity::Info, Role::Cause) => 12,
        (Severity::Warning | Severity::Info, Role::Symptom) => 2,
    })
}

/// The units of a host: since when each runs, or `None` for one that does not.
#[derive(Debug, Default)]
pub(crate) struct Units(BTreeMap<String, Option<Timestamp>>);

/// When a signal matched.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times {
    seen: BTreeSet<Timestamp>,
}

impl Times {
    /// Distinct times are kept up to this number: they only serve to tell how often something happens.
    const MOST: usize = 1000;

    pub(crate) fn add(&mut self, time: Timestamp) {
        self.seen.insert(time);
        if self.seen.len() > Self::MOST {
            let second = self.seen.iter().nth(1).copied();
            second.map(|time| self.seen.remove(&time));
        }
    }

    pub(crate) fn first(&self) -> Option<Timestamp> {
        self.seen.first().copied()
    }

    pub(crate) fn last(&self) -> Option<Timestamp> {
        self.seen.last().copied()
    }

    /// The mean pause between two times; nothing when there was only one.
    fn pause(&self) -> SignedDuration {
        match (self.first(), self.last(), i32::try_from(self.seen.len())) {
            (Some(first), Some(last), Ok(count)) if count > 1 => last.duration_since(first) / (count - 1),
            _ => SignedDuration::ZERO,
        }
    }
}

impl Units {
    /// Reads `systemctl status`, the journal's lines of systemd and the facts about units. What is says more than what was: status and
    /// facts over the journal.
    pub(crate) fn read(observations: &[Observation<'_>], facts: &[Fact], clock: &Clock) -> Self {
        let mut events: BTreeMap<String, (Timestamp, bool)> = BTreeMap::new();
        for log in observations.iter().filter(|observation| is_log(observation.command)) {
            started_and_ended(log, clock, &mut events);
        }
        let mut units = Units(events.into_iter().map(|(unit, (time, runs))| (unit, runs.then_some(time))).collect());
        for fact in facts.iter().filter(|fact| fact.kind == "unit") {
            if let Some(Value::Text(name)) = fact.fields.get("name") {
                units.know(name, &fact.text, fact.fields.get("active") == Some(&"active".into()), clock);
            }
        }
        for status in observations.iter().filter(|observation| observation.command.starts_with("systemctl status")) {
            let mut unit = unit_of_command(status.command);
            for line in status.text.lines() {
                if line.starts_with(['●', '×', '○', '↻', '*']) {
                    unit = UNIT.find(line).map(|found| found.as_str());
                } else if let (Some(unit), Some(state)) = (unit, line.trim_start().strip_prefix("Active: ")) {
                    units.know(unit, line, state.starts_with("active"), clock);
                }
            }
        }
        units
    }

    fn know(&mut self, unit: &str, line: &str, runs: bool, clock: &Clock) {
        let before = self.0.get(unit).copied().flatten();
        let since = runs.then(|| clock.time_of(line).or(before)).flatten();
        if runs && since.is_none() {
            return;
        }
        self.0.insert(unit.to_owned(), since);
    }

    /// Why what the log told last at `proof` is over; `None` when it may still hold.
    pub(crate) fn history(
        &self,
        proof: &Proof,
        services: &[String],
        remembered: SignedDuration,
        times: &Times,
        clock: &Clock,
    ) -> Option<String> {
        let (now, last) = (clock.now()?, times.last()?);
        let subjects = self.subjects(proof, services);
        let steady = STEADY.max(times.pause().saturating_mul(2));
        let started_since = |unit: &&String| {
            self.0.get(*unit).copied().flatten().filter(|start| *start > last && now.duration_since(*start) >= steady)
        };
        let restarted: Vec<_> = subjects.iter().filter_map(|unit| Some((*unit, started_since(unit)?))).collect();
        if let Some((unit, start)) = restarted.first().filter(|_| restarted.len() == subjects.len()) {
            return Some(format!("{unit} has run since {start}"));
        }
        let age = now.duration_since(last);
        (age > remembered).then(|| format!("last seen {last}, {} hours before", age.as_hours()))
    }

    /// The known units that a line is about: those that it names, else the one that its command was asked for or that wrote it,
    /// else those of the runbook's services.
    fn subjects<'a>(&'a self, proof: &Proof, services: &[String]) -> Vec<&'a String> {
        let named = |name: &str| self.0.keys().filter(|unit| *unit == name).collect::<Vec<_>>();
        let called = |name: &str| self.0.keys().filter(|unit| stem(unit) == name).collect::<Vec<_>>();
        let in_line = || UNIT.find_iter(&proof.text).flat_map(|unit| named(unit.as_str())).collect();
        let asked = || unit_of_command(&proof.command).map(named).unwrap_or_default();
        let wrote = || IDENTIFIER.captures(&proof.text).map(|found| called(&found["name"])).unwrap_or_default();
        let of_service = || services.iter().flat_map(|service| called(service)).collect();
        let ways: [&dyn Fn() -> Vec<&'a String>; 4] = [&in_line, &asked, &wrote, &of_service];
        ways.iter().map(|way| way()).find(|found| !found.is_empty()).unwrap_or_default()
    }
}

/// `postgresql@15-main.service` is `postgresql`.
fn stem(unit: &str) -> &str {
    unit.split(['@', '.']).next().unwrap_or(unit)
}

/// The unit that `journalctl -u UNIT` or `systemctl status UNIT` was asked for.
fn unit_of_command(command: &str) -> Option<&str> {
    command.split_whitespace().skip(1).find(|word| UNIT.find(word).is_some_and(|unit| unit.as_str() == *word))
}

/// Notes for each unit the last time that systemd started it, or saw it end.
fn started_and_ended(log: &Observation<'_>, clock: &Clock, events: &mut BTreeMap<String, (Timestamp, bool)>) {
    const SYSTEMD: &str = " systemd[1]: ";
    for (at, _) in log.text.match_indices(SYSTEMD) {
        let start = log.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let message = log.text[at + SYSTEMD.len()..].lines().next().unwrap_or_default();
        let runs = message.starts_with("Started ") || message.starts_with("Finished ");
        let ends = ["Stopped ", "Failed to start "].iter().any(|word| message.starts_with(word))
            || message.contains(": Failed with result ")
            || message.contains("rocess exited, code=");
        if !(runs || ends) {
            continue;
        }
        let unit = UNIT.find(message).map(|found| found.as_str()).or_else(|| unit_of_command(log.command));
        if let (Some(unit), Some(time)) = (unit, clock.time_of(&log.text[start..at])) {
            let known = events.entry(unit.to_owned()).or_insert((time, runs));
            if time >= known.0 {
                *known = (time, runs);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMAND: &str = "journalctl -u app.service -n 500";
    const FAILED: &str = "2026-05-04T09:00:00+0000 h systemd[1]: app.service: Failed with result 'exit-code'.\n";

    fn history(outputs: &[(&str, &str)], proof: (&str, &str), seen: &[&str], severity: Severity) -> Option<String> {
        let outputs: Vec<_> = outputs.iter().map(|(command, text)| Observation { command, text }).collect();
        let clock = Clock::read(Some("2026-05-04T10:00:00Z".parse().unwrap()), &outputs);
        let mut times = Times::default();
        seen.iter().for_each(|time| times.add(time.parse().unwrap()));
        let proof = Proof { command: proof.0.into(), line: 1, text: proof.1.into() };
        Units::read(&outputs, &[], &clock).history(
            &proof,
            &["app".into()],
            remembered(severity, Role::Cause),
            &times,
            &clock,
        )
    }

    #[test]
    fn what_a_unit_said_before_it_was_started_again_is_history() {
        let check = |later: &str, seen: &[&str], expect: bool| {
            let journal = format!("{FAILED}{later}");
            for proof in [(COMMAND, FAILED), ("tail -n 9 /x", "May  4 09:00:00 h app[7]: bad"), ("tail /x", "bad")] {
                let found = history(&[(COMMAND, &journal)], proof, seen, Severity::Critical);
                assert_eq!(found.is_some(), expect, "{later}: {found:?}");
            }
        };
        let once = &["2026-05-04T09:00:00Z"][..];
        check("", once, false);
        check("2026-05-04T09:01:00+0000 h systemd[1]: Started app.service - App.\n", once, true);
        check("2026-05-04T09:01:00+0000 h systemd[1]: Started App.\n", once, true);
        check("2026-05-04T09:59:50+0000 h systemd[1]: Started app.service - App.\n", once, false);
        // As often as every half hour: to run for 40 minutes says nothing.
        let often = &["2026-05-04T08:30:00Z", "2026-05-04T09:00:00Z"];
        check("2026-05-04T09:20:00+0000 h systemd[1]: Started app.service - App.\n", often, false);
        let again = "2026-05-04T09:01:00+0000 h systemd[1]: Started app.service - App.\n\
                     2026-05-04T09:01:01+0000 h systemd[1]: app.service: Main process exited, code=exited, status=1/FAILURE\n";
        check(again, once, false);
    }

    #[test]
    fn the_state_of_now_decides() {
        let check = |status: &str, expect: bool| {
            let outputs = [(COMMAND, FAILED), ("systemctl status app.service --full", status)];
            let found = history(&outputs, (COMMAND, FAILED), &["2026-05-04T09:00:00Z"], Severity::Critical);
            assert_eq!(found.is_some(), expect, "{status}: {found:?}");
        };
        check(
            "● app.service - App\n     Active: active (running) since Mon 2026-05-04 09:30:00 UTC; 30min ago\n",
            true,
        );
        check(
            "× app.service - App\n     Active: failed (Result: exit-code) since Mon 2026-05-04 09:30:00 UTC; 30min ago\n",
            false,
        );
        check("● app.service - App\n     Active: active (running) since Mon 2026-05-04 08:00:00 UTC; 2h ago\n", false);
    }

    #[test]
    fn what_nothing_says_is_over_is_remembered_for_a_while() {
        let check = |seen: &str, severity: Severity, expect: bool| {
            let found = history(&[], ("tail /x", "bad"), &[seen], severity);
            assert_eq!(found.is_some(), expect, "{seen}: {found:?}");
        };
        check("2026-05-04T09:00:00Z", Severity::Warning, false);
        check("2026-05-03T09:00:00Z", Severity::Warning, true);
        check("2026-05-03T09:00:00Z", Severity::Critical, false);
        check("2026-05-01T09:00:00Z", Severity::Critical, true);
        assert!(remembered(Severity::Warning, Role::Symptom) < remembered(Severity::Warning, Role::Cause));
    }
}
