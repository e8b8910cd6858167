//! The head of a GGUF file: what the model is, and whether the file is all there.
//!
//! The format is that of `docs/gguf.md` of the project ggml, versions 2 and 3, little-endian.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

const MAX_ITEMS: u64 = 10_000_000;
const MAX_TEXT: u64 = 16 << 20;
const DEFAULT_ALIGNMENT: u64 = 32;

/// What the head says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    texts: BTreeMap<String, String>,
    numbers: BTreeMap<String, u64>,
}

impl Head {
    /// Reads the head, and checks that the last tensor begins inside the file.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Reader { input: BufReader::new(file), at: 0, length }.head()
    }

    pub(crate) fn architecture(&self) -> Option<&str> {
        self.texts.get("general.architecture").map(String::as_str)
    }

    pub(crate) fn license(&self) -> Option<&str> {
        self.texts.get("general.license").map(String::as_str)
    }

    pub(crate) fn context_length(&self) -> Option<u64> {
        self.number("context_length")
    }

    pub(crate) fn embedding_length(&self) -> Option<u64> {
        self.number("embedding_length")
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.numbers.get(&format!("{}.{key}", self.architecture()?)).copied()
    }
}

struct Reader<R> {
    input: R,
    at: u64,
    length: u64,
}

impl<R: Read + Seek> Reader<R> {
    fn head(mut self) -> io::Result<Head> {
        if &self.bytes::<4>()? != b"GGUF" {
            return Err(wrong("it does not begin with GGUF"));
        }
        let version = self.u32()?;
        if !(2..=3).contains(&version) {
            return Err(wrong(&format!("its version is {version}, not 2 or 3")));
        }
        let (tensors, values) = (self.count()?, self.count()?);
        let mut head = Head::default();
        for _ in 0..values {
            let key = self.text()?;
            let kind = self.u32()?;
            match kind {
                8 => {
                    let text = self.text()?;
                    head.texts.insert(key, text);
                }
                4 | 10 => {
                    let number = if kind == 4 { u64::from(self.u32()?) } else { self.u64()? };
                    head.numbers.insert(key, number);
                }
                _ => self.skip_value(kind)?,
            }
        }
        let mut last = 0;
        for _ in 0..tensors {
            self.skip_text()?;
            let dimensions = u64::from(self.u32()?);
            // Their sizes, and the type.
            self.skip(dimensions.checked_mul(8).ok_or_else(damaged)?.saturating_add(4))?;
            last = self.u64()?.max(last);
        }
        let alignment = head.numbers.get("general.alignment").copied().unwrap_or(DEFAULT_ALIGNMENT).max(1);
        let data = self.at.checked_next_multiple_of(alignment).ok_or_else(damaged)?;
        let is_whole = tensors == 0 || data.checked_add(last).is_some_and(|begin| begin < self.length);
        if is_whole { Ok(head) } else { Err(wrong("it is cut short: tensors lie beyond its end")) }
    }

    fn skip_value(&mut self, kind: u32) -> io::Result<()> {
        match kind {
            8 => self.skip_text(),
            9 => {
                let (kind, count) = (self.u32()?, self.count()?);
                match size_of_kind(kind) {
                    Some(size) => self.skip(count.checked_mul(size).ok_or_else(damaged)?),
                    None if kind == 8 => (0..count).try_for_each(|_| self.skip_text()),
                    None => Err(wrong("it has lists of an unknown kind")),
                }
            }
            kind => self.skip(size_of_kind(kind).ok_or_else(|| wrong("it has values of an unknown kind"))?),
        }
    }

    fn text(&mut self) -> io::Result<String> {
        let length = self.u64()?;
        if length > MAX_TEXT {
            return Err(wrong("it has a text of more than 16 MiB"));
        }
        let mut text = Vec::new();
        let read = (&mut self.input).take(length).read_to_end(&mut text)?;
        self.at += length;
        if read as u64 == length { Ok(String::from_utf8_lossy(&text).into_owned()) } else { Err(damaged()) }
    }

    fn skip_text(&mut self) -> io::Result<()> {
        let length = self.u64()?;
        self.skip(length)
    }

    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let end = self.at.checked_add(bytes).filter(|end| *end <= self.length).ok_or_else(damaged)?;
        // Short ones stay in the buffer.
        if bytes <= 512 {
            io::copy(&mut (&mut self.input).take(bytes), &mut io::sink())?;
        } else {
            self.input.seek(SeekFrom::Start(end))?;
        }
        self.at = end;
        Ok(())
    }

    fn count(&mut self) -> io::Result<u64> {
        let count = self.u64()?;
        if count > MAX_ITEMS { Err(wrong("it has more than ten million items")) } else { Ok(count) }
    }

    fn u32(&mut self) -> io::Result<u32> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> io::Result<u64> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => damaged(),
            _ => error,
        })?;
        self.at += N as u64;
        Ok(bytes)
    }
}

fn size_of_kind(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

fn damaged() -> io::Error {
    wrong("it is cut short or damaged")
}

fn wrong(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> io::Result<Head> {
        Reader { input: Cursor::new(bytes), at: 0, length: bytes.len() as u64 }.head()
    }

    fn text(text: &str) -> Vec<u8> {
        [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
    }

    fn file() -> Vec<u8> {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(1u64.to_le_bytes());
        bytes.extend(4u64.to_le_bytes());
        bytes.extend([text("general.architecture"), 8u32.to_le_bytes().to_vec(), text("qwen3")].concat());
        let list = [9u32.to_le_bytes().to_vec(), 8u32.to_le_bytes().to_vec(), 2u64.to_le_bytes().to_vec()].concat();
        bytes.extend([text("tokens"), list, text("a"), text("b")].concat());
        let number = [4u32.to_le_bytes(), 40960u32.to_le_bytes()].concat();
        bytes.extend([text("qwen3.context_length"), number].concat());
        bytes.extend([text("x"), 7u32.to_le_bytes().to_vec(), vec![1]].concat());
        bytes.extend([text("w"), 1u32.to_le_bytes().to_vec(), 4u64.to_le_bytes().to_vec()].concat());
        bytes.extend([&0u32.to_le_bytes()[..], &0u64.to_le_bytes()[..]].concat());
        bytes.resize(bytes.len().next_multiple_of(32) + 16, 7);
        bytes
    }

    #[test]
    fn the_head_is_read() {
        let head = read(&file()).unwrap();
        assert_eq!(head.architecture(), Some("qwen3"));
        assert_eq!(head.context_length(), Some(40960));
        assert_eq!(head.embedding_length(), None);
    }

    #[test]
    fn what_is_cut_short_is_an_error() {
        let whole = file();
        for length in 0..whole.len() - 16 {
            read(&whole[..length]).unwrap_err();
        }
    }

    proptest! {
        #[test]
        fn rubbish_is_no_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..200, byte: u8) {
            drop(read(&bytes));
            bytes.splice(0..0, *b"GGUF\x03\0\0\0");
            drop(read(&bytes));
            let mut whole = file();
            let at = at % whole.len();
            whole[at] = byte;
            drop(read(&whole));
        }
    }
}
