use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use tai_runbook::{Library, Problem, Suggestion};
use tai_store::{Source, StoredRunbook, Synced};

use crate::terminal::width;
use crate::when::{ago, rfc3339};
use crate::wire::{ADDED, BUILT_IN};

/// A runbook that is used.
#[derive(Serialize)]
pub(crate) struct RunbookRow {
    name: String,
    service: Vec<String>,
    tags: Vec<String>,
    sections: Vec<String>,
    signals: usize,
    source: String,
    synced: Option<String>,
    #[serde(skip)]
    synced_at: Option<i64>,
}

/// The runbooks that are used, each with where it is from and when that was looked at last.
pub(crate) fn runbook_rows(library: &Library, kept: &[StoredRunbook], sources: &[Source]) -> Vec<RunbookRow> {
    let synced: BTreeMap<&str, i64> = sources.iter().map(|source| (source.name.as_str(), source.synced_at)).collect();
    let source_of = |name: &str| {
        let own = |it: &&StoredRunbook| it.name == name && it.source != BUILT_IN;
        let added = kept.iter().find(|it| own(it) && it.source == ADDED);
        added.or_else(|| kept.iter().rfind(own)).map_or(BUILT_IN, |it| it.source.as_str())
    };
    let row = |runbook: &tai_runbook::Runbook| {
        let source = source_of(&runbook.file);
        let synced_at = synced.get(source).copied();
        RunbookRow {
            name: runbook.file.clone(),
            service: runbook.service.clone(),
            tags: runbook.tags.clone(),
            sections: runbook.sections.iter().map(|section| section.citation.clone()).collect(),
            signals: runbook.signals.len(),
            source: source.to_owned(),
            synced: synced_at.map(rfc3339),
            synced_at,
        }
    };
    library.runbooks().iter().map(row).collect()
}

/// The table of runbooks.
pub(crate) fn runbooks(rows: &[RunbookRow], now: i64) -> String {
    let mut table = vec![["NAME", "SECTIONS", "SIGNALS", "FROM", "SYNCED", "SERVICE", "TAGS"].map(str::to_owned)];
    table.extend(rows.iter().map(|row| {
        [
            row.name.clone(),
            row.sections.len().to_string(),
            row.signals.to_string(),
            row.source.clone(),
            row.synced_at.map_or("-".to_owned(), |at| ago(at, now)),
            shortened(&row.service.join(", "), 24),
            row.tags.join(", "),
        ]
    }));
    let longest = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [name, sections, signals, from, synced, service] = std::array::from_fn(longest);
    let left = width().saturating_sub(name + sections + signals + from + synced + service + 12).max(10);
    let mut text = String::new();
    for [a, b, c, d, e, f, g] in &table {
        let tags = shortened(g, left);
        let line =
            format!("{a:<name$}  {b:>sections$}  {c:>signals$}  {d:<from$}  {e:<synced$}  {f:<service$}  {tags}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// What a sync did to a source.
pub(crate) fn synced(source: &str, synced: &Synced) -> String {
    let Synced { added, changed, removed, unchanged } = synced;
    let (add, change, remove) = (added.len(), changed.len(), removed.len());
    let mut text = format!("{source}: {add} added, {change} changed, {remove} removed, {unchanged} unchanged\n");
    // What comes with the program is nothing that the operator did.
    if source != BUILT_IN {
        let names = [("+", added), ("~", changed), ("-", removed)];
        for (mark, name) in names.into_iter().flat_map(|(mark, names)| names.iter().map(move |name| (mark, name))) {
            let _ = writeln!(text, "  {mark} {name}");
        }
    }
    text
}

/// Mistakes, one a line, then how many.
pub(crate) fn problems(problems: &[Problem], runbooks: usize) -> String {
    let mut text: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let _ = writeln!(text, "{}, {}", plural(runbooks, "runbook"), plural(problems.len(), "problem"));
    text
}

/// Sections that fit a text, each with what it says to do first.
pub(crate) fn suggestions(found: &[Suggestion<'_>]) -> String {
    if found.is_empty() {
        return "no section fits\n".to_owned();
    }
    let mut text = String::new();
    for Suggestion { section, score } in found {
        let _ = writeln!(text, "{score:.2}  {}", section.citation);
        if let Some(action) = section.actions().first() {
            let _ = writeln!(text, "      {}", shortened(action, width().saturating_sub(6)));
        }
    }
    text
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}
