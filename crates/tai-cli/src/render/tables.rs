use std::fmt::Write;

use serde_json::json;
use tai_collect::Report;
use tai_engine::Prompt;
use tai_rag::Evidence;
use tai_ssh::Ending;
use tai_ssh::policy::{Description, Explanation};
use textwrap::{Options, fill};

use super::{cost, json};
use crate::args::Format;
use crate::exit::Failure;
use crate::terminal::width;

/// What was collected: one line for each command.
pub(crate) fn collection(report: &Report, format: Format) -> Result<String, Failure> {
    if matches!(format, Format::Json | Format::JsonLines) {
        return collection_json(report, format);
    }
    let mut text = format!("{} ({})\n\n", report.host, report.facts.os_name());
    let mut rows = vec![["BYTES".to_owned(), "TIME".to_owned(), "END".to_owned(), "COMMAND".to_owned()]];
    rows.extend(report.collected.iter().map(|collected| {
        let time = format!("{:.2} s", collected.duration.as_secs_f64());
        [collected.bytes.to_string(), time, ending(&collected.ending), collected.command.clone()]
    }));
    for [bytes, time, end, command] in &rows {
        let _ = writeln!(text, "{bytes:>9}  {time:>8}  {end:<12}  {command}");
    }
    for (command, reason) in report.gaps() {
        let _ = writeln!(text, "not collected: {command}: {reason}");
    }
    let footprint = report.footprint();
    let _ = writeln!(text, "{}; {} cut off, {} left out", cost(&footprint), footprint.cut_off, report.left_out.len());
    Ok(if format == Format::Markdown { format!("```text\n{text}```\n") } else { text })
}

fn collection_json(report: &Report, format: Format) -> Result<String, Failure> {
    let commands: Vec<_> = report
        .collected
        .iter()
        .map(|c| {
            json!({
                "command": c.command, "end": ending(&c.ending), "bytes": c.bytes, "truncated": c.truncated,
                "duration_ms": c.duration.as_millis() as u64, "reason": c.reason,
            })
        })
        .collect();
    let gaps: Vec<_> =
        report.gaps().into_iter().map(|(command, reason)| json!({ "command": command, "reason": reason })).collect();
    json(
        &json!({
            "schema": "tai.collection/1", "host": report.host, "collected_at": report.collected_at, "facts": report.facts,
            "ticket": report.ticket, "targets": report.targets, "window": report.window,
            "commands": commands, "gaps": gaps, "left_out": report.left_out, "footprint": report.footprint(),
        }),
        format,
    )
}

fn ending(ending: &Ending) -> String {
    match ending {
        Ending::Exited(status) => format!("exit {status}"),
        Ending::Signalled(signal) => format!("signal {signal}"),
        Ending::TimedOut => "timed out".to_owned(),
        Ending::NotStarted { .. } => "not started".to_owned(),
        Ending::Lost { .. } => "lost".to_owned(),
        Ending::NotCaptured => "not captured".to_owned(),
    }
}

/// Chunks, best first, each with its place and score.
pub(crate) fn evidence(evidence: &[Evidence]) -> String {
    let mut text = String::new();
    for chunk in evidence {
        let Evidence { rank, command, start_line, end_line, tokens, score, .. } = chunk;
        let _ =
            writeln!(text, "{rank}. {command}, lines {start_line} to {end_line} (score {score:.2}, {tokens} tokens)");
        for line in chunk.text.lines() {
            let _ = writeln!(text, "    {line}");
        }
        text.push('\n');
    }
    if evidence.is_empty() {
        text.push_str("No chunk shares a word with the issue.\n");
    }
    text
}

/// What a model would be sent.
pub(crate) fn prompt(prompt: &Prompt, format: Format) -> Result<String, Failure> {
    let messages = prompt.messages.iter();
    if matches!(format, Format::Json | Format::JsonLines) {
        let messages: Vec<_> = messages.map(|m| json!({ "role": m.role.as_str(), "content": m.content })).collect();
        return json(&json!({ "schema": "tai.prompt/1", "tokens": prompt.tokens, "messages": messages }), format);
    }
    let mut text = String::new();
    for message in messages {
        let _ = write!(text, "--- {} ---\n{}\n\n", message.role.as_str(), message.content.trim_end());
    }
    let _ = writeln!(text, "--- about {} tokens ---", prompt.tokens);
    Ok(text)
}

/// The policy's table: each program with its usage, flags and requirements.
pub(crate) fn policy_table(programs: &[Description]) -> String {
    let mut text = String::new();
    for program in programs {
        let _ = writeln!(text, "{}: {}", program.name, program.summary);
        for usage in &program.usage {
            let _ = writeln!(text, "{}", indented(&format!("{} {usage}", program.name)));
        }
        if !program.flags.is_empty() {
            let _ = writeln!(text, "{}", indented(&format!("flags: {}", program.flags.join(", "))));
        }
        for requirement in &program.requirements {
            let _ = writeln!(text, "{}", indented(requirement));
        }
    }
    text
}

/// A decision of the policy: what, by which rule, why, and what to do instead.
pub(crate) fn explanation(explanation: &Explanation) -> String {
    let Explanation { allowed, rule, program, words, reason, hint } = explanation;
    let mut text = format!("{}: {reason}\n", if *allowed { "allowed" } else { "denied" });
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    let rows = [
        ("rule", rule.as_ref().map(ToString::to_string)),
        ("program", program.map(str::to_owned)),
        ("words", (!words.is_empty()).then(|| words.join(" "))),
        ("hint", hint.clone()),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            let _ = writeln!(text, "{}", indented(&format!("{name}: {value}")));
        }
    }
    text
}

fn indented(content: &str) -> String {
    fill(
        content.trim_end(),
        Options::new(width()).initial_indent("    ").subsequent_indent("      ").break_words(false),
    )
}
