use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use crate::capture::Capture;
use crate::{CaptureError, Ending, Host, HostError, Limits, Output, ReadOnlyCommand, Recorded};

/// Past this, what a capture holds beside what was asked of it is left out.
const MAX_RECORDED_BYTES: usize = 512 << 20;

/// A host that answers out of a capture. What was not captured is answered with [`Ending::NotCaptured`].
#[derive(Clone, Debug)]
pub struct ReplayHost {
    capture: Arc<Capture>,
}

impl ReplayHost {
    /// Opens the capture or the sosreport in `dir`.
    ///
    /// # Errors
    ///
    /// As for [`Capture::open`].
    pub fn open(dir: &Path) -> Result<Self, CaptureError> {
        Ok(ReplayHost { capture: Arc::new(Capture::open(dir)?) })
    }

    /// Unpacks the archive in `path` below `scratch` and opens it.
    ///
    /// # Errors
    ///
    /// As for [`Capture::unpack`].
    pub async fn unpack(
        path: &Path,
        scratch: &Path,
        shown: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Self, CaptureError> {
        Ok(ReplayHost { capture: Arc::new(Capture::unpack(path, scratch, shown).await?) })
    }

    /// The capture behind the host.
    pub fn capture(&self) -> &Capture {
        &self.capture
    }

    async fn read<T: Send + 'static>(&self, read: impl FnOnce(&Capture) -> T + Send + 'static) -> Result<T, HostError> {
        let capture = Arc::clone(&self.capture);
        let task = tokio::task::spawn_blocking(move || read(&capture)).await;
        task.map_err(|source| HostError::Interrupted { host: self.capture.name().to_owned(), source })
    }
}

#[async_trait]
impl Host for ReplayHost {
    fn name(&self) -> &str {
        self.capture.name()
    }

    fn has_own_session(&self) -> bool {
        true
    }

    /// The limits do not apply: the bytes are here already.
    async fn run(&self, command: &ReadOnlyCommand, _: &Limits) -> Result<Output, HostError> {
        let (quoted, plain) = (command.to_string(), command.words().join(" "));
        let commands = &self.capture.manifest().commands;
        match commands.iter().position(|entry| entry.command == quoted || entry.command == plain) {
            Some(index) => self.read(move |capture| capture.output(index)).await,
            None => Ok(Output::empty(Ending::NotCaptured)),
        }
    }

    async fn recorded(&self) -> Result<Vec<Recorded>, HostError> {
        self.read(recorded).await
    }
}

/// Each command with its output, the same command with the same file once, and no more bytes in all than memory should hold.
fn recorded(capture: &Capture) -> Vec<Recorded> {
    let mut seen = BTreeSet::new();
    let mut left = MAX_RECORDED_BYTES;
    let mut recorded = Vec::new();
    for (i, entry) in capture.manifest().commands.iter().enumerate() {
        if !seen.insert((entry.command.as_str(), capture.file(i))) {
            continue;
        }
        let output = if left == 0 {
            Output::empty(Ending::NotStarted { reason: "left out: the capture holds more than 512 MiB".to_owned() })
        } else {
            capture.output(i)
        };
        left = left.saturating_sub(output.stdout.len());
        recorded.push(Recorded { command: entry.command.clone(), output });
    }
    recorded
}
