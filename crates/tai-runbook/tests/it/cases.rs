use std::{collections::BTreeSet, sync::LazyLock};

use tai_runbook::{BUILTIN, Fact, Finding, Library, Observation, Value, fact_fields};

use crate::{disk, memory, nginx, ssh, systemd};

/// What a signal must find, and something much like it that it must not.
pub(crate) struct Case {
    pub(crate) signal: &'static str,
    /// The command that printed the lines; `fact KIND` for rows written as `field=value; field=value`.
    pub(crate) command: &'static str,
    pub(crate) hit: &'static str,
    pub(crate) cause: &'static str,
    pub(crate) miss: &'static str,
}

const ALL: [(&str, &[Case]); 5] = [
    ("disk.md", disk::CASES),
    ("memory.md", memory::CASES),
    ("nginx.md", nginx::CASES),
    ("ssh.md", ssh::CASES),
    ("systemd.md", systemd::CASES),
];

pub(crate) static LIBRARY: LazyLock<Library> = LazyLock::new(Library::builtin);

/// What the built-in runbooks find in one output or one fact.
pub(crate) fn findings(command: &str, text: &str) -> Vec<Finding> {
    match command.strip_prefix("fact ") {
        Some(kind) => LIBRARY.findings(&[], &[fact(kind, text)], None),
        None => LIBRARY.findings(&[Observation { command, text }], &[], None),
    }
}

fn fact(kind: &str, text: &str) -> Fact {
    let known = fact_fields(kind).expect("a kind of fact");
    let fields = text.split("; ").map(|field| {
        let (name, value) = field.split_once('=').expect("name=value");
        assert!(known.contains(&name), "{name}");
        let value = value.parse().map_or_else(|_| Value::from(value), Value::Number);
        (name.to_owned(), value)
    });
    let fields = fields.collect();
    Fact { kind: kind.to_owned(), fields, command: "some command".to_owned(), line: 1, text: text.to_owned() }
}

#[test]
fn each_case_hits_and_its_near_miss_does_not() {
    for case in ALL.iter().flat_map(|(_, cases)| *cases) {
        let found = findings(case.command, case.hit);
        let causes: Vec<_> = found.iter().filter(|f| f.signal == case.signal).map(|f| f.cause.as_str()).collect();
        assert_eq!(causes, [case.cause], "{}", case.signal);
        let missed = findings(case.command, case.miss);
        assert!(missed.iter().all(|f| f.signal != case.signal), "{}: {:?}", case.signal, case.miss);
    }
}

#[test]
fn each_signal_has_a_case() {
    for runbook in LIBRARY.runbooks() {
        let (_, cases) = ALL.iter().find(|(file, _)| *file == runbook.file).unwrap();
        let tried: BTreeSet<_> = cases.iter().map(|case| case.signal).collect();
        let signals: BTreeSet<_> = runbook.signals.iter().map(|signal| signal.id.as_str()).collect();
        assert_eq!(tried, signals, "{}", runbook.file);
    }
}

#[test]
fn ids_are_unique_over_all_runbooks() {
    let ids: Vec<_> = LIBRARY.runbooks().iter().flat_map(|r| &r.signals).map(|signal| &signal.id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn each_cause_section_has_actions_verification_and_escalation() {
    for runbook in LIBRARY.runbooks() {
        assert_eq!(runbook.sections[0].level, 1, "{}", runbook.file);
        for section in runbook.sections.iter().filter(|section| section.level == 2) {
            let citation = &section.citation;
            assert!(section.actions().len() >= 3, "{citation}");
            assert!(section.text.contains("\nVerify: "), "{citation}");
            assert!(section.text.contains("\nEscalate"), "{citation}");
            assert!(runbook.signals.iter().any(|signal| runbook.section_of(signal) == section), "{citation}");
        }
    }
}

#[test]
fn each_file_of_the_folder_is_compiled_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../runbooks");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md") && name != "README.md")
        .collect();
    let builtin: BTreeSet<String> = BUILTIN.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(files, builtin);
}
