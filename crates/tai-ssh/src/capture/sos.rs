//! sosreports: what `sos report` of Red Hat, Debian, Ubuntu and SUSE leaves behind, read as a capture.
//!
//! The format is that of <https://github.com/sosreport/sos>: outputs of commands are in `sos_commands/PLUGIN/`, under the command line with everything but
//! letters, digits, `-`, `.` and `_` made `_` and `/` made `.`; copied files keep their path. Since version 4.0 `sos_reports/manifest.json` has the command
//! lines themselves; without it they are rebuilt from the names, so their arguments are approximate. Of a long log the end is in `sos_strings/`, and a link
//! leads there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use serde::Deserialize;
use serde_json::Value;

use super::manifest::{Entry, Manifest, SCHEMA};
use crate::{CaptureError, Policy};

/// Copied files tell something below these folders. What packages bring (`/usr`, `/lib`) and the thousands of values in `/sys` do not.
const TELLING: [&str; 6] = ["etc", "proc", "var", "run", "boot", "opt"];
/// Folders that are deeper hold nothing that is read.
const MAX_DEPTH: usize = 12;
const MAX_FILES: usize = 50_000;

/// Whether `dir` is a sosreport.
pub(super) fn is_report(dir: &Path) -> bool {
    dir.join("sos_commands").is_dir()
}

/// Whether the link at `path` leads to the end of a long log, below the same top folder.
pub(super) fn is_link_to_end(path: &Path, target: &Path) -> bool {
    let up = target.components().take_while(|part| *part == std::path::Component::ParentDir).count();
    let rest: PathBuf = target.components().skip(up).collect();
    // The top folder is one part of the path, the name another.
    rest.starts_with("sos_strings") && super::archive::inside(&rest).is_some() && up + 2 == path.components().count()
}

/// The manifest of the report in `dir`, and the file of each of its commands.
pub(super) fn read(dir: &Path) -> Result<(Manifest, Vec<Option<PathBuf>>), CaptureError> {
    let root = fs::canonicalize(dir).map_err(|source| CaptureError::NoManifest { dir: dir.to_owned(), source })?;
    let own = own_manifest(&root);
    let mut found: Vec<(String, PathBuf, i32)> = Vec::new();
    let mut paths = Vec::new();
    walk(&root, &root.join("sos_commands"), 0, &mut paths);
    for path in paths.drain(..) {
        let relative = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
        match own.get(&relative) {
            Some(ran) => found.push((ran.exec.clone(), path, ran.return_code.unwrap_or(0))),
            None => found.push((command_of(&path), path, 0)),
        }
    }
    for folder in TELLING {
        walk(&root, &root.join(folder), 0, &mut paths);
    }
    // What tai would not read on the host, it does not read in the report.
    let policy = Policy::builtin();
    for path in paths {
        let on_host = Path::new("/").join(path.strip_prefix(&root).unwrap_or(&path));
        let reader = if path.extension().is_some_and(|end| end == "gz") { "zcat" } else { "cat" };
        let command = policy.check_words(&[reader, &on_host.to_string_lossy()]);
        found.extend(command.ok().map(|command| (command.to_string(), path, 0)));
    }
    let entries = found.iter().map(|(command, path, status)| entry(command, path, *status)).collect();
    let manifest = Manifest {
        schema: SCHEMA.to_owned(),
        host: first_line(&root, &["sos_commands/host/hostname", "sos_commands/general/hostname", "etc/hostname"]),
        collected_at: date(&root),
        os_release: os_release(&root),
        redacted: false,
        commands: entries,
    };
    Ok((manifest, found.into_iter().map(|(_, path, _)| Some(path)).collect()))
}

fn entry(command: &str, path: &Path, status: i32) -> Entry {
    Entry {
        command: command.to_owned(),
        file: path.to_string_lossy().into_owned(),
        exit_status: Some(status),
        failure: None,
        stderr: String::new(),
        bytes: fs::metadata(path).map_or(0, |metadata| metadata.len()),
        truncated: fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()),
        duration_ms: 0,
    }
}

/// Regular files below `dir`, and links to the ends of long logs, in order.
fn walk(root: &Path, dir: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        let is_end =
            || fs::canonicalize(&path).is_ok_and(|to| to.starts_with(root.join("sos_strings")) && to.is_file());
        if metadata.is_dir() && depth < MAX_DEPTH {
            walk(root, &path, depth + 1, found);
        } else if found.len() < MAX_FILES
            && (metadata.is_file() && metadata.len() > 0 || metadata.is_symlink() && is_end())
        {
            found.push(path);
        }
    }
}

/// A command as the report's own manifest tells it.
#[derive(Debug, Deserialize)]
struct Ran {
    exec: String,
    filepath: String,
    #[serde(default)]
    return_code: Option<i32>,
}

/// The commands of `sos_reports/manifest.json` by file; none when it is missing or not understood.
fn own_manifest(root: &Path) -> BTreeMap<String, Ran> {
    let read = || -> Option<Value> {
        let path = root.join("sos_reports/manifest.json");
        let small = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file() && metadata.len() < 64 << 20);
        serde_json::from_slice(&fs::read(path).ok().filter(|_| small)?).ok()
    };
    let json = read().unwrap_or_default();
    let plugins = json.pointer("/components/report/plugins").and_then(Value::as_object).into_iter().flatten();
    let commands = plugins.filter_map(|(_, plugin)| plugin.get("commands")?.as_array()).flatten();
    let ran = commands.filter_map(|command| Ran::deserialize(command).ok());
    ran.map(|ran| (ran.filepath.clone(), ran)).collect()
}

/// The command line that a file is named after, as far as the name tells it.
fn command_of(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let words = name.split('_').filter(|word| !word.is_empty());
    // A path begins with the stroke that became a dot; an option or a number does not.
    let words = words.map(|word| if word.starts_with('.') { word.replace('.', "/") } else { word.to_owned() });
    words.collect::<Vec<_>>().join(" ")
}

fn first_line(root: &Path, files: &[&str]) -> Option<String> {
    let read = |file: &&str| {
        let text = fs::read_to_string(root.join(file)).ok()?;
        text.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
    };
    files.iter().find_map(read)
}

/// Keys and values of os-release(5), without quotes.
fn os_release(root: &Path) -> BTreeMap<String, String> {
    let text =
        ["etc/os-release", "usr/lib/os-release"].iter().find_map(|file| fs::read_to_string(root.join(file)).ok());
    let text = text.unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().trim_matches(['"', '\'']).to_owned())).collect()
}

/// When the report was made: what `date` said, with the distance from UTC where `date --utc` tells it. RFC 3339.
fn date(root: &Path) -> Option<String> {
    let read = |files: &[&str]| first_line(root, files).and_then(|line| civil(&line));
    let local = read(&["sos_commands/date/date", "sos_commands/general/date", "date"]);
    let utc = read(&["sos_commands/date/date_--utc"]);
    let minutes = match (local, utc) {
        // Both ran within a minute or so; zones differ by quarters of an hour.
        (Some(local), Some(utc)) => (local.duration_since(utc).as_secs_f64() / 900.0).round() as i32 * 15,
        _ => 0,
    };
    let offset = Offset::from_seconds(minutes * 60).ok()?;
    let time = local.or(utc)?.to_zoned(TimeZone::fixed(offset)).ok()?;
    Some(time.strftime(if minutes == 0 { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:%S%:z" }).to_string())
}

/// The time on the wall of `Sat Nov 21 15:55:39 UTC 2026` and `Sat 21 Nov 2026 03:55:39 PM UTC`.
fn civil(line: &str) -> Option<DateTime> {
    // What names a zone says too little: EST is one of America and one of Australia.
    let words: Vec<&str> = line.split_whitespace().filter(|word| !is_zone(word)).collect();
    let formats =
        ["%a %b %d %H:%M:%S %Y", "%a %d %b %Y %I:%M:%S %p", "%a %d %b %Y %H:%M:%S", "%a %b %d %I:%M:%S %p %Y"];
    formats.iter().find_map(|format| DateTime::strptime(format, words.join(" ")).ok())
}

fn is_zone(word: &str) -> bool {
    let is_name = word.len() >= 3 && word.bytes().all(|b| b.is_ascii_uppercase());
    is_name || word.starts_with(['+', '-'])
}
