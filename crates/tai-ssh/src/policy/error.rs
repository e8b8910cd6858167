use thiserror::Error;

/// Why a site file was not taken. The policy stays as it was.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum SiteError {
    /// It is no TOML, or has a key or a type that the format does not know.
    #[error("{file}:{line}: the site policy cannot be read")]
    Format {
        /// The name of the file, as the caller gave it.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What the parser met.
        #[source]
        source: toml::de::Error,
    },
    /// A program that may never be added.
    #[error("{file}:{line}: {program} cannot be added: {why}")]
    Program {
        /// The name of the file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The program's name.
        program: String,
        /// Why not.
        why: &'static str,
    },
    /// A flag or a verb that the built-in table refuses, or knows with another meaning.
    #[error("{file}:{line}: `{word}` of {program} cannot be added: {why}")]
    Word {
        /// The name of the file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The program's name.
        program: String,
        /// The flag or the verb.
        word: String,
        /// Why not.
        why: &'static str,
    },
    /// A kind of value or operand that the format does not know.
    #[error("{file}:{line}: `{text}` is no kind: write one of {known}, or number MIN..MAX")]
    Kind {
        /// The name of the file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The kind as written.
        text: String,
        /// Every kind with a name.
        known: &'static str,
    },
}
