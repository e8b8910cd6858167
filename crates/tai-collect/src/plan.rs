use serde::Serialize;
use tai_ssh::{Limits, Policy, ReadOnlyCommand};

use crate::{Category, Collector, Collectors, Facts, Targets, Ticket};

/// Targets of one kind that are looked at, at most: a ticket that names forty units is not answered by four hundred commands.
const MAX_TARGETS: usize = 4;

/// A command that is to run, and why.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The collector it comes from.
    pub collector: Collector,
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
    let collectors = Collectors::builtin();
    let (mut planned, mut refused): (Vec<Planned>, Vec<Refused>) = (Vec::new(), Vec::new());
    for collector in collectors.iter().filter(|c| is_wanted(c, &ticket.categories) && has_place(c, &collectors, facts))
    {
        for line in command_lines(collector, targets) {
            match policy.check(&line) {
                Ok(command) if planned.iter().any(|p| p.command == command) => {}
                Ok(command) => planned.push(Planned { collector: *collector, command, limits: collector.limits() }),
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
fn has_place(collector: &Collector, collectors: &Collectors, facts: &Facts) -> bool {
    let preferred = collector.instead_of.and_then(|id| collectors.get(id));
    collector.applies_to(facts) && preferred.is_none_or(|preferred| !preferred.applies_to(facts))
}

/// A placeholder of a command, and what stands in its place.
type Slot = (&'static str, fn(&Targets) -> Vec<String>);

const SLOTS: [Slot; 9] = [
    ("{unit}", |targets| targets.units.clone()),
    ("{path}", |targets| targets.paths.clone()),
    ("{mount}", |targets| targets.mounts.clone()),
    ("{port}", |targets| targets.ports.iter().map(u16::to_string).collect()),
    ("{interface}", |targets| targets.interfaces.clone()),
    ("{pid}", |targets| targets.pids.iter().map(u32::to_string).collect()),
    ("{container}", |targets| targets.containers.clone()),
    ("{package}", |targets| targets.packages.clone()),
    ("{address}", |targets| targets.addresses.clone()),
];

fn command_lines(collector: &Collector, targets: &Targets) -> Vec<String> {
    let line = collector.command.replace(" {since}", "");
    let Some((slot, values)) = SLOTS.iter().find(|(slot, _)| line.contains(slot)) else { return vec![line] };
    values(targets).iter().take(MAX_TARGETS).map(|value| line.replace(slot, &quote(value))).collect()
}

/// The command lines of a collector for one target of each kind, with and without a time.
#[cfg(test)]
pub(crate) fn fill_with_examples(collector: &Collector) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    let targets = Targets {
        units: one("nginx.service"),
        paths: one("/srv/data"),
        mounts: one("/srv"),
        ports: vec![8080],
        interfaces: one("eth0"),
        pids: vec![4711],
        containers: one("checkout_api-1"),
        packages: one("nginx"),
        addresses: one("192.0.2.7"),
    };
    command_lines(collector, &targets)
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
