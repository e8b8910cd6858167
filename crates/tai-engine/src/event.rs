use tai_collect::Progress;

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
    /// A model was asked; it may take minutes.
    Asking {
        /// Its name.
        model: String,
        /// Tokens of the prompt, estimated.
        tokens: usize,
    },
}
