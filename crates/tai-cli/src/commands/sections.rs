//! How near the sections of runbooks are to a question, by their meaning.

use std::collections::BTreeMap;
use std::sync::Arc;

use tai_rag::{Embedder, Role};
use tokio::sync::OnceCell;

use crate::exit::{Exit, Failure};
use crate::progress::Screen;
use crate::wire::{self, Keep, Shelved};

/// Texts that are embedded at once.
const AT_ONCE: usize = 32;

/// The sections of all runbooks. Their vectors are made when a question first asks for them, and kept with the runbooks.
pub(crate) struct Sections {
    passages: BTreeMap<String, String>,
    /// None without an embedder, or where the vectors that are kept are another's.
    shelved: Option<(Shelved, Arc<dyn Embedder>)>,
    keeps: bool,
    made: OnceCell<()>,
    screen: Screen,
}

impl Sections {
    /// `passages` by what cites them. Where nothing `persists`, only vectors that are kept already take part.
    pub(crate) fn new(
        passages: BTreeMap<String, String>,
        embedder: Option<Arc<dyn Embedder>>,
        persists: bool,
        screen: &Screen,
    ) -> Self {
        // That a store cannot be opened was told when the runbooks were read.
        let shelved = embedder.and_then(|embedder| wire::shelf(Some(embedder), Keep::if_it(persists)).ok());
        let shelved = shelved.and_then(|shelved| {
            let embedder = shelved.embedder.clone()?;
            Some((shelved, embedder))
        });
        Sections { passages, shelved, keeps: persists, made: OnceCell::new(), screen: screen.clone() }
    }

    /// The cosines of sections with a question, by their citations; none without vectors. What fails is told once: words do then.
    pub(crate) async fn near(&self, question: &str) -> BTreeMap<String, f32> {
        let near = async {
            let Some((Shelved { shelf, .. }, embedder)) = &self.shelved else { return Ok(BTreeMap::new()) };
            if self.keeps {
                self.made.get_or_try_init(|| self.make()).await?;
            }
            let embedded = embedder.embed(&[question.to_owned()], Role::Query).await.map_err(failed)?;
            Ok::<_, Failure>(shelf.near(embedded.into_iter().next().unwrap_or_default()).await?)
        };
        near.await.unwrap_or_else(|failure| {
            self.screen.note(&format!("runbooks are compared by words alone\n{}", failure.message().trim_end()));
            BTreeMap::new()
        })
    }

    async fn make(&self) -> Result<(), Failure> {
        let Some((Shelved { shelf, .. }, embedder)) = &self.shelved else { return Ok(()) };
        let lacking = shelf.without_vector(&self.passages).await?;
        let mut vectors = Vec::new();
        for citations in lacking.chunks(AT_ONCE) {
            let texts: Vec<String> = citations.iter().map(|citation| self.passages[citation].clone()).collect();
            let embedded = embedder.embed(&texts, Role::Document).await.map_err(failed)?;
            vectors.extend(citations.iter().cloned().zip(embedded));
        }
        Ok(shelf.keep_vectors(&self.passages, vectors, wire::now()).await?)
    }
}

fn failed(error: tai_rag::Error) -> Failure {
    Failure::new(Exit::Model, error)
}
