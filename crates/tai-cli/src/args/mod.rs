//! The command line: data for argh, nothing else.

use std::path::PathBuf;

use argh::{ArgsInfo, FromArgs};

mod about;
mod host;
mod keep;
mod look;
mod models;
mod policy;
mod ssh;
mod store;

pub(crate) use about::{
    Completing, Completions, Config, ConfigCheck, ConfigCommand, ConfigPath, ConfigShow, Doctor, Man, Version,
};
pub(crate) use host::HostFlags;
pub(crate) use keep::{Audit, Cleanup, History, Runbooks};
pub(crate) use look::{Collect, Plan, Probe, Retrieve, Run};
pub(crate) use models::{
    Models, ModelsCommand, ModelsExport, ModelsImport, ModelsInfo, ModelsList, ModelsPath, ModelsPrune, ModelsPull,
    ModelsQuantize, ModelsRemove, ModelsVerify, Source,
};
pub(crate) use policy::{Policy, PolicyCheck, PolicyCommand, PolicyExplain, PolicyList};
pub(crate) use ssh::{Ssh, SshCommand, SshHostKey, SshResolve};
pub(crate) use store::{
    Store, StoreCommand, StoreExport, StoreImport, StoreReindex, StoreRepair, StoreStats, StoreVerify,
};

/// Find out what is wrong with a Linux host: tai collects with read-only commands, finds the lines that matter, and reports root cause, evidence and
/// recommended actions. Nothing on the host is changed.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    example = "{command_name} run --host web1 \"the disk is filling up\"",
    example = "{command_name} run --local \"the disk is filling up\"",
    example = "{command_name} run --replay fixtures/captures/nginx-port-taken \"the web server does not start\"",
    example = "{command_name} policy check -- journalctl -u nginx.service -n 100",
    note = "Help on a command: {command_name} COMMAND --help",
    error_code(0, "done"),
    error_code(1, "done, but some evidence could not be collected"),
    error_code(2, "the command line, or a file that it names, is wrong"),
    error_code(3, "denied by the policy"),
    error_code(4, "a host cannot be reached, or lets nobody in"),
    error_code(5, "a host key changed or is revoked"),
    error_code(6, "a model that was asked for by name failed; the report is printed all the same"),
    error_code(7, "what tai keeps cannot be read or written"),
    error_code(8, "a model could not be fetched, or is damaged"),
    error_code(70, "a bug of tai"),
    error_code(130, "interrupted")
)]
pub(crate) struct Tai {
    /// print the version and end
    #[argh(switch)]
    pub(crate) version: bool,
    /// tell on standard error what happens and how long it takes; --debug=FILE writes that to a file. Without secrets. Counts behind a command as well
    #[argh(switch)]
    pub(crate) debug: bool,
    /// the same as --debug=FILE
    #[argh(option, arg_name = "FILE")]
    pub(crate) debug_file: Option<PathBuf>,
    #[argh(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, and argh takes no box")]
pub(crate) enum Command {
    Run(Run),
    Collect(Collect),
    Plan(Plan),
    Retrieve(Retrieve),
    Eval(Eval),
    Probe(Probe),
    History(History),
    Runbooks(Runbooks),
    Audit(Audit),
    Cleanup(Cleanup),
    Redact(Redact),
    Models(Models),
    Store(Store),
    Policy(Policy),
    Ssh(Ssh),
    Config(Config),
    Doctor(Doctor),
    Completions(Completions),
    Man(Man),
    Version(Version),
}

/// Measure retrieval, root causes and false alarms over captures whose cause is known (directories with a case.json).
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "eval",
    example = "{command_name} fixtures/captures",
    example = "{command_name} --json fixtures/captures other-cases > evaluation.json",
    error_code(0, "done, whatever the figures are"),
    error_code(2, "a case or its capture is wrong")
)]
pub(crate) struct Eval {
    /// what compares meaning: auto, none, candle, candle:NAME, `http:NAME`, or a model's directory; see `tai retrieve --help`
    #[argh(option, arg_name = "EMBEDDER")]
    pub(crate) embedder: Option<String>,
    /// what reads the best chunks once more: auto, none, or a model's directory; see `tai retrieve --help`
    #[argh(option, arg_name = "RERANKER")]
    pub(crate) reranker: Option<String>,
    /// the figures and every case as one JSON object
    #[argh(switch)]
    pub(crate) json: bool,
    /// directories that hold cases, at any depth
    #[argh(positional)]
    pub(crate) dirs: Vec<PathBuf>,
}

/// Take secrets out of text: standard input to standard output, as it comes.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "redact",
    example = "{command_name} < app.log > app.redacted.log",
    example = "{command_name} --emails --pattern 'ticket=INC-[0-9]+' < app.log",
    note = "A secret becomes [REDACTED:kind#n], the same value the same n. Lines and all else survive byte for byte. What looks like no secret is not found: look through the result before you pass it on.",
    error_code(0, "done"),
    error_code(2, "a pattern is wrong, or the input cannot be read")
)]
pub(crate) struct Redact {
    /// addresses of mail as well
    #[argh(switch)]
    pub(crate) emails: bool,
    /// IP addresses as well
    #[argh(switch)]
    pub(crate) addresses: bool,
    /// what this regular expression matches as well, or of a match its group `secret`; may be given several times
    #[argh(option, arg_name = "KIND=REGEX")]
    pub(crate) pattern: Vec<String>,
}

/// When to paint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

impl std::str::FromStr for Colour {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "auto" => Ok(Colour::Auto),
            "always" => Ok(Colour::Always),
            "never" => Ok(Colour::Never),
            _ => Err(format!("{name:?} is not one of auto, always and never")),
        }
    }
}

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Markdown,
    Html,
    /// What is in the body of a page: one host of several. No flag names it.
    HtmlPart,
    Json,
    /// JSON, one object a line: what several hosts give. No flag names it.
    JsonLines,
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "text" => Ok(Format::Text),
            "markdown" | "md" => Ok(Format::Markdown),
            "html" => Ok(Format::Html),
            "json" => Ok(Format::Json),
            _ => Err(format!("{name:?} is not one of text, markdown, html and json")),
        }
    }
}

#[cfg(test)]
mod tests;
