//! The edges between our own crates are exactly those of ARCHITECTURE.md.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Each crate, and those of ours that it may depend on. Dev-dependencies count as well: a test that needs more is a test of another crate.
const EDGES: &[(&str, &[&str])] = &[
    ("tai-ssh", &[]),
    ("tai-runbook", &[]),
    ("tai-kernels", &[]),
    ("tai-rag", &["tai-kernels"]),
    ("tai-llm", &[]),
    ("tai-models", &[]),
    ("tai-redact", &[]),
    ("tai-store", &["tai-rag"]),
    ("tai-collect", &["tai-ssh"]),
    ("tai-engine", &["tai-collect", "tai-llm", "tai-rag", "tai-runbook", "tai-ssh"]),
    // May name any crate, to construct what it wires.
    (
        "tai-cli",
        &[
            "tai-collect",
            "tai-engine",
            "tai-llm",
            "tai-models",
            "tai-rag",
            "tai-redact",
            "tai-runbook",
            "tai-ssh",
            "tai-store",
        ],
    ),
];

/// Crates that reach out, and who of ours may depend on them: only tai-llm and tai-models open HTTP.
const GUARDED: &[(&str, &[&str])] = &[("ureq", &["tai-llm", "tai-models"])];

#[test]
fn our_crates_depend_on_each_other_as_drawn() {
    let metadata = MetadataCommand::new().no_deps().other_options(["--offline".to_owned()]).exec().unwrap();
    let members = metadata.workspace_packages();
    let names: BTreeSet<&str> = members.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, EDGES.iter().map(|(name, _)| *name).collect());
    for package in &members {
        let (_, expect) = EDGES.iter().find(|(name, _)| *name == package.name.as_str()).unwrap();
        let ours = package.dependencies.iter().map(|d| d.name.as_str()).filter(|name| names.contains(name));
        assert_eq!(ours.collect::<BTreeSet<_>>(), expect.iter().copied().collect(), "{}", package.name);
        for (guarded, allowed) in GUARDED {
            let depends = package.dependencies.iter().any(|d| d.name == *guarded && d.kind == DependencyKind::Normal);
            assert!(!depends || allowed.contains(&package.name.as_str()), "{} depends on {guarded}", package.name);
        }
    }
}
