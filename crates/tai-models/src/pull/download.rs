//! Files of one model, several at a time.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use ureq::http::header::{CONTENT_RANGE, ETAG};
use ureq::http::{Method, Response};
use ureq::{Body, http::StatusCode};

use super::hub::{Failure, Hub, header};
use super::plan::{Again, Item, Plan};
use super::progress::Progress;
use crate::hash::Sums;
use crate::text::shown_url;
use crate::work::Work;
use crate::{Cancel, Error, Event, ModelFile, disk};

/// A file whose size nobody says ends here.
const MAX_BYTES: u64 = 256 << 30;

/// Everything that the threads of a transfer share.
pub(super) struct Transfer<'a> {
    hub: &'a Hub,
    plan: &'a Plan,
    parts: PathBuf,
    ready: PathBuf,
    cancel: &'a Cancel,
    show: &'a (dyn Fn(Event) + Sync),
    progress: Progress<'a>,
    missing: u64,
    /// One file failed: the others need not go on.
    failed: AtomicBool,
}

/// What is kept beside a part: the tag of the version that it is a part of.
#[derive(Default, Deserialize, Serialize)]
struct Begun {
    etag: Option<String>,
}

impl<'a> Transfer<'a> {
    pub(super) fn new(
        hub: &'a Hub,
        work: &Work,
        plan: &'a Plan,
        cancel: &'a Cancel,
        show: &'a (dyn Fn(Event) + Sync),
    ) -> Result<Self, Error> {
        let (parts, ready) = (work.parts(), work.ready());
        for dir in [&parts, &ready] {
            fs::create_dir_all(dir).map_err(|source| Error::file("create", dir, source))?;
        }
        let of: u64 = plan.items.iter().filter_map(|item| item.size).sum();
        let length = |path: PathBuf| fs::metadata(path).map_or(0, |metadata| metadata.len());
        let there = |item: &Item| length(ready.join(&item.path)).max(length(part_of(&parts, item)));
        let done = plan.items.iter().map(|item| there(item).min(item.size.unwrap_or(u64::MAX))).sum();
        let progress = Progress::new(show, done, of);
        let missing = of.saturating_sub(done);
        Ok(Transfer { hub, plan, parts, ready, cancel, show, progress, missing, failed: AtomicBool::new(false) })
    }

    pub(super) fn missing_bytes(&self) -> u64 {
        self.missing
    }

    /// Fetches what is missing, and checks everything. The files are those of the plan.
    pub(super) fn run(&self, parallel: usize) -> Result<Vec<ModelFile>, Error> {
        self.plan.items.iter().try_for_each(|item| self.set_aside(item))?;
        let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || {
            while let Some(item) = self.plan.items.get(next.fetch_add(1, Ordering::Relaxed)) {
                let result = self.file(item);
                self.failed.fetch_or(result.is_err(), Ordering::Relaxed);
                // A poisoned list is a list all the same.
                results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(result);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..parallel.clamp(1, self.plan.items.len().max(1)) {
                scope.spawn(work);
            }
        });
        self.progress.end();
        let results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (files, mut errors): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        // What others stopped for counts, not that they stopped.
        errors.sort_by_key(|result| matches!(result, Err(Error::Cancelled)));
        errors.into_iter().chain(files).collect()
    }

    /// Space for the whole file, before the first byte of any is fetched.
    fn set_aside(&self, item: &Item) -> Result<(), Error> {
        let path = part_of(&self.parts, item);
        let Some(size) = item.size.filter(|_| !self.ready.join(&item.path).exists()) else { return Ok(()) };
        disk::set_aside(&open(&path)?, size, &path)
    }

    fn file(&self, item: &Item) -> Result<ModelFile, Error> {
        let ready = self.ready.join(&item.path);
        if ready.is_file() {
            match self.checked(item, &ready) {
                Err(Error::Checksum { .. } | Error::Size { .. }) => {
                    self.progress.lost(fs::metadata(&ready).map_or(0, |metadata| metadata.len()));
                    fs::remove_file(&ready).map_err(|source| Error::file("remove", &ready, source))?;
                }
                checked => return checked,
            }
        }
        let part = part_of(&self.parts, item);
        let was_begun = fs::metadata(&part).is_ok_and(|metadata| metadata.len() > 0);
        self.received(item, &part)?;
        let file = match self.checked(item, &part) {
            Err(Error::Checksum { .. }) if was_begun => {
                // The part may have been damaged, or of another version: once more from the beginning.
                self.discard(&part)?;
                self.received(item, &part)?;
                self.checked(item, &part)
            }
            checked => checked,
        };
        let file = file.inspect_err(|error| {
            if matches!(error, Error::Checksum { .. }) {
                drop(self.discard(&part));
            }
        })?;
        let moved = ready.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::rename(&part, &ready));
        moved.map_err(|source| Error::file("move", &part, source))?;
        drop(fs::remove_file(begun_of(&part)));
        Ok(file)
    }

    fn checked(&self, item: &Item, path: &Path) -> Result<ModelFile, Error> {
        (self.show)(Event::Checking { file: item.path.clone() });
        let sums = Sums::of(path, item.checksum.as_ref(), self.cancel)?;
        if let Some(expected) = item.size.filter(|size| *size != sums.size) {
            return Err(Error::Size { file: item.path.clone(), expected, actual: sums.size });
        }
        if let Some(expected) = &item.checksum {
            sums.check(&item.path, expected)?;
        }
        Ok(ModelFile::new(&item.path, sums))
    }

    /// Asks until the part is whole. Attempts count as failed only while nothing comes.
    fn received(&self, item: &Item, part: &Path) -> Result<(), Error> {
        let again =
            Again { hub: self.hub, file: &item.path, even_connecting: true, cancel: self.cancel, show: self.show };
        let mut failures = 0;
        loop {
            self.check()?;
            let before = fs::metadata(part).map_or(0, |metadata| metadata.len());
            let Err(failure) = self.attempt(item, part) else { return Ok(()) };
            if fs::metadata(part).map_or(0, |metadata| metadata.len()) > before {
                failures = 0;
            }
            again.wait(failure, &mut failures)?;
        }
    }

    fn attempt(&self, item: &Item, part: &Path) -> Result<(), Failure> {
        let mut file = open(part)?;
        let failed = |source| Error::file("write", part, source);
        let begun = begun(part).filter(|begun| begun.etag.is_some() || item.checksum.is_some());
        let mut have = file.seek(SeekFrom::End(0)).map_err(failed)?;
        if have > 0 && (begun.is_none() || item.size.is_some_and(|size| have > size)) {
            have = self.emptied(item, &file, part, have)?;
        }
        if Some(have) == item.size && have > 0 {
            return Ok(());
        }
        let etag = begun.and_then(|begun| begun.etag);
        let mut headers = Vec::new();
        if have > 0 {
            headers.push(("range", format!("bytes={have}-")));
            headers.extend(etag.clone().map(|etag| ("if-range", etag)));
        }
        let mut response = self.hub.send(Method::GET, &item.url, &headers)?;
        let new_tag = header(response.headers(), ETAG.as_str()).filter(|tag| !tag.starts_with("W/")).map(str::to_owned);
        let is_other = etag.is_some() && new_tag.is_some() && etag != new_tag;
        if have > 0 && (is_other || !continues(&response, have, item.size)) {
            have = self.emptied(item, &file, part, have)?;
            if response.status() != StatusCode::OK {
                // Another version, or a range that is none: asked for anew, from the beginning.
                response = self.hub.send(Method::GET, &item.url, &[])?;
            }
        }
        if response.status() != StatusCode::OK && have == 0 {
            let reason = format!("HTTP status {} to a request for the whole file", response.status().as_u16());
            return Err(Error::Answer { url: shown_url(&item.url), reason }.into());
        }
        let tag = header(response.headers(), ETAG.as_str()).filter(|tag| !tag.starts_with("W/")).map(str::to_owned);
        remember(part, &Begun { etag: tag })?;
        file.seek(SeekFrom::Start(have)).map_err(failed)?;
        self.write(item, response, &mut file, have, part)
    }

    fn write(
        &self,
        item: &Item,
        response: Response<Body>,
        file: &mut File,
        mut have: u64,
        path: &Path,
    ) -> Result<(), Failure> {
        let limit = item.size.unwrap_or(MAX_BYTES);
        let mut body = response.into_body().into_reader();
        let mut block = vec![0; 128 << 10];
        loop {
            self.check()?;
            let read = match body.read(&mut block) {
                Ok(0) => break,
                Ok(read) => read as u64,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(source) => return Err(self.hub.failed(&item.url, lost(source))),
            };
            if have + read > limit {
                return Err(Error::Size { file: item.path.clone(), expected: limit, actual: have + read }.into());
            }
            file.write_all(&block[..read as usize]).map_err(|source| Error::file("write", path, source))?;
            have += read;
            self.progress.came(read);
        }
        if item.size.is_some_and(|size| have < size) {
            let source = io::Error::new(io::ErrorKind::UnexpectedEof, "it ended before the file did");
            return Err(Error::ConnectionLost { url: shown_url(&item.url), source }.into());
        }
        file.sync_all().map_err(|source| Error::file("write", path, source))?;
        Ok(())
    }

    fn emptied(&self, item: &Item, file: &File, part: &Path, had: u64) -> Result<u64, Error> {
        self.progress.lost(had.min(item.size.unwrap_or(u64::MAX)));
        file.set_len(0).map_err(|source| Error::file("write", part, source))?;
        item.size.map_or(Ok(()), |size| disk::set_aside(file, size, part))?;
        Ok(0)
    }

    fn discard(&self, part: &Path) -> Result<(), Error> {
        self.progress.lost(fs::metadata(part).map_or(0, |metadata| metadata.len()));
        drop(fs::remove_file(begun_of(part)));
        fs::remove_file(part).map_err(|source| Error::file("remove", part, source))
    }

    fn check(&self) -> Result<(), Error> {
        if self.failed.load(Ordering::Relaxed) { Err(Error::Cancelled) } else { self.cancel.check() }
    }
}

/// Whether the answer is the rest of what is there.
fn continues(response: &Response<Body>, have: u64, size: Option<u64>) -> bool {
    let range = header(response.headers(), CONTENT_RANGE.as_str()).unwrap_or_default();
    let (place, of) = range.trim().strip_prefix("bytes ").and_then(|range| range.split_once('/')).unwrap_or_default();
    let begins = place.split_once('-').and_then(|(begin, _)| begin.parse().ok()) == Some(have);
    let is_as_long = of == "*" || size.is_none_or(|size| of.parse() == Ok(size));
    response.status() == StatusCode::PARTIAL_CONTENT && begins && is_as_long
}

/// A body that ends in an error was lost on the way, whatever ureq calls it.
fn lost(source: io::Error) -> ureq::Error {
    match source.downcast::<ureq::Error>() {
        Ok(ureq::Error::Io(source)) | Err(source) => {
            ureq::Error::Io(io::Error::new(io::ErrorKind::UnexpectedEof, source))
        }
        Ok(error @ ureq::Error::Timeout(_)) => error,
        Ok(error) => ureq::Error::Io(io::Error::new(io::ErrorKind::UnexpectedEof, error)),
    }
}

fn part_of(parts: &Path, item: &Item) -> PathBuf {
    parts.join(format!("{}.part", item.path))
}

fn begun_of(part: &Path) -> PathBuf {
    part.with_extension("part.json")
}

fn open(part: &Path) -> Result<File, Error> {
    let open = || {
        part.parent().map_or(Ok(()), fs::create_dir_all)?;
        OpenOptions::new().create(true).truncate(false).read(true).write(true).open(part)
    };
    open().map_err(|source| Error::file("create", part, source))
}

fn begun(part: &Path) -> Option<Begun> {
    serde_json::from_slice(&fs::read(begun_of(part)).ok()?).ok()
}

fn remember(part: &Path, begun: &Begun) -> Result<(), Error> {
    let path = begun_of(part);
    let text = serde_json::to_vec(begun).expect("a text always serialises");
    fs::write(&path, text).map_err(|source| Error::file("write", &path, source))
}
