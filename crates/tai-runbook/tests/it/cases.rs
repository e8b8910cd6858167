use std::{collections::BTreeSet, sync::LazyLock};

use tai_runbook::{BUILTIN, Fact, Finding, Library, Observation, Value, fact_fields};

/// What a signal must find, and something much like it that it must not. `tests/cases/NAME.txt` has those of `NAME.md`:
///
/// ```text
/// # signal
/// $ the command that printed the lines; `fact KIND` for rows written as `field=value; field=value`
/// + a line that it must find, or several
/// = the cause
/// - a line that it must not find, or several
/// ~ of a signal with `over`: a line that says that it is over
/// ```
#[derive(Default)]
struct Case {
    signal: String,
    command: String,
    hit: String,
    cause: String,
    miss: String,
    end: String,
}

fn cases(runbook: &str) -> Vec<Case> {
    let name = runbook.trim_end_matches(".md");
    let path = format!("{}/tests/cases/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        let (mark, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{path}: {line:?}"));
        if mark == "#" {
            cases.push(Case { signal: rest.to_owned(), ..Case::default() });
            continue;
        }
        let case = cases.last_mut().expect("a case begins with its signal");
        match mark {
            "$" => rest.clone_into(&mut case.command),
            "+" => case.hit += &format!("{rest}\n"),
            "=" => rest.clone_into(&mut case.cause),
            "-" => case.miss += &format!("{rest}\n"),
            "~" => case.end += &format!("{rest}\n"),
            _ => panic!("{path}: {line:?}"),
        }
    }
    cases
}

pub(crate) static LIBRARY: LazyLock<Library> = LazyLock::new(Library::builtin);

/// What the built-in runbooks find in one output or one fact.
pub(crate) fn findings(command: &str, text: &str) -> Vec<Finding> {
    findings_of(&LIBRARY, command, text)
}

fn findings_of(library: &Library, command: &str, text: &str) -> Vec<Finding> {
    match command.strip_prefix("fact ") {
        Some(kind) => library.findings(&[], &[fact(kind, text.trim_end())], None),
        None => library.findings(&[Observation { command, text }], &[], None),
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

/// What operators are called for most: each of these has a runbook, and each runbook has signals.
#[test]
fn what_operators_are_called_for_has_runbooks_and_signals() {
    let services = "ssh nginx apache haproxy postgres mysql redis rabbitmq docker kubernetes systemd disk filesystem lvm raid smart memory oom cpu load \
                    kernel network dns firewall tls certificates time selinux apparmor packages cron nfs java ceph openstack";
    let without: Vec<_> = services
        .split_whitespace()
        .filter(|service| {
            let is_about = |name: &String| name.to_lowercase().split([' ', '-']).any(|word| word == *service);
            !LIBRARY.runbooks().iter().any(|runbook| {
                let names = runbook.service.iter().chain(&runbook.tags);
                !runbook.signals.is_empty() && names.chain([&runbook.file.replace(".md", "")]).any(is_about)
            })
        })
        .collect();
    assert!(without.is_empty(), "no runbook is about {without:?}");
    let signals: usize = LIBRARY.runbooks().iter().map(|runbook| runbook.signals.len()).sum();
    assert!(
        LIBRARY.runbooks().len() >= 25 && signals >= 100,
        "{} runbooks, {signals} signals",
        LIBRARY.runbooks().len()
    );
}

#[test]
fn each_case_hits_and_its_near_miss_does_not() {
    let mut wrong = Vec::new();
    for runbook in LIBRARY.runbooks() {
        let mut library = Library::new();
        library.add(runbook.clone());
        for Case { signal, command, hit, cause, miss, .. } in cases(&runbook.file) {
            let found = findings_of(&library, &command, &hit);
            let causes: Vec<_> = found.iter().filter(|f| f.signal == signal).map(|f| f.cause.as_str()).collect();
            if causes != [cause.as_str()] {
                wrong.push(format!("{signal}: expected {cause:?}, found {causes:?}"));
            }
            let missed = findings_of(&library, &command, &miss);
            if miss.is_empty() || missed.iter().any(|f| f.signal == signal) {
                wrong.push(format!("{signal}: must not find {miss:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_line_that_says_so_ends_what_a_signal_found() {
    let ends: BTreeSet<&str> = LIBRARY
        .runbooks()
        .iter()
        .flat_map(|runbook| &runbook.signals)
        .filter(|signal| signal.may_end())
        .map(|signal| signal.id.as_str())
        .collect();
    let cases: Vec<Case> = LIBRARY.runbooks().iter().flat_map(|runbook| cases(&runbook.file)).collect();
    let tried: BTreeSet<&str> = cases.iter().filter(|c| !c.end.is_empty()).map(|c| c.signal.as_str()).collect();
    assert_eq!(tried, ends, "signals with `over` have a line with ~, and only they");
    for Case { signal, command, hit, end, .. } in cases.iter().filter(|case| !case.end.is_empty()) {
        for (text, is_over) in [(hit.clone(), false), (format!("{hit}{end}"), true)] {
            let found = findings(command, &text);
            let past: Vec<bool> = found.iter().filter(|f| f.signal == *signal).map(|f| f.past.is_some()).collect();
            assert_eq!(past, [is_over], "{signal}: {text}");
        }
    }
}

#[test]
fn each_signal_has_a_case() {
    for runbook in LIBRARY.runbooks() {
        let cases = cases(&runbook.file);
        let tried: BTreeSet<_> = cases.iter().map(|case| case.signal.as_str()).collect();
        let signals: BTreeSet<_> = runbook.signals.iter().map(|signal| signal.id.as_str()).collect();
        assert_eq!(tried, signals, "{}", runbook.file);
    }
}

#[test]
fn what_is_explained_is_a_signal() {
    let signals = || LIBRARY.runbooks().iter().flat_map(|runbook| &runbook.signals);
    let ids: BTreeSet<_> = signals().map(|signal| signal.id.as_str()).collect();
    for signal in signals() {
        let unknown: Vec<_> = signal.explains.iter().filter(|id| !ids.contains(id.as_str())).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", signal.id);
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
