//! Vectors of what was collected and of what was asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use tai_rag::{Embedder, Error, Evidence, Index, Passage, RERANKED, Reranker, Role, Shares, rerank};

use crate::Event;

/// Texts that are embedded at a time: progress is told after each.
const SLICE: usize = 256;

/// An embedder and a reranker, once there are any, and what they said of the questions so far.
#[derive(Default)]
pub(crate) struct Meaning {
    embedder: Option<Arc<dyn Embedder>>,
    reranker: Option<Arc<dyn Reranker>>,
    questions: BTreeMap<String, Vec<f32>>,
    /// Of the first chunks that are found for a question, in their order.
    logits: BTreeMap<String, Vec<f32>>,
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
        self.logits.clear();
        Ok(())
    }

    /// The embedder, once there is one.
    pub(crate) fn embedder(&self) -> Option<Arc<dyn Embedder>> {
        self.embedder.clone()
    }

    /// Lets a reranker take part.
    pub(crate) fn rerank_with(&mut self, reranker: Arc<dyn Reranker>) {
        self.reranker = Some(reranker);
        self.logits.clear();
    }

    /// Asks embedder and reranker about a question, as far as there are any and they were not asked before.
    pub(crate) async fn learn(&mut self, index: &Index, question: &str) -> Result<(), Error> {
        if let Some(embedder) = &self.embedder
            && !self.questions.contains_key(question)
        {
            let mut vectors = embed(&**embedder, &[question.to_owned()], Role::Query).await?;
            self.questions.insert(question.to_owned(), vectors.remove(0));
        }
        if let Some(reranker) = &self.reranker
            && !self.logits.contains_key(question)
        {
            let found = index.search_with(question, self.of(question), RERANKED);
            let texts: Vec<String> =
                found.iter().map(|Evidence { command, text, .. }| format!("{command}\n{text}")).collect();
            let logits = reranker.score(question, &texts).await?;
            self.logits.insert(question.to_owned(), logits);
        }
        Ok(())
    }

    /// The `k` chunks that fit a question best, and what each ranker contributed: by meaning and reranked where it was learnt.
    pub(crate) fn search(&self, index: &Index, question: &str, k: usize) -> Vec<(Evidence, Shares)> {
        let Some(logits) = self.logits.get(question) else { return index.explain(question, self.of(question), k) };
        let mut found = rerank(index.explain(question, self.of(question), k.max(RERANKED)), logits);
        found.truncate(k);
        found
    }

    /// The vector of a question that was learnt.
    fn of(&self, question: &str) -> Option<&[f32]> {
        self.questions.get(question).map(Vec::as_slice)
    }
}

/// As [`Embedder::embed`], and what comes back is checked.
async fn embed(embedder: &dyn Embedder, texts: &[String], role: Role) -> Result<Vec<Vec<f32>>, Error> {
    let vectors = embedder.embed(texts, role).await?;
    embedder.identity().check(&vectors, texts.len())?;
    Ok(vectors)
}
