use std::path::PathBuf;

use argh::{ArgsInfo, FromArgs};

/// Look at what SSH would do, without connecting.
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "ssh",
    example = "{command_name} resolve web1",
    example = "{command_name} hostkey --host web1 --port 22 --key \"ssh-ed25519 AAAA...\"",
    error_code(0, "done, or the key matches"),
    error_code(2, "the configuration or the key is wrong"),
    error_code(4, "the host is new"),
    error_code(5, "its key changed or is revoked")
)]
pub(crate) struct Ssh {
    #[argh(subcommand)]
    pub(crate) command: SshCommand,
}

#[derive(ArgsInfo, FromArgs)]
#[argh(subcommand)]
pub(crate) enum SshCommand {
    Resolve(SshResolve),
    HostKey(SshHostKey),
}

/// Print what the ssh configuration says of a host, as `ssh -G` does.
#[derive(ArgsInfo, FromArgs)]
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
#[derive(ArgsInfo, FromArgs)]
#[argh(
    subcommand,
    name = "hostkey",
    example = "{command_name} --host web1 --key \"ssh-ed25519 AAAA...\"",
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
