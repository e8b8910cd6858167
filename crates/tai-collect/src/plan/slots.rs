use crate::{Collector, Facts, Init, Targets, Ticket, Window};

use super::Situation;
use crate::traverse::TOO_LARGE;

/// Targets of one kind that are looked at, at most: a ticket that names forty units is not answered by four hundred commands.
const MAX_TARGETS: usize = 6;
const SINCE: &str = "{since}";
/// The same around the beginning of that time; without one the collector does not run.
const ONSET: &str = "{onset}";

/// A placeholder of a command, and what stands in its place.
type Slot = (&'static str, fn(&Targets) -> Vec<String>);

const SLOTS: [Slot; 13] = [
    ("{unit}", |targets| targets.units.clone()),
    ("{path}", |targets| targets.paths.clone()),
    ("{mount}", |targets| targets.mounts.clone()),
    ("{port}", |targets| targets.ports.iter().map(u16::to_string).collect()),
    ("{interface}", |targets| targets.interfaces.clone()),
    ("{pid}", |targets| targets.pids.iter().map(u32::to_string).collect()),
    ("{container}", |targets| targets.containers.clone()),
    ("{package}", |targets| targets.packages.clone()),
    ("{address}", |targets| targets.addresses.clone()),
    ("{ip}", |targets| targets.addresses.iter().filter(|host| is_ip(host)).cloned().collect()),
    ("{name}", |targets| targets.addresses.iter().filter(|host| !is_ip(host)).cloned().collect()),
    ("{file}", |targets| targets.files.iter().filter(|file| !is_certificate(file)).cloned().collect()),
    ("{certificate}", |targets| {
        targets.files.iter().chain(&targets.paths).filter(|file| is_certificate(file)).cloned().collect()
    }),
];

/// Whether a file is a certificate, and no key, by its name.
pub(crate) fn is_certificate(file: &str) -> bool {
    [".crt", ".cer", ".cert", ".der", ".pem"].iter().any(|ending| file.ends_with(ending)) && !file.contains("key")
}

fn is_ip(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok()
}

/// A command line, and the target that it looks at.
pub(crate) struct Filled {
    pub(crate) line: String,
    pub(crate) target: Option<String>,
}

impl Filled {
    /// Whether it would walk half the host for a path that the ticket names.
    pub(crate) fn is_too_large(&self, collector: &Collector) -> bool {
        let target = self.target.as_deref().unwrap_or_default();
        collector.command.contains("{path}") && TOO_LARGE.contains(&target)
    }
}

/// The command lines of a collector: one for each target of the kind that it asks for, or one.
pub(crate) fn fill(collector: &Collector, situation: &Situation<'_>) -> Vec<Filled> {
    let line = if collector.command.contains(ONSET) {
        let onset = situation.window.and_then(|window| window.onset(situation.facts.clock.as_ref()));
        let Some(onset) = onset else { return Vec::new() };
        collector.command.replace(ONSET, &between(collector, &onset))
    } else {
        fill_since(collector, situation.window)
    };
    let Some((slot, values)) = SLOTS.iter().find(|(slot, _)| line.contains(slot)) else {
        return vec![Filled { line, target: None }];
    };
    let values = values(situation.targets).into_iter().take(MAX_TARGETS);
    values.map(|value| Filled { line: line.replace(slot, &quote(&value)), target: Some(value) }).collect()
}

fn fill_since(collector: &Collector, window: Option<&Window>) -> String {
    match window {
        Some(window) => collector.command.replace(SINCE, &between(collector, window)),
        None => collector.command.replace(&format!(" {SINCE}"), ""),
    }
}

/// The window in the form that the program reads: journalctl and dmesg an `@` and seconds, docker and its like the seconds alone.
fn between(collector: &Collector, window: &Window) -> String {
    let mark = if matches!(collector.program(), "journalctl" | "dmesg") { "@" } else { "" };
    let mut text = format!("--since={mark}{}", window.since.as_second());
    if let Some(until) = window.until {
        text.push_str(&format!(" --until={mark}{}", until.as_second()));
    }
    text
}

/// The command lines of a collector for one target of each kind, without a time and with one.
pub(crate) fn fill_with_examples(collector: &Collector) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    let targets = Targets {
        units: one("nginx.service"),
        paths: vec!["/srv/data".to_owned(), "/srv/data/site.crt".to_owned()],
        mounts: one("/srv"),
        ports: vec![8080],
        interfaces: one("eth0"),
        pids: vec![4711],
        containers: one("checkout_api-1"),
        packages: one("nginx"),
        addresses: vec!["192.0.2.7".to_owned(), "db1.example.org".to_owned()],
        files: one("/etc/nginx/nginx.conf"),
        ..Targets::default()
    };
    let window =
        Window { since: jiff::Timestamp::UNIX_EPOCH, until: Some(jiff::Timestamp::UNIX_EPOCH), words: String::new() };
    let (ticket, facts) = (Ticket::parse(""), Facts { init: Init::Systemd, ..Facts::default() });
    let missing = std::collections::BTreeSet::new();
    let fill = |window| {
        let situation =
            Situation { ticket: &ticket, targets: &targets, facts: &facts, window, shown: &[], missing: &missing };
        fill(collector, &situation).into_iter().map(|filled| filled.line)
    };
    fill(None).chain(fill(Some(&window))).collect()
}

/// One word for the policy's parser, whatever is in it.
fn quote(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-:@+%,=".contains(&b);
    if word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::USUAL;

    #[test]
    fn addresses_and_files_are_told_apart() {
        let fill = |command: &'static str| fill_with_examples(&Collector { command, ..USUAL });
        assert_eq!(fill("ip route get {ip}")[0], "ip route get 192.0.2.7");
        assert_eq!(fill("getent ahosts {name}")[0], "getent ahosts db1.example.org");
        assert_eq!(fill("openssl x509 -in {certificate}")[0], "openssl x509 -in /srv/data/site.crt");
        assert!(!is_certificate("/etc/ssl/private/site.key.pem") && !is_certificate("/etc/nginx/nginx.conf"));
    }

    #[test]
    fn a_time_is_filled_in_or_goes_away() {
        let check = |command: &'static str, until: Option<i64>, expect: [&str; 2]| {
            let at = |second| jiff::Timestamp::from_second(second).unwrap();
            let window = Window { since: at(1000), until: until.map(at), words: String::new() };
            let collector = Collector { command, ..USUAL };
            let found = [fill_since(&collector, None), fill_since(&collector, Some(&window))];
            assert_eq!(found, expect, "{command}");
        };
        let journal = "journalctl -k {since} -n 5";
        check(journal, None, ["journalctl -k -n 5", "journalctl -k --since=@1000 -n 5"]);
        check(journal, Some(2000), ["journalctl -k -n 5", "journalctl -k --since=@1000 --until=@2000 -n 5"]);
        check("docker logs {since} x", None, ["docker logs x", "docker logs --since=1000 x"]);
        check("df -PT", None, ["df -PT", "df -PT"]);
        let onset = Collector { command: "journalctl {onset} -n 5", ..USUAL };
        assert_eq!(fill_with_examples(&onset), ["journalctl --since=@0 --until=@0 -n 5"]);
    }
}
