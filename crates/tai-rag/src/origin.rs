//! What a chunk is of: a unit, and a span of time.

use crate::header::Header;

/// Endings of the names of units.
const KINDS: [&str; 8] = [".service", ".socket", ".timer", ".mount", ".path", ".target", ".slice", ".scope"];

/// The unit and the times of a part of an output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The unit that the command names, else the program that wrote every line that names one.
    pub(crate) unit: Option<String>,
    /// The times of the first and the last line that have one, as they stand there.
    pub(crate) times: Option<(String, String)>,
}

impl Origin {
    /// Reads that of `text`, which is of the output of `command`.
    pub(crate) fn of(command: &str, text: &str) -> Self {
        let headers = || text.lines().map(Header::of);
        let first = headers().find_map(|header| header.time);
        let last = text.lines().rev().find_map(|line| Header::of(line).time);
        let times = first.zip(last).map(|(first, last)| (first.to_owned(), last.to_owned()));
        let unit = unit(command).or_else(|| {
            let mut programs = headers().filter_map(|header| header.program);
            let first = programs.next()?;
            programs.all(|program| program == first).then(|| first.to_owned())
        });
        Self { unit, times }
    }
}

/// The unit that a command is about, by its full name.
fn unit(command: &str) -> Option<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let named = words.windows(2).find(|pair| matches!(pair[0], "-u" | "--unit")).map(|pair| pair[1]);
    let named = named.or_else(|| words.iter().find_map(|word| word.strip_prefix("--unit=")));
    let is_unit = |word: &&str| KINDS.iter().any(|kind| word.len() > kind.len() && word.ends_with(kind));
    let name = match named {
        Some(name) if !is_unit(&name) => return Some(format!("{name}.service")),
        Some(name) => name,
        None => words.iter().map(|word| word.rsplit('/').next().unwrap_or(word)).find(is_unit)?,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_named_by_commands_or_by_programs() {
        let check = |command: &str, text: &str, expect: Option<&str>| {
            assert_eq!(Origin::of(command, text).unit.as_deref(), expect, "{command}: {text}");
        };
        check("journalctl -u nginx -n 500", "", Some("nginx.service"));
        check("journalctl --unit=nginx.socket", "", Some("nginx.socket"));
        check("systemctl status cron.service --no-pager", "", Some("cron.service"));
        check("cat /etc/systemd/system/app.service", "[Unit]\n", Some("app.service"));
        check("ls .service", "", None);
        let line = "Feb 09 22:34:05 web1 sshd[1]: no\n";
        check("journalctl", &format!("{line}  more\n{line}"), Some("sshd"));
        check("journalctl", &format!("{line}Feb 09 22:34:05 web1 cron[1]: no\n"), None);
        check("df", "/dev/sda1 100%\n", None);
    }

    #[test]
    fn times_are_those_of_the_first_and_the_last_line_that_have_one() {
        let text = "-- begins\nFeb 09 22:34:05 web1 sshd[1]: no\nFeb 09 22:35:00 web1 sshd[1]: no\n  more\n";
        let times = Some(("Feb 09 22:34:05".to_owned(), "Feb 09 22:35:00".to_owned()));
        assert_eq!(Origin::of("journalctl", text).times, times);
        assert_eq!(Origin::of("df", "/dev/sda1\n").times, None);
    }
}
