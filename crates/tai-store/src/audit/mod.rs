//! What was done, in a file that tells when somebody changed it afterwards.
//!
//! ```text
//! {"checkpoint":"HASH","removed":N}                                            first line only, once entries were pruned
//! {"hash":"HASH","previous":"HASH","entry":{"number":1,"time":"…","action":"command","host":"web1",…}}
//! {"hash":"HASH","previous":"HASH","removed":"DIGEST"}                         one that was taken out
//! ```
//! A digest is the SHA-256 of the entry's bytes, a hash that of the previous hash and the digest, both as hexadecimal digits. So an entry can be taken out and the chain
//! still holds: its digest stays. The previous hash of the first entry is 64 zeros; after pruning it is the checkpoint.

mod chain;
mod file;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Error;
use chain::{Line, link};
use file::Locked;

/// Longer texts of an entry are cut.
const MAX_TEXT_CHARS: usize = 4096;

/// A file of entries, each tied to the one before it. Several processes may append to one.
#[derive(Clone, Debug)]
pub struct AuditLog {
    path: PathBuf,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct AuditEntry {
    /// From 1, without gaps. Set when it is appended.
    pub number: u64,
    /// When.
    #[serde(with = "rfc3339")]
    pub time: Timestamp,
    /// What: `command`, `cleanup`, `export`.
    pub action: String,
    /// At which host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What else there is to say.
    #[serde(flatten)]
    pub details: BTreeMap<String, Value>,
}

/// What a look at the whole chain found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Entries that are there.
    pub entries: u64,
    /// Those that were taken out of the middle.
    pub taken_out: u64,
    /// Those that were pruned from the front.
    pub pruned: u64,
    /// The hash of the last entry: whoever notes it elsewhere can tell later whether the end was cut off.
    pub head: String,
    /// Where the chain does not hold.
    pub faults: Vec<Fault>,
}

/// A place where a chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The line of the file, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// How many entries.
    pub entries: u64,
    /// The time of the oldest of them.
    pub oldest: Option<Timestamp>,
    /// Bytes by which the file became, or would become, smaller.
    pub bytes: u64,
}

impl AuditEntry {
    /// An entry with this time and action, and nothing else.
    pub fn new(time: Timestamp, action: &str) -> Self {
        AuditEntry { number: 0, time, action: action.to_owned(), host: None, details: BTreeMap::new() }
    }

    /// At this host.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.host = Some(shortened(host));
        self
    }

    /// With one more thing to say.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        let value = match value.into() {
            Value::String(text) => Value::String(shortened(&text)),
            value => value,
        };
        self.details.insert(key.to_owned(), value);
        self
    }
}

impl AuditLog {
    /// The log in this file, which is made when the first entry is appended. Beside it stands a file `.lock`.
    pub fn new(path: &Path) -> Self {
        AuditLog { path: path.to_owned() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends entries, in their order. Blocks while another process appends.
    ///
    /// # Errors
    ///
    /// When the file cannot be written. What was torn off a line at the end, by a crash, is cut off and told in an entry of its own.
    pub fn append(&self, entries: Vec<AuditEntry>) -> Result<(), Error> {
        let mut file = Locked::open(&self.path)?;
        let torn = file.cut_torn_end()?;
        let torn = (torn > 0).then(|| AuditEntry::new(Timestamp::now(), "torn entry removed").with("bytes", torn));
        let (mut number, mut previous) = chain::end(&file.last_line()?, &file.first_line()?, || file.lines())?;
        let mut text = String::new();
        for mut entry in torn.into_iter().chain(entries) {
            number = number.saturating_add(1);
            entry.number = number;
            let line = link(&entry, &previous)?;
            text.push_str(&line.text);
            previous = line.hash;
        }
        file.append(&text)
    }

    /// The last entries, the oldest of them first. Those that were taken out are not among them.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn last(&self, count: usize) -> Result<Vec<AuditEntry>, Error> {
        let lines = file::read(&self.path)?;
        let entries = lines.lines().rev().filter_map(|line| Line::parse(line)?.entry());
        let mut entries: Vec<AuditEntry> = entries.take(count).collect();
        entries.reverse();
        Ok(entries)
    }

    /// Looks at every link of the chain. That the end was cut off, or that the whole file was written anew, cannot be seen: see [`Verified::head`].
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn verify(&self) -> Result<Verified, Error> {
        Ok(chain::verify(&file::read(&self.path)?))
    }

    /// Whether an entry has a hash that begins so.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn has_hash(&self, digits: &str) -> Result<bool, Error> {
        let begins = |line: &str| Line::parse(line).is_some_and(|line| line.hash().starts_with(digits));
        Ok(file::read(&self.path)?.lines().any(begins))
    }

    /// Removes the entries before a time, from the front. A checkpoint in their place keeps the chain verifiable. With `dry` only says what would go.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written.
    pub fn prune(&self, before: Timestamp, dry: bool) -> Result<Forgotten, Error> {
        self.rewrite(dry, |lines| chain::prune(lines, before))
    }

    /// Takes the entries out that `which` says, wherever they are: their digests stay, so that the chain still holds.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written.
    pub fn take_out(&self, which: impl Fn(&AuditEntry) -> bool, dry: bool) -> Result<Forgotten, Error> {
        self.rewrite(dry, |lines| chain::take_out(lines, which))
    }

    fn rewrite(&self, dry: bool, change: impl FnOnce(&str) -> (String, Forgotten)) -> Result<Forgotten, Error> {
        if !self.path.exists() {
            return Ok(Forgotten::default());
        }
        if dry {
            return Ok(change(&file::read(&self.path)?).1);
        }
        let mut file = Locked::open(&self.path)?;
        file.cut_torn_end()?;
        let (text, forgotten) = change(&file.lines()?);
        if forgotten.entries > 0 {
            file.replace(&text)?;
        }
        Ok(forgotten)
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

mod rfc3339 {
    use jiff::Timestamp;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
