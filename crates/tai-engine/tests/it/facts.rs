//! The kinds of facts that runbooks may use are those that the parsers read: over the samples of tai-collect, field by field.

use std::collections::BTreeSet;
use std::path::Path;

use tai_collect::{Facts, Machine, complete, parse};
use tai_runbook::FACT_KINDS;

/// Every kind and field that the samples give.
fn read_samples() -> BTreeSet<(&'static str, &'static str)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tai-collect/tests/samples");
    let (mut found, mut readings) = (BTreeSet::new(), Vec::new());
    let facts = Facts { machine: Some(Machine::Container("lxc".into())), cpus: Some(2), ..Facts::default() };
    for entry in std::fs::read_dir(directory).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for sample in text.split("\n$ ").skip(1) {
            let (command, output) = sample.split_once('\n').unwrap_or((sample, ""));
            readings.extend(parse(command, output, Some("2026-05-05T12:00:00Z")).readings);
        }
    }
    // Of the samples no host has a service with a usual port.
    let redis = "redis-server.service loaded active running Store\n";
    readings.extend(parse("systemctl list-units --plain", redis, None).readings);
    complete(&mut readings, &facts);
    for reading in readings {
        found.extend(reading.fields.keys().map(|field| (reading.kind, *field)));
    }
    found
}

#[test]
fn every_field_is_read_and_every_field_read_is_listed() {
    let listed: BTreeSet<_> =
        FACT_KINDS.iter().flat_map(|kind| kind.fields.iter().map(|(field, _)| (kind.name, *field))).collect();
    let read = read_samples();
    let missing: Vec<_> = listed.difference(&read).collect();
    assert!(missing.is_empty(), "listed, and no parser reads them: {missing:?}");
    let unknown: Vec<_> = read.difference(&listed).collect();
    assert!(unknown.is_empty(), "read, and not listed: {unknown:?}");
}
