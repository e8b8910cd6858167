use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use tai_models::{Cancel, Catalogue, Entry, Error, Event, Hub, HubOptions, PullOptions, Pulled, Registry, Sources};

use crate::server::Server;

pub(crate) const WEIGHTS: &str = "model.safetensors";

/// Weights with so many numbers, each other than its neighbours.
pub(crate) fn safetensors(numbers: usize) -> Vec<u8> {
    let head = format!(r#"{{"w":{{"dtype":"F32","shape":[{numbers}],"data_offsets":[0,{}]}}}}"#, numbers * 4);
    let data = (0..numbers as u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes());
    [&(head.len() as u64).to_le_bytes()[..], head.as_bytes()].concat().into_iter().chain(data).collect()
}

/// A model as sentence-transformers saves it.
pub(crate) fn model() -> Vec<(&'static str, Vec<u8>)> {
    let config = r#"{"architectures":["BertModel"],"hidden_size":8,"max_position_embeddings":16}"#;
    vec![
        ("config.json", config.into()),
        ("tokenizer.json", b"{}".to_vec()),
        ("1_Pooling/config.json", b"{}".to_vec()),
        (WEIGHTS, safetensors(200_000)),
        ("pytorch_model.bin", b"pickle".to_vec()),
        ("onnx/model.onnx", b"onnx".to_vec()),
    ]
}

pub(crate) fn entry() -> Entry {
    let text = "[[model]]\nname = \"small\"\nkind = \"embedding\"\nrepo = \"owner/small\"\nlicense = \"MIT\"";
    Catalogue::parse(text, "test").unwrap().get("small").unwrap().clone()
}

pub(crate) fn options(endpoint: &str) -> HubOptions {
    HubOptions {
        endpoint: endpoint.to_owned(),
        retries: 3,
        first_wait: Duration::from_millis(1),
        stall_timeout: Duration::from_secs(20),
        ..HubOptions::default()
    }
}

pub(crate) fn pull(root: &Path, server: &Server) -> Result<Pulled, Error> {
    pull_with(root, &entry(), options(&server.url())).0
}

/// From the hub alone, with the events.
pub(crate) fn pull_with(root: &Path, entry: &Entry, hub: HubOptions) -> (Result<Pulled, Error>, Vec<Event>) {
    let events = Mutex::new(Vec::new());
    let show = |event| events.lock().unwrap().push(event);
    let options = PullOptions { sources: Sources::Hub, ..PullOptions::default() };
    let hub = Hub::new(hub).unwrap();
    let pulled = Registry::new(root).pull(entry, &hub, &options, &Cancel::default(), &show);
    (pulled, events.into_inner().unwrap())
}

/// The error and its causes in one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let errors = std::iter::successors(Some(error), |error| error.source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// All files below a directory with their content.
pub(crate) fn tree(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_string_lossy().into_owned();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}
