use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use super::name::Names;
use super::{Error, HostKey};

/// The most that is read of one file, in bytes.
const LIMIT: u64 = 64 << 20;

/// The contents of several `known_hosts` files, in order.
#[derive(Debug, Clone, Default)]
pub struct KnownHosts {
    files: Vec<PathBuf>,
    entries: Vec<Entry>,
    warnings: Vec<Warning>,
}

/// A line that is not understood and therefore ignored, as ssh does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// One line that holds a key.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The place of its file in [`KnownHosts::load`].
    file: usize,
    /// From 1.
    pub(super) line: usize,
    pub(super) marker: Option<Marker>,
    pub(super) names: Names,
    pub(super) key: HostKey,
}

/// What a line may begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    CertAuthority,
    Revoked,
}

impl KnownHosts {
    /// Reads the files, the user's first, then the system's. One that is missing is empty. One that is there but cannot be
    /// read, is larger than 64 MiB, or is a directory, a pipe or a socket is an error: ssh goes on without it, but
    /// a revocation could be in there. A line that is malformed is left out and becomes a [`Warning`].
    pub fn load(files: &[PathBuf]) -> Result<Self, Error> {
        let mut known = Self { files: files.to_vec(), ..Self::default() };
        for (index, path) in files.iter().enumerate() {
            known.take_lines(index, &read(path)?.unwrap_or_default());
        }
        Ok(known)
    }

    /// Takes the contents of one file.
    pub(super) fn from_contents(file: &Path, contents: &[u8]) -> Self {
        let mut known = Self { files: vec![file.to_path_buf()], ..Self::default() };
        known.take_lines(0, contents);
        known
    }

    /// The lines that were ignored because they are malformed.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The hosts that are named in clear, as an operator writes them: `web1`, and `web1:2222` off port 22. A pattern names none, and a revoked key none either.
    pub fn names(&self) -> BTreeSet<String> {
        let entries = self.entries.iter().filter(|entry| entry.marker.is_none());
        entries.flat_map(|entry| entry.names.plain()).collect()
    }

    /// The lines that name this host.
    pub(super) fn entries(&self, name: &str) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.names.matches(name))
    }

    pub(super) fn file_of(&self, entry: &Entry) -> PathBuf {
        self.files[entry.file].clone()
    }

    fn take_lines(&mut self, file: usize, contents: &[u8]) {
        for (index, line) in contents.split(|byte| *byte == b'\n').enumerate() {
            let line_number = index + 1;
            match parse_line(line) {
                Ok(None) => {}
                Ok(Some((marker, names, key))) => {
                    self.entries.push(Entry { file, line: line_number, marker, names, key });
                }
                Err(reason) => {
                    self.warnings.push(Warning { file: self.files[file].clone(), line: line_number, reason });
                }
            }
        }
    }
}

/// The contents of a file, none if it is missing.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let failed = |source| Error::Read { path: path.to_path_buf(), source };
    let kind = match path.metadata() {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    if !kind.is_file() && !kind.is_char_device() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")));
    }
    let mut contents = Vec::new();
    File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut contents)).map_err(failed)?;
    if contents.len() as u64 > LIMIT {
        return Err(Error::TooLarge { path: path.to_path_buf(), limit: LIMIT });
    }
    Ok(Some(contents))
}

type Parts = (Option<Marker>, Names, HostKey);

/// Reads one line, without its newline; none for a comment or an empty one. The error says what is wrong.
fn parse_line(line: &[u8]) -> Result<Option<Parts>, &'static str> {
    // OpenSSH reads C strings.
    let line = line.split(|byte| *byte == 0).next().unwrap_or_default().trim_ascii();
    if line.is_empty() || line.starts_with(b"#") {
        return Ok(None);
    }
    let (marker, rest) = take_marker(line)?;
    let (names, key) = take_field(rest);
    if key.is_empty() || key.starts_with(b"#") {
        return Err("there is no key after the host names");
    }
    let names = Names::parse(names)?;
    match HostKey::read(key) {
        Ok(key) => Ok(Some((marker, names, key))),
        Err(Error::MalformedKey { reason }) => Err(reason),
        Err(_) => Err("the key is of another type than the line says"),
    }
}

fn take_marker(line: &[u8]) -> Result<(Option<Marker>, &[u8]), &'static str> {
    if !line.starts_with(b"@") {
        return Ok((None, line));
    }
    let (word, rest) = take_field(line);
    let marker = match word {
        b"@cert-authority" => Marker::CertAuthority,
        b"@revoked" => Marker::Revoked,
        _ => return Err("the marker is unknown"),
    };
    if rest.starts_with(b"@") {
        return Err("there is more than one marker");
    }
    Ok((Some(marker), rest))
}

/// The first field, and what follows after the blanks.
fn take_field(text: &[u8]) -> (&[u8], &[u8]) {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let end = text.iter().position(blank).unwrap_or(text.len());
    let (field, rest) = text.split_at(end);
    let blanks = rest.iter().take_while(|byte| blank(byte)).count();
    (field, &rest[blanks..])
}
