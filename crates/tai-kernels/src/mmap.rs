//! A file's bytes without a copy.

use std::fs::File;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

use crate::Error;

/// The bytes of a file, as they were when it was mapped or later. It begins on a page.
#[derive(Debug)]
pub(crate) struct Map(Mmap);

impl Map {
    /// Maps a whole file. It must not become shorter while it is mapped: the process would end by a signal. Model files are written under another name and
    /// renamed, and never changed after that.
    pub(crate) fn open(file: &Path) -> Result<Self, Error> {
        let failed = |source| Error::File { action: "read", file: file.to_owned(), source };
        let opened = File::open(file).map_err(failed)?;
        // SAFETY: a model's file is the user's own, and nobody writes into it; bytes that change under a reader are numbers of another value, as every
        // pattern of bits is a number.
        unsafe { Mmap::map(&opened) }.map(Map).map_err(failed)
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
