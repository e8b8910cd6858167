//! What was collected and found, to be looked at.

use std::fmt::Write;

use serde_json::Value;
use tai_collect::{Collected, Report};
use tai_engine::{Diagnosis, Investigation, Surroundings};
use tai_runbook::Severity;
use tai_ssh::visible_line;
use textwrap::{Options, fill};

use super::table::TOPICS;
use super::{Repl, Then};
use crate::args::Format;
use crate::exit::Failure;
use crate::nearest::nearest;
use crate::render::{self, MarkdownStream, Style};
use crate::terminal::width;
use crate::wire;

/// Sessions, and sections of runbooks, that are listed.
const MAX_LISTED: usize = 10;

impl Repl<'_> {
    /// Shows one of the topics.
    pub(super) async fn show(&mut self, words: &str) -> Result<Then, Failure> {
        let (topic, rest) = words.split_once(' ').unwrap_or((words, ""));
        let begun = self.current();
        let (investigation, style) = (&begun.investigation, self.screen.style());
        let text = match topic {
            "logs" if !rest.is_empty() => return self.show_outputs(rest.trim()).await.map(|()| Then::GoOn),
            "logs" => {
                let hint = "/show logs WORDS prints the outputs of commands that have the words\n";
                render::collection(investigation.report(), Format::Text)? + hint
            }
            "evidence" => evidence(begun.answers.last(), investigation, &begun.question, style),
            "plan" => plan(investigation.report()),
            "prompt" => render::prompt(&investigation.prompt(&begun.question), Format::Text)?,
            "facts" => facts(investigation.report()),
            "findings" => findings(investigation, style),
            "runbooks" => {
                let sections = investigation.sections(&begun.question);
                let section = |section: &&tai_runbook::Section| format!("# {}\n{}\n\n", section.citation, section.text);
                let text: String = sections.iter().map(section).collect();
                if text.is_empty() {
                    "no section fits the question\n".to_owned()
                } else {
                    MarkdownStream::whole(&text, style)
                }
            }
            _ => {
                let hint = nearest(topic, TOPICS.iter().copied()).map(|near| format!("do you mean /show {near}?"));
                let failure = Failure::usage(format!("/show takes one of {}", TOPICS.join(", ")));
                return Err(if let Some(hint) = hint { failure.hint(hint) } else { failure });
            }
        };
        self.editor.view(text).await?;
        Ok(Then::GoOn)
    }

    /// Shows the outputs of the commands that have all of these words.
    pub(super) async fn show_outputs(&self, words: &str) -> Result<(), Failure> {
        let words: Vec<&str> = words.split_whitespace().collect();
        let all = &self.current().investigation.report().collected;
        let command = words.join(" ");
        let has_words = |collected: &&Collected| words.iter().all(|word| collected.command.contains(word));
        let mut meant: Vec<_> = all.iter().filter(|collected| collected.command == command).collect();
        if meant.is_empty() {
            meant = all.iter().filter(has_words).collect();
        }
        if meant.is_empty() {
            return Err(Failure::usage("no command that ran has these words").hint("/show logs lists the commands"));
        }
        self.editor.view(meant.into_iter().map(|collected| output(collected, self.screen.style())).collect()).await
    }

    /// Shows a quotation of the last report among its neighbours.
    pub(super) async fn evidence(&mut self, id: &str) -> Result<Then, Failure> {
        let begun = self.current();
        let quotes = begun.answers.last().map(|last| last.evidence.as_slice()).unwrap_or_default();
        let wanted = id.trim_matches(['[', ']', ' ']).to_uppercase();
        let Some(quote) = quotes.iter().find(|quote| quote.id == wanted) else {
            let ids: Vec<&str> = quotes.iter().map(|quote| quote.id.as_str()).collect();
            let known = if ids.is_empty() { "nothing".to_owned() } else { ids.join(", ") };
            return Err(Failure::usage("/evidence takes the number of a quotation")
                .hint(format!("the last report quotes {known}")));
        };
        let around = begun.investigation.surroundings(&quote.command, quote.start_line);
        let around =
            around.ok_or_else(|| Failure::usage(format!("{} is not among what was collected", quote.command)))?;
        let text = surroundings(&around, quote.start_line..=quote.end_line, self.screen.style());
        self.editor.view(text).await?;
        Ok(Then::GoOn)
    }

    /// Lists the sections of runbooks that fit, or shows one.
    pub(super) async fn runbooks(&mut self, words: &str) -> Result<Then, Failure> {
        let begun = self.current();
        let library = begun.investigation.runbooks();
        let is_named = |section: &&tai_runbook::Section| {
            let (file, _) = section.citation.split_once('#').unwrap_or((&section.citation, ""));
            section.citation == words || file == words || file.strip_suffix(".md") == Some(words)
        };
        let named: Vec<_> = library.runbooks().iter().flat_map(|runbook| &runbook.sections).filter(is_named).collect();
        let text = if named.is_empty() {
            let question = if words.is_empty() { begun.question.as_str() } else { words };
            let hints: Vec<String> =
                begun.investigation.report().ticket.categories.iter().map(ToString::to_string).collect();
            let hints: Vec<&str> = hints.iter().map(String::as_str).filter(|_| words.is_empty()).collect();
            let found = library.matching(question, &hints, MAX_LISTED);
            render::suggestions(&found) + "/runbooks NAME.md#SECTION shows one\n"
        } else {
            let section = |section: &&tai_runbook::Section| format!("# {}\n{}\n\n", section.citation, section.text);
            MarkdownStream::whole(&named.iter().map(section).collect::<String>(), self.screen.style())
        };
        self.editor.view(text).await?;
        Ok(Then::GoOn)
    }

    /// Lists past sessions.
    pub(super) async fn history(&mut self, words: &str) -> Result<Then, Failure> {
        let found = self.case.aids().await.recall.past(words).await?;
        let shown = &found[..found.len().min(MAX_LISTED)];
        let hint = if found.is_empty() { "" } else { "`tai history show ID` tells all of one\n" };
        self.editor.view(render::sessions(shown, found.len(), wire::now()) + hint).await?;
        Ok(Then::GoOn)
    }
}

/// A command with what it printed.
fn output(collected: &Collected, style: Style) -> String {
    let mut text = format!("{}\n", style.heading(&format!("$ {}", collected.command)));
    let gap = collected.gap().map(|gap| format!("({gap})\n")).unwrap_or_default();
    for part in [&*collected.text, &*collected.stderr, &gap].into_iter().filter(|part| !part.is_empty()) {
        text += part;
        text += if part.ends_with('\n') { "" } else { "\n" };
    }
    text + "\n"
}

/// What the last report quotes, and the chunks that it was chosen from.
fn evidence(last: Option<&Diagnosis>, investigation: &Investigation, question: &str, style: Style) -> String {
    let indented = Options::new(width()).subsequent_indent("     ").break_words(false);
    let mut text = String::new();
    for quote in last.map(|last| last.evidence.as_slice()).unwrap_or_default() {
        let title = format!("{} {}", style.cited(&format!("[{}]", quote.id)), render::place(quote));
        let _ = writeln!(text, "{}", fill(&title, &indented));
        quote.text.lines().for_each(|line| text += &format!("      {line}\n"));
    }
    let _ = writeln!(text, "\n{}", style.heading("Chunks that fit the question, best first"));
    for chunk in investigation.retrieve(question, MAX_LISTED) {
        let (rank, start, end) = (chunk.rank, chunk.start_line, chunk.end_line);
        let (command, score, tokens) = (&chunk.command, chunk.score, chunk.tokens);
        let line = format!("{rank}. {command}, lines {start} to {end} (score {score:.2}, {tokens} tokens)");
        let _ = writeln!(text, "{}", fill(&line, &indented));
    }
    text + "/evidence E1 shows a quotation among its neighbours\n"
}

/// What ran and why, and what did not.
fn plan(report: &Report) -> String {
    let mut text = String::new();
    for collected in report.collected.iter().filter(|collected| !collected.reason.is_empty()) {
        let _ = writeln!(text, "{}\n    for: {}", collected.command, visible_line(collected.reason.clone()));
    }
    for refused in &report.refused {
        let _ = writeln!(text, "denied: {}: {}", refused.command, refused.reason);
    }
    for left_out in &report.left_out {
        let _ = writeln!(text, "left out: {}: {}", left_out.command, left_out.reason);
    }
    text
}

/// What is known of the host.
fn facts(report: &Report) -> String {
    let mut text = format!("host: {}\nos: {}\n", report.host, visible_line(report.facts.os_name().to_owned()));
    if let Ok(Value::Object(facts)) = serde_json::to_value(&report.facts) {
        for (key, value) in facts.iter().filter(|(key, value)| *key != "os_release" && !value.is_null()) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text += &format!("{}\n", fill(&visible_line(format!("{}: {value}", key.replace('_', " "))), width()));
        }
    }
    if let Ok(Value::Object(targets)) = serde_json::to_value(&report.targets) {
        for (key, value) in targets.iter().filter(|(_, value)| value.as_array().is_some_and(|all| !all.is_empty())) {
            let names = value.as_array().into_iter().flatten();
            let names = names.map(|name| name.as_str().map_or_else(|| name.to_string(), str::to_owned));
            let line = format!("looked at in particular, {key}: {}", names.collect::<Vec<_>>().join(", "));
            text += &format!("{}\n", fill(&visible_line(line), width()));
        }
    }
    text
}

/// What the signals of runbooks found.
fn findings(investigation: &Investigation, style: Style) -> String {
    let mut text = String::new();
    for finding in investigation.findings() {
        let mark = format!("[{}]", finding.severity);
        let mark = if finding.severity == Severity::Critical { style.alarm(&mark) } else { mark };
        let options = Options::new(width()).subsequent_indent("    ");
        let _ = writeln!(text, "{}", fill(&format!("{mark} {}", finding.cause), options));
        if let Some(past) = &finding.past {
            let _ = writeln!(text, "    over: {past}");
        }
        for proof in &finding.evidence {
            let _ = writeln!(text, "    {}: {}", proof.command, proof.text.trim_end());
        }
        let _ = writeln!(text, "    runbook: {}", finding.section.citation);
    }
    if text.is_empty() { "no signal of a runbook matches\n".to_owned() } else { text }
}

/// A chunk with its neighbours: `>` marks the quotation, `|` the chunk.
fn surroundings(around: &Surroundings, quoted: std::ops::RangeInclusive<usize>, style: Style) -> String {
    let Surroundings { command, lines, chunk, of } = around;
    let first = lines.first().map_or(0, |(number, _)| *number);
    let last = lines.last().map_or(0, |(number, _)| *number);
    let mut text = format!(
        "{}\nlines {first} to {last} of {of}; > is quoted, | is its chunk\n",
        style.heading(&format!("$ {command}"))
    );
    for (number, line) in lines {
        let line = line.trim_end();
        let shown = match () {
            () if quoted.contains(number) => style.heading(&format!("{number:>6} > {line}")),
            () if chunk.contains(number) => format!("{number:>6} | {line}"),
            () => style.faint(&format!("{number:>6}   {line}")),
        };
        text += &format!("{}\n", shown.trim_end());
    }
    text
}
