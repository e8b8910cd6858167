//! A file's bytes without a copy: the only place of the crate that needs unsafe.

use std::fs::File;
use std::io;
use std::ops::Deref;

use memmap2::{Mmap, MmapOptions};

/// The bytes of a file, as they were when it was mapped or later.
#[derive(Debug)]
pub(crate) struct Map(Mmap);

impl Map {
    /// Maps the first `length` bytes, which are all read soon: one by one their pages would take several times as long. The file must not become shorter while it is mapped: the process would end by a signal. So files that are mapped
    /// only ever grow, and what is written anew is another file that takes their place.
    #[expect(unsafe_code, reason = "files can be mapped in no other way")]
    pub(crate) fn new(file: &File, length: usize) -> io::Result<Self> {
        // SAFETY: the file is the user's own and checked to be writable by nobody else; bytes that change under a reader are numbers of another value.
        let map = unsafe { MmapOptions::new().len(length).populate().map(file) };
        map.map(Map)
    }
}

impl Deref for Map {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
