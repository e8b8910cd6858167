use std::fmt::Write;

use tai_collect::NOT_CAPTURED;
use tai_engine::{Action, Cause, Diagnosis, Gap, Quote, Verdict};
use tai_runbook::Severity;
use textwrap::core::display_width;
use textwrap::{Options, WordSplitter, fill};

use super::{
    CHANGES, MAX_GAPS, NO_ACTION, NO_CAUSE, NO_EVIDENCE, PAST, Style, UNVERIFIED, authorship, cost, doubts, effect,
    place, prior,
};

pub(super) fn diagnosis(diagnosis: &Diagnosis, width: usize, style: Style) -> String {
    let heading = |title: &str| format!("\n{}\n", style.heading(title));
    let when = diagnosis.collected_at.as_deref().map(|at| format!(", collected {at}")).unwrap_or_default();
    let mut text = fill(&format!("{} ({}){when}", diagnosis.host, diagnosis.os), width) + "\n";
    text += &fill(&format!("Issue: {}", diagnosis.question), width);
    text.push('\n');
    text += &heading("Root Cause");
    if diagnosis.root_cause.is_empty() {
        let _ = writeln!(text, "  {NO_CAUSE}");
    }
    for cause in &diagnosis.root_cause {
        item(&mut text, "- ", &cause_line(cause, style), width);
    }
    text += &heading("Evidence");
    if diagnosis.evidence.is_empty() {
        let _ = writeln!(text, "  {NO_EVIDENCE}");
    }
    for quote in &diagnosis.evidence {
        quotation(&mut text, quote, width, style);
    }
    text += &heading("Recommended Actions");
    if diagnosis.recommended_actions.is_empty() {
        item(&mut text, "", NO_ACTION, width);
    }
    actions(&mut text, &diagnosis.recommended_actions, width, style);
    unverified(&mut text, diagnosis, width, style);
    if !diagnosis.requests.is_empty() {
        text += &heading("Asked for by the Model");
    }
    for request in &diagnosis.requests {
        item(&mut text, "- ", &format!("{}: {}", request.command, request.outcome), width);
    }
    if !diagnosis.prior_sessions.is_empty() {
        text += &heading("Prior Sessions");
    }
    for session in &diagnosis.prior_sessions {
        item(&mut text, "- ", &prior(session), width);
    }
    gaps(&mut text, diagnosis, width, style);
    let cost = format!("Cost to the host: {}.", cost(&diagnosis.footprint));
    let painted = |line: &str| fill(line, width).lines().map(|line| style.faint(line) + "\n").collect::<String>();
    text + "\n" + &painted(&authorship(diagnosis)) + &painted(&cost)
}

fn cause_line(cause: &Cause, style: Style) -> String {
    let text = style.cited(&cause.text);
    match (cause.severity, cause.verdict) {
        (Some(severity), _) => {
            let mark = format!("[{severity}]");
            format!("{text} {}", if severity == Severity::Critical { style.alarm(&mark) } else { mark })
        }
        (None, Verdict::Past) => format!("{text} {}", style.doubt(&format!("[{PAST}]"))),
        (None, Verdict::Verified) => text.into_owned(),
    }
}

/// The quoted line is never wrapped: it can be copied and searched for as it is.
fn quotation(text: &mut String, quote: &Quote, width: usize, style: Style) {
    let count = quote.count.map(|n| format!(" (the first of {n})")).unwrap_or_default();
    let label = style.cited(&format!("[{}] ", quote.id)).into_owned();
    item(text, &label, &format!("{}{count}:", place(quote)), width);
    for line in quote.text.lines() {
        let _ = writeln!(text, "      {}", line.trim_end());
    }
}

/// Numbered through; the runbook is named once for each row of actions out of it.
fn actions(text: &mut String, actions: &[Action], width: usize, style: Style) {
    for (i, action) in actions.iter().enumerate() {
        let effect = effect(action).map(|effect| format!(" {}", painted(&effect, style))).unwrap_or_default();
        item(text, &format!("{}. ", i + 1), &format!("{}{effect}", style.cited(&action.text)), width);
        let is_last_of_runbook = actions.get(i + 1).is_none_or(|next| next.runbook != action.runbook);
        if let Some(runbook) = action.runbook.as_ref().filter(|_| is_last_of_runbook) {
            let _ = writeln!(text, "     Based on runbook: {runbook}");
        }
    }
}

fn painted(effect: &str, style: Style) -> String {
    let mark = format!("[{effect}]");
    if effect.starts_with(CHANGES) { style.alarm(&mark) } else { mark }
}

/// What the model said and nothing supports, each with the reason.
fn unverified(text: &mut String, diagnosis: &Diagnosis, width: usize, style: Style) {
    if diagnosis.unverified.is_empty() {
        return;
    }
    *text += &format!("\n{}\n", style.doubt("Unverified"));
    item(text, "", UNVERIFIED, width);
    for statement in &diagnosis.unverified {
        item(text, &style.doubt("? "), &format!("{}: {}", statement.part, statement.text), width);
        item(text, "  why: ", &doubts(statement), width);
    }
}

/// One by one, but for what a capture does not hold: that is one line, and a number where it would be a long one.
fn gaps(text: &mut String, diagnosis: &Diagnosis, width: usize, style: Style) {
    let (absent, failed): (Vec<&Gap>, Vec<&Gap>) = diagnosis.gaps.iter().partition(|gap| gap.reason == NOT_CAPTURED);
    if diagnosis.gaps.is_empty() {
        return;
    }
    *text += &format!("\n{}\n", style.heading("Not Collected"));
    for gap in failed.iter().take(MAX_GAPS) {
        item(text, "- ", &format!("{}: {}", gap.command, gap.reason), width);
    }
    if failed.len() > MAX_GAPS {
        item(text, "- ", &format!("and {} more, see --format json", failed.len() - MAX_GAPS), width);
    }
    if !absent.is_empty() {
        let commands: Vec<&str> = absent.iter().map(|gap| gap.command.as_str()).collect();
        let line = match commands.len() {
            0..=MAX_GAPS => format!("not in the capture: {}", commands.join("; ")),
            more => format!("{more} commands are not in the capture, see --format json"),
        };
        item(text, "- ", &line, width);
    }
}

fn item(text: &mut String, label: &str, content: &str, width: usize) {
    let first = format!("  {label}");
    let rest = " ".repeat(display_width(&first));
    *text += &fill(
        content,
        Options::new(width)
            .initial_indent(&first)
            .subsequent_indent(&rest)
            .break_words(false)
            .word_splitter(WordSplitter::NoHyphenation),
    );
    text.push('\n');
}
