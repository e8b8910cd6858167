use tai_store::{EmbedderId, Record, Value};

pub(crate) fn embedder() -> EmbedderId {
    EmbedderId { name: "test".to_owned(), dimension: 2, revision: "1".to_owned() }
}

pub(crate) fn record(id: &str, vector: [f32; 2]) -> Record {
    Record {
        namespace: "n".to_owned(),
        id: id.to_owned(),
        text: format!("text of {id}"),
        vector: Some(vector.to_vec()),
        metadata: [("host".to_owned(), Value::Text("web1".to_owned()))].into(),
        created_at: 1,
        updated_at: 2,
    }
}
