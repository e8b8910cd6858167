//! Chooses what to run: pure functions of what is known.

mod budget;
mod slots;

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};
use tai_ssh::{Limits, Policy, ReadOnlyCommand};

use crate::{Category, Collector, Collectors, Cost, Facts, Targets, Ticket, Window, traverse};
pub use budget::Budget;
pub(crate) use budget::Spent;
pub(crate) use slots::{Filled, fill, fill_with_examples, is_certificate};

/// What it weighs that a collector is for any trouble, beside those that are for the trouble at hand.
const ANY_TROUBLE: f64 = 0.5;
/// What a kind of trouble weighs that an output showed and the ticket does not speak of.
const SHOWN: f64 = 0.6;
/// The least that a collector weighs that looks at what an output pointed at: rare, and seldom for nothing.
const POINTED_AT: f64 = 1.5;
/// What a collector weighs that looks at what the operator named.
const NAMED: f64 = 3.0;

/// Why a command is left out of a plan, when nothing was used up on the way.
pub(crate) const NO_ROOM: &str = "others tell more, and the budget of commands ends with them";

/// What is to run, what is not, and why.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Plan {
    /// The commands, those first that tell most for what they cost.
    pub planned: Vec<Planned>,
    /// What the policy denied.
    pub refused: Vec<Refused>,
    /// What the budget leaves no room for.
    pub left_out: Vec<LeftOut>,
}

/// A command that is to run, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Planned {
    /// The collector it comes from.
    pub collector: Collector,
    /// The command, checked by the policy.
    #[serde(serialize_with = "as_text")]
    pub command: ReadOnlyCommand,
    /// The most it may cost.
    #[serde(skip)]
    pub limits: Limits,
    /// Why it is in the plan: the kind of trouble, or what it looks at and who named that.
    pub reason: String,
}

/// A command that was wanted and that the policy denied: a path in the ticket that holds secrets, for example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The command line.
    pub command: String,
    /// The policy's reason.
    pub reason: String,
}

/// A command that did not run since the budget was used up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The command line.
    pub command: String,
    /// Which part of the budget was used up.
    pub reason: String,
}

/// What a plan is made of.
#[derive(Clone, Debug)]
pub(crate) struct Situation<'a> {
    pub(crate) ticket: &'a Ticket,
    pub(crate) targets: &'a Targets,
    pub(crate) facts: &'a Facts,
    pub(crate) window: Option<&'a Window>,
    /// Kinds of trouble that outputs showed, each with the words for it.
    pub(crate) shown: &'a [(Category, String)],
    /// Collectors whose program turned out to be missing.
    pub(crate) missing: &'a BTreeSet<&'static str>,
}

/// A command line that is wanted, before anybody has checked it.
pub(crate) struct Wanted {
    pub(crate) collector: Collector,
    pub(crate) line: String,
    pub(crate) reason: String,
    pub(crate) score: f64,
}

/// Everything that the collectors have for the situation: those of the kinds of trouble that apply to the host, once for each target where they have a placeholder. A
/// ticket that speaks of no kind of trouble gets all of them. Those that tell most for what they cost come first; between equals, the table's order decides.
pub(crate) fn wanted(collectors: &Collectors, situation: &Situation<'_>) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    let rows = collectors.iter().chain(&traverse::COLLECTORS);
    for collector in rows.filter(|c| has_place(c, collectors, situation)) {
        for filled in fill(collector, situation) {
            if collector.cost == Cost::Heavy && filled.is_too_large(collector) {
                continue;
            }
            let Some((weight, reason)) = relevance(collector, &filled, situation) else { continue };
            let score = f64::from(collector.value) * weight / collector.cost.price();
            wanted.push(Wanted { collector: *collector, line: filled.line, reason, score });
        }
    }
    wanted.sort_by(|a, b| b.score.total_cmp(&a.score));
    wanted
}

/// Checks what is wanted, and cuts it off where the budget ends. What is in `done` ran already.
pub(crate) fn settle(wanted: Vec<Wanted>, done: &BTreeSet<String>, room: usize, policy: &Policy) -> Plan {
    let mut plan = Plan::default();
    let mut seen: BTreeSet<ReadOnlyCommand> = BTreeSet::new();
    for Wanted { collector, line, reason, .. } in wanted {
        let command = match policy.check(&line) {
            Ok(command) => command,
            Err(denied) => {
                let reason = denied.to_string();
                plan.refused.push(Refused { command: tai_ssh::visible_line(line), reason });
                continue;
            }
        };
        if done.contains(&command.to_string()) || !seen.insert(command.clone()) {
            continue;
        }
        if plan.planned.len() < room {
            let limits = collector.limits();
            plan.planned.push(Planned { collector, command, limits, reason });
        } else {
            plan.left_out.push(LeftOut { command: command.to_string(), reason: NO_ROOM.to_owned() });
        }
    }
    plan
}

/// A fallback has its place only where the collector it stands in for has not.
fn has_place(collector: &Collector, collectors: &Collectors, situation: &Situation<'_>) -> bool {
    let stands = |id: &'static str| {
        collectors.get(id).is_some_and(|c| c.applies_to(situation.facts) && !situation.missing.contains(c.id))
    };
    // A chain of fallbacks: none of those before it may stand.
    let before = std::iter::successors(collector.instead_of, |id| collectors.get(id)?.instead_of).take(8);
    collector.applies_to(situation.facts) && !before.into_iter().any(stands)
}

/// How much a command matters, and why; `None` when it does not.
fn relevance(collector: &Collector, filled: &Filled, situation: &Situation<'_>) -> Option<(f64, String)> {
    let Situation { ticket, shown, .. } = situation;
    let weigh = |category: &Category| {
        let of_ticket = ticket.weights.get(category).map(|weight| (0.5 + weight / 2.0, format!("{category} trouble")));
        let of_output = shown.iter().find(|(c, _)| c == category).map(|(_, why)| (SHOWN, why.clone()));
        let unclear = || (ANY_TROUBLE, "the ticket names no kind of trouble".to_owned());
        match category {
            Category::General => Some((ANY_TROUBLE, "whatever the trouble".to_owned())),
            _ => of_ticket.or(of_output).or_else(|| ticket.weights.is_empty().then(unclear)),
        }
    };
    let best = collector.categories.iter().filter_map(weigh).reduce(|a, b| if b.0 > a.0 { b } else { a });
    match (&filled.target, best) {
        (None, best) => best,
        (Some(target), best) => {
            let why = situation.targets.reasons.get(target).map_or("named in the ticket", String::as_str);
            let is_named = !situation.targets.reasons.contains_key(target);
            let least = if is_named { NAMED } else { POINTED_AT };
            let weight = best.map_or(least, |(weight, _)| weight.max(least));
            Some((weight, format!("{}: {why}", tai_ssh::visible_line(target.clone()))))
        }
    }
}

impl Cost {
    /// What a command of this cost must be worth more than a light one.
    fn price(self) -> f64 {
        match self {
            Cost::Light => 1.0,
            Cost::Medium => 1.5,
            Cost::Heavy => 3.0,
        }
    }
}

fn as_text<S: Serializer>(command: &ReadOnlyCommand, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Init, Unit};

    fn plan_of(ticket: &Ticket, targets: &Targets, facts: &Facts, room: usize) -> Plan {
        let missing = BTreeSet::new();
        let situation = Situation { ticket, targets, facts, window: None, shown: &[], missing: &missing };
        settle(wanted(&Collectors::builtin(), &situation), &BTreeSet::new(), room, &Policy::builtin())
    }

    fn ids(text: &str, facts: &Facts) -> Vec<&'static str> {
        let ticket = Ticket::parse(text);
        let plan = plan_of(&ticket, &ticket.targets, facts, usize::MAX);
        plan.planned.iter().map(|p| p.collector.id).collect()
    }

    #[test]
    fn the_category_decides() {
        let disk = ids("the disk is full", &Facts::default());
        assert!(
            disk.contains(&"mounts") && disk.contains(&"journal-warnings") && !disk.contains(&"routes"),
            "{disk:?}"
        );
        let network = ids("host unreachable", &Facts::default());
        assert!(network.contains(&"routes") && !network.contains(&"deleted-files"), "{network:?}");
        let unclear = ids("help", &Facts::default());
        assert!(unclear.contains(&"routes") && unclear.contains(&"deleted-files"), "{unclear:?}");
    }

    #[test]
    fn only_what_the_host_has_is_planned() {
        let programs = ["cat", "ss", "tail", "ps", "netstat"].map(str::to_owned);
        let facts =
            Facts { init: Init::Other("init".into()), programs: Some(BTreeSet::from(programs)), ..Facts::default() };
        let planned = ids("connection refused on port 80", &facts);
        assert!(
            planned.contains(&"listening") && planned.contains(&"port") && planned.contains(&"syslog"),
            "{planned:?}"
        );
        assert!(
            !planned.contains(&"listening-netstat") && !planned.contains(&"journal") && !planned.contains(&"routes"),
            "{planned:?}"
        );
    }

    #[test]
    fn a_fallback_comes_when_the_program_is_found_missing() {
        let ticket = Ticket::parse("connection refused");
        let facts = Facts { units: vec![Unit::default()], ..Facts::default() };
        let (targets, missing) = (Targets::default(), BTreeSet::from(["listening"]));
        let with = |missing: &BTreeSet<&'static str>| {
            let situation =
                Situation { ticket: &ticket, targets: &targets, facts: &facts, window: None, shown: &[], missing };
            wanted(&Collectors::builtin(), &situation).iter().any(|w| w.collector.id == "listening-netstat")
        };
        assert_eq!((with(&BTreeSet::new()), with(&missing)), (false, true));
    }

    #[test]
    fn targets_are_filled_in_and_cannot_escape() {
        let ticket = Ticket::parse("x");
        let targets = Targets {
            units: vec!["a.service".into(), "b'; id #.service".into()],
            paths: vec!["/etc/shadow".into(), "/srv".into()],
            ..Targets::default()
        };
        let plan = plan_of(&ticket, &targets, &Facts::default(), usize::MAX);
        let commands: Vec<String> = plan.planned.iter().map(|p| p.command.to_string()).collect();
        assert!(commands.contains(&"ls -la /srv".to_owned()), "{commands:?}");
        assert!(commands.iter().any(|c| c.starts_with("journalctl -u a.service")), "{commands:?}");
        // Only inside quotes, as a part of a path.
        assert!(!commands.iter().any(|c| c.replace(r"'\''; id #", "").contains("id #")), "{commands:?}");
        assert!(plan.refused.iter().all(|r| !r.reason.is_empty()) && !plan.refused.is_empty());
    }

    #[test]
    fn the_budget_keeps_what_tells_most() {
        let ticket = Ticket::parse("the disk is full");
        let all = plan_of(&ticket, &ticket.targets, &Facts::default(), usize::MAX);
        let few = plan_of(&ticket, &ticket.targets, &Facts::default(), 5);
        let lines = |plan: &Plan| plan.planned.iter().map(|p| p.command.to_string()).collect::<Vec<_>>();
        assert_eq!(lines(&few), lines(&all)[..5]);
        assert_eq!(few.left_out.len(), all.planned.len() - 5);
        assert!(all.left_out.is_empty() && all.planned.iter().all(|p| !p.reason.is_empty()));
    }
}
