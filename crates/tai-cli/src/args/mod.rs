//! The command line: data for argh, nothing else.

use std::path::PathBuf;

use argh::FromArgs;

mod host;
mod keep;
mod look;
mod models;
mod policy;
mod ssh;
mod store;

pub(crate) use host::HostFlags;
pub(crate) use keep::{Audit, Cleanup, History, Runbooks};
pub(crate) use look::{Collect, Plan, Probe, Retrieve, Run};
pub(crate) use models::{
    Models, ModelsCommand, ModelsExport, ModelsImport, ModelsList, ModelsPath, ModelsPrune, ModelsPull, ModelsRemove,
    ModelsVerify, Source,
};
pub(crate) use policy::{Policy, PolicyCheck, PolicyCommand, PolicyExplain, PolicyList};
pub(crate) use ssh::{Ssh, SshCommand, SshHostKey, SshResolve};
pub(crate) use store::{
    Store, StoreCommand, StoreExport, StoreImport, StoreReindex, StoreRepair, StoreStats, StoreVerify,
};

/// Find out what is wrong with a Linux host: tai collects with read-only commands, finds the lines that matter, and reports root cause, evidence and
/// recommended actions. Nothing on the host is changed.
#[derive(FromArgs)]
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
    #[argh(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(FromArgs)]
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
    Version(Version),
}

/// Measure retrieval, root causes and false alarms over captures whose cause is known (directories with a case.json).
#[derive(FromArgs)]
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
#[derive(FromArgs)]
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

/// Print the version.
#[derive(FromArgs)]
#[argh(subcommand, name = "version", example = "{command_name}", example = "{command_name} --json")]
pub(crate) struct Version {
    /// one object
    #[argh(switch)]
    pub(crate) json: bool,
}

/// The flags that take no value, those of all commands.
pub(crate) const SWITCHES: &[&str] = &[
    "--addresses",
    "--all",
    "--allow-remote",
    "--archive",
    "--ask",
    "--audit",
    "--dry-run",
    "--emails",
    "--full",
    "--help",
    "--ignore-ssh-config",
    "--json",
    "--list",
    "--local",
    "--log",
    "--logs",
    "--merge",
    "--no-persist",
    "--no-prior",
    "--no-rag",
    "--once",
    "--rag-debug",
    "--raw",
    "--redact-prompt",
    "--replace",
    "--sessions",
    "--show-prompt",
    "--stdin",
    "--sudo",
    "--sync",
    "--version",
    "--yes",
];

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Markdown,
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
            "json" => Ok(Format::Json),
            _ => Err(format!("{name:?} is not one of text, markdown and json")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read off these files themselves: argh does not tell which of its options are switches.
    #[test]
    fn every_switch_is_known() {
        const SOURCES: [&str; 8] = [
            include_str!("mod.rs"),
            include_str!("host.rs"),
            include_str!("keep.rs"),
            include_str!("look.rs"),
            include_str!("models.rs"),
            include_str!("policy.rs"),
            include_str!("ssh.rs"),
            include_str!("store.rs"),
        ];
        let sources = SOURCES.concat();
        let declared = sources.split("#[argh(switch)]\n").skip(1).filter_map(|rest| {
            let field = rest.trim_start().trim_start_matches("pub(crate) ").split_once(": bool")?.0;
            Some(format!("--{}", field.replace('_', "-")))
        });
        let mut declared: Vec<String> = declared.collect();
        declared.push("--help".to_owned());
        declared.sort();
        declared.dedup();
        assert_eq!(declared, SWITCHES);
    }
}
