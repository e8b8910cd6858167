use std::collections::VecDeque;

use super::kernel_events::time_of;
use super::quantity::{iso_time, log_time};
use super::rows::{Fields, Line, Output, Rows, cut};

/// Of a log of packages the newest so many are kept.
const NEWEST: usize = 500;

/// Reads `dpkg -l`: kind `package`, for those that are neither plainly installed nor plainly removed.
pub(super) fn dpkg_list(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let letters: Vec<char> = words[0].chars().collect();
        let is_state =
            matches!(letters.len(), 2 | 3) && "uihrp".contains(letters[0]) && "ncHUFWti".contains(letters[1]);
        if !is_state || words.len() < 3 {
            let is_legend =
                ["Desired", "|", "+++", "dpkg-query", "ii", "rc"].iter().any(|known| words[0].starts_with(known));
            rows.unread += usize::from(!is_legend);
            continue;
        }
        let state = match (letters[1], letters.get(2), letters[0]) {
            (_, Some('R'), _) => "reinst-required",
            ('H', ..) => "half-installed",
            ('U', ..) => "unpacked",
            ('F', ..) => "half-configured",
            ('W', ..) => "triggers-awaited",
            ('t', ..) => "triggers-pending",
            ('i', _, 'h') => "held",
            _ => continue,
        };
        rows.push(line, package(words[1], state).text("version", words[2]));
    }
}

/// Reads `dpkg --audit` (`-C`): paragraphs of explanation, each with its list of ` NAME  DESCRIPTION`. Kind `package`.
pub(super) fn dpkg_audit(output: &Output<'_>, rows: &mut Rows) {
    let mut state = "half-installed";
    for line in output.filled_lines() {
        if let Some(name) = line.text.strip_prefix(' ').and_then(|rest| rest.split_whitespace().next()) {
            rows.push(line, package(name, state));
            continue;
        }
        let states = [
            ("unpacked but not yet configured", "unpacked"),
            ("half configured", "half-configured"),
            ("half installed", "half-installed"),
            ("reinstall", "reinst-required"),
            ("triggered", "triggers-pending"),
            ("awaiting the processing of triggers", "triggers-awaited"),
        ];
        state = states.iter().find(|(words, _)| line.text.contains(words)).map_or(state, |(_, state)| *state);
    }
}

/// Reads `apt-get check` and its like: ` a : Depends: b (>= 2) but 1 is installed`. Kind `package`.
pub(super) fn apt_check(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        if let Some((name, _)) = line.text.split_once(" : Depends:").or_else(|| line.text.split_once(" : PreDepends:"))
        {
            rows.push(line, package(name, "unmet"));
        }
    }
}

fn package(name: &str, state: &str) -> Fields {
    let is_broken = !matches!(state, "held" | "triggers-pending" | "triggers-awaited");
    Fields::of("package").text("name", name).text("state", state).flag("is_broken", is_broken)
}

/// Reads `rpm -V`, `dpkg -V` and `debsums -s`: kind `changed_file`. `S.5....T.  c /etc/x`, `missing     /usr/bin/x`.
pub(super) fn verify(output: &Output<'_>, rows: &mut Rows) {
    const TESTS: [(char, &str); 9] = [
        ('S', "size"),
        ('M', "mode"),
        ('5', "digest"),
        ('D', "device"),
        ('L', "link"),
        ('U', "user"),
        ('G', "group"),
        ('T', "time"),
        ('P', "capabilities"),
    ];
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let Some(at) = words.iter().position(|word| word.starts_with('/')).filter(|at| *at > 0) else {
            rows.unread();
            continue;
        };
        let is_marks = words[0].len() >= 8
            && words[0].chars().all(|c| c == '.' || c == '?' || TESTS.iter().any(|(mark, _)| *mark == c));
        let is_missing = words[0] == "missing" || line.text.contains("missing file");
        if !is_marks && !is_missing && words[0] != "debsums:" {
            rows.unread();
            continue;
        }
        let changes: Vec<&str> =
            TESTS.iter().filter(|(mark, _)| is_marks && words[0].contains(*mark)).map(|(_, name)| *name).collect();
        let kind = words[1..at].iter().find(|word| word.len() == 1).copied().unwrap_or_default();
        // Documentation and ghosts decide nothing.
        if matches!(kind, "d" | "g" | "l" | "r") {
            continue;
        }
        let changes = if words[0] == "debsums:" && !is_missing { "digest".to_owned() } else { changes.join(",") };
        let fields = Fields::of("changed_file").text("path", words[at]).flag("is_missing", is_missing);
        rows.push(
            line,
            fields.flag("is_config", kind == "c" || words[at].starts_with("/etc/")).text("changes", &changes),
        );
    }
}

/// The newest rows of a log, in its order.
struct Newest<'a> {
    rows: VecDeque<(Line<'a>, Fields)>,
    left_out: usize,
}

impl<'a> Newest<'a> {
    fn new() -> Self {
        Newest { rows: VecDeque::new(), left_out: 0 }
    }

    fn push(&mut self, line: Line<'a>, fields: Fields) {
        self.rows.push_back((line, fields));
        if self.rows.len() > NEWEST {
            self.rows.pop_front();
            self.left_out += 1;
        }
    }

    fn finish(self, rows: &mut Rows) {
        rows.left_out += self.left_out;
        self.rows.into_iter().for_each(|(line, fields)| rows.push(line, fields));
    }
}

fn event(output: &Output<'_>, time: &str, seconds: Option<f64>, action: &str, name: &str, version: &str) -> Fields {
    let fields = Fields::of("package_event")
        .text("time", time)
        .text("action", action)
        .text("name", name)
        .text("version", version);
    fields.number("age_hours", output.hours_since(seconds))
}

/// Reads /var/log/dpkg.log: `DATE TIME install|upgrade|remove|purge NAME:ARCH OLD NEW`. Kind `package_event`.
pub(super) fn dpkg_log(output: &Output<'_>, rows: &mut Rows) {
    let mut newest = Newest::new();
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let [_, _, action, name, rest @ ..] = &words[..] else {
            rows.unread();
            continue;
        };
        if let ("install" | "upgrade" | "remove" | "purge", [old, new, ..]) = (*action, rest) {
            let version = if matches!(*action, "remove" | "purge") { old } else { new };
            let time = cut(line.text, 19);
            newest.push(line, event(output, time, iso_time(line.text), action, name, version));
        }
    }
    newest.finish(rows);
}

/// Reads /var/log/apt/history.log: paragraphs with `Start-Date:`, `Install:`, `Upgrade:`, … Kind `package_event`.
pub(super) fn apt_history(output: &Output<'_>, rows: &mut Rows) {
    let mut newest = Newest::new();
    let mut time = "";
    for line in output.filled_lines() {
        let Some((key, value)) = line.text.split_once(": ") else { continue };
        if key == "Start-Date" {
            time = value.trim();
        }
        let action = key.to_lowercase();
        if !matches!(action.as_str(), "install" | "upgrade" | "downgrade" | "reinstall" | "remove" | "purge") {
            continue;
        }
        for part in value.split("), ") {
            let (name, versions) = part.split_once(" (").unwrap_or((part, ""));
            let versions: Vec<&str> =
                versions.trim_end_matches(')').split(", ").filter(|word| *word != "automatic").collect();
            let seconds = iso_time(&time.split_whitespace().collect::<Vec<_>>().join("T"));
            newest
                .push(line, event(output, time, seconds, &action, name, versions.last().copied().unwrap_or_default()));
        }
    }
    newest.finish(rows);
}

/// Reads `dnf history`, `dnf history list` and those of yum: `ID | COMMAND | DATE | ACTION | ALTERED`. Kind `package_event`, one row for each transaction; the newest stand first.
pub(super) fn dnf_history(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let cells: Vec<&str> = line.text.split('|').map(str::trim).collect();
        let [id, name, time, actions, ..] = cells[..] else { continue };
        if id.parse::<u32>().is_err() {
            continue;
        }
        let action = match actions.split([',', ' ']).next().unwrap_or_default() {
            "I" | "Install" => "install",
            "U" | "Upgrade" | "Update" => "upgrade",
            "E" | "Removed" | "Erase" => "remove",
            "D" | "Downgrade" => "downgrade",
            "R" | "Reinstall" => "reinstall",
            "O" | "Obsoleting" => "upgrade",
            other => other,
        };
        rows.push(line, event(output, time, iso_time(time), action, name, ""));
    }
}

/// Reads `rpm -qa --last`: `NAME-VERSION-RELEASE.ARCH   DATE`. The newest stand first. Kind `package_event`.
pub(super) fn rpm_last(output: &Output<'_>, rows: &mut Rows) {
    for line in output.filled_lines() {
        let Some((name, time)) = line.text.split_once("  ") else {
            rows.unread();
            continue;
        };
        if rows.rows.len() >= NEWEST {
            rows.left_out += 1;
            continue;
        }
        let (name, version) = name_and_version(name.trim());
        rows.push(line, event(output, time.trim(), rpm_time(time.trim(), output), "install", name, version));
    }
}

/// `Thu 05 Mar 2026 10:00:00 AM UTC` or `Thu Mar  5 10:00:00 2026`.
fn rpm_time(text: &str, output: &Output<'_>) -> Option<f64> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [weekday, day, month, year, clock, rest @ ..] = &words[..]
        && day.parse::<u8>().is_ok()
    {
        let seconds = log_time(&format!("{weekday} {month} {day} {clock} {year}"), output.at)?;
        let hour: u32 = clock.split(':').next()?.parse().ok()?;
        return Some(match rest.first() {
            Some(&"PM") if hour < 12 => seconds + 43_200.0,
            Some(&"AM") if hour == 12 => seconds - 43_200.0,
            _ => seconds,
        });
    }
    log_time(text, output.at)
}

/// A package's file name without its architecture, cut before the version, which is the last but one part.
fn name_and_version(text: &str) -> (&str, &str) {
    let Some((release, _)) = text.rmatch_indices('-').nth(1) else { return (text, "") };
    (&text[..release], &text[release + 1..])
}

/// Reads /var/log/dnf.rpm.log, /var/log/yum.log, /var/log/pacman.log: a time, and further on an action with the name of a package. What dnf calls
/// `Upgraded` and `Downgraded` is the package that was replaced, the new one stands above it. Kind `package_event`.
pub(super) fn rpm_log(output: &Output<'_>, rows: &mut Rows) {
    let mut newest = Newest::new();
    for line in output.filled_lines() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let action = |word: &str| match word.trim_end_matches(':') {
            "Installed" | "installed" => Some("install"),
            "Upgrade" | "Updated" | "upgraded" => Some("upgrade"),
            "Erase" | "Erased" | "Removed" | "removed" => Some("remove"),
            "Downgrade" | "downgraded" => Some("downgrade"),
            "Reinstalled" | "reinstalled" => Some("reinstall"),
            _ => None,
        };
        let found = words.iter().enumerate().find_map(|(i, word)| Some((i, action(word)?)));
        if let Some((at, action)) = found
            && let Some(name) = words.get(at + 1)
        {
            let (name, version) = match words.get(at + 2) {
                Some(version) if version.starts_with('(') => {
                    (*name, words.last().copied().unwrap_or_default().trim_matches(['(', ')']))
                }
                _ => name_and_version(name),
            };
            let time = time_of(line.text);
            newest.push(line, event(output, time, log_time(line.text, output.at), action, name, version));
        }
    }
    newest.finish(rows);
}

/// Reads /var/log/zypp/history: `DATE|install|NAME|VERSION|…`. Kind `package_event`.
pub(super) fn zypp_history(output: &Output<'_>, rows: &mut Rows) {
    let mut newest = Newest::new();
    for line in output.filled_lines().filter(|line| !line.text.starts_with('#')) {
        let cells: Vec<&str> = line.text.split('|').map(str::trim).collect();
        if let [time, action @ ("install" | "remove"), name, rest @ ..] = &cells[..] {
            let version = rest.first().copied().unwrap_or_default();
            newest.push(line, event(output, time, iso_time(time), action, name, version));
        }
    }
    newest.finish(rows);
}
