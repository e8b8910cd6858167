use std::fmt::Write;

use tai_collect::NOT_CAPTURED;
use tai_engine::{Diagnosis, Gap, Quote, Verdict};

use super::{
    MAX_GAPS, NO_ACTION, NO_CAUSE, NO_EVIDENCE, PAST, UNVERIFIED, authorship, cost, doubts, effect, place, prior,
};

pub(super) fn diagnosis(diagnosis: &Diagnosis) -> String {
    let mut text = format!("# {}\n\n", plain(&diagnosis.question));
    let _ = writeln!(text, "- Host: {} ({})", plain(&diagnosis.host), plain(&diagnosis.os));
    if let Some(at) = &diagnosis.collected_at {
        let _ = writeln!(text, "- Collected: {}", plain(at));
    }
    text += "\n## Root Cause\n\n";
    if diagnosis.root_cause.is_empty() {
        let _ = writeln!(text, "{NO_CAUSE}");
    }
    for cause in &diagnosis.root_cause {
        let severity = cause.severity.map(|severity| format!(" ({severity})")).unwrap_or_default();
        let past = if cause.verdict == Verdict::Past { format!(" ({PAST})") } else { String::new() };
        let _ = writeln!(text, "- {}{severity}{past}", plain(&cause.text));
    }
    text += "\n## Evidence\n\n";
    if diagnosis.evidence.is_empty() {
        let _ = writeln!(text, "{NO_EVIDENCE}");
    }
    for quote in &diagnosis.evidence {
        quotation(&mut text, quote);
    }
    text += "\n## Recommended Actions\n\n";
    if diagnosis.recommended_actions.is_empty() {
        let _ = writeln!(text, "{NO_ACTION}");
    }
    for (number, action) in (1..).zip(&diagnosis.recommended_actions) {
        let runbook =
            action.runbook.as_ref().map(|runbook| format!(" (based on runbook: `{runbook}`)")).unwrap_or_default();
        // A runbook's text is ours; a model's may hold links and images.
        let advice = if action.runbook.is_some() { action.text.clone() } else { plain(&action.text) };
        let effect = effect(action).map(|effect| format!(" **[{effect}]**")).unwrap_or_default();
        let _ = writeln!(text, "{number}. {advice}{effect}{runbook}");
    }
    besides(&mut text, diagnosis);
    let cost = cost(&diagnosis.footprint);
    let _ = write!(text, "\n---\n{}\nCost to the host: {cost}.\n", plain(&authorship(diagnosis)));
    text
}

/// What is beside the answer: what does not hold, what was asked for, what was found another time, what is missing.
fn besides(text: &mut String, diagnosis: &Diagnosis) {
    if !diagnosis.unverified.is_empty() {
        let _ = write!(text, "\n## Unverified\n\n{UNVERIFIED}\n\n");
    }
    for statement in &diagnosis.unverified {
        let _ = writeln!(text, "- {}: {} (why: {})", statement.part, plain(&statement.text), plain(&doubts(statement)));
    }
    if !diagnosis.requests.is_empty() {
        *text += "\n## Asked for by the Model\n\n";
    }
    for request in &diagnosis.requests {
        let _ = writeln!(text, "- {}: {}", code(&request.command), plain(&request.outcome.to_string()));
    }
    if !diagnosis.prior_sessions.is_empty() {
        *text += "\n## Prior Sessions\n\n";
    }
    for session in &diagnosis.prior_sessions {
        let _ = writeln!(text, "- {}", plain(&prior(session)));
    }
    if !diagnosis.gaps.is_empty() {
        *text += "\n## Not Collected\n\n";
        let (absent, failed): (Vec<&Gap>, Vec<&Gap>) = diagnosis.gaps.iter().partition(|g| g.reason == NOT_CAPTURED);
        for gap in failed.iter().chain(absent.iter().filter(|_| absent.len() <= MAX_GAPS)) {
            let _ = writeln!(text, "- {}: {}", code(&gap.command), plain(&gap.reason));
        }
        if absent.len() > MAX_GAPS {
            let _ = writeln!(text, "- {} commands are not in the capture", absent.len());
        }
    }
}

fn quotation(text: &mut String, quote: &Quote) {
    let count = quote.count.map(|n| format!(" (the first of {n})")).unwrap_or_default();
    let _ = writeln!(text, "- {} {}{count}", quote.id, plain(&place(quote)));
    let fence = "`".repeat(longest_run(&quote.text).max(2) + 1);
    let _ = writeln!(text, "\n  {fence}text");
    for line in quote.text.lines() {
        let _ = writeln!(text, "  {line}");
    }
    let _ = writeln!(text, "  {fence}\n");
}

/// Text that Markdown shows as it is: from a host or a model it may hold links and HTML. Code spans stay: in them Markdown means nothing.
pub(super) fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let marks = rest.len() - rest.trim_start_matches('`').len();
        let span = (marks > 0).then(|| code_span(rest, marks)).flatten();
        if let Some(length) = span {
            escaped.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        // Backticks that open no span are text as well: all of them, or those behind the first would.
        let run = marks.max(c.len_utf8());
        for c in rest[..run].chars() {
            if matches!(c, '\\' | '[' | ']' | '<' | '>' | '*' | '_' | '#' | '|' | '!' | '`' | '&') {
                escaped.push('\\');
            }
            escaped.push(if c == '\n' { ' ' } else { c });
        }
        rest = &rest[run..];
    }
    escaped
}

/// The length of the code span at the start of `text`, which begins with `marks` backticks; `None` when it is not closed.
fn code_span(text: &str, marks: usize) -> Option<usize> {
    let mut at = marks;
    while let Some(next) = text[at..].find('`').map(|i| at + i) {
        let run = text[next..].len() - text[next..].trim_start_matches('`').len();
        if run == marks {
            return Some(next + run);
        }
        at = next + run;
    }
    None
}

fn code(text: &str) -> String {
    let marks = "`".repeat(longest_run(text) + 1);
    format!("{marks} {text} {marks}")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_host_stays_text() {
        assert_eq!(plain("[x](http://y) <b>\n# h"), r"\[x\](http://y) \<b\> \# h");
        assert_eq!(plain("run `a | b_c_d` ![x](y) ``"), r"run `a | b_c_d` \!\[x\](y) \`\`");
        assert_eq!(code("a `` b"), "``` a `` b ```");
    }
}
