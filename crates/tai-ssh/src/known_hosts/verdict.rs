use std::path::PathBuf;

use super::file::{Entry, Marker};
use super::{HostKey, KnownHosts, name};

/// What `known_hosts` says of the key that a server showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The key is known for this host.
    Match {
        /// The file that has it.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// No plain key is known for this host.
    New,
    /// Other keys are known for this host, of whatever type. Connecting must end here.
    Changed {
        /// The keys that are known: those of the type of the new one first, then in the order of the files. Never empty.
        known: Vec<Known>,
    },
    /// The key is marked as revoked. Connecting must end here.
    Revoked {
        /// The file that says so.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
}

/// One key that is known for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The file that has it.
    pub file: PathBuf,
    /// Its line, from 1.
    pub line: usize,
    /// Its type, as in [`HostKey::kind`].
    pub kind: String,
    /// As of [`HostKey::fingerprint`].
    pub fingerprint: String,
}

impl KnownHosts {
    /// Judges the key that the server `host` on `port` showed, as `check_host_key` of OpenSSH 9.2 does. `alias` is the
    /// `HostKeyAlias` of the configuration: it stands in for host and port.
    ///
    /// A host off port 22 of which nothing is known is looked up by its bare name as well: a key that matches there is a
    /// match, one that is revoked there is revoked, and one that differs is still new, since it is another server.
    pub fn verdict(&self, host: &str, port: u16, alias: Option<&str>, key: &HostKey) -> Verdict {
        let (first, bare) = names(host, port, alias);
        match (self.verdict_by_name(&first, key), bare) {
            (Verdict::New, Some(bare)) => match self.verdict_by_name(&bare, key) {
                Verdict::Changed { .. } => Verdict::New,
                verdict => verdict,
            },
            (verdict, _) => verdict,
        }
    }

    /// The key types that are known for a host, in the order of the files, each once: ask the server for these first.
    /// Keys that are revoked and the keys of authorities do not count.
    pub fn known_kinds(&self, host: &str, port: u16, alias: Option<&str>) -> Vec<String> {
        let (first, bare) = names(host, port, alias);
        match (self.kinds_by_name(&first), bare) {
            (kinds, Some(bare)) if kinds.is_empty() => self.kinds_by_name(&bare),
            (kinds, _) => kinds,
        }
    }

    fn verdict_by_name(&self, name: &str, key: &HostKey) -> Verdict {
        let entries: Vec<&Entry> = self.entries(name).collect();
        let holds = |marker| entries.iter().find(|entry| entry.marker == marker && entry.key == *key);
        if let Some(entry) = holds(Some(Marker::Revoked)) {
            return Verdict::Revoked { file: self.file_of(entry), line: entry.line };
        }
        if let Some(entry) = holds(None) {
            return Verdict::Match { file: self.file_of(entry), line: entry.line };
        }
        let (mut known, others): (Vec<&Entry>, Vec<&Entry>) =
            entries.into_iter().filter(|entry| entry.marker.is_none()).partition(|entry| entry.key.kind == key.kind);
        known.extend(others);
        if known.is_empty() {
            return Verdict::New;
        }
        Verdict::Changed { known: known.into_iter().map(|entry| self.known(entry)).collect() }
    }

    fn kinds_by_name(&self, name: &str) -> Vec<String> {
        let (plain, marked): (Vec<&Entry>, Vec<&Entry>) =
            self.entries(name).partition(|entry| entry.marker.is_none() && !entry.key.is_certificate());
        let revoked =
            |key: &HostKey| marked.iter().any(|entry| entry.marker == Some(Marker::Revoked) && entry.key == *key);
        let mut kinds: Vec<String> = Vec::new();
        for entry in plain {
            if !revoked(&entry.key) && !kinds.contains(&entry.key.kind) {
                kinds.push(entry.key.kind.clone());
            }
        }
        kinds
    }

    fn known(&self, entry: &Entry) -> Known {
        Known {
            file: self.file_of(entry),
            line: entry.line,
            kind: entry.key.kind.clone(),
            fingerprint: entry.key.fingerprint(),
        }
    }
}

/// The name to look up, and the one to fall back to.
fn names(host: &str, port: u16, alias: Option<&str>) -> (String, Option<String>) {
    match alias {
        Some(alias) => (name::lookup(alias, 22), None),
        None if matches!(port, 0 | 22) => (name::lookup(host, 22), None),
        None => (name::lookup(host, port), Some(name::lookup(host, 22))),
    }
}
