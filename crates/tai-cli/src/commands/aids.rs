//! What helps to answer besides the host: opened while the host is connected to and asked.

use std::sync::Arc;

use tai_runbook::Library;

use super::recall::Recall;
use super::run::model_flags;
use super::sections::Sections;
use crate::args::Run;
use crate::coming::{Coming, aside};
use crate::exit::Failure;
use crate::progress::Screen;
use crate::wire::{self, WiredRankers};

/// Models that compare texts, and what is remembered.
pub(crate) struct Aids {
    pub(crate) rankers: WiredRankers,
    pub(crate) recall: Recall,
    pub(crate) sections: Sections,
}

/// What comes of [`opening`](Self::open).
#[derive(Clone, Default)]
pub(crate) struct Opening {
    /// The runbooks that are wanted once a host was asked.
    pub(crate) runbooks: Coming<Library>,
    pub(crate) aids: Coming<Aids>,
}

impl Opening {
    /// Opens all of it. `is_single` says that there is but one place to look at.
    pub(crate) async fn open(
        self,
        args: Arc<Run>,
        persists: bool,
        is_single: bool,
        screen: Screen,
    ) -> Result<(), Failure> {
        let of_runbooks = screen.clone();
        let runbooks = async {
            let library = aside(async move || wire::library(persists, &of_runbooks).await).await?;
            let passages = library.passages();
            self.runbooks.set(library);
            Ok::<_, Failure>(passages)
        };
        let run = Arc::clone(&args);
        let rankers = aside(async move || {
            let (embedder, reranker) = (run.embedder.as_deref(), run.reranker.as_deref());
            wire::rankers(embedder, reranker, model_flags(&run), persists).await
        });
        let (passages, rankers) = tokio::try_join!(runbooks, async { rankers.await? })?;
        let aids = aside(async move || {
            let recall = Recall::new(&args, persists, is_single, &rankers, &screen);
            let sections = Sections::new(passages, rankers.embedder.clone(), persists, &screen);
            Aids { rankers, recall, sections }
        });
        self.aids.set(aids.await?);
        Ok(())
    }
}
