//! Weights as they were trained: a safetensors file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use crate::Error;
use crate::memory::View;
use crate::mmap::Map;

/// A safetensors file, mapped into memory: nothing of it is read before it is needed.
#[derive(Debug)]
pub struct Source {
    file: PathBuf,
    map: Arc<Map>,
    tensors: BTreeMap<String, Tensor>,
}

#[derive(Debug)]
struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Range<usize>,
}

impl Source {
    /// Maps a file and reads its table of tensors. The file must not be shortened while the source or an encoder made of it lives.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is no safetensors file or one cut short.
    pub fn open(file: &Path) -> Result<Self, Error> {
        let map = Map::open(file)?;
        let parsed =
            SafeTensors::deserialize(&map).map_err(|source| Error::Malformed { file: file.to_owned(), source })?;
        let place = |data: &[u8]| {
            let start = data.as_ptr().addr() - map.as_ptr().addr();
            start..start + data.len()
        };
        let tensor = |(name, view): (String, safetensors::tensor::TensorView<'_>)| {
            (name, Tensor { dtype: view.dtype(), shape: view.shape().to_vec(), bytes: place(view.data()) })
        };
        let tensors = parsed.tensors().into_iter().map(tensor).collect();
        Ok(Self { file: file.to_owned(), map: Arc::new(map), tensors })
    }

    /// The whole file, for a checksum.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The numbers of a tensor, row after row: where they are f32 already, in the file itself.
    pub(crate) fn get(&self, name: &str, shape: &[usize]) -> Result<View<f32>, Error> {
        let wrong = |problem| Error::Tensor { file: self.file.clone(), name: name.to_owned(), problem };
        let tensor = self.tensors.get(name).ok_or_else(|| wrong("it is not there".to_owned()))?;
        if tensor.shape != shape {
            return Err(wrong(format!("its shape is {:?}, not {shape:?}", tensor.shape)));
        }
        let (bytes, len) = (&self.map[tensor.bytes.clone()], shape.iter().product());
        let two = |at: usize| [bytes[2 * at], bytes[2 * at + 1]];
        let four = |at: usize| bytes[4 * at..4 * at + 4].try_into().unwrap_or_default();
        match tensor.dtype {
            Dtype::F32 => Ok(View::mapped(&self.map, tensor.bytes.start, len)
                .unwrap_or_else(|| View::from_fn(len, |at| f32::from_le_bytes(four(at))))),
            Dtype::F16 => Ok(View::from_fn(len, |at| f16::from_le_bytes(two(at)).to_f32())),
            Dtype::BF16 => Ok(View::from_fn(len, |at| bf16::from_le_bytes(two(at)).to_f32())),
            other => Err(wrong(format!("its numbers are {other:?}"))),
        }
    }
}
