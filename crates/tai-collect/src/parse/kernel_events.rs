use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::logs::entry_time;
use super::rows::{Fields, Line, Output, Rows, line_at};

/// Events that a log is searched for: the event, the words that must be there, and what finds the subject in the line. The words are searched for in the whole text at once,
/// so a log costs one pass, and only lines that hold them are looked at.
const EVENTS: &[(&str, &str, &str)] = &[
    ("oom_kill", r"Killed process ", r"Killed process \d+,? \((?P<subject>[^)]+)\)"),
    ("hung_task", r" blocked for more than ", r"task (?P<subject>[^:\s]+):\d+ blocked for more than"),
    ("soft_lockup", r"soft lockup - CPU", r"soft lockup - CPU#\d+ stuck for .*\[(?P<subject>[^:\]]+)"),
    ("hard_lockup", r"hard LOCKUP on cpu", r"hard LOCKUP on (?P<subject>cpu \d+)"),
    ("rcu_stall", r"detected stalls on CPUs", r"(?P<subject>rcu\w*)[: ].*detected stalls"),
    ("rcu_stall", r"self-detected stall on CPU", r"(?P<subject>rcu\w*)[: ].*self-detected stall"),
    ("panic", r"Kernel panic - not syncing", r"not syncing: (?P<subject>.{1,80})"),
    ("oops", r"BUG: unable to handle", r"BUG: (?P<subject>unable to handle [a-zA-Z ]+)"),
    ("oops", r"kernel BUG at ", r"kernel BUG at (?P<subject>\S+?)!?$"),
    ("oops", r"general protection fault", r"(?P<subject>general protection fault)"),
    ("io_error", r"I/O error, dev ", r"I/O error, dev (?P<subject>[^,\s]+)"),
    ("io_error", r"Buffer I/O error on dev", r"Buffer I/O error on dev(?:ice)? (?P<subject>[^,\s]+)"),
    ("io_error", r"critical medium error", r"critical medium error, dev (?P<subject>[^,\s]+)"),
    ("fs_error", r"EXT4-fs error", r"EXT4-fs error \(device (?P<subject>[^)]+)\)"),
    (
        "fs_error",
        r"XFS (",
        r"XFS \((?P<subject>[^)]+)\): (?:Corruption|Metadata corruption|Internal error|metadata I/O error|log I/O error|xfs_do_force_shutdown|Filesystem has been shut down)",
    ),
    ("fs_error", r"BTRFS error", r"BTRFS error \(device (?P<subject>[^):\s]+)"),
    ("fs_error", r"BTRFS critical", r"BTRFS critical \(device (?P<subject>[^):\s]+)"),
    ("read_only", r"emounting filesystem read-only", r"\((?P<subject>[^)]+)\):? ?.*[Rr]emounting filesystem read-only"),
    ("read_only", r"forced readonly", r"\(device (?P<subject>[^):\s]+).*forced readonly"),
    ("segfault", r"]: segfault at ", r"(?P<subject>\S+)\[\d+\]: segfault at "),
    (
        "machine_check",
        r"[Hardware Error]: ",
        r"(?P<subject>Hardware Error)\]: (?:Machine check|CPU|event severity|Corrected error)",
    ),
    ("machine_check", r"mce: [Hardware Error]", r"(?P<subject>mce): \[Hardware Error\]"),
    ("link_down", r"ink is down", r"(?P<subject>[a-zA-Z][\w.-]*\d[\w.-]*): (?:NIC )?[Ll]ink is [Dd]own"),
    ("link_down", r"ink is Down", r"(?P<subject>[a-zA-Z][\w.-]*\d[\w.-]*): (?:NIC )?[Ll]ink is [Dd]own"),
    ("conntrack_full", r"table full, dropping packet", r"(?P<subject>(?:nf_|ip_)?conntrack|neighbour): .*table full"),
    ("out_of_sockets", r"out of memory -- consider tuning tcp_mem", r"(?P<subject>TCP): out of memory"),
    ("out_of_sockets", r"too many orphaned sockets", r"(?P<subject>TCP): too many orphaned"),
    ("nfs_timeout", r" not responding", r"nfs: server (?P<subject>\S+) not responding"),
    ("ata_error", r": failed command: ", r"(?P<subject>ata\d+(?:\.\d+)?): failed command"),
    ("nvme_timeout", r", aborting", r"nvme (?P<subject>\S+): I/O .*timeout, aborting"),
    ("nvme_timeout", r"reset controller", r"nvme (?P<subject>\S+): I/O .*timeout, reset controller"),
    ("thermal", r"temperature above threshold", r"(?P<subject>CPU\d+|Package|Core): .*temperature above threshold"),
    ("raid_failure", r": Disk failure on ", r"md/?\S*:(?P<subject>md\w+): Disk failure on"),
    ("allocation_failure", r"page allocation failure", r"(?P<subject>[^\s:]+): page allocation failure"),
];

struct Patterns {
    words: Regex,
    events: Vec<(&'static str, &'static str, Regex)>,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let words: Vec<String> = EVENTS.iter().map(|(_, words, _)| regex::escape(words)).collect();
    let event = |(event, words, subject): &(&'static str, &'static str, &'static str)| {
        (*event, *words, Regex::new(subject).expect("a valid pattern"))
    };
    Patterns {
        words: Regex::new(&words.join("|")).expect("a valid pattern"),
        events: EVENTS.iter().map(event).collect(),
    }
});

struct Counted<'a> {
    line: Line<'a>,
    last: &'a str,
    count: f64,
}

/// Searches a log for what the kernel complains of: kind `kernel_event`, a row for each event and subject, at the first such line.
pub(super) fn read(output: &Output<'_>, rows: &mut Rows) {
    let mut found: BTreeMap<(&str, String), Counted<'_>> = BTreeMap::new();
    let text = output.text;
    let (mut at, mut number) = (0, 1);
    while let Some(hit) = PATTERNS.words.find_at(text, at) {
        let mut line = line_at(&text[at..], hit.start() - at);
        number += line.number - 1;
        line.number = number;
        if let Some((event, captures)) = classify(line.text) {
            let subject = captures.name("subject").map_or("", |subject| subject.as_str());
            let known =
                found.entry((event, subject.to_owned())).or_insert(Counted { line, last: line.text, count: 0.0 });
            known.count += 1.0;
            known.last = line.text;
        }
        let rest = &text[hit.start()..];
        let Some(end) = rest.find('\n') else { break };
        at = hit.start() + end + 1;
        number += 1;
    }
    for ((event, subject), Counted { line, last, count }) in found {
        let seconds = entry_time(last, output);
        let fields = Fields::of("kernel_event").text("event", event).text("subject", &subject).number("count", count);
        let fields = fields.text("first", time_of(line.text)).text("last", time_of(last));
        rows.push(line, fields.number("age_hours", output.hours_since(seconds)));
    }
}

fn classify(line: &str) -> Option<(&'static str, Captures<'_>)> {
    let fitting = PATTERNS.events.iter().filter(|(_, words, _)| line.contains(words));
    fitting.into_iter().find_map(|(event, _, subject)| Some((*event, subject.captures(line)?)))
}

/// The time at the beginning of a line, as it is: up to the host's name, or in brackets.
pub(super) fn time_of(line: &str) -> &str {
    if let Some(rest) = line.strip_prefix('[') {
        return rest.split_once(']').map_or("", |(time, _)| time.trim());
    }
    let is_month = line.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
    let words = if is_month { 3 } else { 1 };
    if !is_month && !line.starts_with(|c: char| c.is_ascii_digit()) {
        return "";
    }
    let mut end = 0;
    for _ in 0..words {
        end += line[end..].len() - line[end..].trim_start().len();
        end += line[end..].find(char::is_whitespace).unwrap_or(line.len() - end);
    }
    &line[..end]
}
