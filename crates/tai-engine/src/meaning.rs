//! Vectors of what was collected and of what was asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use tai_rag::{Embedder, Error, Index, Passage, Role};

use crate::Event;

/// Texts that are embedded at a time: progress is told after each.
const SLICE: usize = 256;

/// An embedder, once there is one, and the vectors of the questions so far.
#[derive(Default)]
pub(crate) struct Meaning {
    embedder: Option<Arc<dyn Embedder>>,
    questions: BTreeMap<String, Vec<f32>>,
}

impl Meaning {
    /// Gives the index the vectors of its passages, up to `max_bytes` of text.
    pub(crate) async fn embed(
        &mut self,
        index: &mut Index,
        embedder: Arc<dyn Embedder>,
        max_bytes: usize,
        events: &(dyn Fn(Event) + Send + Sync),
    ) -> Result<(), Error> {
        let passages = index.passages(max_bytes);
        let of = passages.len();
        let mut vectors: Vec<(Passage, Vec<f32>)> = Vec::with_capacity(of);
        let mut left = passages.into_iter().peekable();
        while left.peek().is_some() {
            events(Event::Embedding { done: vectors.len(), of });
            let slice: Vec<Passage> = left.by_ref().take(SLICE).collect();
            let texts: Vec<String> = slice.iter().map(|passage| passage.text.clone()).collect();
            let embedded = embed(&*embedder, &texts, Role::Document).await?;
            vectors.extend(slice.into_iter().zip(embedded));
        }
        index.set_vectors(vectors);
        self.embedder = Some(embedder);
        Ok(())
    }

    /// Makes the vector of a question, unless it is known or there is no embedder.
    pub(crate) async fn learn(&mut self, question: &str) -> Result<(), Error> {
        let Some(embedder) = &self.embedder else { return Ok(()) };
        if !self.questions.contains_key(question) {
            let mut vectors = embed(&**embedder, &[question.to_owned()], Role::Query).await?;
            self.questions.insert(question.to_owned(), vectors.remove(0));
        }
        Ok(())
    }

    /// The vector of a question that was learnt.
    pub(crate) fn of(&self, question: &str) -> Option<&[f32]> {
        self.questions.get(question).map(Vec::as_slice)
    }
}

/// As [`Embedder::embed`], and what comes back is checked.
async fn embed(embedder: &dyn Embedder, texts: &[String], role: Role) -> Result<Vec<Vec<f32>>, Error> {
    let vectors = embedder.embed(texts, role).await?;
    embedder.identity().check(&vectors, texts.len())?;
    Ok(vectors)
}
