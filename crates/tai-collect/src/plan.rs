use serde::Serialize;
use tai_ssh::{Limits, Policy, ReadOnlyCommand};

use crate::{COLLECTORS, Category, Collector, Facts, Targets, Ticket};

/// Targets of one kind that are looked at, at most: a ticket that names forty units is not answered by four hundred commands.
const MAX_TARGETS: usize = 4;

/// A command that is to run, and why.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The collector it comes from.
    pub collector: &'static Collector,
    /// The command, checked by the policy.
    pub command: ReadOnlyCommand,
    /// The most it may cost.
    pub limits: Limits,
}

/// A command that was wanted and that the policy denied: a path in the ticket that holds secrets, for example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The command line.
    pub command: String,
    /// The policy's reason.
    pub reason: String,
}

/// Chooses what to run: the collectors of the ticket's categories that apply to the host, once for each of the targets where they have a
/// placeholder. A ticket that speaks of no category gets every collector. The order is that of the table.
pub fn plan(ticket: &Ticket, targets: &Targets, facts: &Facts, policy: &Policy) -> (Vec<Planned>, Vec<Refused>) {
    let (mut planned, mut refused): (Vec<Planned>, Vec<Refused>) = (Vec::new(), Vec::new());
    for collector in COLLECTORS.iter().filter(|c| is_wanted(c, &ticket.categories) && has_place(c, facts)) {
        for line in command_lines(collector, targets) {
            match policy.check(&line) {
                Ok(command) if planned.iter().any(|p| p.command == command) => {}
                Ok(command) => planned.push(Planned { collector, command, limits: collector.limits() }),
                Err(denied) => refused.push(Refused { command: line, reason: denied.to_string() }),
            }
        }
    }
    (planned, refused)
}

fn is_wanted(collector: &Collector, categories: &[Category]) -> bool {
    let wanted = |c: &Category| *c == Category::General || categories.is_empty() || categories.contains(c);
    collector.categories.iter().any(wanted)
}

/// A fallback has its place only where the collector it stands in for has not.
fn has_place(collector: &Collector, facts: &Facts) -> bool {
    let preferred = collector.instead_of.and_then(|id| COLLECTORS.iter().find(|c| c.id == id));
    collector.applies_to(facts) && preferred.is_none_or(|preferred| !preferred.applies_to(facts))
}

fn command_lines(collector: &Collector, targets: &Targets) -> Vec<String> {
    let fill = |name: &str, values: &mut dyn Iterator<Item = String>| {
        values.take(MAX_TARGETS).map(|value| collector.command.replace(name, &value)).collect()
    };
    let has = |name: &str| collector.command.contains(name);
    if has("{unit}") {
        fill("{unit}", &mut targets.units.iter().map(|unit| quote(unit)))
    } else if has("{path}") {
        fill("{path}", &mut targets.paths.iter().map(|path| quote(path)))
    } else if has("{mount}") {
        fill("{mount}", &mut targets.mounts.iter().map(|mount| quote(mount)))
    } else if has("{port}") {
        fill("{port}", &mut targets.ports.iter().map(u16::to_string))
    } else {
        vec![collector.command.to_owned()]
    }
}

/// One word for the policy's parser, whatever is in it.
fn quote(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-:@+%,=".contains(&b);
    if word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Init;

    fn ids(text: &str, facts: &Facts) -> Vec<&'static str> {
        let ticket = Ticket::parse(text);
        let (planned, _) = plan(&ticket, &ticket.targets, facts, &Policy::builtin());
        planned.iter().map(|p| p.collector.id).collect()
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
    fn targets_are_filled_in_and_cannot_escape() {
        let ticket = Ticket::parse("x");
        let targets = Targets {
            units: vec!["a.service".into(), "b'; id #.service".into()],
            paths: vec!["/etc/shadow".into(), "/srv".into()],
            ..Targets::default()
        };
        let (planned, refused) = plan(&ticket, &targets, &Facts::default(), &Policy::builtin());
        let commands: Vec<String> = planned.iter().map(|p| p.command.to_string()).collect();
        assert!(commands.contains(&"ls -la /srv".to_owned()), "{commands:?}");
        assert!(commands.iter().any(|c| c.starts_with("journalctl -u a.service")), "{commands:?}");
        assert!(!commands.iter().any(|c| c.contains("id #")), "{commands:?}");
        assert!(refused.iter().all(|r| !r.reason.is_empty()) && !refused.is_empty());
    }
}
