use tai_collect::Progress;

use crate::Request;

/// How far an investigation has come.
#[derive(Clone, Debug)]
pub enum Event {
    /// Collecting goes on.
    Collecting(Progress),
    /// What was collected is being cut into chunks and indexed.
    Indexing {
        /// Bytes of text.
        bytes: usize,
    },
    /// Vectors of what was collected are being made.
    Embedding {
        /// Texts that have theirs.
        done: usize,
        /// Texts in all.
        of: usize,
    },
    /// A question has no vector, so it is answered by its words alone.
    EmbeddingFailed {
        /// Why: the error and its causes.
        reasons: Vec<String>,
    },
    /// A model was asked; it may take minutes.
    Asking {
        /// Its name.
        model: String,
        /// Tokens of the prompt, estimated.
        tokens: usize,
    },
    /// A model is asked again, since some of what it said does not hold.
    Repairing {
        /// Its name.
        model: String,
        /// Statements that could not be verified.
        statements: usize,
    },
    /// A model answers. What it says is not verified yet, and may be a list of commands that it asks for.
    Answering {
        /// Its name.
        model: String,
        /// Tokens so far, reasoning included.
        tokens: u64,
        /// What has come since the last event of this kind, safe to show; empty while the model reasons.
        text: String,
        /// Whether an answer begins with it: what was shown of another is void then.
        begins: bool,
    },
    /// A model asked for a command.
    Requested(Request),
}
