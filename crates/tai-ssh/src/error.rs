use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::SshError;

/// Why a host as a whole cannot be used any further. What goes wrong with one command is data: see [`Ending`](crate::Ending).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HostError {
    /// The runtime was shut down, or the work on the host panicked.
    #[error("the work on {host} was interrupted")]
    Interrupted {
        /// The name of the host.
        host: String,
        /// Why.
        #[source]
        source: tokio::task::JoinError,
    },
    /// The connection is lost, and a second one could not be had or was lost too.
    #[error("{host} cannot be reached any more")]
    Ssh {
        /// The name of the host.
        host: String,
        /// Why. Every command that waited for the connection gets the same.
        #[source]
        source: Arc<SshError>,
    },
}

/// Why a capture cannot be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The directory is not there, or holds no `manifest.json`.
    #[error("no capture at {}: manifest.json cannot be read", dir.display())]
    NoManifest {
        /// The directory that was named.
        dir: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that should be a packed capture cannot be unpacked.
    #[error("cannot unpack {}", path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An archive holds no capture, or several.
    #[error("{} holds neither a capture nor a sosreport, or more than one", path.display())]
    EmptyArchive {
        /// The file.
        path: PathBuf,
    },
    /// `manifest.json` is not JSON, or not of the format.
    #[error("malformed manifest {}", path.display())]
    MalformedManifest {
        /// The manifest.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// The manifest is of a schema that this version does not know.
    #[error("manifest {} has the schema {found:?}, this version reads \"tai.capture/1\"", path.display())]
    UnknownSchema {
        /// The manifest.
        path: PathBuf,
        /// What it says it is.
        found: String,
    },
    /// A file of the manifest lies outside the capture.
    #[error("the manifest names a file outside the capture: {file:?} for the command {command:?}")]
    OutsideCapture {
        /// The path as the manifest has it.
        file: String,
        /// The command it belongs to.
        command: String,
    },
    /// What the manifest names as a file is something else: a directory, a pipe, a device.
    #[error("the manifest names something that is not a file: {file:?} for the command {command:?}")]
    NotAFile {
        /// The path as the manifest has it.
        file: String,
        /// The command it belongs to.
        command: String,
    },
    /// The directory to write to is already in use.
    #[error("{} already exists and is not empty", dir.display())]
    AlreadyExists {
        /// The directory that was named.
        dir: PathBuf,
    },
    /// Reading or writing a file of the capture failed.
    #[error("failed to {action} {}", path.display())]
    File {
        /// "read", "write" and the like.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}
