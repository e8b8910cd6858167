use std::time::Duration;

/// What is going on, for whoever watches.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Another process works on the model; it is waited for.
    Waiting {
        /// The model.
        name: String,
    },
    /// A source is asked.
    Asking {
        /// The source.
        source: String,
    },
    /// One source did not give the model; the next is asked.
    FallingBack {
        /// Why: the error and its causes.
        reasons: Vec<String>,
        /// The next source.
        to: String,
    },
    /// Bytes have come.
    Progress {
        /// Bytes that are there, those of earlier attempts included.
        done: u64,
        /// Bytes there will be.
        of: u64,
        /// Bytes a second since this attempt began; 0 while it is too early to tell.
        rate: f64,
        /// Time left at that rate.
        left: Option<Duration>,
    },
    /// An attempt failed and is repeated.
    Retrying {
        /// The file.
        file: String,
        /// Why: the error and its causes.
        reasons: Vec<String>,
        /// After this time.
        wait: Duration,
    },
    /// A file is read to compute its checksum.
    Checking {
        /// The file.
        file: String,
    },
    /// A file is unpacked, copied or packed.
    Copying {
        /// The file.
        file: String,
    },
}

/// The error and its causes, each in a line.
pub(crate) fn reasons(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect()
}
