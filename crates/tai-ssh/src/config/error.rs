use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why the configuration of a host cannot be resolved.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The host is not one that ssh accepts: it begins with `-`, or holds white space or a character of the shell.
    #[error("the host {host:?} contains invalid characters")]
    InvalidHost {
        /// As it was typed.
        host: String,
    },
    /// The user that a flag names is not one that ssh accepts.
    #[error("the user {user:?} contains invalid characters")]
    InvalidUser {
        /// As it was typed.
        user: String,
    },
    /// A file cannot be opened or read.
    #[error("failed to read {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is larger than any configuration is (16 MiB).
    #[error("{} is too large for a configuration", file.display())]
    TooLarge {
        /// The file.
        file: PathBuf,
    },
    /// A file belongs to somebody else, or somebody else may write to it.
    #[error("bad owner or permissions on {}", file.display())]
    Permissions {
        /// The file.
        file: PathBuf,
    },
    /// Files include each other more than 16 deep.
    #[error("too many recursive includes, the last one of {}", file.display())]
    TooDeep {
        /// The file that would have been the next.
        file: PathBuf,
    },
    /// The outcome depends on a command, and a configuration never runs one here.
    #[error("{} line {line}: Match exec is refused, tai runs no command of a configuration to choose its settings", file.display())]
    MatchExec {
        /// The file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// A line is not as `ssh_config(5)` wants it.
    #[error("{} line {line}", file.display())]
    Line {
        /// The file, or `command-line`.
        file: PathBuf,
        /// Counted from 1; 0 on the command line.
        line: usize,
        /// What is wrong.
        #[source]
        problem: Problem,
    },
    /// All lines are good, and their outcome is not.
    #[error("the configuration of {host} is unusable")]
    Outcome {
        /// As it was typed.
        host: String,
        /// What is wrong.
        #[source]
        problem: Problem,
    },
}

/// What is wrong with a line, or with the outcome of all.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message of each says what its fields are")]
pub enum Problem {
    #[error("bad configuration option: {keyword}")]
    BadOption { keyword: String },
    #[error("no argument after keyword {keyword:?}")]
    NoArgument { keyword: String },
    #[error("keyword {keyword} has an empty or missing argument")]
    MissingArgument { keyword: String },
    #[error("keyword {keyword} has extra arguments at the end of the line")]
    ExtraArguments { keyword: String },
    #[error("invalid quotes")]
    InvalidQuotes,
    #[error("bad value {value:?} for {keyword}")]
    BadValue { keyword: String, value: String },
    #[error("{value:?} must be the only argument of {keyword}")]
    NotAlone { keyword: String, value: String },
    #[error("too many entries for {keyword}, at most {most}")]
    TooMany { keyword: String, most: usize },
    #[error("{keyword} is not for the command line")]
    NotOnCommandLine { keyword: String },
    #[error("bad Match condition: {criterion}")]
    BadMatch { criterion: String },
    #[error("the environment variable {name:?} is not set")]
    UnsetVariable { name: String },
    #[error("malformed environment variable in {text:?}")]
    MalformedVariable { text: String },
    #[error("unknown or incomplete token in {text:?}: %{token}")]
    UnknownToken { text: String, token: String },
    #[error("no such user: {user}")]
    NoSuchUser { user: String },
    #[error("the jump host {host} is the host itself")]
    JumpLoop { host: String },
    #[error("ForkAfterAuthentication needs a RemoteCommand")]
    ForkWithoutCommand,
    #[error("ProxyCommand - and ProxyUseFdpass exclude each other")]
    PassedProxy,
    #[error("{host} cannot be canonicalised: tai asks no DNS for it, and CanonicalizeFallbackLocal is off")]
    NotCanonical { host: String },
    #[error("cannot forward the agent socket {path:?}")]
    NoAgentSocket { path: String },
}
