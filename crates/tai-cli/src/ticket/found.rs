use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::Timestamp;
use regex::Regex;
use tai_collect::{Clock, Facts, Ticket, Window};
use tai_ssh::visible_line;

/// Hosts that are offered, at most.
const MOST: usize = 5;

/// What a ticket says of where and when.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// Hosts that it may be about, the likeliest first. The ticket is somebody else's: none is connected to before the operator says so.
    pub(crate) hosts: Vec<String>,
    /// Its words of the time, and since when that is.
    pub(crate) time: Option<(String, Timestamp)>,
    /// Directories and files that it names.
    pub(crate) paths: Vec<String>,
}

/// A field that names a host: `Host: web1`, `Affected server = db1.example`.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?im)^\W*(?:[a-z]+ )?(?:host|hostname|server|node|machine|fqdn|environment)(?: ?name)?\s*[:=]\s*(.+)$")
        .expect("a valid pattern")
});

impl Found {
    /// What the text says, where `known` are hosts that the ssh configuration names.
    pub(crate) fn of(text: &str, known: &BTreeSet<String>, now: Timestamp) -> Self {
        let ticket = Ticket::parse(text);
        let words = || {
            text.split(|c: char| c.is_whitespace() || ",;()[]<>\"'`".contains(c))
                .map(|word| word.trim_end_matches(['.', ':', '!', '?']))
        };
        let of_fields: BTreeSet<&str> = FIELD
            .captures_iter(text)
            .filter_map(|field| field.get(1))
            .flat_map(|value| value.as_str().split([' ', ',', ';', '\t']))
            .collect();
        let mut hosts: Vec<String> = Vec::new();
        let mut add = |name: &str| {
            let is_name = name.len() > 1 && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._:".contains(c));
            if is_name
                && !name.starts_with(['-', '.', ':'])
                && !hosts.iter().any(|host| host == name)
                && hosts.len() < MOST
            {
                hosts.push(name.to_owned());
            }
        };
        // What is known by name first: in a field, then anywhere; then what looks like a host.
        of_fields.iter().copied().filter(|word| known.contains(*word)).for_each(&mut add);
        words().filter(|word| known.contains(*word)).for_each(&mut add);
        FIELD
            .captures_iter(text)
            .filter_map(|field| field.get(1)?.as_str().split([' ', ',', ';', '\t']).next())
            .for_each(&mut add);
        let mailed = |address: &str| text.contains(&format!("@{address}"));
        ticket.targets.addresses.iter().filter(|address| !mailed(address)).map(String::as_str).for_each(&mut add);
        let facts = Facts { clock: Some(Clock::new(now, 0)), ..Facts::default() };
        let time = Window::find(text, &facts).map(|window| (window.words, window.since));
        Found { hosts, time, paths: ticket.targets.paths }
    }

    /// For the operator, a line each.
    pub(crate) fn shown(&self) -> String {
        let or_none =
            |names: &[String]| if names.is_empty() { "none named".to_owned() } else { visible_line(names.join(", ")) };
        let time = self.time.as_ref().map(|(words, since)| {
            format!("{} (looked at since {})", visible_line(words.clone()), since.strftime("%Y-%m-%d %H:%M"))
        });
        format!(
            "ticket: hosts: {}\n        time: {}\n        directories and files: {}",
            or_none(&self.hosts),
            time.unwrap_or_else(|| "none named".to_owned()),
            or_none(&self.paths)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_times_and_paths() {
        let known: BTreeSet<String> = ["web1", "db1"].map(str::to_owned).into();
        let now = "2026-05-04T16:00:00Z".parse().unwrap();
        let check = |text: &str, hosts: &[&str], time: Option<&str>, paths: &[&str]| {
            let found = Found::of(text, &known, now);
            assert_eq!(found.hosts, hosts, "{text}");
            assert_eq!(found.time.as_ref().map(|(words, _)| words.as_str()), time, "{text}");
            assert_eq!(found.paths, paths, "{text}");
        };
        check(
            "The shop on web1 gives 502 since 14:00, see /var/log/nginx/",
            &["web1"],
            Some("since 14:00"),
            &["/var/log/nginx"],
        );
        check("Affected host: app7.corp.example\nHost db1 is fine", &["db1", "app7.corp.example"], None, &[]);
        check("From ops@mail.example.com: 10.0.0.7 is down", &["10.0.0.7"], None, &[]);
        check("server: -oProxyCommand=x; host: $(id)", &[], None, &[]);
        check("something is slow", &[], None, &[]);
    }
}
