use thiserror::Error;

/// Why a redactor cannot be made. Redacting itself never fails.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// An operator's pattern is no regular expression.
    #[error("the pattern {name:?} is no regular expression")]
    Pattern {
        /// Its name.
        name: String,
        /// Where and why.
        #[source]
        source: regex::Error,
    },
    /// An operator's pattern would match everywhere.
    #[error("the pattern {name:?} matches nothing at all, which is everywhere")]
    EmptyPattern {
        /// Its name.
        name: String,
    },
    /// A name that could not be read in a tag.
    #[error("{name:?} is no name for a pattern: lower-case letters, digits and hyphens are")]
    Name {
        /// The name.
        name: String,
    },
}
