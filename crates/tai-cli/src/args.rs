//! The command line: data for argh, nothing else.

use std::path::PathBuf;

use argh::FromArgs;

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
pub(crate) enum Command {
    Run(Run),
    Retrieve(Retrieve),
    Eval(Eval),
    Probe(Probe),
    Policy(Policy),
    Ssh(Ssh),
    Version(Version),
}

/// Investigate an issue: collect, look for known causes, retrieve the lines that matter, ask a model if there is one, report.
///
/// On a terminal, questions may follow the report; an empty line or Ctrl-D ends.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "run",
    example = "{command_name} --local \"the disk is filling up\"",
    example = "{command_name} --host web1 --jump-host gate \"checkout is slow since this morning\"",
    example = "{command_name} --local --model gemma3:4b --base-url http://localhost:11434/v1 \"nginx gives 502\"",
    example = "{command_name} --local --collect-only --save-capture web1-capture \"nginx gives 502\"",
    example = "{command_name} --replay web1-capture --format markdown --output-file report.md \"nginx gives 502\"",
    note = "Environment: TAI_BASE_URL, TAI_MODEL (flags win), TAI_API_KEY. Without any, a model at http://localhost:11434/v1 is used when it answers.",
    note = "A saved capture and the prompt hold what the host printed, secrets included: nothing is redacted yet.",
    error_code(0, "done; a model that nobody asked for by name may be down"),
    error_code(1, "done, but some evidence could not be collected: the report names it"),
    error_code(2, "the command line or the capture is wrong"),
    error_code(4, "the host cannot be reached, lets nobody in, or was lost"),
    error_code(5, "a host key changed or is revoked: nothing was sent"),
    error_code(6, "the model that was asked for failed; the report is printed all the same"),
    error_code(130, "interrupted")
)]
pub(crate) struct Run {
    /// look at a host over SSH: [USER@]NAME as in ~/.ssh/config
    #[argh(option, arg_name = "HOST")]
    pub(crate) host: Option<String>,
    /// look at this machine
    #[argh(switch)]
    pub(crate) local: bool,
    /// look at a capture instead of a host
    #[argh(option, arg_name = "DIR")]
    pub(crate) replay: Option<PathBuf>,
    /// log in as this user
    #[argh(option, arg_name = "USER")]
    pub(crate) user: Option<String>,
    /// the port of its sshd
    #[argh(option, arg_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// the private key to log in with, before what the configuration names
    #[argh(option, arg_name = "FILE")]
    pub(crate) identity_file: Option<PathBuf>,
    /// go through [USER@]HOST[:PORT], several with commas between
    #[argh(option, arg_name = "HOSTS")]
    pub(crate) jump_host: Option<String>,
    /// the ssh configuration to use instead of ~/.ssh/config
    #[argh(option, arg_name = "FILE")]
    pub(crate) ssh_config: Option<PathBuf>,
    /// use no ssh configuration
    #[argh(switch)]
    pub(crate) ignore_ssh_config: bool,
    /// write nothing for later, the keys of new hosts included
    #[argh(switch)]
    pub(crate) no_persist: bool,
    /// no questions after the report
    #[argh(switch)]
    pub(crate) once: bool,
    /// the OpenAI-compatible endpoint of the model (Ollama on this machine)
    #[argh(option, arg_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// the model to ask (gemma3:4b), or `none`
    #[argh(option, arg_name = "NAME")]
    pub(crate) model: Option<String>,
    /// allow a base URL outside the private network: evidence will leave it
    #[argh(switch)]
    pub(crate) allow_remote: bool,
    /// text, markdown or json; by default text, or what the name of the output file says
    #[argh(option, arg_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// the same as `--format json`
    #[argh(switch)]
    pub(crate) json: bool,
    /// write the report to a file
    #[argh(option, arg_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    /// collect and stop: list what was collected, write no report
    #[argh(switch)]
    pub(crate) collect_only: bool,
    /// save what is collected to a new directory, to be replayed later
    #[argh(option, arg_name = "DIR")]
    pub(crate) save_capture: Option<PathBuf>,
    /// print the prompt instead of sending it to a model
    #[argh(switch)]
    pub(crate) show_prompt: bool,
    /// what is wrong, in your words
    #[argh(positional)]
    pub(crate) issue: Vec<String>,
}

/// Print the chunks of output that fit an issue best, best first.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "retrieve",
    example = "{command_name} --replay web1-capture -k 5 \"nginx does not start\"",
    example = "{command_name} --local --json \"the disk is filling up\"",
    note = "With --json one object a line: rank, command, start_line, end_line, text, tokens, score, scores (null for a ranker that did not run).",
    error_code(0, "done; nothing may have been found"),
    error_code(1, "done, but some evidence could not be collected from a live host"),
    error_code(2, "the command line or the capture is wrong")
)]
pub(crate) struct Retrieve {
    /// look at a host over SSH: [USER@]NAME as in ~/.ssh/config
    #[argh(option, arg_name = "HOST")]
    pub(crate) host: Option<String>,
    /// look at this machine
    #[argh(switch)]
    pub(crate) local: bool,
    /// look at a capture instead of a host
    #[argh(option, arg_name = "DIR")]
    pub(crate) replay: Option<PathBuf>,
    /// log in as this user
    #[argh(option, arg_name = "USER")]
    pub(crate) user: Option<String>,
    /// the port of its sshd
    #[argh(option, arg_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// the private key to log in with, before what the configuration names
    #[argh(option, arg_name = "FILE")]
    pub(crate) identity_file: Option<PathBuf>,
    /// go through [USER@]HOST[:PORT], several with commas between
    #[argh(option, arg_name = "HOSTS")]
    pub(crate) jump_host: Option<String>,
    /// the ssh configuration to use instead of ~/.ssh/config
    #[argh(option, arg_name = "FILE")]
    pub(crate) ssh_config: Option<PathBuf>,
    /// use no ssh configuration
    #[argh(switch)]
    pub(crate) ignore_ssh_config: bool,
    /// write nothing for later, the keys of new hosts included
    #[argh(switch)]
    pub(crate) no_persist: bool,
    /// how many chunks (10)
    #[argh(option, short = 'k', default = "10", arg_name = "N")]
    pub(crate) top_k: usize,
    /// one JSON object a line
    #[argh(switch)]
    pub(crate) json: bool,
    /// what is wrong, in your words
    #[argh(positional)]
    pub(crate) issue: Vec<String>,
}

/// Connect to a host, log in, and say how: the way, host keys, times, and what the account may read.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "probe",
    example = "{command_name} --host web1",
    example = "{command_name} --host ops@10.0.0.7 --port 2222 --jump-host gate --json",
    error_code(0, "the host can be looked at"),
    error_code(2, "the command line or the ssh configuration is wrong"),
    error_code(4, "the host cannot be reached, or lets nobody in"),
    error_code(5, "a host key changed or is revoked")
)]
pub(crate) struct Probe {
    /// look at a host over SSH: [USER@]NAME as in ~/.ssh/config
    #[argh(option, arg_name = "HOST")]
    pub(crate) host: Option<String>,
    /// look at this machine
    #[argh(switch)]
    pub(crate) local: bool,
    /// look at a capture instead of a host
    #[argh(option, arg_name = "DIR")]
    pub(crate) replay: Option<PathBuf>,
    /// log in as this user
    #[argh(option, arg_name = "USER")]
    pub(crate) user: Option<String>,
    /// the port of its sshd
    #[argh(option, arg_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// the private key to log in with, before what the configuration names
    #[argh(option, arg_name = "FILE")]
    pub(crate) identity_file: Option<PathBuf>,
    /// go through [USER@]HOST[:PORT], several with commas between
    #[argh(option, arg_name = "HOSTS")]
    pub(crate) jump_host: Option<String>,
    /// the ssh configuration to use instead of ~/.ssh/config
    #[argh(option, arg_name = "FILE")]
    pub(crate) ssh_config: Option<PathBuf>,
    /// use no ssh configuration
    #[argh(switch)]
    pub(crate) ignore_ssh_config: bool,
    /// write nothing for later, the keys of new hosts included
    #[argh(switch)]
    pub(crate) no_persist: bool,
    /// one object
    #[argh(switch)]
    pub(crate) json: bool,
}

/// Look at what SSH would do, without connecting.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "ssh",
    example = "{command_name} resolve web1",
    example = "{command_name} hostkey --host web1 --port 22 --key \"ssh-ed25519 AAAA...\""
)]
pub(crate) struct Ssh {
    #[argh(subcommand)]
    pub(crate) command: SshCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub(crate) enum SshCommand {
    Resolve(SshResolve),
    HostKey(SshHostKey),
}

/// Print what the ssh configuration says of a host, as `ssh -G` does.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "resolve",
    example = "{command_name} web1",
    example = "{command_name} --json -F other_config web1",
    error_code(0, "done"),
    error_code(2, "the configuration is wrong: the reason names file and line")
)]
pub(crate) struct SshResolve {
    /// one object, keys in lower case
    #[argh(switch)]
    pub(crate) json: bool,
    /// the configuration to read instead of the user's and the system's, or `none`
    #[argh(option, short = 'F', long = "config", arg_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// [USER@]HOST
    #[argh(positional)]
    pub(crate) host: String,
}

/// Say whether a host key is the known one.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "hostkey",
    example = "{command_name} --json --known-hosts known_hosts --host web1 --port 22 --key \"ssh-ed25519 AAAA...\"",
    error_code(0, "it matches"),
    error_code(2, "the key or the file is wrong"),
    error_code(4, "the host is new"),
    error_code(5, "it changed or is revoked")
)]
pub(crate) struct SshHostKey {
    /// one object with `verdict`
    #[argh(switch)]
    pub(crate) json: bool,
    /// a file of known host keys; may be given several times (the user's)
    #[argh(option, arg_name = "FILE")]
    pub(crate) known_hosts: Vec<PathBuf>,
    /// the host
    #[argh(option, arg_name = "HOST")]
    pub(crate) host: String,
    /// its port (22)
    #[argh(option, default = "22", arg_name = "PORT")]
    pub(crate) port: u16,
    /// the key that it shows: type and base64
    #[argh(option, arg_name = "KEY")]
    pub(crate) key: String,
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
    /// the figures and every case as one JSON object
    #[argh(switch)]
    pub(crate) json: bool,
    /// directories that hold cases, at any depth
    #[argh(positional)]
    pub(crate) dirs: Vec<PathBuf>,
}

/// Ask what tai may run: nothing but what the policy allows reaches a host.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "policy",
    example = "{command_name} check -- journalctl -u nginx.service -n 100",
    example = "{command_name} list"
)]
pub(crate) struct Policy {
    #[argh(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(FromArgs)]
#[argh(subcommand)]
pub(crate) enum PolicyCommand {
    Check(PolicyCheck),
    Explain(PolicyExplain),
    List(PolicyList),
}

/// Say whether a command may run, and why not.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "check",
    example = "{command_name} --json -- \"ls -l /var/log\"",
    example = "{command_name} --json --stdin < commands.jsonl",
    note = "Several words are joined by spaces, as ssh does. With --stdin one command a line: with --json each line is a JSON string.",
    error_code(0, "allowed"),
    error_code(2, "no command was given"),
    error_code(3, "denied; with --stdin, at least one")
)]
pub(crate) struct PolicyCheck {
    /// one object with `allowed` and `reason` for each command
    #[argh(switch)]
    pub(crate) json: bool,
    /// read commands from standard input
    #[argh(switch)]
    pub(crate) stdin: bool,
    /// the command, after `--`
    #[argh(positional)]
    pub(crate) command: Vec<String>,
}

/// Say how the policy decides on a command: the rule, the program, and what to do instead.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "explain",
    example = "{command_name} -- find / -delete",
    error_code(0, "allowed"),
    error_code(2, "no command was given"),
    error_code(3, "denied")
)]
pub(crate) struct PolicyExplain {
    /// one object
    #[argh(switch)]
    pub(crate) json: bool,
    /// the command, after `--`
    #[argh(positional)]
    pub(crate) command: Vec<String>,
}

/// Print the table of programs, with the flags and operands that are allowed.
#[derive(FromArgs)]
#[argh(subcommand, name = "list", example = "{command_name}", example = "{command_name} --json")]
pub(crate) struct PolicyList {
    /// one array of objects
    #[argh(switch)]
    pub(crate) json: bool,
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
    "--allow-remote",
    "--collect-only",
    "--help",
    "--ignore-ssh-config",
    "--json",
    "--local",
    "--no-persist",
    "--once",
    "--show-prompt",
    "--stdin",
    "--version",
];

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Markdown,
    Json,
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

    /// Read off this file itself: argh does not tell which of its options are switches.
    #[test]
    fn every_switch_is_known() {
        let declared = include_str!("args.rs").split("#[argh(switch)]\n").skip(1).filter_map(|rest| {
            let field = rest.trim_start().strip_prefix("pub(crate) ")?.split_once(": bool")?.0;
            Some(format!("--{}", field.replace('_', "-")))
        });
        let mut declared: Vec<String> = declared.collect();
        declared.push("--help".to_owned());
        declared.sort();
        declared.dedup();
        assert_eq!(declared, SWITCHES);
    }
}
