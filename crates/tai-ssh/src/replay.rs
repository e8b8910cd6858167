use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use crate::capture::Capture;
use crate::{CaptureError, Ending, Host, HostError, Limits, Output, ReadOnlyCommand, Recorded};

/// A host that answers out of a capture. What was not captured is answered with [`Ending::NotCaptured`].
#[derive(Clone, Debug)]
pub struct ReplayHost {
    capture: Arc<Capture>,
}

impl ReplayHost {
    /// Opens the capture in `dir`.
    ///
    /// # Errors
    ///
    /// As for [`Capture::open`].
    pub fn open(dir: &Path) -> Result<Self, CaptureError> {
        Ok(ReplayHost { capture: Arc::new(Capture::open(dir)?) })
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
        self.read(|capture| {
            let commands = capture.manifest().commands.iter().enumerate();
            commands.map(|(i, entry)| Recorded { command: entry.command.clone(), output: capture.output(i) }).collect()
        })
        .await
    }
}
