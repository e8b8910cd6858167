//! Vectors from a server.

use tai_llm::{Error, OpenAiModel};

use crate::server::{Server, answer};
use crate::support::options;

fn texts() -> [String; 2] {
    ["disk \"full\"".to_owned(), "é".to_owned()]
}

#[tokio::test]
async fn texts_are_sent_and_vectors_read() {
    let busy = answer("503 Service Unavailable", &[], "busy");
    let vectors =
        answer("200 OK", &[], r#"{"data":[{"index":0,"embedding":[0.6,0.8]},{"index":1,"embedding":[1,0]}]}"#);
    let server = Server::start([busy, vectors]);
    let model = OpenAiModel::new(options(&server)).unwrap();
    assert_eq!(model.embed(&texts()).await.unwrap(), [[0.6, 0.8], [1.0, 0.0]]);
    let sent = server.requests();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1].line, "POST /v1/embeddings");
    assert_eq!(sent[1].body, r#"{"model":"gemma3:4b","input":["disk \"full\"","é"],"encoding_format":"float"}"#);
}

#[tokio::test]
async fn a_server_without_the_model_or_with_too_few_vectors_fails() {
    let missing = answer("404 Not Found", &[], r#"{"error":{"message":"model not found"}}"#);
    let list = answer("200 OK", &[], r#"{"data":[{"id":"nomic-embed-text"}]}"#);
    let few = answer("200 OK", &[], r#"{"data":[{"embedding":[1,0]}]}"#);
    let server = Server::start([missing, list, few]);
    let model = OpenAiModel::new(options(&server)).unwrap();
    let error = model.embed(&texts()).await.unwrap_err();
    assert!(matches!(&error, Error::ModelNotFound { available, .. } if available == &["nomic-embed-text"]), "{error}");
    let error = model.embed(&texts()).await.unwrap_err();
    assert!(matches!(error, Error::MalformedReply { .. }), "{error}");
}

#[tokio::test]
async fn where_there_is_no_such_path_ollamas_own_is_asked() {
    let no_path = answer("404 Not Found", &[], "404 page not found");
    let vectors = answer("200 OK", &[], r#"{"model":"m","embeddings":[[0.6,0.8],[1,0]]}"#);
    let server = Server::start([no_path, vectors]);
    let model = OpenAiModel::new(options(&server)).unwrap();
    assert_eq!(model.embed(&texts()).await.unwrap(), [[0.6, 0.8], [1.0, 0.0]]);
    let lines: Vec<String> = server.requests().into_iter().map(|request| request.line).collect();
    assert_eq!(lines, ["POST /v1/embeddings", "POST /api/embed"]);
}
