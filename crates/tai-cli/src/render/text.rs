use std::fmt::Write;

use tai_collect::NOT_CAPTURED;
use tai_engine::{Action, Cause, Diagnosis, Gap, Quote, Verdict};
use textwrap::{Options, WordSplitter, fill};

use super::{
    MAX_GAPS, NO_ACTION, NO_CAUSE, NO_EVIDENCE, PAST, UNVERIFIED, authorship, cost, doubts, effect, place, prior,
};

pub(super) fn diagnosis(diagnosis: &Diagnosis, width: usize) -> String {
    let when = diagnosis.collected_at.as_deref().map(|at| format!(", collected {at}")).unwrap_or_default();
    let mut text = fill(&format!("{} ({}){when}", diagnosis.host, diagnosis.os), width) + "\n";
    text += &fill(&format!("Issue: {}", diagnosis.question), width);
    text += "\n\nRoot Cause\n";
    if diagnosis.root_cause.is_empty() {
        let _ = writeln!(text, "  {NO_CAUSE}");
    }
    for cause in &diagnosis.root_cause {
        item(&mut text, "- ", &cause_line(cause), width);
    }
    text += "\nEvidence\n";
    if diagnosis.evidence.is_empty() {
        let _ = writeln!(text, "  {NO_EVIDENCE}");
    }
    for quote in &diagnosis.evidence {
        quotation(&mut text, quote, width);
    }
    text += "\nRecommended Actions\n";
    if diagnosis.recommended_actions.is_empty() {
        item(&mut text, "", NO_ACTION, width);
    }
    actions(&mut text, &diagnosis.recommended_actions, width);
    unverified(&mut text, diagnosis, width);
    if !diagnosis.requests.is_empty() {
        text += "\nAsked for by the Model\n";
    }
    for request in &diagnosis.requests {
        item(&mut text, "- ", &format!("{}: {}", request.command, request.outcome), width);
    }
    if !diagnosis.prior_sessions.is_empty() {
        text += "\nPrior Sessions\n";
    }
    for session in &diagnosis.prior_sessions {
        item(&mut text, "- ", &prior(session), width);
    }
    gaps(&mut text, diagnosis, width);
    let cost = format!("Cost to the host: {}.", cost(&diagnosis.footprint));
    text + "\n" + &fill(&authorship(diagnosis), width) + "\n" + &fill(&cost, width) + "\n"
}

fn cause_line(cause: &Cause) -> String {
    match (cause.severity, cause.verdict) {
        (Some(severity), _) => format!("{} [{severity}]", cause.text),
        (None, Verdict::Past) => format!("{} [{PAST}]", cause.text),
        (None, Verdict::Verified) => cause.text.clone(),
    }
}

/// The quoted line is never wrapped: it can be copied and searched for as it is.
fn quotation(text: &mut String, quote: &Quote, width: usize) {
    let count = quote.count.map(|n| format!(" (the first of {n})")).unwrap_or_default();
    let label = format!("[{}] ", quote.id);
    item(text, &label, &format!("{}{count}:", place(quote)), width);
    for line in quote.text.lines() {
        let _ = writeln!(text, "      {}", line.trim_end());
    }
}

/// Numbered through; the runbook is named once for each row of actions out of it.
fn actions(text: &mut String, actions: &[Action], width: usize) {
    for (i, action) in actions.iter().enumerate() {
        let effect = effect(action).map(|effect| format!(" [{effect}]")).unwrap_or_default();
        item(text, &format!("{}. ", i + 1), &format!("{}{effect}", action.text), width);
        let is_last_of_runbook = actions.get(i + 1).is_none_or(|next| next.runbook != action.runbook);
        if let Some(runbook) = action.runbook.as_ref().filter(|_| is_last_of_runbook) {
            let _ = writeln!(text, "     Based on runbook: {runbook}");
        }
    }
}

/// What the model said and nothing supports, each with the reason.
fn unverified(text: &mut String, diagnosis: &Diagnosis, width: usize) {
    if diagnosis.unverified.is_empty() {
        return;
    }
    *text += "\nUnverified\n";
    item(text, "", UNVERIFIED, width);
    for statement in &diagnosis.unverified {
        item(text, "? ", &format!("{}: {}", statement.part, statement.text), width);
        item(text, "  why: ", &doubts(statement), width);
    }
}

/// One by one, but for what a capture does not hold: that is one line, and a number where it would be a long one.
fn gaps(text: &mut String, diagnosis: &Diagnosis, width: usize) {
    let (absent, failed): (Vec<&Gap>, Vec<&Gap>) = diagnosis.gaps.iter().partition(|gap| gap.reason == NOT_CAPTURED);
    if diagnosis.gaps.is_empty() {
        return;
    }
    *text += "\nNot Collected\n";
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
    let rest = " ".repeat(first.chars().count());
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
