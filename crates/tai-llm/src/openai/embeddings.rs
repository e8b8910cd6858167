//! The JSON of OpenAI's embeddings API, and of Ollama's own `/api/embed`, which takes the same.

use serde::Serialize;
use serde_json::Value;

use super::format::{excerpt, malformed, parse};
use crate::Error;

/// The body of a request to `embeddings`.
pub(crate) fn request_body(model: &str, texts: &[String]) -> Vec<u8> {
    #[derive(Serialize)]
    struct Body<'a> {
        model: &'a str,
        input: &'a [String],
        encoding_format: &'a str,
    }
    serde_json::to_vec(&Body { model, input: texts, encoding_format: "float" }).expect("strings always serialise")
}

/// Reads the reply: one vector for each of `texts` texts, all of one dimension, in the order of their `index` where the server gives it.
pub(crate) fn parse_reply(body: &[u8], texts: usize) -> Result<Vec<Vec<f32>>, Error> {
    let value = parse(body)?;
    let wrong = |reason| malformed(reason, excerpt(body));
    let list = value.get("data").or_else(|| value.get("embeddings"));
    let data = list.and_then(Value::as_array).ok_or_else(|| wrong("it has no embeddings"))?;
    if data.len() != texts {
        return Err(wrong("it has another number of embeddings than there are texts"));
    }
    let mut vectors: Vec<Vec<f32>> = vec![Vec::new(); texts];
    for (place, item) in data.iter().enumerate() {
        let index = item.get("index").and_then(Value::as_u64).map_or(Some(place), |index| usize::try_from(index).ok());
        let free = index.and_then(|index| vectors.get_mut(index)).filter(|vector| vector.is_empty());
        let vector = free.ok_or_else(|| wrong("its embeddings are not numbered as the texts"))?;
        *vector = numbers(item).ok_or_else(|| wrong("an embedding is no list of numbers"))?;
    }
    if vectors.iter().any(|vector| vector.len() != vectors[0].len()) {
        return Err(wrong("its embeddings differ in length"));
    }
    Ok(vectors)
}

/// At least one number, all finite.
fn numbers(item: &Value) -> Option<Vec<f32>> {
    let number = |value: &Value| value.as_f64().map(|number| number as f32).filter(|number| number.is_finite());
    let numbers: Option<Vec<f32>> = item.get("embedding").unwrap_or(item).as_array()?.iter().map(number).collect();
    numbers.filter(|numbers| !numbers.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_in_the_order_of_the_texts() {
        let reply = br#"{"data":[{"index":1,"embedding":[3,4.5]},{"index":0,"embedding":[1,-2]}]}"#;
        assert_eq!(parse_reply(reply, 2).unwrap(), [[1.0, -2.0], [3.0, 4.5]]);
        let unnumbered = br#"{"data":[{"embedding":[1]},{"embedding":[2]}]}"#;
        assert_eq!(parse_reply(unnumbered, 2).unwrap(), [[1.0], [2.0]]);
        let ollama = br#"{"model":"m","embeddings":[[1,2],[3,4]],"total_duration":9}"#;
        assert_eq!(parse_reply(ollama, 2).unwrap(), [[1.0, 2.0], [3.0, 4.0]]);
        assert_eq!(parse_reply(br#"{"data":[]}"#, 0).unwrap(), Vec::<Vec<f32>>::new());
    }

    #[test]
    fn what_is_wrong_is_an_error() {
        let replies = [
            "",
            "{}",
            r#"{"data":[]}"#,
            r#"{"data":[{"embedding":[1]}]}"#,
            r#"{"data":[{"embedding":[1]},{"embedding":[]}]}"#,
            r#"{"data":[{"embedding":[1]},{"embedding":[1,2]}]}"#,
            r#"{"data":[{"embedding":[1]},{"embedding":["x"]}]}"#,
            r#"{"data":[{"embedding":[1]},{"embedding":[1e60]}]}"#,
            r#"{"data":[{"embedding":[1]},{"embedding":"AAAA"}]}"#,
            r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#,
            r#"{"data":[{"index":0,"embedding":[1]},{"index":2,"embedding":[1]}]}"#,
            r#"{"data":[{"index":0,"embedding":[1]},{"index":18446744073709551615,"embedding":[1]}]}"#,
        ];
        for reply in replies {
            let error = parse_reply(reply.as_bytes(), 2).unwrap_err();
            assert!(matches!(error, Error::MalformedReply { .. }), "{reply}: {error}");
        }
    }
}
