use proptest::prelude::*;
use tai_runbook::{Observation, Runbook};

use crate::cases::LIBRARY;

/// The front matter of the format's description in runbooks/README.md must parse.
#[test]
fn the_example_of_the_guide_parses() {
    let guide = include_str!("../../../../runbooks/README.md");
    let yaml = guide.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let head = "service: []\nsymptoms: []\ntags: []";
    let source = format!("---\n{head}\n{yaml}---\n## Port already in use\n## File system full\n");
    assert_eq!(Runbook::parse("guide.md", &source).unwrap().signals.len(), 2);
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in "(\\PC|\n){0,400}") {
        let _ = Runbook::parse("any.md", &text).is_ok();
    }

    #[test]
    fn any_front_matter_is_parsed_or_refused(
        yaml in "([a-z\\[\\]{}:,#&*!|>'\"%@` \n-]|service: |signals:\n|  - id: ){0,60}",
        body in "([#*`>\\[\\]()1.\\- \n\ta-zäß-]){0,200}",
    ) {
        let _ = Runbook::parse("any.md", &format!("---\n{yaml}\n---\n{body}")).is_ok();
    }

    #[test]
    fn any_section_has_actions(body in "([#*`>\\[\\]()1.\\- \n\ta-zäß-]){0,200}") {
        let source = format!("---\nservice: []\nsymptoms: []\ntags: []\n---\n# A\n{body}");
        let runbook = Runbook::parse("any.md", &source).unwrap();
        for section in &runbook.sections {
            prop_assert!(section.actions().iter().all(|action| !action.contains('\n')));
        }
    }

    #[test]
    fn any_condition_is_parsed_or_refused(when in "[a-z0-9_. =!~<>%'\"\\[(äand]{0,40}") {
        let signal = "{id: a, fact: disk, severity: info, cause: c, section: A, when: ";
        let when = when.replace('\'', "''");
        let source = format!("---\nservice: []\nsymptoms: []\ntags: []\nsignals:\n  - {signal}'{when}'}}\n---\n# A\n");
        let _ = Runbook::parse("any.md", &source).is_ok();
    }
}

proptest! {
    // Each makes the automata of all signals anew.
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_output_is_scanned(text in "(\\PC|\r|\n|\u{0}|: |failed|Failed with result 'exit-code'){0,300}") {
        let observation = |command| Observation { command, text: &text };
        let found = LIBRARY.findings(&[observation("journalctl -b"), observation("lsof -nP +L1")], &[], None);
        for proof in found.iter().flat_map(|finding| &finding.evidence) {
            prop_assert_eq!(text.lines().nth(proof.line - 1), Some(proof.text.as_str()));
        }
    }
}
