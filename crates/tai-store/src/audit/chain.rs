//! Lines of a log, and what ties each to the one before it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{AuditEntry, Fault, Forgotten, Verified};
use crate::Error;
use crate::hex::hex;

const HASH_CHARS: usize = 64;

/// A line as it is in the file, its line end included.
pub(super) struct Linked {
    pub(super) text: String,
    pub(super) hash: String,
}

/// A line that has the form of one.
pub(super) enum Line<'a> {
    Entry { hash: &'a str, previous: &'a str, body: &'a str },
    TakenOut { hash: &'a str, previous: &'a str, digest: &'a str },
    Checkpoint(Checkpoint),
}

#[derive(Deserialize, Serialize)]
pub(super) struct Checkpoint {
    checkpoint: String,
    removed: u64,
}

pub(super) fn link(entry: &AuditEntry, previous: &str) -> Result<Linked, Error> {
    let body = serde_json::to_string(entry)
        .map_err(|source| Error::Malformed { what: format!("entry {}", entry.number), source })?;
    let hash = hash(previous, &digest(&body));
    let text = format!("{{\"hash\":\"{hash}\",\"previous\":\"{previous}\",\"entry\":{body}}}\n");
    Ok(Linked { text, hash })
}

/// The number and the hash of the last entry; those of nothing in an empty file. Where the last line was taken out its number is counted.
pub(super) fn end(
    last: &str,
    first: &str,
    all: impl FnOnce() -> Result<String, Error>,
) -> Result<(u64, String), Error> {
    let pruned = match Line::parse(first) {
        Some(Line::Checkpoint(checkpoint)) => checkpoint.removed,
        _ => 0,
    };
    Ok(match Line::parse(last) {
        Some(line @ Line::Entry { hash, .. }) => match line.entry() {
            Some(entry) => (entry.number, hash.to_owned()),
            None => (count(&all()?, pruned), hash.to_owned()),
        },
        Some(Line::TakenOut { hash, .. }) => (count(&all()?, pruned), hash.to_owned()),
        Some(Line::Checkpoint(checkpoint)) => (checkpoint.removed, checkpoint.checkpoint),
        // A line that is none: the chain is broken there, and begins anew.
        None => (count(&all()?, pruned), nothing()),
    })
}

fn count(lines: &str, pruned: u64) -> u64 {
    let entries = lines.lines().filter(|line| !matches!(Line::parse(line), Some(Line::Checkpoint(_))));
    pruned.saturating_add(entries.count() as u64)
}

pub(super) fn verify(text: &str) -> Verified {
    let mut verified = Verified { head: nothing(), ..Verified::default() };
    let mut number = 0_u64;
    for (at, line) in (1..).zip(text.split_inclusive('\n')) {
        let mut fault = |reason: &str| verified.faults.push(Fault { line: at, reason: reason.to_owned() });
        if !line.ends_with('\n') {
            fault("it was torn in a crash, or somebody cut it off");
            continue;
        }
        // Somebody else may have written the number.
        number = number.saturating_add(1);
        match Line::parse(line) {
            None => fault("it is no entry"),
            Some(Line::Checkpoint(checkpoint)) if at == 1 => {
                verified.pruned = checkpoint.removed;
                number = checkpoint.removed;
                verified.head = checkpoint.checkpoint;
            }
            Some(Line::Checkpoint(_)) => fault("a checkpoint in the middle"),
            Some(Line::Entry { hash: its, previous, body }) => {
                if previous != verified.head {
                    fault("it does not follow from the line before: something was removed, added or moved");
                }
                let entry: Option<AuditEntry> = serde_json::from_str(body).ok();
                if hash(previous, &digest(body)) != its {
                    fault("it was changed");
                } else if entry.as_ref().is_none_or(|entry| entry.number != number) {
                    fault("its number is not its place");
                    // One that is missing is told once, not at each line after it.
                    number = entry.map_or(number, |entry| entry.number);
                }
                verified.entries += 1;
                its.clone_into(&mut verified.head);
            }
            Some(Line::TakenOut { hash: its, previous, digest }) => {
                if previous != verified.head || hash(previous, digest) != its {
                    fault("it does not follow from the line before: something was removed, added or moved");
                }
                verified.taken_out += 1;
                its.clone_into(&mut verified.head);
            }
        }
    }
    verified
}

pub(super) fn prune(text: &str, before: Timestamp) -> (String, Forgotten) {
    let mut forgotten = Forgotten::default();
    let (mut removed, mut last, mut kept) = (0, None, 0);
    for line in text.split_inclusive('\n') {
        match Line::parse(line) {
            Some(Line::Checkpoint(checkpoint)) => {
                removed = checkpoint.removed;
                last = Some(checkpoint.checkpoint);
            }
            Some(line @ Line::Entry { hash, .. }) => {
                let Some(entry) = line.entry().filter(|entry| entry.time < before) else { break };
                removed += 1;
                forgotten.entries += 1;
                forgotten.oldest = forgotten.oldest.or(Some(entry.time));
                last = Some(hash.to_owned());
            }
            Some(Line::TakenOut { hash, .. }) => {
                removed += 1;
                last = Some(hash.to_owned());
            }
            None => break,
        }
        kept += line.len();
    }
    let Some(checkpoint) = last.filter(|_| forgotten.entries > 0) else { return (text.to_owned(), forgotten) };
    let checkpoint = serde_json::json!(Checkpoint { checkpoint, removed });
    let new = format!("{checkpoint}\n{}", &text[kept..]);
    forgotten.bytes = (text.len() as u64).saturating_sub(new.len() as u64);
    (new, forgotten)
}

pub(super) fn take_out(text: &str, which: impl Fn(&AuditEntry) -> bool) -> (String, Forgotten) {
    let mut forgotten = Forgotten::default();
    let mut new = String::new();
    for line in text.split_inclusive('\n') {
        let parsed = Line::parse(line);
        let entry = parsed.as_ref().and_then(Line::entry).filter(|entry| which(entry));
        if let (Some(Line::Entry { hash, previous, body }), Some(entry)) = (parsed, entry) {
            let digest = digest(body);
            new += &format!("{{\"hash\":\"{hash}\",\"previous\":\"{previous}\",\"removed\":\"{digest}\"}}\n");
            forgotten.entries += 1;
            forgotten.oldest = forgotten.oldest.or(Some(entry.time));
        } else {
            new += line;
        }
    }
    forgotten.bytes = (text.len() as u64).saturating_sub(new.len() as u64);
    (new, forgotten)
}

impl<'a> Line<'a> {
    /// The bytes count, not what JSON makes of them: a line of another form is none.
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let line = line.trim_end_matches('\n');
        if line.starts_with("{\"checkpoint\":") {
            return serde_json::from_str(line).ok().map(Line::Checkpoint);
        }
        let (hash, rest) = hash_after(line, "{\"hash\":\"")?;
        let (previous, rest) = hash_after(rest, "\",\"previous\":\"")?;
        if let Some((digest, "\"}")) = hash_after(rest, "\",\"removed\":\"") {
            return Some(Line::TakenOut { hash, previous, digest });
        }
        let body = rest.strip_prefix("\",\"entry\":")?.strip_suffix('}')?;
        Some(Line::Entry { hash, previous, body })
    }

    pub(super) fn hash(&self) -> &str {
        match self {
            Line::Entry { hash, .. } | Line::TakenOut { hash, .. } => hash,
            Line::Checkpoint(checkpoint) => &checkpoint.checkpoint,
        }
    }

    pub(super) fn entry(&self) -> Option<AuditEntry> {
        if let Line::Entry { body, .. } = self { serde_json::from_str(body).ok() } else { None }
    }
}

fn hash_after<'a>(text: &'a str, before: &str) -> Option<(&'a str, &'a str)> {
    let (hash, rest) = text.strip_prefix(before)?.split_at_checked(HASH_CHARS)?;
    hash.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some((hash, rest))
}

/// What the first entry follows.
fn nothing() -> String {
    "0".repeat(HASH_CHARS)
}

fn digest(body: &str) -> String {
    hex(&Sha256::digest(body))
}

fn hash(previous: &str, digest: &str) -> String {
    hex(&Sha256::digest([previous, digest].concat()))
}
