use std::fmt::Write;

use tai_ssh::visible_line;
use textwrap::{Options, fill};

use crate::commands::{Finding, State};
use crate::terminal::width;

/// What a look at everything found, the fixes under what they mend.
pub(crate) fn doctor(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { area, state, found, fix, .. } in findings {
        let mark = match state {
            State::Fine => "ok",
            State::Warning => "warning",
            State::Problem => "PROBLEM",
        };
        let first = format!("{mark:<9}{area:<10}");
        let indent = " ".repeat(first.len());
        let wrap = |first: &str, text: &str| {
            let options =
                Options::new(width().max(60)).initial_indent(first).subsequent_indent(&indent).break_words(false);
            fill(text, options)
        };
        let _ = writeln!(text, "{}", wrap(&first, &visible_line(found.clone())));
        if let Some(fix) = fix {
            let _ = writeln!(text, "{}", wrap(&format!("{indent}fix: "), fix));
        }
    }
    let count = |state: State| findings.iter().filter(|finding| finding.state == state).count();
    let _ = match (count(State::Problem), count(State::Warning)) {
        (0, 0) => writeln!(text, "\nAll is well."),
        (0, warnings) => writeln!(text, "\nNothing is in the way; warnings: {warnings}."),
        (problems, warnings) => writeln!(text, "\nProblems: {problems}, warnings: {warnings}."),
    };
    text
}
