//! Past sessions, in both stores.

use std::sync::Arc;

use tai_store::{EmbedderId, Error, JournalStore, MemoryStore, Outcome, Resemblance, Session, Sessions, VectorStore};

const DAY: i64 = 86_400_000;
const NOW: i64 = 1_000 * DAY;

fn embedder() -> EmbedderId {
    EmbedderId { name: "m".to_owned(), dimension: 2, revision: "1".to_owned() }
}

fn session(id: &str, host: &str, issue: &str, cause: &str, days_ago: i64) -> Session {
    Session {
        id: id.to_owned(),
        host: host.to_owned(),
        issue: issue.to_owned(),
        root_cause: vec![cause.to_owned()],
        at: NOW - days_ago * DAY,
        ..Session::default()
    }
}

fn outcome(fixed: bool) -> Outcome {
    Outcome { fixed, note: "note".to_owned(), at: NOW }
}

async fn ids(sessions: &Sessions, question: &str, host: &str, vector: Option<[f32; 2]>) -> Vec<String> {
    let asked = Resemblance {
        question: question.to_owned(),
        host: host.to_owned(),
        vector: vector.map(|vector| vector.to_vec()),
        now: NOW,
        limit: 9,
    };
    sessions.similar(&asked).await.unwrap().into_iter().map(|similar| similar.session.id).collect()
}

fn stores() -> (Vec<Arc<dyn VectorStore>>, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = JournalStore::open(&dir.path().join("store"), Some(&embedder())).unwrap();
    (vec![Arc::new(MemoryStore::new(Some(embedder()))), Arc::new(journal)], dir)
}

#[tokio::test]
async fn what_looks_alike_is_found_by_words_and_by_meaning() {
    for store in stores().0 {
        let sessions = Sessions::new(store);
        let disk = session("disk", "web3", "the disk is filling up", "old kernels fill /boot", 14);
        sessions.save(&disk, Some(vec![1.0, 0.0])).await.unwrap();
        sessions.save(&session("nginx", "web1", "nginx gives 502", "php-fpm is down", 3), None).await.unwrap();
        assert_eq!(ids(&sessions, "disks fill up", "web9", None).await, ["disk"]);
        assert_eq!(ids(&sessions, "the database is slow", "web3", None).await, Vec::<String>::new());
        assert_eq!(ids(&sessions, "", "web3", None).await, Vec::<String>::new());
        assert_eq!(ids(&sessions, "no space left", "web9", Some([0.9, 0.1])).await, ["disk"]);
        assert_eq!(ids(&sessions, "no space left", "web9", Some([0.0, 1.0])).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn host_age_and_outcome_weigh() {
    for store in stores().0 {
        let sessions = Sessions::new(store);
        let issue = "nginx gives 502";
        for (id, host, days) in [("old", "web1", 700), ("new", "web2", 2), ("here", "web9", 2)] {
            sessions.save(&session(id, host, issue, "php-fpm is down", days), None).await.unwrap();
        }
        assert_eq!(ids(&sessions, issue, "web9", None).await, ["here", "new", "old"]);
        sessions.conclude("here", outcome(false)).await.unwrap();
        sessions.conclude("new", outcome(true)).await.unwrap();
        assert_eq!(ids(&sessions, issue, "web9", None).await, ["new", "here", "old"]);
        let kept = sessions.get("new").await.unwrap();
        assert_eq!((kept.outcome.unwrap(), kept.at), (outcome(true), NOW - 2 * DAY));
    }
}

#[tokio::test]
async fn ids_may_be_shortened_where_that_is_clear() {
    for store in stores().0 {
        let sessions = Sessions::new(store);
        for id in ["20260401-a", "20260401-ab", "20260402-c"] {
            sessions.save(&session(id, "web1", "x", "y", 1), None).await.unwrap();
        }
        assert_eq!(sessions.get("20260402").await.unwrap().id, "20260402-c");
        assert_eq!(sessions.get("20260401-a").await.unwrap().id, "20260401-a");
        for (id, matching) in [("20260401", 2), ("", 0), ("x", 0)] {
            let error = sessions.get(id).await.unwrap_err();
            assert!(matches!(error, Error::NoSession { matching: found, .. } if found == matching), "{error}");
        }
        assert_eq!(sessions.remove(&["20260401-a".to_owned(), "x".to_owned()]).await.unwrap(), 1);
        let left: Vec<String> = sessions.all().await.unwrap().into_iter().map(|session| session.id).collect();
        assert_eq!(left, ["20260402-c", "20260401-ab"]);
    }
}
