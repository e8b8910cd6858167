use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use tai_models::{Catalogue, Event, Kind, Manifest, Shelf, State, Verified};
use tai_ssh::visible_line;

/// A model that is here or can be.
#[derive(Serialize)]
pub(crate) struct ModelRow {
    name: String,
    kind: Option<Kind>,
    /// `installed`, `partial`, `unmanaged`, `unreadable` or `available`.
    state: &'static str,
    path: Option<PathBuf>,
    /// Bytes: of an installed model and of parts those that are here, else those to fetch where known.
    size: Option<u64>,
    dimension: Option<u64>,
    context_length: Option<u64>,
    license: Option<String>,
    source: Option<String>,
    revision: Option<String>,
    /// Why it cannot be read, or a line about it.
    note: Option<String>,
}

/// What is here, then what could be, each by name.
pub(crate) fn model_rows(shelves: &[Shelf], catalogue: &Catalogue) -> Vec<ModelRow> {
    let here = |name: &str| shelves.iter().any(|shelf| shelf.name == name && !matches!(shelf.state, State::Partial(_)));
    let mut rows: Vec<_> = shelves.iter().filter(|shelf| here(&shelf.name)).map(of_shelf).collect();
    let mut available: Vec<_> = catalogue.entries().iter().filter(|entry| !here(&entry.name)).collect();
    available.sort_by_key(|entry| (entry.kind, &entry.name));
    rows.extend(available.into_iter().map(|entry| {
        let part = shelves.iter().find(|shelf| shelf.name == entry.name).map(of_shelf);
        ModelRow {
            name: entry.name.clone(),
            kind: Some(entry.kind),
            state: if part.is_some() { "partial" } else { "available" },
            path: None,
            size: part.and_then(|part| part.size).or(entry.bytes),
            dimension: entry.dimension,
            context_length: entry.context_length,
            license: entry.license.clone(),
            source: Some(entry.repo.clone()),
            revision: None,
            note: Some(entry.about.clone()),
        }
    }));
    let known = |name: &str| catalogue.entries().iter().any(|entry| entry.name == name);
    rows.extend(shelves.iter().filter(|shelf| !here(&shelf.name) && !known(&shelf.name)).map(of_shelf));
    rows
}

fn of_shelf(shelf: &Shelf) -> ModelRow {
    let mut row = ModelRow {
        name: shelf.name.clone(),
        kind: None,
        state: "installed",
        path: Some(shelf.path.clone()),
        size: None,
        dimension: None,
        context_length: None,
        license: None,
        source: None,
        revision: None,
        note: None,
    };
    match &shelf.state {
        State::Installed(manifest) => {
            row.kind = Some(manifest.kind);
            row.size = Some(manifest.bytes());
            (row.dimension, row.context_length) = (manifest.dimension, manifest.context_length);
            (row.license, row.revision) = (manifest.license.clone(), manifest.revision.clone());
            row.source = Some(manifest.source.clone());
        }
        State::Partial(bytes) => (row.state, row.path, row.size) = ("partial", None, Some(*bytes)),
        State::Unmanaged => row.state = "unmanaged",
        State::Unreadable(reason) => (row.state, row.note) = ("unreadable", Some(reason.clone())),
    }
    row
}

/// The table of models.
pub(crate) fn models(rows: &[ModelRow]) -> String {
    let number = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
    let mut table = vec![["NAME", "KIND", "SIZE", "DIM", "CONTEXT", "LICENCE", "STATE"].map(str::to_owned)];
    table.extend(rows.iter().map(|row| {
        [
            row.name.clone(),
            row.kind.map_or("-", Kind::as_str).to_owned(),
            row.size.map_or("-".to_owned(), megabytes),
            number(row.dimension),
            number(row.context_length),
            visible_line(row.license.clone().unwrap_or_else(|| "-".to_owned())),
            state(row),
        ]
    }));
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [name, kind, size, dimension, context, license] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &table {
        let [a, b, c, d, e, f, g] = row;
        let _ =
            writeln!(text, "{a:<name$}  {b:<kind$}  {c:>size$}  {d:>dimension$}  {e:>context$}  {f:<license$}  {g}");
    }
    text
}

fn state(row: &ModelRow) -> String {
    match (row.state, &row.note) {
        ("available", _) => "can be pulled".to_owned(),
        ("partial", _) => "fetched in part".to_owned(),
        ("unmanaged", _) => "put there by hand".to_owned(),
        ("unreadable", Some(reason)) => format!("unreadable: {}", visible_line(reason.clone())),
        (state, _) => state.to_owned(),
    }
}

/// A model that is here now: what it is, then its directory.
pub(crate) fn installed_model(word: &str, manifest: &Manifest, path: &Path) -> String {
    let revision = manifest.revision.as_ref().map(|revision| format!(" at {revision}")).unwrap_or_default();
    let (files, size) = (manifest.files.len(), megabytes(manifest.bytes()));
    let plural = if files == 1 { "" } else { "s" };
    let source = visible_line(format!("{}{revision}", manifest.source));
    let name = &manifest.name;
    format!("{word} {name}: {files} file{plural}, {size}, {source}\n{}\n", path.display())
}

/// What was found of a model.
pub(crate) fn verified(verified: &Verified) -> String {
    let Verified { name, files, bytes, damage } = verified;
    if damage.is_empty() {
        return format!("{name} is whole: {files} files, {}\n", megabytes(*bytes));
    }
    let mut text = format!("{name} is damaged\n");
    for damage in damage {
        let _ = writeln!(text, "  {}", visible_line(damage.to_string()));
    }
    text
}

/// Something to say while work goes on.
pub(crate) enum Said {
    /// Until there is something newer.
    Passing(String),
    /// In a line of its own that stays.
    Lasting(String),
}

/// What is going on.
pub(crate) fn model_event(event: &Event) -> Said {
    match event {
        Event::Waiting { name } => Said::Lasting(format!("another tai is at work on {name}; waiting for it")),
        Event::Asking { source } => Said::Passing(format!("asking {source}")),
        Event::FallingBack { reasons, to } => {
            Said::Lasting(visible_line(format!("{}; trying {to}", reasons.join(": "))))
        }
        Event::Progress { done, of, rate, left } => {
            let mut text = format!("{} of {}", megabytes(*done), megabytes(*of));
            if *rate > 0.0 {
                let _ = write!(text, ", {:.1} MB/s", rate / 1e6);
            }
            if let Some(left) = left {
                let _ = write!(text, ", {} left", time(left.as_secs()));
            }
            Said::Passing(text)
        }
        Event::Retrying { file, reasons, wait } => {
            let wait = wait.as_secs_f64();
            Said::Lasting(visible_line(format!("{file}: {}; again in {wait:.1} s", reasons.join(": "))))
        }
        Event::Checking { file } => Said::Passing(visible_line(format!("checking {file}"))),
        Event::Copying { file } => Said::Passing(visible_line(format!("copying {file}"))),
        _ => Said::Passing(String::new()),
    }
}

fn megabytes(bytes: u64) -> String {
    if bytes < 1_000_000_000 {
        format!("{:.1} MB", bytes as f64 / 1e6)
    } else {
        format!("{:.2} GB", bytes as f64 / 1e9)
    }
}

fn time(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn progress_has_rate_and_time_left() {
        let check = |rate: f64, left: Option<u64>, expect: &str| {
            let left = left.map(Duration::from_secs);
            let Said::Passing(text) = model_event(&Event::Progress { done: 30_000_000, of: 91_600_000, rate, left })
            else {
                panic!("it passes")
            };
            assert_eq!(text, expect);
        };
        check(0.0, None, "30.0 MB of 91.6 MB");
        check(5.5e6, Some(11), "30.0 MB of 91.6 MB, 5.5 MB/s, 11 s left");
        check(1e4, Some(6160), "30.0 MB of 91.6 MB, 0.0 MB/s, 1 h 42 min left");
    }
}
