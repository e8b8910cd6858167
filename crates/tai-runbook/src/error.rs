use thiserror::Error;

/// Why a runbook could not be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The first line is not `---`.
    #[error("{file}:1: no front matter, the first line must be ---")]
    NoFrontMatter {
        /// Name of the runbook file.
        file: String,
    },
    /// No second `---` line.
    #[error("{file}:1: front matter does not end, a second line with --- is missing")]
    UnclosedFrontMatter {
        /// Name of the runbook file.
        file: String,
    },
    /// The front matter is not YAML, has an unknown key, or lacks one.
    #[error("{file}:{line}: front matter is not valid")]
    FrontMatter {
        /// Name of the runbook file.
        file: String,
        /// Line in the file, from 1.
        line: u64,
        /// What the YAML reader says; its line numbers are the file's.
        #[source]
        source: Box<serde_saphyr::Error>,
    },
    /// A signal of the front matter cannot be used.
    #[error("{file}:{line}: signal {id} is not valid")]
    Signal {
        /// Name of the runbook file.
        file: String,
        /// Line in the file where the signal begins, from 1.
        line: u64,
        /// The signal's `id`.
        id: String,
        /// What is wrong with it.
        #[source]
        source: SignalError,
    },
}

impl Error {
    /// The line that is wrong, from 1.
    pub fn line(&self) -> u64 {
        match self {
            Error::NoFrontMatter { .. } | Error::UnclosedFrontMatter { .. } => 1,
            Error::FrontMatter { line, .. } | Error::Signal { line, .. } => *line,
        }
    }
}

/// What is wrong with one signal.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SignalError {
    /// Neither `command` and `pattern`, nor `fact` and `when`, or parts of both.
    #[error("give either command and pattern, or fact and when")]
    Source,
    /// `over` beside a fact, which is what is now.
    #[error("over goes with command and pattern only")]
    OverOfFact,
    /// A command prefix without a word.
    #[error("command is empty")]
    EmptyCommand,
    /// The regular expression does not compile.
    #[error("pattern does not compile")]
    Pattern {
        /// What the regex compiler says.
        #[source]
        source: Box<regex::Error>,
    },
    /// The pattern would match every line.
    #[error("pattern matches the empty line, so it matches every line")]
    MatchesEverything,
    /// A fact kind that nothing produces.
    #[error("there is no fact {kind:?}")]
    UnknownFact {
        /// The kind as written.
        kind: String,
    },
    /// `when` does not parse.
    #[error("when does not parse: {text:?}")]
    Condition {
        /// The condition as written.
        text: String,
        /// What is wrong with it.
        #[source]
        source: ConditionError,
    },
    /// `when` or `cause` names what the pattern or the fact does not have.
    #[error("{key} names {name:?}, which is no {expected}")]
    UnknownName {
        /// The key of the front matter, `when` or `cause`.
        key: &'static str,
        /// The name as written.
        name: String,
        /// What it should have been: a capture group or a field.
        expected: &'static str,
    },
    /// `section` is no heading of the file.
    #[error("section {title:?} is no heading of this file")]
    UnknownSection {
        /// The heading as written.
        title: String,
    },
    /// `asked` is compared with single words.
    #[error("asked holds {entry:?}, which is not one word")]
    NotOneWord {
        /// The entry as written.
        entry: String,
    },
    /// Another signal of the file has the same id.
    #[error("another signal of this file has the same id")]
    DuplicateId,
}

/// Why a `when` expression does not parse. Offsets are bytes from its beginning.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConditionError {
    /// Something else stands where a part of the grammar must.
    #[error("expected {expected} at offset {offset}")]
    Expected {
        /// The part that was expected.
        expected: &'static str,
        /// Where.
        offset: usize,
    },
    /// A text has no closing quotation mark.
    #[error("quotation mark at offset {offset} is not closed")]
    UnclosedText {
        /// Where it opens.
        offset: usize,
    },
    /// A text is compared by size.
    #[error("a text can only be compared with ==, !=, =~ or !~ (offset {offset})")]
    TextOrder {
        /// Where the text is.
        offset: usize,
    },
    /// The expression after `=~` or `!~` does not compile.
    #[error("regular expression at offset {offset} does not compile")]
    Pattern {
        /// Where it is.
        offset: usize,
        /// What the regex compiler says.
        #[source]
        source: Box<regex::Error>,
    },
}
