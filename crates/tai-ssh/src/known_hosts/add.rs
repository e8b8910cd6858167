use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use nix::libc;

use super::{Error, HostKey, KnownHosts, Verdict, file, name};

/// What is appended to the name of a file for the one that replaces it.
const BESIDE: &str = ".tai-new";

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

/// Writes down the key of a new host, as a line at the end of `file`: in clear, or with the name hashed. With a
/// `HostKeyAlias`, `host` is the alias and `port` is 22.
///
/// Nothing is written when the file has the key for this host already. No other line changes by a byte; a newline that
/// is missing at the end is added. A symbolic link is followed, a missing directory is created (0700, one level), a
/// missing file too (0600); an existing one keeps its mode and owner.
///
/// The file is replaced as a whole by one that was written beside it (`FILE.tai-new`, which is also the lock against
/// another tai), so whoever reads it sees the old or the new one, also after a crash. A crash may leave
/// `FILE.tai-new` behind: the next call takes it over. OpenSSH takes no lock: a line that ssh appends in the same
/// instant is lost.
///
/// # Errors
/// [`Error::UnwritableHost`] for a name that could not be found again, [`Error::Conflict`] when the file has got another
/// key for the host, or a revocation of this one, since it was loaded; else what failed on the file.
pub fn add(file: &Path, host: &str, port: u16, key: &HostKey, hash: bool) -> Result<(), Error> {
    let name = name::lookup(host, port);
    if !name::is_plain(&name) {
        return Err(Error::UnwritableHost { host: host.to_owned() });
    }
    let path = follow(file)?;
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return Err(not_a_file("replace", &path));
    }
    create_directory(&path)?;
    let mut beside = Beside::lock(&path)?;
    let old = file::read(&path)?;
    match KnownHosts::from_contents(&path, old.as_deref().unwrap_or_default()).verdict(&name, 22, None, key) {
        Verdict::Match { .. } => return Ok(()),
        Verdict::New => {}
        Verdict::Changed { .. } | Verdict::Revoked { .. } => {
            return Err(Error::Conflict { path: path.clone(), host: host.to_owned() });
        }
    }
    let names = if hash {
        name::hashed(&name).map_err(|error| failed("get a salt for", &path)(io::Error::other(error)))?
    } else {
        name
    };
    let mut contents = old.unwrap_or_default();
    if contents.last().is_some_and(|last| *last != b'\n') {
        contents.push(b'\n');
    }
    contents.extend_from_slice(format!("{names} {}\n", key.to_openssh()).as_bytes());
    beside.replace(&contents)
}

/// The new file, locked. Dropped, it is gone, unless it has moved to where it belongs.
struct Beside<'a> {
    target: &'a Path,
    path: PathBuf,
    file: File,
    moved: bool,
}

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        if !self.moved {
            // What stays is taken over by the next call.
            drop(fs::remove_file(&self.path));
        }
    }
}

impl<'a> Beside<'a> {
    /// Opens and locks it. Who held the lock before has moved or removed the file: then the lock is on the wrong one, and
    /// it is tried again.
    fn lock(target: &'a Path) -> Result<Self, Error> {
        let mut name = target.as_os_str().to_owned();
        name.push(BESIDE);
        let path = PathBuf::from(name);
        loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
                .open(&path)
                .map_err(failed("create", &path))?;
            file.lock().map_err(failed("lock", &path))?;
            let locked = file.metadata().map_err(failed("examine", &path))?;
            if !locked.is_file() {
                return Err(not_a_file("use", &path));
            }
            match path.symlink_metadata() {
                Ok(there) if (there.dev(), there.ino()) == (locked.dev(), locked.ino()) => {
                    return Ok(Self { target, path, file, moved: false });
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed("examine", &path)(error)),
            }
        }
    }

    fn replace(&mut self, contents: &[u8]) -> Result<(), Error> {
        self.write(contents).map_err(failed("write", &self.path))?;
        fs::rename(&self.path, self.target).map_err(failed("replace", self.target))?;
        self.moved = true;
        let directory = self.target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(directory).and_then(|opened| opened.sync_all()).map_err(failed("sync", directory))
    }

    fn write(&mut self, contents: &[u8]) -> io::Result<()> {
        let mut mode = 0o600;
        match self.target.metadata() {
            Ok(old) => {
                mode = old.mode() & 0o7777;
                let new = self.file.metadata()?;
                if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
                    fchown(&self.file, Some(old.uid()), Some(old.gid()))?;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        self.file.set_len(0)?;
        self.file.set_permissions(Permissions::from_mode(mode))?;
        self.file.write_all(contents)?;
        self.file.sync_all()
    }
}

/// The file that is meant by a path which may be a symbolic link, also one to a file that is not there yet.
fn follow(path: &Path) -> Result<PathBuf, Error> {
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        if !path.is_symlink() {
            return Ok(path);
        }
        let target = fs::read_link(&path).map_err(failed("follow", &path))?;
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(failed("follow", &path)(io::Error::from_raw_os_error(libc::ELOOP)))
}

fn create_directory(path: &Path) -> Result<(), Error> {
    let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) else {
        return Ok(());
    };
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !directory.is_dir() => {
            Err(failed("create", directory)(error))
        }
        _ => Ok(()),
    }
}

fn not_a_file(action: &'static str, path: &Path) -> Error {
    failed(action, path)(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"))
}

fn failed(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::Write { action, path: path.clone(), source }
}
