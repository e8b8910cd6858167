//! A GGUF file: what its head says, and its tensors.
//!
//! The format and the names of keys and tensors are those of `docs/gguf.md` of the project ggml.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{Device, Tensor};

use crate::Error;

/// What the decoder computes.
const ARCHITECTURES: [&str; 5] = ["gemma3", "llama", "phi3", "qwen2", "qwen3"];

/// A file whose head was read, and whose tensors all lie in it.
pub(super) struct GgufFile {
    pub(super) path: PathBuf,
    pub(super) architecture: String,
    content: Content,
}

impl GgufFile {
    /// Reads the head.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let damaged = |reason, source: Option<Box<dyn std::error::Error + Send + Sync>>| Error::InvalidModelFile {
            path: path.to_owned(),
            reason,
            source,
        };
        let unreadable = |source: std::io::Error| damaged("it cannot be read", Some(source.into()));
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let content = Content::read(&mut BufReader::new(file))
            .map_err(|source| damaged("its head is no GGUF, or cut short", Some(source.into())))?;
        let is_inside = content.tensor_infos.values().all(|info| {
            let blocks = info.shape.elem_count().div_ceil(info.ggml_dtype.block_size());
            let bytes = blocks.checked_mul(info.ggml_dtype.type_size()).and_then(|bytes| u64::try_from(bytes).ok());
            let begin = content.tensor_data_offset.checked_add(info.offset);
            begin.zip(bytes).and_then(|(begin, bytes)| begin.checked_add(bytes)).is_some_and(|end| end <= length)
        });
        if !is_inside {
            return Err(damaged("it is cut short: tensors lie beyond its end", None));
        }
        let mut file = GgufFile { path: path.to_owned(), architecture: String::new(), content };
        file.architecture = file.text("general.architecture").unwrap_or_default().to_owned();
        if !ARCHITECTURES.contains(&file.architecture.as_str()) {
            return Err(file.unsupported("architecture", &file.architecture));
        }
        if file.own_number("expert_count").is_some_and(|experts| experts > 0) {
            return Err(file.unsupported("architecture", "mixture of experts"));
        }
        Ok(file)
    }

    /// The error that the file needs something that is not there.
    pub(super) fn unsupported(&self, what: &'static str, name: &str) -> Error {
        let supported = match what {
            "architecture" => ARCHITECTURES.join(", "),
            _ => String::new(),
        };
        Error::UnsupportedModel { path: self.path.clone(), what, name: crate::text::visible(name, 80), supported }
    }

    pub(super) fn invalid(&self, reason: &'static str) -> Error {
        Error::InvalidModelFile { path: self.path.clone(), reason, source: None }
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.content.metadata.get(key)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        self.content.metadata.get(key)?.to_bool().ok()
    }

    pub(super) fn number(&self, key: &str) -> Option<usize> {
        number(self.content.metadata.get(key)?)
    }

    /// A number of the architecture's own, such as `llama.block_count`.
    pub(super) fn own_number(&self, key: &str) -> Option<usize> {
        self.number(&format!("{}.{key}", self.architecture))
    }

    pub(super) fn own_float(&self, key: &str) -> Option<f32> {
        self.content.metadata.get(&format!("{}.{key}", self.architecture))?.to_f32().ok()
    }

    pub(super) fn own_text(&self, key: &str) -> Option<&str> {
        self.text(&format!("{}.{key}", self.architecture))
    }

    pub(super) fn list<T>(&self, key: &str, item: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
        match self.content.metadata.get(key)? {
            Value::Array(values) => values.iter().map(item).collect(),
            _ => None,
        }
    }

    /// Its tensors, to be read one after the other.
    pub(super) fn tensors<'a>(&'a self, device: &'a Device) -> Result<Tensors<'a>, Error> {
        let unreadable = |source: std::io::Error| Error::InvalidModelFile {
            path: self.path.clone(),
            reason: "it cannot be read",
            source: Some(source.into()),
        };
        Ok(Tensors { file: self, reader: BufReader::new(File::open(&self.path).map_err(unreadable)?), device })
    }
}

/// An integer that is not negative, of any size.
pub(super) fn number(value: &Value) -> Option<usize> {
    match *value {
        Value::I8(number) => number.try_into().ok(),
        Value::I16(number) => number.try_into().ok(),
        Value::I32(number) => number.try_into().ok(),
        Value::I64(number) => number.try_into().ok(),
        _ => value.to_u64().ok()?.try_into().ok(),
    }
}

pub(super) struct Tensors<'a> {
    file: &'a GgufFile,
    reader: BufReader<File>,
    device: &'a Device,
}

impl Tensors<'_> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.file.content.tensor_infos.contains_key(name)
    }

    /// As it is stored, on `device`.
    pub(super) fn stored_on(&mut self, name: &str, device: &Device) -> Result<Arc<QTensor>, Error> {
        let read = self.file.content.tensor(&mut self.reader, name, device);
        read.map(Arc::new).map_err(|source| Error::InvalidModelFile {
            path: self.file.path.clone(),
            reason: "one of its tensors cannot be read",
            source: Some(source.into()),
        })
    }

    pub(super) fn stored(&mut self, name: &str) -> Result<Arc<QTensor>, Error> {
        self.stored_on(name, self.device)
    }

    /// As numbers, if it is there.
    pub(super) fn numbers(&mut self, name: &str) -> Result<Option<Tensor>, Error> {
        if !self.has(name) {
            return Ok(None);
        }
        let stored = self.stored(name)?;
        stored.dequantize(self.device).map(Some).map_err(super::computation)
    }
}
