//! What a model's own files say about it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::gguf::Head;
use crate::{Error, Kind};

const MAX_JSON_BYTES: u64 = 64 << 20;

/// What is known of a model.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) kind: Option<Kind>,
    pub(crate) license: Option<String>,
    pub(crate) dimension: Option<u64>,
    pub(crate) context_length: Option<u64>,
}

/// Reads what `files` of `dir` say, and checks that weights are whole.
///
/// # Errors
///
/// [`Error::NotAModel`] where there are no weights, or they are cut short.
pub(crate) fn inspect(dir: &Path, files: &[String]) -> Result<Facts, Error> {
    let not_a_model = |reason: String| Error::NotAModel { path: dir.to_owned(), reason };
    let mut facts = Facts::default();
    let weights: Vec<_> = files.iter().filter(|file| file.ends_with(".safetensors")).collect();
    let ggufs: Vec<_> = files.iter().filter(|file| file.ends_with(".gguf")).collect();
    for file in &weights {
        check_safetensors(&dir.join(file)).map_err(|reason| not_a_model(format!("{file}: {reason}")))?;
    }
    for file in &ggufs {
        let head = Head::read(&dir.join(file)).map_err(|error| not_a_model(format!("{file}: {error}")))?;
        facts = of_gguf(&head);
    }
    if !weights.is_empty() {
        for file in ["config.json", "tokenizer.json"] {
            if !files.iter().any(|there| there == file) {
                return Err(not_a_model(format!("it has no {file}")));
            }
        }
        facts = of_config(dir).map_err(not_a_model)?;
    } else if ggufs.is_empty() {
        return Err(not_a_model("it has neither weights in the format safetensors nor a .gguf file".to_owned()));
    }
    Ok(facts)
}

fn of_gguf(head: &Head) -> Facts {
    let is_encoder = head.architecture().is_some_and(|name| name.contains("bert"));
    Facts {
        kind: Some(if is_encoder { Kind::Embedding } else { Kind::Chat }),
        license: head.license().map(str::to_owned),
        dimension: head.embedding_length().filter(|_| is_encoder),
        context_length: head.context_length(),
    }
}

fn of_config(dir: &Path) -> Result<Facts, String> {
    let config = json(&dir.join("config.json"))?;
    let architectures = config["architectures"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is = |what: &str| architectures.iter().filter_map(Value::as_str).any(|name| name.contains(what));
    let kind = match () {
        () if is("ForSequenceClassification") => Kind::Reranking,
        () if is("ForCausalLM") => Kind::Chat,
        () => Kind::Embedding,
    };
    let number = |names: &[&str]| names.iter().find_map(|name| config[name].as_u64());
    let trained = json(&dir.join("sentence_bert_config.json")).ok().and_then(|json| json["max_seq_length"].as_u64());
    Ok(Facts {
        kind: Some(kind),
        license: None,
        dimension: number(&["hidden_size", "n_embd"]).filter(|_| kind == Kind::Embedding),
        context_length: trained.or_else(|| number(&["max_position_embeddings", "n_positions"])),
    })
}

fn json(path: &Path) -> Result<Value, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let file = File::open(path).map_err(|error| format!("{name}: {error}"))?;
    serde_json::from_reader(file.take(MAX_JSON_BYTES)).map_err(|error| format!("{name}: {error}"))
}

/// The head of a safetensors file is its length and JSON with the place of each tensor; the last one ends where the file does.
fn check_safetensors(path: &Path) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let mut file = File::open(path).map_err(text)?;
    let length = file.metadata().map_err(text)?.len();
    let mut head = [0; 8];
    file.read_exact(&mut head).map_err(|_| "it is cut short".to_owned())?;
    let head = u64::from_le_bytes(head);
    if head > MAX_JSON_BYTES || head.saturating_add(8) > length {
        return Err("it is cut short, or no safetensors file".to_owned());
    }
    let tensors: Value = serde_json::from_reader(file.take(head)).map_err(|error| error.to_string())?;
    let tensors = tensors.as_object().ok_or("its head is no JSON object")?;
    let ends = tensors.iter().filter(|(name, _)| *name != "__metadata__").map(|(_, tensor)| {
        tensor["data_offsets"][1].as_u64().ok_or("its head does not say where tensors end".to_owned())
    });
    let end = ends.collect::<Result<Vec<_>, _>>()?.into_iter().max().unwrap_or(0);
    match end.checked_add(head + 8) {
        Some(end) if end == length => Ok(()),
        Some(end) => Err(format!("it has {length} bytes, its head speaks of {end}")),
        None => Err("its head is damaged".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safetensors(json: &str, data: usize) -> Vec<u8> {
        [&(json.len() as u64).to_le_bytes()[..], json.as_bytes(), &vec![0; data]].concat()
    }

    #[test]
    fn weights_are_whole_or_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w");
        let head = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let check = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            check_safetensors(&path)
        };
        check(&safetensors(head, 4)).unwrap();
        let reason = check(&safetensors(head, 3)).unwrap_err();
        assert_eq!(reason, format!("it has {} bytes, its head speaks of {}", head.len() + 11, head.len() + 12));
        for bytes in [&b""[..], b"<html>not found</html>", &safetensors("[]", 0), &safetensors(r#"{"a":{}}"#, 0)] {
            check(bytes).unwrap_err();
        }
    }

    #[test]
    fn configurations_say_what_a_model_is() {
        let dir = tempfile::tempdir().unwrap();
        let check = |config: &str, kind: Kind, dimension: Option<u64>, context_length: u64| {
            std::fs::write(dir.path().join("config.json"), config).unwrap();
            let facts = of_config(dir.path()).unwrap();
            assert_eq!((facts.kind, facts.dimension), (Some(kind), dimension), "{config}");
            assert_eq!(facts.context_length, Some(context_length));
        };
        let bert = r#"{"architectures":["BertModel"],"hidden_size":384,"max_position_embeddings":512}"#;
        check(bert, Kind::Embedding, Some(384), 512);
        check(&bert.replace("BertModel", "BertForSequenceClassification"), Kind::Reranking, None, 512);
        check(
            r#"{"architectures":["NomicBertModel"],"n_embd":768,"n_positions":8192}"#,
            Kind::Embedding,
            Some(768),
            8192,
        );
        std::fs::write(dir.path().join("sentence_bert_config.json"), r#"{"max_seq_length":256}"#).unwrap();
        check(bert, Kind::Embedding, Some(384), 256);
    }
}
