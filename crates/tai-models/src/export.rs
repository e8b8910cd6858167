//! Models as one file, to carry over.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::manifest::MANIFEST;
use crate::{Cancel, Error, Event, Manifest, Registry, verify};

/// Weights hardly shrink.
const LEVEL: i32 = 1;

/// An archive that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// The model.
    pub name: String,
    /// The archive.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

impl Registry {
    /// Packs a model into one `.tar.zst`, with its manifest first, which [`Registry::import`] takes. The same model gives the same bytes. The archive is there whole
    /// or not at all, and none is overwritten.
    ///
    /// # Errors
    ///
    /// When there is no such model, it is damaged, or the archive is there already or cannot be written.
    pub fn export(
        &self,
        name: &str,
        to: &Path,
        cancel: &Cancel,
        show: &(dyn Fn(Event) + Sync),
    ) -> Result<Exported, Error> {
        let (dir, manifest) = (self.path(name)?, self.manifest(name)?);
        let failed = |source| Error::file("write", to, source);
        if fs::symlink_metadata(to).is_ok() {
            return Err(failed(io::ErrorKind::AlreadyExists.into()));
        }
        let mut damage = verify::damage(&dir, &manifest, cancel, show)?;
        // Only what the manifest knows goes into the archive.
        damage.retain(|damage| !matches!(damage, crate::Damage::Unknown { .. }));
        if !damage.is_empty() {
            return Err(Error::Damaged { name: name.to_owned(), damage });
        }
        let folder = to.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        // As any file that a program writes; the umask takes from it what it takes.
        let permissions = Permissions::from_mode(0o666);
        let staged = tempfile::Builder::new().permissions(permissions).tempfile_in(folder).map_err(failed)?;
        pack(&dir, &manifest, staged.as_file(), cancel, show)?;
        staged.as_file().sync_all().map_err(failed)?;
        let file = staged.persist_noclobber(to).map_err(|error| failed(error.error))?;
        let bytes = file.metadata().map_err(failed)?.len();
        Ok(Exported { name: name.to_owned(), path: to.to_owned(), bytes })
    }
}

fn pack(
    dir: &Path,
    manifest: &Manifest,
    to: &File,
    cancel: &Cancel,
    show: &(dyn Fn(Event) + Sync),
) -> Result<(), Error> {
    let packed = |source| Error::file("pack", dir, source);
    let encoder = zstd::Encoder::new(BufWriter::new(to), LEVEL).map_err(packed)?;
    let mut archive = tar::Builder::new(encoder);
    let mut add = |path: &str, size: u64, data: &mut dyn io::Read| {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o644);
        header.set_mtime(0);
        archive.append_data(&mut header, format!("{}/{path}", manifest.name), data)
    };
    let text = manifest.to_json();
    add(MANIFEST, text.len() as u64, &mut text.as_slice()).map_err(packed)?;
    for file in &manifest.files {
        show(Event::Copying { file: file.path.clone() });
        cancel.check()?;
        let path = dir.join(&file.path);
        let mut data = File::open(&path).map_err(|source| Error::file("read", &path, source))?;
        add(&file.path, file.size, &mut data).map_err(packed)?;
    }
    let encoder = archive.into_inner().map_err(packed)?;
    encoder.finish().and_then(|mut file| file.flush()).map_err(packed)
}
