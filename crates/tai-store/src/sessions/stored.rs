//! What is on disk of a session: its own type, with a version.

use serde::{Deserialize, Serialize};

use super::{Outcome, SESSIONS, Session};
use crate::{Error, Record, Value};

const SCHEMA: &str = "tai.session/1";
/// The key of the metadata that holds the session.
const BODY: &str = "session";

#[derive(Deserialize, Serialize)]
struct Stored {
    schema: String,
    host: String,
    issue: String,
    categories: Vec<String>,
    root_cause: Vec<String>,
    evidence: Vec<String>,
    actions: Vec<String>,
    model: Option<String>,
    outcome: Option<StoredOutcome>,
}

#[derive(Deserialize, Serialize)]
struct StoredOutcome {
    fixed: bool,
    note: String,
    at: i64,
}

/// Its text is [`Session::text`], so that a store can be embedded anew without this module.
pub(super) fn record(session: &Session, vector: Option<Vec<f32>>) -> Result<Record, Error> {
    let Session { id, host, issue, categories, root_cause, evidence, actions, model, outcome, at } = session.clone();
    let outcome = outcome.map(|Outcome { fixed, note, at }| StoredOutcome { fixed, note, at });
    let updated_at = outcome.as_ref().map_or(at, |outcome| outcome.at);
    let schema = SCHEMA.to_owned();
    let metadata = [("host".to_owned(), Value::Text(host.clone()))];
    let stored = Stored { schema, host, issue, categories, root_cause, evidence, actions, model, outcome };
    let body = serde_json::to_string(&stored).map_err(|source| malformed(&id, source))?;
    Ok(Record {
        namespace: SESSIONS.to_owned(),
        id,
        text: session.text(),
        vector,
        metadata: metadata.into_iter().chain([(BODY.to_owned(), Value::Text(body))]).collect(),
        created_at: at,
        updated_at,
    })
}

pub(super) fn session(record: &Record) -> Result<Session, Error> {
    let body = match record.metadata.get(BODY) {
        Some(Value::Text(body)) => body.as_str(),
        _ => "",
    };
    let stored: Stored = serde_json::from_str(body).map_err(|source| malformed(&record.id, source))?;
    if stored.schema != SCHEMA {
        return Err(Error::OtherSchema { what: format!("session {}", record.id), schema: stored.schema });
    }
    let Stored { host, issue, categories, root_cause, evidence, actions, model, outcome, .. } = stored;
    let outcome = outcome.map(|StoredOutcome { fixed, note, at }| Outcome { fixed, note, at });
    let (id, at) = (record.id.clone(), record.created_at);
    Ok(Session { id, host, issue, categories, root_cause, evidence, actions, model, outcome, at })
}

fn malformed(id: &str, source: serde_json::Error) -> Error {
    Error::Malformed { what: format!("session {id}"), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What version 1 wrote must be read by every version: this text never changes.
    const VERSION_1: &str = r#"{"schema":"tai.session/1","host":"web3","issue":"disk full","categories":["disk"],"root_cause":["old kernels"],"evidence":["df -PT, line 3"],"actions":["remove them"],"model":null,"outcome":{"fixed":true,"note":"apt autoremove","at":9}}"#;

    #[test]
    fn version_1_is_read_and_written() {
        let session = Session {
            id: "1".to_owned(),
            host: "web3".to_owned(),
            issue: "disk full".to_owned(),
            categories: vec!["disk".to_owned()],
            root_cause: vec!["old kernels".to_owned()],
            evidence: vec!["df -PT, line 3".to_owned()],
            actions: vec!["remove them".to_owned()],
            model: None,
            outcome: Some(Outcome { fixed: true, note: "apt autoremove".to_owned(), at: 9 }),
            at: 5,
        };
        let mut record = record(&session, None).unwrap();
        assert_eq!(record.metadata[BODY], Value::Text(VERSION_1.to_owned()));
        assert_eq!((record.text.as_str(), record.created_at, record.updated_at), ("disk full\nold kernels", 5, 9));
        assert_eq!(super::session(&record).unwrap(), session);
        record.metadata.insert(BODY.to_owned(), Value::Text(VERSION_1.replace("session/1", "session/2")));
        assert!(matches!(super::session(&record), Err(Error::OtherSchema { schema, .. }) if schema == "tai.session/2"));
        record.metadata.clear();
        assert!(matches!(super::session(&record), Err(Error::Malformed { .. })));
    }
}
