//! Packed weights in a file, `taipack2`: a header, then all numbers in a fixed order, each table on a line of the cache. So it can be mapped and used as it is.
//!
//! The header: the magic bytes; the precision (0, 1, 2), the sizes of [`Shape`] in their order, `eps` and whether there is a scorer (0 or 1), 4 bytes each; the
//! length of the source and of the file, 8 bytes each; the SHA-256 of the source, 32 bytes; the least byte first; 0 to the end of the line.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use crate::Error;
use crate::forward::{Layer, Weights};
use crate::head::Scorer;
use crate::linear::{Linear, Weights as Panels, channel_parts, padded};
use crate::memory::{LINE, Number, View};
use crate::mmap::Map;
use crate::norm::Norm;
use crate::shape::{Precision, Shape};

const MAGIC: &[u8; 8] = b"taipack2";
/// Bytes of the header.
const HEADER: usize = 2 * LINE;

/// What a file of packed weights says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PackedHeader {
    /// In what the linear layers compute.
    pub precision: Precision,
    /// The model's.
    pub shape: Shape,
    /// Whether it has what a cross-encoder scores with.
    pub scores: bool,
    /// Bytes of the safetensors file that it was made of.
    pub source_length: u64,
    /// That file's SHA-256.
    pub source_sum: [u8; 32],
    length: u64,
}

impl PackedHeader {
    /// Reads the header of a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is no file of packed weights, or was cut short.
    pub fn read(file: &Path) -> Result<Self, Error> {
        Self::parse(file, &Map::open(file)?)
    }

    fn parse(file: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let wrong = |problem| Error::Packed { file: file.to_owned(), problem };
        let header: &[u8; HEADER] = bytes.first_chunk().ok_or_else(|| wrong("it is cut short"))?;
        if !header.starts_with(MAGIC) {
            return Err(wrong("it has not the magic bytes of packed weights of this version"));
        }
        let four = |at: usize| u32::from_le_bytes(header[8 + 4 * at..][..4].try_into().unwrap_or_default());
        let eight = |at: usize| u64::from_le_bytes(header[at..][..8].try_into().unwrap_or_default());
        let precision = Precision::ALL.get(four(0) as usize).ok_or_else(|| wrong("its precision is unknown"))?;
        let size = |at: usize| four(at) as usize;
        let shape = Shape {
            vocabulary: size(1),
            hidden: size(2),
            inner: size(3),
            layers: size(4),
            heads: size(5),
            positions: size(6),
            types: size(7),
            eps: f32::from_bits(four(8)),
        };
        shape.check()?;
        let source_sum = header[64..96].try_into().unwrap_or_default();
        let (source_length, length) = (eight(48), eight(56));
        let header = Self { precision: *precision, shape, scores: four(9) == 1, source_length, source_sum, length };
        let whole = bytes.len() as u64 == length;
        whole.then_some(header).ok_or_else(|| wrong("it is cut short"))
    }

    fn bytes(&self) -> [u8; HEADER] {
        let Shape { vocabulary, hidden, inner, layers, heads, positions, types, eps } = self.shape;
        let mut fours = vec![Precision::ALL.iter().position(|p| *p == self.precision).unwrap_or_default() as u32];
        fours.extend([vocabulary, hidden, inner, layers, heads, positions, types].map(|size| size as u32));
        fours.extend([eps.to_bits(), u32::from(self.scores)]);
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(MAGIC);
        header[8..48].copy_from_slice(&fours.iter().flat_map(|four| four.to_le_bytes()).collect::<Vec<u8>>());
        header[48..56].copy_from_slice(&self.source_length.to_le_bytes());
        header[56..64].copy_from_slice(&self.length.to_le_bytes());
        header[64..96].copy_from_slice(&self.source_sum);
        header
    }
}

/// Writes all weights into `file`, under another name first. The same weights give the same bytes.
pub(crate) fn write(
    file: &Path,
    weights: &Weights,
    shape: Shape,
    precision: Precision,
    source: (u64, [u8; 32]),
) -> Result<(), Error> {
    let failed = |source| Error::File { action: "write", file: file.to_owned(), source };
    let mut tables: Vec<&[u8]> = Vec::new();
    weights.tables(&mut |table| tables.push(table));
    let length = HEADER + tables.iter().map(|table| table.len().next_multiple_of(LINE)).sum::<usize>();
    let (source_length, source_sum) = source;
    let scores = weights.scorer.is_some();
    let header = PackedHeader { precision, shape, scores, source_length, source_sum, length: length as u64 };
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let temporary = file.with_file_name(name);
    let written = (|| {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&temporary)?);
        out.write_all(&header.bytes())?;
        for table in tables {
            out.write_all(table)?;
            out.write_all(&[0; LINE][..table.len().next_multiple_of(LINE) - table.len()])?;
        }
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&temporary, file)
    })();
    if written.is_err() {
        // What is left of it is of no use, and it may not be there at all.
        drop(fs::remove_file(&temporary));
    }
    written.map_err(failed)
}

/// Maps the weights of a file.
pub(crate) fn open(file: &Path) -> Result<(PackedHeader, Weights), Error> {
    let map = Arc::new(Map::open(file)?);
    let header = PackedHeader::parse(file, &map)?;
    let mut reader = Reader { map, at: HEADER, precision: header.precision, eps: header.shape.eps };
    let weights = reader.weights(&header).filter(|_| reader.at as u64 == header.length);
    let problem = "its length is not that of its shape";
    weights.map(|weights| (header, weights)).ok_or_else(|| Error::Packed { file: file.to_owned(), problem })
}

impl Weights {
    /// All tables, in the order of a file.
    fn tables<'a>(&'a self, table: &mut impl FnMut(&'a [u8])) {
        for view in [&self.words, &self.positions, &self.types, &self.norm.weight, &self.norm.bias] {
            table(view.bytes());
        }
        for layer in &self.layers {
            for linear in [&layer.qkv, &layer.attention, &layer.up, &layer.down] {
                linear.tables(table);
            }
            for norm in [&layer.attention_norm, &layer.norm] {
                table(norm.weight.bytes());
                table(norm.bias.bytes());
            }
        }
        if let Some(Scorer { pooler, pooler_bias, classifier, classifier_bias }) = &self.scorer {
            for view in [pooler, pooler_bias, classifier, classifier_bias] {
                table(view.bytes());
            }
        }
    }
}

impl Linear {
    fn tables<'a>(&'a self, table: &mut impl FnMut(&'a [u8])) {
        table(self.bias.bytes());
        match &self.weights {
            Panels::F32(weights) => table(weights.bytes()),
            Panels::Bf16(weights) => table(weights.bytes()),
            Panels::Int8 { weights, channels, scales, sums } => {
                table(weights.bytes());
                table(channels.bytes());
                table(scales.bytes());
                table(sums.bytes());
            }
        }
    }
}

/// Takes one table after the other, each as long as the shape says; nothing where the file ends before.
struct Reader {
    map: Arc<Map>,
    at: usize,
    precision: Precision,
    eps: f32,
}

impl Reader {
    fn view<T: Number>(&mut self, len: usize) -> Option<View<T>> {
        let view = View::mapped(&self.map, self.at, len)?;
        self.at += (len * size_of::<T>()).next_multiple_of(LINE);
        Some(view)
    }

    fn norm(&mut self, width: usize) -> Option<Norm> {
        Some(Norm { weight: self.view(width)?, bias: self.view(width)?, eps: self.eps })
    }

    /// `parts`: of how many the layer was made.
    fn linear(&mut self, inputs: usize, outputs: usize, parts: usize) -> Option<Linear> {
        let (width, depth) = (padded(outputs), padded(inputs));
        let bias = self.view(width)?;
        let weights = match self.precision {
            Precision::F32 => Panels::F32(self.view(width * depth)?),
            Precision::Bf16 => Panels::Bf16(self.view(width * depth / 2)?),
            Precision::Int8 => Panels::Int8 {
                weights: self.view(width * depth / 4)?,
                channels: self.view(channel_parts(parts, outputs) * depth)?,
                scales: self.view(width)?,
                sums: self.view(width)?,
            },
        };
        Some(Linear { inputs, outputs, weights, bias })
    }

    fn weights(&mut self, header: &PackedHeader) -> Option<Weights> {
        let Shape { vocabulary, hidden, inner, layers, positions, types, .. } = header.shape;
        let (words, positions) = (self.view(vocabulary * hidden)?, self.view(positions * hidden)?);
        let (types, norm) = (self.view(types * hidden)?, self.norm(hidden)?);
        let mut layer = || {
            Some(Layer {
                qkv: self.linear(hidden, 3 * hidden, 3)?,
                attention: self.linear(hidden, hidden, 1)?,
                up: self.linear(hidden, inner, 1)?,
                down: self.linear(inner, hidden, 1)?,
                attention_norm: self.norm(hidden)?,
                norm: self.norm(hidden)?,
            })
        };
        let layers = (0..layers).map(|_| layer()).collect::<Option<Vec<_>>>()?;
        let scorer = match header.scores {
            true => Some(Scorer {
                pooler: self.view(hidden * hidden)?,
                pooler_bias: self.view(hidden)?,
                classifier: self.view(hidden)?,
                classifier_bias: self.view(1)?,
            }),
            false => None,
        };
        Some(Weights { words, positions, types, norm, layers, scorer })
    }
}
