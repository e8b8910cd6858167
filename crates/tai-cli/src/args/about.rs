//! The commands about tai itself: its configuration, its health, its help.

use std::path::PathBuf;

use argh::{ArgsInfo, FromArgs};

/// Show what is configured, and whether it is right.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "config",
    example = "{command_name} show",
    example = "{command_name} check",
    note = "A flag counts before a variable of the environment, that before config.toml, and that before the default.",
    error_code(0, "done"),
    error_code(2, "something is configured wrong: the message names file and line")
)]
pub(crate) struct Config {
    #[argh(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
pub(crate) enum ConfigCommand {
    Show(ConfigShow),
    Path(ConfigPath),
    Check(ConfigCheck),
}

/// Print each setting with its value and where that comes from: flag, environment, file or default.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "show",
    example = "{command_name}",
    example = "{command_name} --json model embedder",
    example = "{command_name} --model qwen3:8b",
    note = "Flags of `tai run` that are settings may be given: what would count with them is shown. Secrets are not.",
    error_code(0, "done"),
    error_code(2, "there is no such setting, or a file is wrong")
)]
pub(crate) struct ConfigShow {
    /// as `tai run --model` would have it
    #[argh(option, arg_name = "NAME")]
    pub(crate) model: Option<String>,
    /// as `tai run --base-url` would have it
    #[argh(option, arg_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// as `tai run --embedder` would have it
    #[argh(option, arg_name = "EMBEDDER")]
    pub(crate) embedder: Option<String>,
    /// as `tai run --reranker` would have it
    #[argh(option, arg_name = "RERANKER")]
    pub(crate) reranker: Option<String>,
    /// as `tai run --ca-file` would have it
    #[argh(option, arg_name = "FILE")]
    pub(crate) ca_file: Option<String>,
    /// as `tai run --api-key-file` would have it
    #[argh(option, arg_name = "FILE")]
    pub(crate) api_key_file: Option<String>,
    /// as `tai run --redact-prompt` would have it
    #[argh(switch)]
    pub(crate) redact_prompt: bool,
    /// as `tai run --no-persist` would have it
    #[argh(switch)]
    pub(crate) no_persist: bool,
    /// one array of objects: key, value, source, flag, variable, about
    #[argh(switch)]
    pub(crate) json: bool,
    /// settings; all unless said
    #[argh(positional)]
    pub(crate) keys: Vec<String>,
}

/// Print the path of config.toml, there or not.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "path",
    example = "{command_name}",
    example = "{command_name} --json",
    note = "TAI_HOME names another folder than ~/.tai.",
    error_code(0, "done"),
    error_code(2, "the user who runs tai has no home")
)]
pub(crate) struct ConfigPath {
    /// one object, with the other places in tai's folder and whether they are there
    #[argh(switch)]
    pub(crate) json: bool,
}

/// Read every file of the configuration, and say what is wrong with each.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "check",
    example = "{command_name}",
    example = "{command_name} --json",
    note = "Read are config.toml, policy.toml, collectors.d/*.toml, prompts/*.md, and the files of keys and certificates.",
    error_code(0, "all is right, or there is nothing"),
    error_code(2, "something is wrong: the message names file and line")
)]
pub(crate) struct ConfigCheck {
    /// one array of objects
    #[argh(switch)]
    pub(crate) json: bool,
}

/// Print a script that completes tai's command line in a shell.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "completions",
    example = "{command_name} bash > ~/.local/share/bash-completion/completions/tai",
    example = "{command_name} zsh > ~/.zfunc/_tai",
    example = "{command_name} fish > ~/.config/fish/completions/tai.fish",
    note = "Hosts are completed out of ~/.ssh/config and known_hosts, models out of ~/.tai/models: the scripts ask `{command_name} hosts` and `{command_name} models`.",
    error_code(0, "done"),
    error_code(2, "there are none for that shell")
)]
pub(crate) struct Completions {
    /// bash, zsh or fish; or hosts or models, for a list of their names
    #[argh(positional)]
    pub(crate) of: Completing,
}

/// What is completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Completing {
    Bash,
    Zsh,
    Fish,
    Hosts,
    Models,
}

impl std::str::FromStr for Completing {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "bash" => Ok(Completing::Bash),
            "zsh" => Ok(Completing::Zsh),
            "fish" => Ok(Completing::Fish),
            "hosts" => Ok(Completing::Hosts),
            "models" => Ok(Completing::Models),
            _ => Err(format!("{name:?} is not one of bash, zsh and fish")),
        }
    }
}

/// Print the manual page of a command, or write those of all.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "man",
    example = "{command_name} run | man -l -",
    example = "{command_name} --out ~/.local/share/man/man1",
    error_code(0, "done"),
    error_code(2, "there is no such command, or the directory cannot be written")
)]
pub(crate) struct Man {
    /// write the pages of all commands into this directory, which is made
    #[argh(option, arg_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// a command, as in `models pull`; tai itself unless said
    #[argh(positional)]
    pub(crate) command: Vec<String>,
}

/// Look whether all that tai needs is there and right: SSH, models, what is kept, the terminal. One fix for each problem.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "doctor",
    example = "{command_name}",
    example = "{command_name} --host web1 --json",
    example = "{command_name} --no-model",
    note = "No host is connected to: `tai probe --host NAME` does that. The model at the base URL is asked for one word.",
    error_code(0, "nothing is in the way; there may be warnings"),
    error_code(2, "the configuration of tai or of SSH is wrong"),
    error_code(6, "the model that is configured does not answer"),
    error_code(7, "what tai keeps is damaged, or cannot be read or written"),
    error_code(8, "a model on this machine is damaged")
)]
pub(crate) struct Doctor {
    /// look at the way to this host as well; may be given several times
    #[argh(option, arg_name = "HOST")]
    pub(crate) host: Vec<String>,
    /// the ssh configuration to use instead of ~/.ssh/config
    #[argh(option, arg_name = "FILE")]
    pub(crate) ssh_config: Option<PathBuf>,
    /// the OpenAI-compatible endpoint of the model (Ollama on this machine)
    #[argh(option, arg_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// the model to ask (gemma3:4b), as for `tai run`
    #[argh(option, arg_name = "NAME")]
    pub(crate) model: Option<String>,
    /// allow a base URL outside the private network
    #[argh(switch)]
    pub(crate) allow_remote: bool,
    /// ask no model
    #[argh(switch)]
    pub(crate) no_model: bool,
    /// one object
    #[argh(switch)]
    pub(crate) json: bool,
}

/// Print the version.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "version",
    example = "{command_name}",
    example = "{command_name} --json",
    error_code(0, "done")
)]
pub(crate) struct Version {
    /// one object
    #[argh(switch)]
    pub(crate) json: bool,
}
