//! What is to be fetched.

use std::time::Duration;

use super::hub::{Failure, Hub};
use super::listing::Remote;
use crate::event::reasons;
use crate::hash::Checksum;
use crate::{Cancel, Entry, Error, Event};

const SHOWN_FILES: usize = 12;
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The files of a model, and where they are.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) commit: Option<String>,
    pub(super) license: Option<String>,
    /// The largest first, so that none is left to the end.
    pub(super) items: Vec<Item>,
}

/// A file to fetch.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) path: String,
    pub(super) url: String,
    pub(super) size: Option<u64>,
    pub(super) checksum: Option<Checksum>,
}

impl Plan {
    pub(super) fn make(hub: &Hub, entry: &Entry, cancel: &Cancel, show: &dyn Fn(Event)) -> Result<Self, Error> {
        let again = Again { hub, file: &entry.repo, even_connecting: false, cancel, show };
        let mut plan = match again.until_done(|| hub.listing(&entry.repo, &entry.revision))? {
            Some(listing) => {
                let (required, optional) = entry.wanted();
                if let Some(file) = required.iter().find(|file| !listing.files.contains_key(**file)) {
                    return Err(missing(entry, file, listing.files.keys()));
                }
                let revision = listing.commit.as_deref().unwrap_or(&entry.revision);
                let wanted = required.iter().chain(optional);
                let found = wanted.filter_map(|file| Some((*file, listing.files.get(*file)?.clone())));
                let items = found.map(|(file, remote)| item(hub, entry, revision, file, remote)).collect();
                Plan { items, commit: listing.commit, license: listing.license }
            }
            None => Self::by_looking(entry, &again)?,
        };
        for item in &plan.items {
            check_stated(entry, item)?;
        }
        for item in &mut plan.items {
            // What is known beforehand counts more than what the server says.
            if let Some(sum) = entry.sha256.get(&item.path) {
                item.checksum = Some(Checksum::Sha256(sum.clone()));
            }
        }
        plan.items.sort_by(|left, right| right.size.cmp(&left.size).then_with(|| left.path.cmp(&right.path)));
        Ok(plan)
    }

    /// File by file: a mirror may serve files and list nothing.
    fn by_looking(entry: &Entry, again: &Again<'_>) -> Result<Self, Error> {
        let (hub, mut plan) = (again.hub, Plan { commit: None, license: None, items: Vec::new() });
        let (required, optional) = entry.wanted();
        for file in required.iter().chain(optional) {
            let url = hub.file_url(&entry.repo, &entry.revision, file);
            match again.until_done(|| hub.look(&url))? {
                Some((remote, commit)) => {
                    plan.commit = plan.commit.or(commit);
                    plan.items.push(item(hub, entry, &entry.revision, file, remote));
                }
                None if required.contains(file) => return Err(missing(entry, file, [].into_iter())),
                None => {}
            }
        }
        Ok(plan)
    }
}

fn item(hub: &Hub, entry: &Entry, revision: &str, file: &str, remote: Remote) -> Item {
    let url = hub.file_url(&entry.repo, revision, file);
    Item { path: file.to_owned(), url, size: remote.size, checksum: remote.checksum }
}

/// What the server states must be what is known beforehand; then nothing wrong is fetched at all.
fn check_stated(entry: &Entry, item: &Item) -> Result<(), Error> {
    match (&item.checksum, entry.sha256.get(&item.path)) {
        (Some(Checksum::Sha256(actual)), Some(expected)) if actual != expected => {
            Err(Error::Checksum { file: item.path.clone(), expected: expected.clone(), actual: actual.clone() })
        }
        _ => Ok(()),
    }
}

fn missing<'a>(entry: &Entry, file: &str, there: impl Iterator<Item = &'a String>) -> Error {
    let is_like = |name: &&String| name.ends_with(".gguf") || name.ends_with(".safetensors");
    let there = there.filter(is_like).take(SHOWN_FILES).map(|name| crate::text::visible(name, 100)).collect();
    Error::MissingFile { repo: entry.repo.clone(), file: file.to_owned(), there }
}

/// Repeats what may pass.
pub(super) struct Again<'a> {
    pub(super) hub: &'a Hub,
    pub(super) file: &'a str,
    /// A server that was there before may come back.
    pub(super) even_connecting: bool,
    pub(super) cancel: &'a Cancel,
    pub(super) show: &'a dyn Fn(Event),
}

impl Again<'_> {
    pub(super) fn until_done<T>(&self, mut attempt: impl FnMut() -> Result<T, Failure>) -> Result<T, Error> {
        let mut failures = 0;
        loop {
            self.cancel.check()?;
            match attempt() {
                Ok(done) => return Ok(done),
                Err(failure) => self.wait(failure, &mut failures)?,
            }
        }
    }

    /// Waits before the next attempt, or gives the error back where there is none.
    pub(super) fn wait(&self, failure: Failure, failures: &mut u32) -> Result<(), Error> {
        let Failure { error, retry_after } = failure;
        let options = &self.hub.options;
        let wait = options.first_wait.saturating_mul(1 << (*failures).min(10)).min(LONGEST_WAIT);
        let wait = retry_after.map_or(wait, |after| after.max(wait));
        let passes = match &error {
            Error::ConnectionLost { .. } => true,
            Error::Connect { .. } => self.even_connecting,
            Error::Status { code, .. } => matches!(code, 408 | 425 | 429 | 500..),
            _ => false,
        };
        if !passes || *failures >= options.retries || wait > LONGEST_WAIT {
            return Err(error);
        }
        *failures += 1;
        (self.show)(Event::Retrying { file: self.file.to_owned(), reasons: reasons(&error), wait });
        let end = std::time::Instant::now() + wait;
        while let Some(left) = end.checked_duration_since(std::time::Instant::now()).filter(|left| !left.is_zero()) {
            self.cancel.check()?;
            std::thread::sleep(left.min(Duration::from_millis(100)));
        }
        Ok(())
    }
}
