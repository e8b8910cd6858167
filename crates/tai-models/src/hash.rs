//! Checksums of files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::{Cancel, Error};

/// What a file's content must add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Checksum {
    Sha256(String),
    /// What git calls a file of this content: SHA-1 over its length and its bytes. The hub states it for small files.
    GitBlob(String),
}

/// The sums of a file, lower-case hexadecimal.
pub(crate) struct Sums {
    pub(crate) size: u64,
    pub(crate) sha256: String,
    git_blob: Option<String>,
}

impl Sums {
    /// Reads a file; `expected` says whether git's sum is wanted too.
    pub(crate) fn of(path: &Path, expected: Option<&Checksum>, cancel: &Cancel) -> Result<Self, Error> {
        let failed = |source| Error::file("read", path, source);
        let mut file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut sha256 = Sha256::new();
        let mut git = matches!(expected, Some(Checksum::GitBlob(_))).then(|| {
            let mut sha1 = Sha1::new();
            sha1.update(format!("blob {length}\0"));
            sha1
        });
        let mut block = vec![0; 1 << 20];
        let mut size = 0;
        loop {
            cancel.check()?;
            let read = file.read(&mut block).map_err(failed)?;
            if read == 0 {
                break;
            }
            size += read as u64;
            sha256.update(&block[..read]);
            if let Some(sha1) = &mut git {
                sha1.update(&block[..read]);
            }
        }
        Ok(Sums { size, sha256: hex(&sha256.finalize()), git_blob: git.map(|sha1| hex(&sha1.finalize())) })
    }

    /// Compares with what was expected of `file`.
    pub(crate) fn check(&self, file: &str, expected: &Checksum) -> Result<(), Error> {
        let (expected, actual) = match expected {
            Checksum::Sha256(sum) => (sum, Some(&self.sha256)),
            Checksum::GitBlob(sum) => (sum, self.git_blob.as_ref()),
        };
        match actual {
            Some(actual) if actual.eq_ignore_ascii_case(expected) => Ok(()),
            actual => Err(Error::Checksum {
                file: file.to_owned(),
                expected: expected.clone(),
                actual: actual.cloned().unwrap_or_default(),
            }),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_sha256sum_and_git() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        std::fs::write(&path, "hello\n").unwrap();
        // `git hash-object x`
        let git = Checksum::GitBlob("ce013625030ba8dba906f756967f9e9ca394464a".to_owned());
        let sums = Sums::of(&path, Some(&git), &Cancel::default()).unwrap();
        assert_eq!(sums.sha256, "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
        sums.check("x", &git).unwrap();
        let other = sums.check("x", &Checksum::Sha256("00".to_owned())).unwrap_err();
        assert_eq!(other.to_string(), format!("x is not what it should be: sha {} instead of 00", sums.sha256));
    }
}
