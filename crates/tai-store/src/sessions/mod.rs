//! Past sessions: what was found for which issue, and what came of it.

mod likeness;
mod stored;

use std::sync::Arc;

use serde::Serialize;

use crate::{Error, Query, Record, VectorStore};
use likeness::Words;

/// The namespace that sessions have in a store.
pub const SESSIONS: &str = "sessions";

/// What an investigation came to. Secrets are taken out before it is kept, by whoever keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Session {
    /// What it is found by, unique.
    pub id: String,
    /// What the operator called the host.
    pub host: String,
    /// What the operator wrote.
    pub issue: String,
    /// The kinds of trouble that the issue speaks of.
    pub categories: Vec<String>,
    /// What was found, the most likely cause first.
    pub root_cause: Vec<String>,
    /// Where that is to be seen: commands and their lines. What they printed is not kept.
    pub evidence: Vec<String>,
    /// What was recommended.
    pub actions: Vec<String>,
    /// The model that answered, where one did.
    pub model: Option<String>,
    /// What came of it, as far as the operator said.
    pub outcome: Option<Outcome>,
    /// When it was, in milliseconds since 1970.
    pub at: i64,
}

/// What came of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Whether it mended the trouble.
    pub fixed: bool,
    /// What the operator says of it.
    pub note: String,
    /// When that was said, in milliseconds since 1970.
    pub at: i64,
}

/// What sessions are wanted for.
#[derive(Clone, Debug, Default)]
pub struct Resemblance {
    /// What the operator asks.
    pub question: String,
    /// Of which host: sessions of the same one count more.
    pub host: String,
    /// The question's vector, where there is an embedder.
    pub vector: Option<Vec<f32>>,
    /// Now, in milliseconds since 1970: older sessions count less.
    pub now: i64,
    /// At most so many.
    pub limit: usize,
}

/// A session that looks like what was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Similar {
    /// The session.
    pub session: Session,
    /// How much it counts: how alike it is, then its age, its host, and what came of it.
    pub score: f64,
}

/// Sessions in a store.
#[derive(Clone)]
pub struct Sessions {
    store: Arc<dyn VectorStore>,
}

impl Sessions {
    /// Those that `store` keeps under [`SESSIONS`].
    pub fn new(store: Arc<dyn VectorStore>) -> Self {
        Sessions { store }
    }

    /// Keeps a session, in place of one with the same id. The vector is that of [`Session::text`].
    ///
    /// # Errors
    ///
    /// When the store cannot keep it.
    pub async fn save(&self, session: &Session, vector: Option<Vec<f32>>) -> Result<(), Error> {
        self.store.upsert(vec![stored::record(session, vector)?]).await
    }

    /// All of them, the newest first.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or a newer version wrote a session.
    pub async fn all(&self) -> Result<Vec<Session>, Error> {
        let records = self.store.records(SESSIONS).await?;
        let mut sessions: Vec<Session> = records.iter().map(stored::session).collect::<Result<_, _>>()?;
        sessions.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| b.id.cmp(&a.id)));
        Ok(sessions)
    }

    /// The session with this id, or the only one whose id begins so.
    ///
    /// # Errors
    ///
    /// [`Error::NoSession`] where there is none, or where there are several.
    pub async fn get(&self, id: &str) -> Result<Session, Error> {
        self.find(id).await.and_then(|record| stored::session(&record))
    }

    /// Keeps what came of a session, and gives the session.
    ///
    /// # Errors
    ///
    /// As for [`get`](Self::get), or when the store cannot keep it.
    pub async fn conclude(&self, id: &str, outcome: Outcome) -> Result<Session, Error> {
        let record = self.find(id).await?;
        let mut session = stored::session(&record)?;
        session.outcome = Some(outcome);
        self.save(&session, record.vector).await?;
        Ok(session)
    }

    /// Removes sessions by id, and says how many there were. Their bytes are in the store's files until it is compacted.
    ///
    /// # Errors
    ///
    /// When that cannot be kept.
    pub async fn remove(&self, ids: &[String]) -> Result<usize, Error> {
        self.store.delete(SESSIONS, ids).await
    }

    /// The sessions that look most like what is asked, best first: by words, and by meaning where there are vectors. Few words in common are no likeness.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or the vector does not fit.
    pub async fn similar(&self, asked: &Resemblance) -> Result<Vec<Similar>, Error> {
        let sessions = self.all().await?;
        let words = Words::of(&asked.question, &sessions);
        let near = match &asked.vector {
            None => Vec::new(),
            Some(vector) => {
                let query = Query {
                    namespace: SESSIONS.to_owned(),
                    vector: vector.clone(),
                    filter: [].into(),
                    limit: sessions.len(),
                };
                self.store.query(&query).await?
            }
        };
        let meaning = |id: &str| near.iter().find(|hit| hit.record.id == id).map(|hit| f64::from(hit.score));
        let scored = sessions.into_iter().filter_map(|session| {
            let likeness = likeness::likeness(words.shared(&session), meaning(&session.id))?;
            let score = likeness * likeness::weight(&session, &asked.host, asked.now);
            Some(Similar { session, score })
        });
        let mut similar: Vec<Similar> = scored.collect();
        // Stable: of equal scores the newer one stays first.
        similar.sort_by(|a, b| b.score.total_cmp(&a.score));
        similar.truncate(asked.limit);
        Ok(similar)
    }

    async fn find(&self, id: &str) -> Result<Record, Error> {
        let records = self.store.records(SESSIONS).await?;
        let begins = |record: &&Record| record.id.starts_with(id) && !id.is_empty();
        let mut begins: Vec<&Record> = records.iter().filter(begins).collect();
        let matching = begins.len();
        begins.retain(|record| matching == 1 || record.id == id);
        let found = begins.first().map(|record| (*record).clone());
        found.ok_or_else(|| Error::NoSession { id: id.to_owned(), matching })
    }
}

impl Session {
    /// What it is embedded by, and searched for: the issue and what was found.
    pub fn text(&self) -> String {
        [std::slice::from_ref(&self.issue), &self.root_cause].concat().join("\n")
    }
}
