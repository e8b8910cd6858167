use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};
use tai_ssh::visible_line;
use tai_store::{Checked, Derived, ExportManifest, Imported, Precision, Repaired, Stats};

/// What a store holds, for people.
pub(crate) fn store_stats(name: &str, directory: &Path, stats: &Stats) -> String {
    let records: usize = stats.namespaces.values().sum();
    let bytes: u64 = stats.files.values().sum();
    let mut text = format!("{name}: {records} records, {} in {}\n", kilobytes(bytes), directory.display());
    for (namespace, count) in &stats.namespaces {
        let _ = writeln!(text, "  {}: {count}", visible_line(namespace.clone()));
    }
    if let Some(embedder) = &stats.embedder {
        let half = if stats.precision == Precision::F16 { ", of two bytes each" } else { "" };
        let _ = writeln!(text, "  vectors by {}{half}", visible_line(embedder.to_string()));
    }
    if stats.dead > 0 {
        let _ =
            writeln!(text, "  {} changes that later ones made void; `tai cleanup` gives their space back", stats.dead);
    }
    text
}

/// The same for programs.
pub(crate) fn store_stats_json(name: &str, directory: &Path, stats: &Stats) -> Value {
    json!({
        "store": name,
        "directory": directory,
        "namespaces": stats.namespaces,
        "dead": stats.dead,
        "embedder": stats.embedder.as_ref().map(ToString::to_string),
        "precision": if stats.precision == Precision::F16 { "f16" } else { "f32" },
        "files": stats.files,
    })
}

/// What a check found, for people.
pub(crate) fn store_checked(name: &str, checked: &Checked) -> String {
    let mut text = match checked.damage.first() {
        None => format!("{name}: whole, {} entries\n", checked.entries),
        Some(first) => {
            let (parts, entries, lost) = (checked.damage.len(), checked.entries, checked.lost);
            format!(
                "{name}: damaged in {parts} of its parts, first at byte {}: {entries} entries are whole, {lost} are lost\n  \
                 `tai store repair` keeps those that are whole\n",
                first.start
            )
        }
    };
    if checked.torn > 0 {
        let _ = writeln!(
            text,
            "  {} bytes of a write that was cut off are at its end; the next use puts them aside",
            checked.torn
        );
    }
    for (file, state) in [("vectors", checked.vectors), ("words", checked.words)] {
        if state == Derived::Unsound {
            let _ = writeln!(text, "  the index {file} is damaged; the next use makes it anew");
        }
    }
    text
}

/// The same for programs.
pub(crate) fn store_checked_json(name: &str, checked: &Checked) -> Value {
    let derived = |state| match state {
        Derived::Sound => "sound",
        Derived::Absent => "absent",
        Derived::Unsound => "unsound",
    };
    json!({
        "store": name,
        "entries": checked.entries,
        "lost": checked.lost,
        "damage": checked.damage.iter().map(|range| [range.start, range.end]).collect::<Vec<_>>(),
        "torn": checked.torn,
        "vectors": derived(checked.vectors),
        "words": derived(checked.words),
    })
}

/// What a repair did, for people; nothing was done to a store that is whole.
pub(crate) fn store_repaired(name: &str, repaired: Option<&Repaired>) -> String {
    let Some(Repaired { entries, lost, damage, kept_in }) = repaired else {
        return format!("{name}: whole, left as it is\n");
    };
    let mut text = format!("{name}: {entries} entries kept, {lost} lost; as it was: {}\n", kept_in.display());
    for range in damage {
        let _ = writeln!(text, "  damaged: bytes {} to {}", range.start, range.end);
    }
    text
}

/// The same for programs.
pub(crate) fn store_repaired_json(name: &str, repaired: Option<&Repaired>) -> Value {
    let Some(Repaired { entries, lost, damage, kept_in }) = repaired else {
        return json!({"store": name, "repaired": false});
    };
    let damage: Vec<_> = damage.iter().map(|range| [range.start, range.end]).collect();
    json!({"store": name, "repaired": true, "entries": entries, "lost": lost, "damage": damage, "kept_in": kept_in})
}

/// What was exported.
pub(crate) fn store_exported(file: &Path, manifest: &ExportManifest) -> String {
    let counts = manifest.stores.iter().map(|(name, store)| format!("{} records of {name}", store.records));
    let counts: Vec<_> = counts.collect();
    let what = if counts.is_empty() { "nothing, since nothing is kept".to_owned() } else { counts.join(", ") };
    format!("exported to {}: {what}\n", file.display())
}

/// What was imported, or would be, for people.
pub(crate) fn store_imported(name: &str, imported: Imported, removed: usize, is_dry: bool) -> String {
    let Imported { added, changed, kept } = imported;
    let would = if is_dry { "would be " } else { "" };
    let removed = if removed > 0 { format!(", {removed} {would}removed") } else { String::new() };
    format!("{name}: {added} {would}added, {changed} {would}changed, {kept} as new or newer here{removed}\n")
}

/// The same for programs.
pub(crate) fn store_imported_json(name: &str, imported: Imported, removed: usize, is_dry: bool) -> Value {
    let Imported { added, changed, kept } = imported;
    json!({"store": name, "added": added, "changed": changed, "kept": kept, "removed": removed, "dry_run": is_dry})
}

pub(crate) fn kilobytes(bytes: u64) -> String {
    if bytes < 10_000_000 { format!("{} kB", bytes.div_ceil(1000)) } else { format!("{} MB", bytes / 1_000_000) }
}
