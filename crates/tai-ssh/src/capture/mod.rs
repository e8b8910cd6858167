//! The capture directory: what was collected from a host, as files that can be replayed, mailed and evaluated.
//!
//! Schema `tai.capture/1`: `manifest.json` lists the commands in the order in which they ran, `outputs/` holds their standard output,
//! the bytes as they came, or with secrets taken out when `redacted` is true. Only `schema` and each command's `command` and `file` are required on reading; unknown keys are ignored.
//!
//! A file of the manifest never leaves the capture, neither by `..`, nor by an absolute path, nor by a link. Sets of captures that share
//! outputs lie below a folder that holds a marker file `.tai-captures`: there a file may be anywhere below that folder.
//!
//! A capture may be packed into one file, and a sosreport is read as one: see [`Capture::unpack`] and [`Capture::open`].

mod archive;
mod manifest;
mod read;
mod sos;
mod write;

pub use archive::pack;
pub use manifest::{Entry, Failure, Manifest};
pub use read::Capture;
pub use write::CaptureWriter;
